from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glasshouse.data.images.file import Broken, default_size, in_parallel, load_pixels, look, to_pixels


def gradient(height: int = 6, width: int = 8) -> np.ndarray:
    return np.linspace(0, 255, height * width).reshape(height, width).astype(np.uint8)


def coloured(height: int = 6, width: int = 8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_grey_and_rgb_of_the_right_size_keep_every_pixel() -> None:
    np.testing.assert_array_equal(to_pixels(Image.fromarray(gradient()), 1, (6, 8))[0], gradient())
    pixels = to_pixels(Image.fromarray(coloured()), 3, (6, 8))
    np.testing.assert_array_equal(pixels.transpose(1, 2, 0), coloured())


def test_grey_repeats_in_all_three_channels_and_rgb_becomes_luma() -> None:
    assert (np.diff(to_pixels(Image.fromarray(gradient()), 3, (6, 8)), axis=0) == 0).all()
    grey = to_pixels(Image.fromarray(coloured()), 1, (6, 8))[0]
    luma = coloured() @ np.array([0.299, 0.587, 0.114])
    assert np.abs(grey - luma).max() <= 1


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I", "F", "I;16", "HSV"]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_every_mode_becomes_eight_bit_pixels(mode: str, channels: int) -> None:
    image = Image.fromarray(coloured())
    if mode == "HSV":
        image = image.convert("HSV")
    elif mode in ("I;16", "I"):
        deep = np.linspace(0, 65535, 48).reshape(6, 8)
        image = Image.fromarray(deep.astype(np.uint16 if mode == "I;16" else np.int32))
    elif mode == "LA":
        image = image.convert("L").convert("LA")
    else:
        image = image.convert(mode)
    assert image.mode == mode
    pixels = to_pixels(image, channels, (6, 8))
    assert pixels.shape == (channels, 6, 8)
    assert pixels.dtype == np.uint8
    assert len(np.unique(pixels)) > 1


def test_sixteen_bit_keeps_its_shades_where_pillow_would_clip_them() -> None:
    deep = np.array([[0, 257, 32896, 65535]], dtype=np.uint16)
    assert to_pixels(Image.fromarray(deep), 1, (1, 4))[0].tolist() == [[0, 1, 128, 255]]


def test_floats_from_0_to_1_and_from_0_to_255_are_understood_and_others_refused() -> None:
    unit = Image.fromarray(np.array([[0.0, 0.5, 1.0]], dtype=np.float32))
    assert to_pixels(unit, 1, (1, 3))[0].tolist() == [[0, 128, 255]]
    levels = Image.fromarray(np.array([[0.0, 7.0, 255.0]], dtype=np.float32))
    assert to_pixels(levels, 1, (1, 3))[0].tolist() == [[0, 7, 255]]
    for wrong in ([[0.0, 1e6]], [[-1.0, 1.0]], [[np.nan, 1.0]]):
        with pytest.raises(ValueError, match="pixels"):
            to_pixels(Image.fromarray(np.array(wrong, dtype=np.float32)), 1, (1, 2))


@pytest.mark.parametrize("channels", [1, 3])
def test_transparency_shows_white(channels: int) -> None:
    image = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    image.putpixel((1, 2), (0, 0, 0, 255))
    pixels = to_pixels(image, channels, (4, 4))
    assert (pixels[:, 2, 1] == 0).all()
    assert (pixels[:, 0, 0] == 255).all()


def test_a_transparent_palette_colour_shows_white(tmp_path: Path) -> None:
    image = Image.new("P", (3, 3), 1)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.putpixel((0, 0), 0)
    image.save(tmp_path / "a.png", transparency=1)
    pixels = load_pixels(tmp_path / "a.png", 3, (3, 3))
    assert not isinstance(pixels, Broken)
    assert pixels[:, 0, 0].tolist() == [255, 0, 0]
    assert pixels[:, 2, 2].tolist() == [255, 255, 255]


def test_exif_orientation_turns_the_picture_upright(tmp_path: Path) -> None:
    upright = gradient(8, 4)
    for orientation, stored in (
        (3, np.rot90(upright, 2)),
        (6, np.rot90(upright, 1)),
        (8, np.rot90(upright, -1)),
    ):
        exif = Image.Exif()
        exif[0x0112] = orientation
        path = tmp_path / f"{orientation}.png"
        Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
        seen = look(path)
        assert not isinstance(seen, Broken)
        assert (seen.height, seen.width) == (8, 4)
        pixels = load_pixels(path, 1, (8, 4))
        assert not isinstance(pixels, Broken)
        np.testing.assert_array_equal(pixels[0], upright)


def test_resizing_keeps_the_aspect_and_cuts_around_the_centre() -> None:
    image = np.zeros((10, 30), np.uint8)
    image[:, 10:20] = 200  # the middle third is what a square keeps
    assert (to_pixels(Image.fromarray(image), 1, (10, 10)) == 200).all()
    circle = np.hypot(*(np.mgrid[:64, :96] - np.array([31.5, 47.5])[:, None, None])) < 20
    small = to_pixels(Image.fromarray((circle * 255).astype(np.uint8)), 1, (32, 32))[0] > 127
    assert abs(int(small.any(axis=0).sum()) - int(small.any(axis=1).sum())) <= 1


def test_a_large_jpeg_is_as_if_it_were_unpacked_in_full(tmp_path: Path) -> None:
    smooth = (np.sin(np.mgrid[:800, :800] / 60).sum(axis=0) * 60 + 128).astype(np.uint8)
    Image.fromarray(smooth).save(tmp_path / "a.jpg", quality=95)
    fast = load_pixels(tmp_path / "a.jpg", 1, (64, 64))
    assert not isinstance(fast, Broken)
    slow = to_pixels(Image.fromarray(smooth), 1, (64, 64))
    assert np.abs(fast.astype(int) - slow.astype(int)).max() <= 3


def test_an_animation_gives_its_first_picture(tmp_path: Path) -> None:
    frames = [Image.new("L", (4, 4), shade) for shade in (10, 200)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    pixels = load_pixels(tmp_path / "a.gif", 1, (4, 4))
    assert not isinstance(pixels, Broken)
    assert (pixels == 10).all()


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"GIF89a\1\0", b"BM" + b"\0" * 60])
def test_files_that_are_no_images_are_broken_with_a_reason(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    for result in (look(path), load_pixels(path, 1, (4, 4))):
        assert isinstance(result, Broken)
        assert result.reason
        assert str(tmp_path) not in result.reason


@pytest.mark.parametrize("suffix", ["png", "jpg", "gif", "bmp", "tif", "webp"])
def test_a_file_cut_in_half_is_broken_or_whole_but_never_an_exception(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(coloured(64, 64)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert isinstance(load_pixels(path, 3, (64, 64)), Broken)


@pytest.mark.parametrize(
    ("sizes", "size"),
    [
        ([(28, 28)] * 3, (28, 28)),
        ([(128, 100)] * 2, (128, 100)),
        ([(480, 640)] * 2, (48, 64)),
        ([(1, 1000)] * 2, (1, 64)),
        ([(300, 200), (500, 500)], (64, 64)),
        ([(20, 30), (24, 50), (22, 22)], (22, 22)),
    ],
)
def test_default_sizes(sizes: list[tuple[int, int]], size: tuple[int, int]) -> None:
    assert default_size(np.array(sizes)) == size


@pytest.mark.parametrize("seconds", [0.0, 0.003], ids=["quick ones in turn", "slow ones on threads"])
def test_results_come_in_the_order_of_the_items(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    used, now = set(), 0.0
    # A clock of its own: on a busy machine the quickest item may take long.
    monkeypatch.setattr(time, "perf_counter", lambda: now)

    def double(item: int) -> int:
        nonlocal now
        now += seconds
        time.sleep(seconds * (2 if item % 3 else 1))
        used.add(threading.get_ident())
        return item * 2

    assert in_parallel(double, list(range(40))) == list(range(0, 80, 2))
    assert (len(used) > 1) == (seconds > 0)
