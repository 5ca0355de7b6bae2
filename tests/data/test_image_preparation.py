from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.preprocessing import StandardScaler, normalize

from glasshouse.core.errors import BundleError, DataError, SettingError
from glasshouse.data import fit_preparation, preparation_from_dict
from glasshouse.data.images.image_preparation import ImagePreparation
from glasshouse.data.images.pixel_levels import level_counts, mean_and_spread
from glasshouse.data.raw import RawImages
from glasshouse.data.settings import DataSettings


def images(channels: int = 3, rows: int = 40, height: int = 6, width: int = 5) -> RawImages:
    pixels = np.random.default_rng(0).integers(0, 256, (rows, channels, height, width), dtype=np.uint8)
    return RawImages(pixels, None, "photos")


def fitted(raw: RawImages, scaling: str = "auto", rows: np.ndarray | None = None) -> ImagePreparation:
    settings = DataSettings.read({"source": "photos", "prepare": {"scaling": scaling}})
    preparation = fit_preparation(raw, np.arange(len(raw)) if rows is None else rows, settings)
    assert isinstance(preparation, ImagePreparation)
    return preparation


def test_z_score_is_scikit_learns_standard_scaler_per_channel() -> None:
    raw = images()
    prepared = fitted(raw).transform(raw)
    flat = raw.pixels.transpose(0, 2, 3, 1).reshape(-1, 3).astype(np.float64)
    expected = StandardScaler().fit_transform(flat).reshape(40, 6, 5, 3).transpose(0, 3, 1, 2)
    assert prepared.dtype == np.float32
    np.testing.assert_allclose(prepared, expected, atol=1e-6)


def test_only_the_given_rows_are_looked_at() -> None:
    raw = images()
    rows = np.arange(10)
    first = fitted(raw, rows=rows).to_dict()
    raw.pixels[10:] = 0
    assert fitted(raw, rows=rows).to_dict() == first


def test_min_max_unit_vector_and_none() -> None:
    raw = images()
    levels = raw.pixels.astype(np.float64)
    np.testing.assert_allclose(fitted(raw, "min-max").transform(raw), levels / 255, atol=1e-7)
    np.testing.assert_array_equal(fitted(raw, "none").transform(raw), levels)
    raw.pixels[3] = 0
    lengths = normalize(raw.pixels.reshape(40, -1).astype(np.float64)).reshape(raw.pixels.shape)
    prepared = fitted(raw, "unit-vector").transform(raw)
    np.testing.assert_allclose(prepared, lengths, atol=1e-6)
    assert (prepared[3] == 0).all()


@pytest.mark.parametrize("threshold", [0.5, 0.2, 0.0])
@pytest.mark.parametrize("channels", [1, 3])
def test_binary_pixels_are_1_above_the_threshold_and_come_back_black_or_white(
    threshold: float, channels: int
) -> None:
    raw = images(channels)
    raw.pixels[0, 0, 0, :3] = (0, 51, 128)  # 51 is a fifth of 255, and not above it
    settings = DataSettings.read(
        {"source": "photos", "prepare": {"scaling": "binary", "threshold": threshold}}
    )
    preparation = fit_preparation(raw, np.arange(10), settings)
    assert isinstance(preparation, ImagePreparation)
    prepared = preparation.transform(raw)
    np.testing.assert_array_equal(prepared, raw.pixels > threshold * 255)
    np.testing.assert_array_equal(preparation.levels(prepared), 255 * prepared)
    assert (preparation.black == 0).all()
    assert preparation.describe()[0]["becomes"].endswith("and 0 elsewhere")


def test_quantile_scaling_is_for_tables() -> None:
    with pytest.raises(SettingError, match="'quantile' for images"):
        fitted(images(), "quantile")


def test_a_channel_that_never_changes_becomes_0() -> None:
    raw = images()
    raw.pixels[:, 1] = 77
    prepared = fitted(raw).transform(raw)
    assert (prepared[:, 1] == 0).all()
    assert np.isfinite(prepared).all()


@pytest.mark.parametrize("scaling", ["z-score", "min-max", "unit-vector", "binary", "none"])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_round_trip_through_json_changes_no_bit(scaling: str, channels: int) -> None:
    raw = images(channels)
    preparation = fitted(raw, scaling)
    again = preparation_from_dict(json.loads(json.dumps(preparation.to_dict())))
    assert again.to_dict() == preparation.to_dict()
    assert again.input_shape == (channels, 6, 5)
    np.testing.assert_array_equal(again.transform(raw), preparation.transform(raw))


@pytest.mark.parametrize(
    "change",
    [
        {"spread": [0.0]},
        {"mean": [float("nan")]},
        {"input_shape": [2, 6, 5]},
        {"scaling": "other"},
        {"mean": [1, 2]},
        {"input_shape": None},
        {"kind": "sounds"},
    ],
)
def test_a_changed_state_is_refused(change: dict[str, object]) -> None:
    state = {**fitted(images(1)).to_dict(), **change}
    with pytest.raises(BundleError):
        preparation_from_dict(state)


def test_black_is_what_a_black_pixel_becomes() -> None:
    raw = images()
    preparation = fitted(raw)
    raw.pixels[0] = 0
    np.testing.assert_array_equal(preparation.transform(raw)[0, :, 0, 0], preparation.black)


def test_the_description_gives_the_numbers() -> None:
    entry = fitted(images(1)).describe()[0]
    assert entry["features"] == 30
    assert entry["becomes"].startswith("grey, 6 x 5 pixels, levels from 0 to 255 minus mean 1")


def test_images_of_another_shape_and_tables_are_not_transformed() -> None:
    with pytest.raises(BundleError, match=r"images of shape \(1, 6, 5\)"):
        fitted(images(3)).transform(images(1))


def test_mean_and_spread_by_level_counts_are_numpys() -> None:
    raw = images()
    mean, spread = mean_and_spread(level_counts(raw.pixels))
    np.testing.assert_allclose(mean, raw.pixels.mean(axis=(0, 2, 3)))
    np.testing.assert_allclose(spread, raw.pixels.std(axis=(0, 2, 3)))


def test_reading_a_file_a_folder_arrays_and_pillow_gives_the_same_pixels(tmp_path: Path, write_idx) -> None:
    raw = images(1, rows=3)
    preparation = fitted(raw)
    pictures = [Image.fromarray(each[0]) for each in raw.pixels]
    for number, picture in enumerate(pictures):
        folder = tmp_path / "flat" if number else tmp_path / "flat" / "deeper"
        folder.mkdir(parents=True, exist_ok=True)
        picture.save(folder / f"{number}.png")
    write_idx(tmp_path / "images.gz", raw.pixels[:, 0])
    order = [0, 1, 2]
    sources = {
        "raw": raw,
        "channels first": raw.pixels,
        "channels last": raw.pixels.transpose(0, 2, 3, 1),
        "grey": raw.pixels[:, 0],
        "whole numbers": raw.pixels[:, 0].astype(np.int64),
        "pillow": pictures,
        "list of arrays": list(raw.pixels[:, 0]),
        "idx": tmp_path / "images.gz",
        "paths": [
            str(tmp_path / "flat" / "deeper" / "0.png"),
            *(str(tmp_path / "flat" / f"{n}.png") for n in (1, 2)),
        ],
    }
    for name, source in sources.items():
        np.testing.assert_array_equal(preparation.read(source).pixels, raw.pixels[order], err_msg=name)
    from_folder = preparation.read(tmp_path / "flat")
    assert from_folder.files == ("1.png", "2.png", str(Path("deeper") / "0.png"))
    np.testing.assert_array_equal(from_folder.pixels, raw.pixels[[1, 2, 0]])
    single = preparation.read(tmp_path / "flat" / "2.png")
    np.testing.assert_array_equal(single.pixels, raw.pixels[2:])
    assert single.files == ("2.png",)
    np.testing.assert_array_equal(preparation.read(raw.pixels[1, 0]).pixels, raw.pixels[1:2])
    np.testing.assert_array_equal(preparation.read(pictures[1]).pixels, raw.pixels[1:2])


def test_other_sizes_and_colours_are_brought_to_the_trained_ones() -> None:
    grey, colour = fitted(images(1)), fitted(images(3))
    large = np.random.default_rng(1).integers(0, 256, (2, 60, 50, 3), dtype=np.uint8)
    assert grey.read(large).pixels.shape == (2, 1, 6, 5)
    assert colour.read(large[:, :, :, 0]).pixels.shape == (2, 3, 6, 5)
    assert colour.read(large[0]).pixels.shape == (1, 3, 6, 5)
    transparent = np.concatenate([large, np.zeros_like(large[..., :1])], axis=3)
    assert (colour.read(transparent).pixels == 255).all()


@pytest.mark.parametrize(
    ("array", "told"),
    [
        (np.zeros((2, 6, 5)), "float64 values from 0 to 0"),
        (np.full((2, 6, 5), 256), "int64 values from 256 to 256"),
        (np.zeros((2, 6, 5, 2), np.uint8), r"shape \(2, 6, 5, 2\)"),
        (np.zeros(4, np.uint8), r"shape \(4,\)"),
        (np.array(["a"]), "array of <U1 values"),
        (np.zeros((0, 6, 5), np.uint8), r"shape \(0, 6, 5"),
    ],
)
def test_arrays_that_are_no_eight_bit_images_are_refused(array: np.ndarray, told: str) -> None:
    with pytest.raises(BundleError, match=told):
        fitted(images(1)).read(array)


def test_broken_files_are_left_out_and_named_unless_nothing_is_left(tmp_path: Path) -> None:
    Image.new("L", (5, 6)).save(tmp_path / "good.png")
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no image")
    preparation = fitted(images(1))
    raw = preparation.read(tmp_path)
    assert raw.files == ("good.png",)
    assert raw.broken == (("bad.png", "no image format that Pillow knows"),)
    assert "1 of 2 image files" in raw.notes[0]
    with pytest.raises(DataError, match=r"bad\.png cannot be read"):
        preparation.read(bad)
    with pytest.raises(DataError, match="does not exist"):
        preparation.read(tmp_path / "absent.png")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no images"):
        preparation.read(tmp_path / "empty")
