"""The page of an explanation in a headless Chromium: what it computes, shows, asks and answers to keys."""

from __future__ import annotations

import random
import re

import pytest
import torch
from torch import nn

from glasshouse.optimizers import OPTIMIZERS
from tests.browser.networks import (
    NETWORKS,
    Convolutions,
    convolutions,
    explained,
    lenet,
    recurrent,
    resnet18,
    sequences,
    small,
)

pytestmark = pytest.mark.slow

ASK = """places => places.map(([symbol, index]) => {
  const { forwardOf, gradientOf, updateOf } = window.glasshouse;
  return {
    forward: forwardOf(symbol, index)?.value ?? null,
    parts: gradientOf(symbol, index).map((part) => part.value ?? null),
    update: updateOf(symbol, index)?.value ?? null,
  };
})"""


def close(answer, expected):
    return answer is not None and abs(answer - expected) <= 1e-9 * max(1e-3, abs(expected))


def places_of(explanation, per_value, seed=0):
    chance = random.Random(seed)
    return [
        (value, tuple(chance.randrange(size) for size in value.shape))
        for value in explanation.values
        if value.tensor.numel()
        for _ in range(per_value)
    ]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda each: each.__name__)
def test_the_arithmetic_of_the_page_gives_the_numbers_of_python(opened, network):
    explanation = network()
    places = places_of(explanation, 10)
    page = opened(explanation)
    answers = page.evaluate(ASK, [[value.symbol, list(place)] for value, place in places])
    compared = 0
    for (value, place), answer in zip(places, answers, strict=True):
        forward = explanation.arithmetic(value, place)
        pairs = [] if forward is None else [(answer["forward"], forward.value)]
        for contribution, part in zip(value.contributions, answer["parts"], strict=True):
            arithmetic = explanation.part_arithmetic(contribution, place)
            pairs += [] if arithmetic is None else [(part, arithmetic.value)]
        update = explanation.update_of(value, place)
        pairs += [] if update is None else [(answer["update"], update.value)]
        for received, expected in pairs:
            assert close(received, expected), f"{value.symbol}{list(place)}: {received} is not {expected}"
        compared += len(pairs)
    assert compared > len(places) / 2


@pytest.mark.parametrize("name", sorted(each.name for each in OPTIMIZERS.values()))
def test_the_page_makes_the_same_first_step_as_every_optimizer(opened, name):
    explanation = small(name)
    page = opened(explanation)
    for symbol, place in (("W1", (1, 0)), ("W2", (0, 1)), ("b1", (1,))):
        answer = page.evaluate(
            "([s, i]) => window.glasshouse.updateOf(s, i)?.value ?? null", [symbol, list(place)]
        )
        expected = explanation.update_of(explanation.find(symbol), place)
        assert close(answer, expected.value)


def test_clicking_a_weight_shows_its_gradient_its_update_and_its_numbers(opened):
    page = opened(small())
    page.get_by_role("button", name="W1[1,0] = 0.4").click()
    panel = page.locator("#panel")
    assert panel.locator("h2").inner_text().replace("\n", "").endswith("0.4")
    assert "0.weight" in panel.inner_text()
    back = panel.locator("section.back")
    terms = back.locator(".leaf").evaluate_all("all => all.map((each) => each.getAttribute('aria-label'))")
    assert [each.split(" = ")[0] for each in terms] == ["dz1[0,1]", "x[0,0]", "dz1[0,1]", "x[0,0]"]
    assert "first step of" in panel.locator("section.update h3").inner_text()
    assert "checked" in back.inner_text()


def test_from_term_to_term_one_walks_back_to_the_loss_and_forward_to_the_input(opened):
    page = opened(small())
    page.evaluate("window.glasshouse.select('dW1', [1, 0])")
    panel = page.locator("#panel")
    for expected in ("dz1[0,1]", "da1[0,1]", "dz2[0,0]", "da2[0,0]", "dL"):
        panel.locator(f'section.back .leaf[aria-label^="{expected} = "]').first.click()
        assert panel.inner_text().split("exactly")[0].count(expected.partition("[")[0]) >= 1
    assert "the way back begins" in panel.inner_text()
    page.evaluate("window.glasshouse.select('a2', [0, 0])")
    for expected in ("z2[0,0]", "a1[0,1]", "z1[0,1]", "x[0,1]"):
        panel.locator(f'section.ahead .leaf[aria-label^="{expected} = "]').first.click()
    assert "Given as the input" in panel.inner_text()


def test_the_rule_and_its_lines_stand_under_the_arithmetic(opened):
    page = opened(small())
    page.evaluate("window.glasshouse.select('z1', [0, 0])")
    rule = page.locator("#panel details.rule")
    assert "y = x @ weight.mT" in rule.inner_text()
    assert rule.locator("math").count() >= 4


def test_the_quiz_accepts_the_right_number_and_refuses_a_wrong_one(opened):
    page = opened(small())
    page.get_by_role("button", name="Quiz").click()
    for rounds in range(1, 5):
        truth = page.evaluate("window.glasshouse.quiz.question.truth")
        name = page.evaluate("window.glasshouse.quiz.question.name")
        index = page.evaluate("window.glasshouse.quiz.question.index.join(',')")
        hidden = page.locator(f'#sheet [data-at="{name}"][data-index="{index}"]').first
        assert hidden.inner_text() == "?"
        assert not re.search(r"\d", hidden.get_attribute("title").split(" = ")[1])
        page.locator(".quiz input").fill(f"{truth * 1.1 + 0.01:.3g}" if rounds == 1 else f"{truth:.3g}")
        page.keyboard.press("Enter")
        verdict = page.locator(".quiz .verdict")
        if rounds == 1:
            assert verdict.inner_text().startswith("Not yet")
            assert hidden.inner_text() == "?"
            page.locator(".quiz input").fill(f"{truth:.6g}".replace("-", "−"))
            page.keyboard.press("Enter")
        assert verdict.inner_text().startswith("Right")
        assert "?" not in page.locator(f'#sheet [data-at="{name}"][data-index="{index}"]').first.inner_text()
        assert page.locator(".quiz .score").inner_text() == f"{rounds - 1} of {rounds} right"
        page.get_by_role("button", name="Next", exact=True).click()


def test_the_hint_of_the_quiz_gives_the_arithmetic_but_not_the_number(opened):
    page = opened(small())
    page.get_by_role("button", name="Quiz").click()
    page.get_by_role("button", name="Hint").click()
    hint = page.locator(".quiz .hint")
    for _ in range(12):  # questions are drawn at random, and some have steps on the way that are told
        assert hint.locator("math").count() >= 2
        truth = page.evaluate("window.glasshouse.quiz.question.truth")
        told = [
            float(each.removeprefix("= ").replace("−", "-"))
            for each in hint.locator("b.result").all_inner_texts()
        ]
        assert not [each for each in told if each == pytest.approx(truth, rel=1e-5)]
        page.get_by_role("button", name="Next", exact=True).click()
        page.get_by_role("button", name="Hint").click()
    page.locator(".quiz input").fill("nonsense")
    page.keyboard.press("Enter")
    assert page.locator(".quiz .verdict").inner_text().startswith("Type a number")


@pytest.mark.parametrize(
    ("answer", "truth", "right"),
    [
        ("0.135", 0.13549, True),
        ("0,136", 0.13549, True),
        ("0.134", 0.13549, False),
        ("−1.2e-5", -1.2e-5, True),
        ("1.2·10⁻⁵", 1.2e-5, True),
        ("-0.135", 0.135, False),
        ("0", 0.0, True),
        ("0.001", 0.0, False),
    ],
)
def test_three_significant_digits_are_enough_for_an_answer(opened, answer, truth, right):
    page = opened(small())
    page.get_by_role("button", name="Quiz").click()
    page.evaluate("truth => { window.glasshouse.quiz.question.truth = truth; }", truth)
    page.locator(".quiz input").fill(answer)
    page.keyboard.press("Enter")
    assert page.locator(".quiz .verdict").inner_text().startswith("Right" if right else "Not yet")


def test_arrow_keys_walk_forward_through_the_steps_and_back_through_them(opened):
    page = opened(small())
    where = page.locator("#where")
    seen = []
    for _ in range(10):
        page.keyboard.press("ArrowRight")
        seen.append(where.inner_text().split(": ")[1])
    assert seen == [
        "linear",
        "sigmoid",
        "linear",
        "sigmoid",
        "mse",
        "mse",
        "sigmoid",
        "linear",
        "sigmoid",
        "linear",
    ]
    assert where.inner_text().startswith("Backward 10 of 10")
    assert page.locator("#show-gradients").get_attribute("aria-pressed") == "true"
    assert page.locator("#next").is_disabled()
    page.keyboard.press("ArrowLeft")
    assert where.inner_text() == "Backward 9 of 10: sigmoid"


def test_every_control_is_reached_by_tab_and_shows_its_focus(opened):
    page = opened(small())
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            """() => {
              const at = document.activeElement;
              const name = at.id || at.getAttribute('aria-label') || String(at.className);
              return [name, getComputedStyle(at).outlineStyle];
            }"""
        )
        reached.append(focused[0])
        assert focused[1] != "none", focused
    assert {"play", "next", "show-values", "go-to", "quiz", "drawing"} <= set(reached)
    assert any(each.startswith("W1[") for each in reached)


def test_enter_on_a_term_follows_it(opened):
    page = opened(small())
    page.evaluate("window.glasshouse.select('z1', [0, 0])")
    page.locator('#panel .leaf[aria-label^="x[0,1] = "]').first.focus()
    page.keyboard.press("Enter")
    assert "Given as the input" in page.locator("#panel").inner_text()


def test_arrow_keys_move_from_cell_to_cell_of_a_map(opened):
    page = opened(lenet())
    page.evaluate("window.glasshouse.select('z1', [0, 2, 5, 5])")
    page.locator('canvas[aria-label^="z1, channel 2"]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    assert "z1[0,2,6,6]" in page.locator("#panel").inner_text()
    assert page.locator(".mark.used").count() >= 3  # the window, the kernel and the bias


def test_clicking_a_map_chooses_the_cell_under_the_pointer(opened):
    page = opened(lenet())
    canvas = page.locator('canvas[aria-label^="z1, channel 0"]')
    canvas.scroll_into_view_if_needed()
    area = canvas.bounding_box()
    page.mouse.click(area["x"] + area["width"] * 3.5 / 28, area["y"] + area["height"] * 10.5 / 28)
    text = page.locator("#panel").inner_text()
    assert "z1[0,0,10,3]" in text
    assert "the sum of 26 terms" in text
    page.locator("[data-more]").first.click()
    assert page.locator("#panel section.ahead tr:visible").count() == 26


def test_go_to_finds_numbers_by_symbol_and_by_name_and_says_what_is_wrong(opened):
    page = opened(small())
    for typed, expected in (("W1[0,1]", "W1[0,1]"), ("0.weight:1,1", "W1[1,1]"), ("dz1[0,0]", "dz1[0,0]")):
        page.locator("#go-to").fill(typed)
        page.keyboard.press("Enter")
        assert expected in page.locator("#panel").inner_text()
    page.locator("#go-to").fill("W1[7,7]")
    page.keyboard.press("Enter")
    assert page.locator("#go-wrong").inner_text() == "W1 has the shape 2 × 2"
    page.locator("#go-to").fill("nobody")
    page.keyboard.press("Enter")
    assert page.locator("#go-wrong").inner_text() == "nothing is called nobody"


def test_a_number_that_is_used_twice_gets_a_sum_of_parts(opened):
    page = opened(convolutions())
    explanation = convolutions()
    value = next(
        each for each in explanation.values if len(each.contributions) == 2 and each.role == "result"
    )
    page.evaluate(
        "([symbol, index]) => window.glasshouse.select(symbol, index)",
        [f"d{value.symbol}", [0] * len(value.shape)],
    )
    assert "used 2 times, so 2 parts come back" in page.locator("#panel").inner_text()


def test_edges_lead_from_every_tensor_to_what_is_made_of_it(opened):
    explanation = sequences()
    page = opened(explanation)
    drawn = page.locator("#edges .edge").evaluate_all(
        "all => all.map((e) => e.dataset.from + '>' + e.dataset.to)"
    )
    given = {value.symbol for value in explanation.values if value.role not in ("parameter", "buffer")}
    wanted = {
        f"{before.symbol}>{after.symbol}"
        for step in explanation.steps
        for before in step.inputs.values()
        for after in step.outputs.values()
        if before.symbol in given
    }
    assert set(drawn) == wanted
    looked_up = opened(recurrent()).locator('#edges [data-from="x"]')
    assert looked_up.get_attribute("data-to") == "h1"


def test_the_sample_can_be_changed(opened):
    page = opened(sequences())
    before = page.locator('[data-card="x"] .number').first.inner_text()
    page.locator("#sample").select_option("1")
    assert page.locator('[data-card="x"] .number').first.inner_text() != before


def test_play_walks_by_itself_and_stops_on_a_click(opened):
    page = opened(small())
    page.locator("#play").click()
    page.wait_for_function("document.getElementById('where').textContent.includes('2 of 10')")
    page.locator("#play").click()
    assert page.locator("#play").get_attribute("aria-label") == "Play"


def test_numbers_that_did_not_fit_are_named_and_the_page_still_works(opened):
    page = opened(lenet(), megabytes=0.2)
    assert "large tensors are left out" in page.locator("#notes").inner_text()
    page.evaluate("window.glasshouse.select('z5', [0, 3])")
    assert "the sum of 85 terms" in page.locator("#panel").inner_text()
    page.locator('[data-tensor="W3"]').first.click()
    assert 'explanation.at("W3", (0, 0, 0, 0))' in page.locator("#panel").inner_text()
    page.evaluate("window.glasshouse.select('z3', [0, 3, 0, 0])")
    assert "are left out of this page" in page.locator("#panel").inner_text()
    for _ in range(28):
        page.keyboard.press("ArrowRight")


def test_a_step_without_a_rule_says_so_and_shows_the_numbers_of_autograd(opened):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 2), Gamma(), nn.Linear(2, 2))
    explanation = explained(network, torch.randn(1, 3), torch.tensor([1]))
    assert explanation.badges["autograd only"] == 1
    page = opened(explanation)
    assert page.locator("#checked").inner_text() == f"{len(explanation.steps) - 1} checked, 1 autograd only"
    (unknown,) = [step for step in explanation.steps if step.badge == "autograd only"]
    (made,) = unknown.outputs.values()
    page.evaluate("([symbol, index]) => window.glasshouse.select(symbol, index)", [made.symbol, [0, 1]])
    panel = page.locator("#panel").inner_text()
    assert "No rule knows this operation yet" in panel
    assert "autograd only" in panel


class Gamma(nn.Module):
    """An operation that no rule knows."""

    def forward(self, x):
        return torch.lgamma(x.abs() + 1)


def test_a_long_sum_inside_of_something_else_is_worked_out_on_its_own_line(opened):
    page = opened(lenet())
    page.evaluate("window.glasshouse.select('dz5', [0, 3])")
    lines = page.locator("#panel section.back .line .left").all_inner_texts()
    assert lines[0] == "sum"
    sums = page.locator("#panel section.back .line").nth(1).inner_text()
    assert sums.count("e") == 10


def test_a_resnet18_makes_a_page_of_twelve_megabytes_that_can_be_walked_and_asked(opened, tmp_path):
    explanation = resnet18()
    page = opened(explanation)
    assert (tmp_path / "page0.html").stat().st_size < 12_000_000
    assert page.locator("#notes").inner_text().startswith("The numbers of 24 large tensors are left out")
    for _ in range(2 * len(explanation.steps)):
        page.keyboard.press("ArrowRight")
    assert page.locator("#where").inner_text().startswith(f"Backward {2 * len(explanation.steps)} of")
    page.evaluate("window.glasshouse.select('dW1', [3, 1, 2, 2])")
    expected = explanation.gradient_at("W1", (3, 1, 2, 2)).value
    assert page.evaluate("window.glasshouse.numberAt('dW1', [3, 1, 2, 2])") == pytest.approx(expected, 1e-6)
    assert "the sum of" in page.locator("#panel section.back").inner_text()


@pytest.mark.parametrize("network", [small, recurrent, sequences, lenet], ids=lambda each: each.__name__)
@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (1440, False), (1440, True)])
def test_nothing_sticks_out_on_a_phone_or_a_desk_and_the_text_has_contrast(opened, network, width, dark):
    page = opened(network(), width=width, dark=dark)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    contrast = page.evaluate(
        """() => {
          const linear = (part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
          const light = (text) => {
            const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((each) => linear(each / 255));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const paper = light(getComputedStyle(document.body).backgroundColor);
          const seen = ['.lead', '.number.ahead', '.number.back', '.leaf', '.card .what', '.size'];
          return seen.flatMap((each) => [...document.querySelectorAll(each)].slice(0, 3)).map((each) => {
            const ink = light(getComputedStyle(each).color);
            return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
          });
        }"""
    )
    assert min(contrast) >= 4.5


def test_a_model_without_a_loss_has_no_way_back(opened):
    page = opened(explained(Convolutions(), torch.randn(1, 2, 9, 9), loss=None, optimizer=None))
    assert "back" not in page.locator("#where").inner_text()
    page.keyboard.press("ArrowRight")
    assert page.locator("#where").inner_text().startswith("Forward 1 of")
