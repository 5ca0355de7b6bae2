from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from scipy import ndimage

from glasshouse.data import Augmenter
from glasshouse.data.images.augment import add_noise, brighten, contrast, erase
from glasshouse.data.images.moves import flip, rotate_and_zoom, shift
from glasshouse.data.settings import AugmentSettings

ALL = AugmentSettings(
    flip_horizontal=True,
    flip_vertical=True,
    shift=0.2,
    rotate=20,
    zoom=0.2,
    crop=0.2,
    brightness=0.3,
    contrast=0.2,
    noise=0.1,
    erase=0.2,
)
EACH = [AugmentSettings.read({name: value}) for name, value in ALL.chosen.items()]


def batch(images: int = 6, channels: int = 3, height: int = 9, width: int = 7) -> torch.Tensor:
    return torch.randn(images, channels, height, width, generator=torch.Generator().manual_seed(1))


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


FILL = torch.tensor([-1.0, -2.0, -3.0]).view(1, -1, 1, 1)
EVERY = torch.ones(6, dtype=torch.bool)


def test_with_nothing_switched_on_the_batch_comes_back_bit_for_bit() -> None:
    images = batch()
    assert Augmenter(AugmentSettings(), FILL.flatten())(images, seeded()) is images


@pytest.mark.parametrize("settings", [*EACH, ALL], ids=lambda s: ",".join(s.chosen))
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("channels", [1, 3])
def test_shape_type_layout_and_the_given_batch_are_kept(settings, layout, channels: int) -> None:
    images = batch(channels=channels).contiguous(memory_format=layout)
    before = images.clone()
    changed = Augmenter(settings, FILL.flatten()[:channels])(images, seeded())
    assert changed.shape == images.shape
    assert changed.dtype == images.dtype
    assert changed.stride() == images.stride()
    assert torch.equal(images, before)
    assert not torch.equal(changed, images)
    assert torch.isfinite(changed).all()


@pytest.mark.parametrize("settings", [*EACH, ALL], ids=lambda s: ",".join(s.chosen))
def test_chance_comes_from_the_generator_alone(settings) -> None:
    augment = Augmenter(settings, FILL.flatten())
    images = batch(images=32)
    torch.manual_seed(5)
    before = torch.get_rng_state()
    generator = seeded(7)
    first = augment(images, generator)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(augment(images, seeded(7)), first)
    assert not torch.equal(augment(images, generator), first)


def test_the_stream_can_be_opened_again_in_the_middle() -> None:
    augment, images, generator = Augmenter(ALL, FILL.flatten()), batch(), seeded()
    augment(images, generator)
    state = generator.get_state()
    second = augment(images, generator)
    resumed = torch.Generator()
    resumed.set_state(state)
    assert torch.equal(augment(images, resumed), second)


def test_flipping_twice_changes_nothing_and_once_mirrors_the_chosen() -> None:
    images = batch()
    chosen = torch.tensor([True, False] * 3)
    flipped = flip(images, chosen, axis=3)
    assert torch.equal(flipped[0], images[0].flip(2))
    assert torch.equal(flipped[1], images[1])
    assert torch.equal(flip(flipped, chosen, axis=3), images)
    assert torch.equal(flip(images, EVERY, axis=2), images.flip(2))


def test_half_of_the_images_are_flipped() -> None:
    images = torch.arange(8.0).view(1, 1, 1, 8).repeat(4000, 1, 1, 1)
    flipped = Augmenter(AugmentSettings(flip_horizontal=True), torch.zeros(1))(images, seeded())
    assert 0.46 < float((flipped[:, 0, 0, 0] == 7).float().mean()) < 0.54


def test_shifting_is_scipys_shift_by_whole_pixels() -> None:
    images = batch()
    rows = torch.tensor([0, 2, -3, 1, 0, -9])
    columns = torch.tensor([0, -1, 2, 0, 6, 7])
    shifted = shift(images, rows, columns, FILL)
    for number in range(6):
        for channel in range(3):
            expected = ndimage.shift(
                images[number, channel].numpy(),
                (int(rows[number]), int(columns[number])),
                order=0,
                cval=float(FILL[0, channel, 0, 0]),
            )
            np.testing.assert_array_equal(shifted[number, channel].numpy(), expected)


def test_every_shift_up_to_the_largest_occurs_and_none_beyond() -> None:
    images = torch.zeros(3000, 1, 10, 10)
    images[:, :, 5, 5] = 1
    shifted = Augmenter(AugmentSettings(shift=0.25), torch.zeros(1))(images, seeded())
    places = shifted.flatten(1).argmax(dim=1)
    assert set((places // 10).tolist()) == {3, 4, 5, 6, 7}
    assert set((places % 10).tolist()) == {3, 4, 5, 6, 7}


@pytest.mark.parametrize("side", [5, 8])
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_quarter_turns_are_those_of_rot90(side: int, turns: int) -> None:
    images = batch(height=side, width=side)
    turned = rotate_and_zoom(images, torch.full((6,), 90.0 * turns), torch.ones(6), FILL)
    torch.testing.assert_close(turned, torch.rot90(images, turns, (2, 3)), rtol=0, atol=2e-5)


def test_a_half_turn_of_an_image_that_is_not_square_is_two_flips() -> None:
    images = batch()
    turned = rotate_and_zoom(images, torch.full((6,), 180.0), torch.ones(6), FILL)
    torch.testing.assert_close(turned, images.flip(2, 3), rtol=0, atol=2e-5)


def test_a_quarter_turn_of_a_wide_image_keeps_the_middle_and_fills_the_rest() -> None:
    images = batch(height=5, width=9)
    turned = rotate_and_zoom(images, torch.full((6,), 90.0), torch.ones(6), FILL)
    middle = torch.rot90(images[:, :, :, 2:7], 1, (2, 3))
    torch.testing.assert_close(turned[:, :, :, 2:7], middle, rtol=0, atol=2e-5)
    torch.testing.assert_close(turned[:, :, :, :2], FILL.expand(6, 3, 5, 2), rtol=0, atol=2e-5)


@pytest.mark.parametrize(("degrees", "zoom"), [(25.0, 1.0), (-40.0, 1.3), (0.0, 0.7)])
def test_rotating_and_zooming_is_scipys_affine_transform(degrees: float, zoom: float) -> None:
    images = batch(images=1, channels=1, height=11, width=17)
    ours = rotate_and_zoom(images, torch.tensor([degrees]), torch.tensor([zoom]), torch.zeros(1, 1, 1, 1))
    angle = np.deg2rad(degrees)
    # rows run downwards, so a turn against the clock has this sign in (row, column) coordinates
    inverse = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]) / zoom
    centre = np.array([5.0, 8.0])
    theirs = ndimage.affine_transform(
        images[0, 0].double().numpy(), inverse, centre - inverse @ centre, order=1, mode="grid-constant"
    )
    np.testing.assert_allclose(ours[0, 0].numpy(), theirs, atol=1e-4)


def test_an_angle_of_0_and_a_zoom_of_1_leave_the_image() -> None:
    images = batch()
    same = rotate_and_zoom(images, torch.zeros(6), torch.ones(6), FILL)
    torch.testing.assert_close(same, images, rtol=0, atol=1e-5)


def test_contrast_stretches_about_the_mean_of_each_image() -> None:
    images = batch()
    stretched = contrast(images, torch.tensor([1.0, 2.0, 0.5, 1.0, 1.0, 0.0]))
    torch.testing.assert_close(stretched.mean((1, 2, 3)), images.mean((1, 2, 3)))
    torch.testing.assert_close(stretched.std((1, 2, 3))[1], 2 * images.std((1, 2, 3))[1])
    torch.testing.assert_close(stretched[0], images[0])


def test_brightness_and_noise_have_the_sizes_asked_for() -> None:
    images = torch.zeros(500, 1, 12, 12)
    amounts = Augmenter(AugmentSettings(brightness=0.5), torch.zeros(1))(images, seeded())[:, 0, 0, 0]
    assert float(amounts.abs().max()) <= 0.5
    assert float(amounts.min()) < -0.45
    assert float(amounts.max()) > 0.45
    assert torch.equal(brighten(images, amounts)[:, 0, 3, 3], amounts)
    assert float(add_noise(images, 0.3, seeded()).std()) == pytest.approx(0.3, rel=0.01)


def test_erasing_covers_a_square_inside_the_image_with_the_filling() -> None:
    images = batch()
    erased = erase(images, torch.full((6,), 2), torch.full((6,), 1), torch.tensor([3, 3, 3, 3, 3, 0]), FILL)
    assert torch.equal(erased[0, :, 2:5, 1:4], FILL.view(3, 1, 1).expand(3, 3, 3))
    changed = (erased != images).any(dim=1)
    assert changed[0].sum() == 9
    assert changed[5].sum() == 0


def test_erased_squares_stay_under_the_share_and_within_the_image() -> None:
    images = torch.ones(2000, 1, 20, 30)
    erased = Augmenter(AugmentSettings(erase=0.25), torch.zeros(1))(images, seeded())
    areas = (erased == 0).sum(dim=(1, 2, 3)).float()
    assert float(areas.max()) <= 13**2  # a side of the square root of 150, rounded
    assert torch.equal(areas.sqrt().round().square(), areas)
    assert float(areas.mean()) == pytest.approx(75, rel=0.1)


def test_flipping_and_shifting_a_small_batch_takes_little_time() -> None:
    augment = Augmenter(AugmentSettings(flip_horizontal=True, shift=0.1), torch.zeros(1))
    images, generator = torch.randn(64, 1, 28, 28), seeded()
    times = []
    for _ in range(30):
        start = time.perf_counter()
        augment(images, generator)
        times.append(time.perf_counter() - start)
    assert sorted(times)[5] < 0.0015


@pytest.mark.gpu
def test_an_accelerator_gives_the_same_images() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    augment = Augmenter(ALL, FILL.flatten())
    images = batch().contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(
        augment(images.cuda(), seeded()).cpu(), augment(images, seeded()), rtol=0, atol=1e-4
    )
