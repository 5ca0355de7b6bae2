"""Where is it? Every term of the course that Glasshouse has so far, and the one file where it is explained.

A reader who knows a word of the field should find its file at the first guess. The table grows with the
house.
"""

from __future__ import annotations

import re
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
    "AlexNet, two towers": ("models/alexnet.py", "towers"),
    "ZFNet": ("models/zfnet.py", "Zeiler"),
    "VGG": ("models/vgg.py", "CONVOLUTIONS"),
    "GoogLeNet": ("models/googlenet.py", "def googlenet"),
    "Inception block": ("models/inception.py", "class Inception"),
    "auxiliary classifiers": ("models/auxiliary.py", "auxiliary_weight"),
    "ResNet": ("models/resnet.py", "def resnet"),
    "residual block, bottleneck": ("models/residual_block.py", "class Bottleneck"),
    "CIFAR ResNet": ("models/cifar_resnet.py", "def cifar_resnet"),
    "MobileNet, depthwise separable convolution": ("models/mobilenet.py", "depthwise"),
    "width multiplier": ("models/width.py", "def scaled"),
    "restricted Boltzmann machine, free energy, Gibbs step": (
        "models/rbm.py",
        "class RestrictedBoltzmannMachine",
    ),
    "partition function": ("models/partition_function.py", "def log_partition"),
    "annealed importance sampling": ("models/annealed_importance_sampling.py", "Salakhutdinov"),
    "pseudo-likelihood": ("models/pseudo_likelihood.py", "Besag"),
    "contrastive divergence, persistent chains": (
        "objectives/contrastive_divergence.py",
        "class ContrastiveDivergence",
    ),
    "generative adversarial network": ("models/gan.py", "class Gan"),
    "DCGAN": ("models/dcgan.py", "def dcgan"),
    "adversarial training, generator and discriminator": ("objectives/adversarial.py", "class Adversarial"),
    "minimax, non-saturating, least-squares, Wasserstein and hinge losses": (
        "objectives/game.py",
        "def hinge",
    ),
    "gradient penalty": ("objectives/adversarial.py", "def slope_penalty"),
    "two optimizers, actor and critic": ("objectives/contract.py", "class Phase"),
    "mode collapse": ("evaluation/likeness.py", "def collapse"),
    "mode coverage": ("evaluation/mode_coverage.py", "def mode_coverage"),
    "Frechet distance": ("evaluation/frechet.py", "def frechet_distance"),
    "interpolation in the latent space": ("models/latent_codes.py", "def great_circle"),
    "DeepDream": ("attribution/dream.py", "Inceptionism"),
    "activation maximization": ("attribution/activation_maximization.py", "def maximise"),
    "deconvolution, unpooling with switches": ("attribution/deconvolution.py", "switches"),
    "forward propagation, backpropagation, weight update": ("training/loop.py", "backward()"),
    "scikit-learn's interface": ("estimators/network_estimator.py", "class NetworkEstimator"),
    "sample weights": ("losses/sample_weights.py", "def weighted_mean"),
    "limited-memory BFGS": ("estimators/lbfgs.py", "def minimise"),
    "training without autograd": ("training/dense/engine.py", "class DenseEngine"),
    "batch, stochastic and mini-batch gradient descent": ("training/batches.py", "batch_size"),
    "epoch": ("training/loop.py", "def run_epoch"),
    "deep belief network": ("models/dbn.py", "class DeepBeliefNetwork"),
    "layer-wise bound of the likelihood": ("models/layerwise_bound.py", "def layerwise_bound"),
    "greedy layer-wise pre-training": ("project/pretraining.py", "def pretrain"),
    "stacked denoising autoencoders, supervised layer-wise training": (
        "project/layer_learners.py",
        "def make_learner",
    ),
    "ensemble, mean of networks, disagreement": ("models/ensemble.py", "class Ensemble"),
    "bagging, bootstrap": ("project/ensemble_members.py", "def bootstrap"),
    "snapshot ensemble": ("project/snapshots.py", "Snapshot ensembles"),
    "sigmoid": ("activations/sigmoid.py", "CONCEPT"),
    "leaky ReLU": ("activations/leaky_relu.py", "CONCEPT"),
    "Swish": ("activations/swish.py", "CONCEPT"),
    "simple recurrent cell": ("layers/rnn_cell.py", "Elman"),
    "LSTM cell, forget-gate bias": ("layers/lstm_cell.py", "forget_bias"),
    "GRU cell, reset before and after the product": ("layers/gru_cell.py", "reset"),
    "recurrent network": ("layers/rnn.py", "CONCEPT"),
    "sequence classifier, many to one, many to many": ("models/recurrent.py", "many_to_many"),
    "sequences of different lengths, packing": ("layers/packing.py", "pack_padded_sequence"),
    "vocabulary, unknown token": ("data/text/vocabulary.py", "UNKNOWN"),
    "language model": ("models/language_model.py", "class LanguageModel"),
    "sampling: temperature, top-k, top-p": ("models/sampling.py", "top_p"),
    "truncated backpropagation through time, carried state": ("objectives/language.py", "detached"),
    "n-grams": ("evaluation/ngrams.py", "class NGrams"),
    "transformer encoder": ("models/transformer.py", "class Transformer"),
    "transformer block": ("models/transformer_block.py", "class TransformerBlock"),
    "transformer decoder, causal mask": ("models/transformer_decoder.py", "no_look_ahead"),
    "transformer encoder-decoder": ("models/transformer_seq2seq.py", "class TransformerSeq2Seq"),
    "sequence to sequence": ("models/seq2seq.py", "class Seq2Seq"),
    "teacher forcing": ("objectives/translation.py", "teacher_forcing"),
    "greedy and beam search": ("models/search.py", "def beam"),
    "BLEU": ("evaluation/bleu.py", "def bleu"),
    "forecast, naive and seasonal naive": ("evaluation/forecast_baselines.py", "def seasonal_naive"),
    "chorales, frames of music": ("data/music/frames_preparation.py", "class FramesPreparation"),
    "negative log-likelihood of a frame": ("objectives/frames.py", "class Frames"),
    "adding problem": ("data/builtin/sequences.py", "def adding"),
    "gradient over time, gates over time": ("evaluation/over_time.py", "def gradient_over_time"),
    "LSTM": ("layers/lstm.py", "CONCEPT"),
    "GRU": ("layers/gru.py", "CONCEPT"),
    "backpropagation through time, truncated": ("layers/recurrent_rule.py", "Truncated backpropagation"),
    "bidirectional and stacked recurrent networks": ("layers/recurrent_rule.py", "bidirectional"),
    "scaled dot-product attention, causal mask": ("layers/scaled_dot_product_attention.py", "causal"),
    "multi-head attention": ("layers/multihead_attention.py", "CONCEPT"),
    "additive (Bahdanau) attention": ("layers/additive_attention.py", "Bahdanau"),
    "multiplicative (Luong) attention": ("layers/multiplicative_attention.py", "Luong"),
    "sinusoidal positional encoding": ("layers/positional_encoding.py", "sine"),
    "deep Q-network, dueling": ("models/q_network.py", "dueling"),
    "actor and critic": ("models/actor_critic.py", "class ActorCritic"),
    "Q-learning, double Q-learning": ("objectives/q_learning.py", "double"),
    "deterministic policy gradient, DDPG": ("objectives/ddpg.py", "class DDPG"),
    "target network": ("objectives/acting.py", "def follow"),
    "temporal-difference error": ("losses/temporal_difference.py", "CONCEPT"),
    "replay memory": ("training/replay_memory.py", "class ReplayMemory"),
    "exploration, epsilon-greedy, Ornstein-Uhlenbeck": ("training/exploration.py", "class EpsilonGreedy"),
    "environment (world), reward, episode": ("worlds/contract.py", "reward"),
    "Siamese network, verification of pairs": ("objectives/verification.py", "Siamese"),
    "contrastive loss": ("losses/contrastive.py", "CONCEPT"),
    "triplet loss": ("losses/triplet.py", "CONCEPT"),
    "semi-hard negatives": ("objectives/verification.py", "semi_hard"),
    "equal error rate": ("evaluation/pair_rates.py", "def equal_error_rate"),
    "retrieval, recall at 1": ("evaluation/pair_rates.py", "recall_at_1"),
    "held-out classes": ("data/splits/by_class.py", "def class_parts"),
    "embedding of unit length": ("models/unit_length.py", "class UnitLength"),
    "value iteration, Bellman equation": ("worlds/tabular_world.py", "def value_iteration"),
    "mean squared error": ("losses/mse.py", "CONCEPT"),
    "Huber loss": ("losses/huber.py", "delta"),
    "categorical cross-entropy, class weights, label smoothing": ("losses/cross_entropy.py", "class_weights"),
    "convolution, kernel, stride, dilation, groups": ("layers/conv2d.py", "kernel_size"),
    "cross-correlation": ("layers/conv2d.py", "cross-correlation"),
    "padding valid, same": ("layers/convolution_padding.py", "tensorflow_same"),
    "causal convolution": ("layers/conv1d.py", "causal"),
    "1x1 convolution": ("layers/conv1x1.py", "CONCEPT"),
    "depthwise separable convolution": ("layers/depthwise_separable.py", "CONCEPT"),
    "transposed convolution": ("layers/conv_transpose2d.py", "CONCEPT"),
    "output size of a convolution": ("layers/sizes.py", "def convolution_size"),
    "receptive field": ("layers/receptive_fields.py", "def receptive_field"),
    "min pooling": ("layers/min_pool.py", "CONCEPT"),
    "flatten": ("layers/flatten.py", "CONCEPT"),
    "embedding": ("layers/embedding.py", "CONCEPT"),
    "upsampling": ("layers/upsample.py", "bilinear"),
    "gradient descent": ("optimizers/sgd.py", "gradient_descent"),
    "stochastic gradient descent (SGD)": ("optimizers/sgd.py", "class SgdUpdate"),
    "momentum": ("optimizers/momentum.py", "CONCEPT"),
    "momentum as a running average": ("optimizers/momentum.py", "average"),
    "Nesterov": ("optimizers/nesterov.py", "CONCEPT"),
    "look-ahead form of Nesterov momentum": ("optimizers/nesterov.py", "def look_ahead"),
    "Adagrad": ("optimizers/adagrad.py", "class AdagradUpdate"),
    "Adadelta": ("optimizers/adadelta.py", "class AdadeltaUpdate"),
    "RMSprop, centred and with momentum": ("optimizers/rmsprop.py", "centered"),
    "Adam": ("optimizers/adam.py", "CONCEPT"),
    "bias correction of Adam": ("optimizers/adam.py", "bias_correction"),
    "epsilon inside or outside the root": ("optimizers/adam.py", "epsilon_place"),
    "AdamW": ("optimizers/adamw.py", "CONCEPT"),
    "decoupled weight decay": ("optimizers/adamw.py", "times_schedule"),
    "Nadam": ("optimizers/nadam.py", "class NadamUpdate"),
    "step decay": ("schedules/step_decay.py", "CONCEPT"),
    "exponential decay": ("schedules/exponential.py", "CONCEPT"),
    "linear and polynomial decay": ("schedules/polynomial.py", "linear_decay"),
    "cosine annealing": ("schedules/cosine.py", "CONCEPT"),
    "warm restarts": ("schedules/cosine.py", "restart"),
    "cyclic learning rate": ("schedules/cyclic.py", "triangular2"),
    "one-cycle": ("schedules/one_cycle.py", "CONCEPT"),
    "reduce on plateau": ("schedules/plateau.py", "CONCEPT"),
    "warm-up": ("schedules/warmup.py", "class Warmup"),
    "learning-rate range test": ("training/range_test.py", "def range_test"),
    "course of the learning-rate range test": ("schedules/range_test.py", "class RangeTest"),
    "zeros, and why not": ("initializers/zeros.py", "alike"),
    "constant and ones": ("initializers/constant.py", '"ones"'),
    "truncated normal": ("initializers/truncated_normal.py", "CONCEPT"),
    "Glorot (Xavier) normal": ("initializers/glorot_normal.py", "xavier"),
    "Glorot uniform": ("initializers/glorot_uniform.py", "CONCEPT"),
    "He normal": ("initializers/he_normal.py", "CONCEPT"),
    "early stopping": ("regularizers/early_stopping.py", "class EarlyStopping"),
    "He (Kaiming) uniform": ("initializers/he_uniform.py", "kaiming"),
    "LeCun normal": ("initializers/lecun_normal.py", "CONCEPT"),
    "orthogonal": ("initializers/orthogonal.py", "CONCEPT"),
    "bias initialisation": ("initializers/log_odds.py", "def log_odds"),
    "weight decay": ("training/flat.py", "decay"),
    "data augmentation": ("data/images/augment.py", "class Augmenter"),
    "gradient clipping": ("clipping/clip_by_norm.py", "CONCEPT"),
    "gradient clipping by value": ("clipping/clip_by_value.py", "CONCEPT"),
    "adaptive gradient clipping": ("clipping/adaptive_clipping.py", "CONCEPT"),
    "L1 regularization, lasso": ("regularizers/l1.py", "lasso"),
    "L2 regularization, ridge": ("regularizers/l2.py", "ridge"),
    "elastic net": ("regularizers/elastic_net.py", "CONCEPT"),
    "max-norm": ("regularizers/max_norm.py", "CONCEPT"),
    "noise on inputs": ("regularizers/input_noise.py", "CONCEPT"),
    "noise on weights": ("regularizers/weight_noise.py", "CONCEPT"),
    "weight decay is not L2": ("regularizers/weight_decay.py", "AdamW"),
    "label smoothing": ("regularizers/label_smoothing.py", "CONCEPT"),
    "dropout": ("layers/dropout.py", "CONCEPT"),
    "mixed precision": ("training/precision.py", "class Precision"),
    "checkpoint": ("training/checkpoints.py", "class CheckpointFolder"),
    "z-score": ("data/encoders/numbers.py", "z-score"),
    "min-max": ("data/encoders/numbers.py", "min-max"),
    "unit vector": ("data/encoders/table_preparation.py", "unit"),
    "one-hot": ("data/encoders/categories.py", "one-hot"),
    "explore the data": ("data/exploration/explore.py", "def explore"),
    "leakage": ("data/exploration/leakage.py", "leak"),
    "duplicates": ("data/exploration/duplicates.py", "def"),
    "cross-validation, folds": ("data/splits/folds.py", "def fold_rows"),
    "grid search, random search": ("search/listed.py", "def grid_points"),
    "successive halving": ("search/halving.py", "def rungs_of"),
    "tree-structured Parzen estimators": ("search/tpe.py", "class TreeParzen"),
    "one-standard-error rule": ("search/standing.py", "one standard error"),
    "stratified split": ("data/splits/stratified.py", "stratified"),
    "grouped split": ("data/splits/grouped.py", "group"),
    "split by time": ("data/splits/by_time.py", "time"),
    "confusion matrix": ("metrics/confusion_matrix.py", "def confusion_matrix"),
    "precision": ("metrics/precision.py", "CONCEPT"),
    "recall, sensitivity": ("metrics/recall.py", "sensitivity"),
    "specificity": ("metrics/specificity.py", "CONCEPT"),
    "F1": ("metrics/f1.py", "CONCEPT"),
    "area under the ROC curve": ("metrics/roc_auc.py", "CONCEPT"),
    "area under the precision-recall curve": ("metrics/average_precision.py", "CONCEPT"),
    "R2": ("metrics/r2.py", "CONCEPT"),
    "top-5 accuracy": ("metrics/top_k_accuracy.py", "CONCEPT"),
    "calibration": ("evaluation/calibration.py", "def"),
    "baselines": ("evaluation/baselines.py", "def"),
    "confidence intervals": ("evaluation/intervals.py", "def"),
    "learning curve": ("plot/learning_curve.py", "def learning_curve"),
    "ROC curve": ("plot/roc.py", "def roc"),
    "TensorBoard": ("training/tensorboard.py", "class"),
    "activation and gradient statistics": ("probes/probes.py", "class Probes"),
    "forward and backward pass, number by number": ("explain/run.py", "def explain"),
    "the tape of operations": ("explain/tape.py", "class Tape"),
    "fan-out": ("explain/walk.py", "def settle"),
    "ledger of shapes": ("explain/shapes.py", "def shapes"),
    "a convolution worked out": ("explain/pieces/convolution.py", "def convolution"),
    "perceptron learning worked out": ("explain/pieces/perceptron.py", "Rosenblatt"),
    "optimizers side by side": ("explain/pieces/updates.py", "def updates"),
    "softmax with cross-entropy worked out": ("explain/pieces/softmax_cross_entropy.py", "p_k - "),
    "the drawing of a piece": ("explain/pieces/drawing.py", "def svg"),
    "layers written down one after the other": ("models/stack.py", "def stack"),
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
    for name, concept in CATALOGUES[folder].items():
        # Networks of one family that differ in depth alone are in the family's file: resnet50 in resnet.py.
        path = ROOT / folder / f"{concept.facts.get('family', name)}.py"
        assert path.exists(), f"{folder}: {name!r} is listed, and there is no {path.name}"


@pytest.mark.parametrize("folder", CATALOGUES)
def test_every_file_of_a_concept_is_listed(folder):
    listed = {concept.facts.get("family", name) for name, concept in CATALOGUES[folder].items()}
    for path in (ROOT / folder).glob("*.py"):
        if re.search(r"^CONCEPTS? = ", path.read_text(encoding="utf-8"), re.M):
            assert path.stem in listed, f"{folder}/{path.name} has a card that the table does not list"
