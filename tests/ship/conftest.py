"""Bundles of small networks with weights that look trained, made once for all tests of this folder."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image
from torch import nn
from torch.onnx._internal.exporter import _registration

from glasshouse.data import load as load_data
from glasshouse.data.images.image_preparation import ImagePreparation
from glasshouse.data.parts import OutputScale
from glasshouse.data.preparation import Preparation
from glasshouse.data.preparations import fit_preparation
from glasshouse.data.settings import DataSettings
from glasshouse.models import build_model
from glasshouse.ship.write_bundle import Content, write_bundle


@pytest.fixture(scope="session", autouse=True)
def _one_table_of_operators() -> Iterator[None]:
    """The exporter reads its table of operators anew for each export, which is half of its time."""
    registry = getattr(_registration, "ONNXRegistry", None)
    if registry is None or not hasattr(registry, "from_torchlib"):
        yield
        return
    before = registry.__dict__["from_torchlib"]
    registry.from_torchlib = staticmethod(functools.cache(registry.from_torchlib))
    yield
    registry.from_torchlib = before


def lived_in(network: nn.Module, seed: int = 0) -> nn.Module:
    """Give all weights and running statistics values as training would leave them: none zero, none equal."""
    stream = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if not value.is_floating_point() or name.endswith("codes"):
                continue
            noise = torch.rand(value.shape, generator=stream)
            value.copy_(0.5 + noise if name.endswith("running_var") else value + 0.4 * (noise - 0.5))
    return network


@dataclass(frozen=True)
class People:
    """A table with a preparation that was fitted on it."""

    frame: pl.DataFrame
    preparation: Preparation
    inputs: torch.Tensor


@pytest.fixture(scope="session")
def people() -> People:
    """240 rows with numbers, categories and dates, some of them missing."""
    stream = np.random.default_rng(0)
    count = 240
    frame = pl.DataFrame(
        {
            "age": stream.integers(18, 80, count).astype(float),
            "city": stream.choice(["Rome", "Oslo", "Lima"], count),
            "since": [f"20{10 + row % 10}-0{1 + row % 9}-1{row % 7}" for row in range(count)],
            "income": stream.choice(["high", "low", "middle"], count),
        }
    ).with_columns(age=pl.when(pl.col("age") > 75).then(None).otherwise(pl.col("age")))
    settings = DataSettings(source="people", target="income")
    raw = load_data(settings, frame)
    preparation = fit_preparation(raw, np.arange(count), settings)
    return People(frame, preparation, torch.from_numpy(preparation.transform(raw)))


Make = Callable[..., Content]


@pytest.fixture(scope="session")
def content(people: People) -> Make:
    """Makes the content of a bundle from a model's name: for the table, pictures or bare arrays."""

    def make(spec: dict[str, Any], meaning: str = "logits", **changes: Any) -> Content:
        regression = meaning == "values"
        values: dict[str, Any] = {
            "model": spec,
            "input_shape": tuple(people.inputs.shape[1:]),
            "task": "regression" if regression else "classification",
            "target_name": "year" if regression else "income",
            "meaning": meaning,
            "classes": () if regression else ("high", "low", "middle"),
            # Far from zero by its spread, as years are: single precision would lose the last digits.
            "scale": OutputScale(1990.25, 0.5) if regression else None,
            "preparation": people.preparation,
            "samples": people.inputs,
            "name": "people",
            **changes,
        }
        if "network" not in values:
            outputs = 1 if regression else len(values["classes"])
            values["network"] = lived_in(build_model(spec, values["input_shape"], outputs, seed=1))
        return Content(**values)

    return make


@pytest.fixture(scope="session")
def pictures_content(content: Make) -> Make:
    """Makes the content of a bundle for pictures of 16 x 16 pixels, with weights in channels-last order."""

    def make(spec: dict[str, Any], channels: int = 1, **changes: Any) -> Content:
        shape = (channels, 16, 16)
        preparation = ImagePreparation("z-score", shape, [100.0] * channels, [60.0] * channels)
        samples = torch.randn((20, *shape), generator=torch.Generator().manual_seed(0))
        made = content(spec, input_shape=shape, preparation=preparation, samples=samples, **changes)
        made.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return made

    return make


SPEC = {"name": "mlp", "hidden": [16, 8], "normalization": "batch", "dropout": 0.3}


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory, content: Make) -> Path:
    """A bundle with ONNX that tells income from the table. Not to be changed: see ``copied``."""
    return write_bundle(tmp_path_factory.mktemp("classifier") / "bundle", content(SPEC))


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory, pictures_content: Make) -> Path:
    """A bundle with ONNX that tells income from pictures."""
    made = pictures_content({"name": "cnn", "widths": [4, 8]})
    return write_bundle(tmp_path_factory.mktemp("pictures") / "bundle", made)


@pytest.fixture
def copied(classifier: Path, tmp_path: Path) -> Path:
    """A copy of the classifier's bundle to do damage to."""
    return Path(shutil.copytree(classifier, tmp_path / "bundle"))


@pytest.fixture
def picture_files(tmp_path: Path) -> Path:
    """A folder of three pictures and one file that only looks like one."""
    stream = np.random.default_rng(0)
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(3):
        pixels = stream.integers(0, 256, (16, 16), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n but no more")
    return folder
