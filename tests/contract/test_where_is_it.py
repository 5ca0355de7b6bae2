"""Where is it? Every term of the course that Glasshouse has so far, and the one file where it is explained.

A reader who knows a word of the field should find its file at the first guess. The table grows with the
house.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import glasshouse
from glasshouse.activations import ACTIVATIONS
from glasshouse.clipping import CLIPPING
from glasshouse.initializers import INITIALIZERS
from glasshouse.layers import LAYERS
from glasshouse.losses import LOSSES
from glasshouse.metrics import METRICS
from glasshouse.models import MODELS
from glasshouse.optimizers import OPTIMIZERS
from glasshouse.regularizers import REGULARIZERS
from glasshouse.schedules import SCHEDULES

ROOT = Path(glasshouse.__file__).parent

CATALOGUES = {
    "activations": ACTIVATIONS,
    "clipping": CLIPPING,
    "initializers": INITIALIZERS,
    "layers": LAYERS,
    "losses": LOSSES,
    "metrics": METRICS,
    "models": MODELS,
    "optimizers": OPTIMIZERS,
    "regularizers": REGULARIZERS,
    "schedules": SCHEDULES,
}

# term of the syllabus: file, and a word that must stand in it
PLACES = {
    "Rosenblatt's rule": ("losses/perceptron_criterion.py", "Rosenblatt"),
    "perceptron": ("models/perceptron.py", "Perceptron"),
    "multi-layer perceptron": ("models/mlp.py", "def mlp"),
    "LeNet-5": ("models/lenet5.py", "1998"),
    "forward propagation, backpropagation, weight update": ("training/loop.py", "backward()"),
    "training without autograd": ("training/dense/engine.py", "class DenseEngine"),
    "batch, stochastic and mini-batch gradient descent": ("training/batches.py", "batch_size"),
    "epoch": ("training/loop.py", "def run_epoch"),
    "sigmoid": ("activations/sigmoid.py", "CONCEPT"),
    "leaky ReLU": ("activations/leaky_relu.py", "CONCEPT"),
    "Swish": ("activations/swish.py", "CONCEPT"),
    "mean squared error": ("losses/mse.py", "CONCEPT"),
    "Huber loss": ("losses/huber.py", "delta"),
    "categorical cross-entropy, class weights, label smoothing": ("losses/cross_entropy.py", "class_weights"),
    "momentum": ("optimizers/momentum.py", "CONCEPT"),
    "Nesterov": ("optimizers/nesterov.py", "CONCEPT"),
    "Adam": ("optimizers/adam.py", "CONCEPT"),
    "AdamW": ("optimizers/adamw.py", "CONCEPT"),
    "cosine annealing": ("schedules/cosine.py", "CONCEPT"),
    "reduce on plateau": ("schedules/plateau.py", "CONCEPT"),
    "warm-up": ("schedules/contract.py", "def warmed_up"),
    "learning-rate range test": ("training/range_test.py", "def range_test"),
    "Glorot uniform": ("initializers/glorot_uniform.py", "CONCEPT"),
    "He normal": ("initializers/he_normal.py", "CONCEPT"),
    "early stopping": ("training/early_stopping.py", "class EarlyStopping"),
    "weight decay": ("training/flat.py", "decay"),
    "data augmentation": ("data/images/augment.py", "class Augmenter"),
    "gradient clipping": ("training/loop.py", "def clip"),
    "mixed precision": ("training/precision.py", "class Precision"),
    "checkpoint": ("training/checkpoints.py", "class CheckpointFolder"),
    "z-score": ("data/encoders/numbers.py", "z-score"),
    "min-max": ("data/encoders/numbers.py", "min-max"),
    "unit vector": ("data/encoders/table_preparation.py", "unit"),
    "one-hot": ("data/encoders/categories.py", "one-hot"),
    "explore the data": ("data/exploration/explore.py", "def explore"),
    "leakage": ("data/exploration/leakage.py", "leak"),
    "duplicates": ("data/exploration/duplicates.py", "def"),
    "stratified split": ("data/splits/stratified.py", "stratified"),
    "grouped split": ("data/splits/grouped.py", "group"),
    "split by time": ("data/splits/by_time.py", "time"),
    "confusion matrix": ("evaluation/confusion.py", "def"),
    "calibration": ("evaluation/calibration.py", "def"),
    "baselines": ("evaluation/baselines.py", "def"),
    "confidence intervals": ("evaluation/intervals.py", "def"),
    "learning curve": ("plot/learning_curve.py", "def learning_curve"),
    "ROC curve": ("plot/roc.py", "def roc"),
    "TensorBoard": ("training/tensorboard.py", "class"),
    "activation and gradient statistics": ("probes/probes.py", "class Probes"),
    "ONNX": ("ship/onnx.py", "onnx"),
    "deployment": ("ship/bundle.py", "class Bundle"),
    "the project in the right order": ("project/pipeline.py", "def run"),
}


@pytest.mark.parametrize(("place", "word"), PLACES.values(), ids=PLACES)
def test_a_term_is_where_one_would_look(place, word):
    path = ROOT / place
    assert path.exists(), f"{place} is gone: where is it now?"
    assert word in path.read_text(encoding="utf-8"), f"{place} does not speak of {word!r}"


@pytest.mark.parametrize("folder", CATALOGUES)
def test_every_concept_lives_in_the_file_of_its_name(folder):
    for name in CATALOGUES[folder]:
        path = ROOT / folder / f"{name}.py"
        assert path.exists(), f"{folder}: {name!r} is listed, and there is no {path.name}"


@pytest.mark.parametrize("folder", CATALOGUES)
def test_every_file_of_a_concept_is_listed(folder):
    listed = set(CATALOGUES[folder])
    for path in (ROOT / folder).glob("*.py"):
        if "CONCEPT = Concept(" in path.read_text(encoding="utf-8"):
            assert path.stem in listed, f"{folder}/{path.name} has a card that the table does not list"
