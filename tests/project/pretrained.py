"""Small runs that begin layer by layer, for the tests of it."""

from __future__ import annotations

from safetensors.torch import load_file

import glasshouse as gh

METHODS = ("rbm", "denoising", "supervised")


BARE = {"report": False, "bundle": False}


STILL = {"epochs": 1, "learning_rate": 1e-30, "weight_decay": 0.0}
"""A fine-tuning that moves nothing: what it gives is what it was given."""


def digits(method="rbm", model=None, pretraining=None, training=None, data=None, **sections):
    return gh.Experiment(
        data={"source": "digits", "most_rows": 400, **(data or {})},
        model={"name": "mlp", "hidden": [12, 8], "activation": "sigmoid", "dropout": 0.0, **(model or {})},
        pretraining={"method": method, "epochs": 3, **(pretraining or {})},
        training={"epochs": 3, "learning_rate": 0.01, **(training or {})},
        **{"output": BARE, **sections},
    )


def made(tmp_path, *arguments, observers=(), **sections):
    return gh.run(digits(*arguments, **sections), out=tmp_path, observers=list(observers))


def learnt(run, number):
    return load_file(run.path / "pretraining" / str(number) / "weights.safetensors")


NAMES = {
    "rbm": ("recognition.weight", "recognition.bias"),
    "denoising": ("encoder.0.weight", "encoder.0.bias"),
    "supervised": ("hidden.0.weight", "hidden.0.bias"),
}


OFTEN = {"epochs": 3, "checkpoint": {"seconds": 1e9, "steps": 4}}
