"""The page as a file: its size, that it loads nothing, that names cannot break out of it, and its parts."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest
import torch
from torch import nn

import glasshouse as gh
from glasshouse.activations import ACTIVATIONS
from glasshouse.core.arithmetic import choose, exp, named
from glasshouse.core.errors import UsageError
from glasshouse.explain.page.branches import open_form
from glasshouse.explain.page.mathml import mathml, mathml_lines
from glasshouse.explain.page.source_lines import lines_of
from glasshouse.explain.page.tensors import Store
from glasshouse.explain.page.write import SCRIPTS, STYLES, as_html, page_data
from glasshouse.layers import LAYERS
from glasshouse.losses import LOSSES
from glasshouse.optimizers import OPTIMIZERS

VOID = {"meta", "link", "input", "br", "path", "img"}


def small(net=None, **settings):
    torch.manual_seed(0)
    net = net or nn.Sequential(nn.Linear(2, 2), nn.Sigmoid(), nn.Linear(2, 1), nn.Sigmoid())
    return gh.explain(net, torch.tensor([[0.35, 0.9]]), torch.ones(1, 1), loss="mse", **settings)


def data_of(page):
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])


class Balance(HTMLParser):
    """Every element that is opened is closed, in order; and every id is given once."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.resources = [], [], []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.ids += [given["id"]] if "id" in given else []
        self.resources += [given[key] for key in ("src", "href", "action", "data") if given.get(key)]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_elements_are_closed_ids_are_unique_and_nothing_is_loaded():
    page = as_html(small())
    balance = Balance()
    balance.feed(page)
    assert balance.open == []
    assert len(balance.ids) == len(set(balance.ids))
    assert [each for each in balance.resources if not each.startswith(("#", "data:"))] == []
    addresses = set(re.findall(r"https?://[^\s\"'<>)]+", page))
    assert addresses <= {"http://www.w3.org/2000/svg"}  # the name of a vocabulary, not a place
    assert not re.search(r"@import|url\((?!#)|fetch\(|XMLHttpRequest|WebSocket|import\(|sendBeacon", page)


def test_every_script_and_style_is_in_the_page_and_in_the_list():
    from glasshouse.explain.page.write import FOLDER

    assert {path.stem for path in FOLDER.glob("*.js")} == set(SCRIPTS)
    assert {path.stem for path in FOLDER.glob("*.css")} == set(STYLES)


def test_names_of_users_cannot_become_markup():
    class Evil(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.ModuleDict({"</script><img src=x onerror=alert(1)>": nn.Linear(2, 1)})
            self.register_parameter("<b>bold&</b>", nn.Parameter(torch.ones(1)))

        def forward(self, x):
            (layer,) = self.inner.values()
            return layer(x) * getattr(self, "<b>bold&</b>")

    Evil.__name__ = "</title><script>alert(1)</script>"
    page = as_html(small(Evil()))
    assert "<img" not in page
    assert "<b>bold" not in page
    assert "<script>alert" not in page
    assert page.count("</script>") == 2
    assert "&lt;/title&gt;&lt;script&gt;" in page
    assert any("</script>" in value["name"] for value in data_of(page)["values"])


def test_lenet5_on_one_picture_stays_under_three_megabytes(tmp_path):
    torch.manual_seed(0)
    explanation = gh.explain(
        gh.models.lenet5(), torch.rand(1, 1, 28, 28), torch.tensor([3]), optimizer="adam"
    )
    path = explanation.to_html(tmp_path / "deep" / "lenet.html")
    assert path == tmp_path / "deep" / "lenet.html"
    assert path.stat().st_size < 3_000_000
    assert data_of(path.read_text(encoding="utf-8"))["left_out"] == 0


def test_what_does_not_fit_is_a_small_picture_and_the_smallest_numbers_stay():
    explanation = small(nn.Sequential(nn.Linear(2, 400), nn.Tanh(), nn.Linear(400, 1)))
    data = page_data(explanation, 0.004)
    by_symbol = {value["symbol"]: value for value in data["values"]}
    assert data["left_out"] > 0
    assert by_symbol["W1"]["numbers"]["left_out"]
    overview = by_symbol["W1"]["numbers"]["overview"]
    assert overview["shape"] == [48, 2]
    assert overview["largest"] == float(explanation.find("W1").tensor.max())
    assert "block" in by_symbol["x"]["numbers"]
    assert sum(map(len, data["blocks"])) <= 4000


def test_a_size_of_nothing_is_refused_in_words():
    with pytest.raises(UsageError, match="megabytes = 0") as raised:
        as_html(small(), 0)
    assert "leave it out for 10 megabytes" in str(raised.value)


def test_not_a_number_and_infinity_reach_the_page():
    net = nn.Sequential(nn.Linear(2, 1))
    with torch.no_grad():
        net[0].weight.fill_(float("inf"))
    explanation = gh.explain(net, torch.tensor([[0.0, 1.0]]))
    assert data_of(as_html(explanation))["notes"][0].startswith("not-a-number")


def test_equal_tensors_are_stored_once_and_exactly():
    store = Store(1e6)
    first = store.put(torch.tensor([0.1, 0.2], dtype=torch.float64))
    again = store.put(torch.tensor([[0.1], [0.2]], dtype=torch.float64))
    single = store.put(torch.tensor([0.5], dtype=torch.float64))
    assert (first["block"], again["block"]) == (0, 0)
    assert (first["type"], single["type"]) == ("f8", "f4")
    assert len(store.blocks) == 2


def test_in_a_notebook_the_page_stands_in_a_frame_of_its_own():
    frame = small()._repr_html_()
    assert frame.startswith('<iframe srcdoc="&lt;!DOCTYPE html&gt;')
    assert '"' not in frame.split('srcdoc="')[1].split('" title')[0]


@pytest.mark.parametrize(
    "concept",
    [each for cards in (ACTIVATIONS, LAYERS, LOSSES, OPTIMIZERS) for each in cards.values()],
    ids=lambda each: each.name,
)
def test_the_formula_of_every_card_becomes_mathml_without_rests_of_latex(concept):
    for latex in (concept.equation, concept.derivative):
        written = mathml(latex or "") + mathml_lines(latex or "")
        assert "\\" not in written, latex
        balance = Balance()
        balance.feed(written)
        assert balance.open == []


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\frac{a}{b}", "<mfrac><mi>a</mi><mi>b</mi></mfrac>"),
        ("x_i^2", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>"),
        (r"\text{if } x", "<mrow><mtext>if&#160;</mtext><mi>x</mi></mrow>"),
        (r"\sqrt{x}", "<msqrt><mi>x</mi></msqrt>"),
        (
            r"\sum_i x",
            '<mrow><munder><mo movablelimits="true">∑</mo><mi>i</mi></munder><mi>x</mi></mrow>',
        ),
        (r"\unheard", "<mtext>\\unheard</mtext>"),
        ("<b>", "<mrow><mo>&lt;</mo><mi>b</mi><mo>&gt;</mo></mrow>"),
    ],
)
def test_latex_becomes_the_mathml_that_it_means(latex, expected):
    assert mathml(latex) == f"<math>{expected}</math>"


def test_a_formula_with_branches_stays_open_in_all_of_them():
    def hard(x, low, high):
        return choose(x < low, low, choose(x > high, high, x))

    written = open_form(hard, ["x"], {"low": -1.0, "high": 1.0})
    x, below, above = ["var", "x"], ["<", ["var", "x"], -1.0], [">", ["var", "x"], 1.0]
    # The inner choice is asked first: Python works out arguments before it calls.
    assert written == ["if", above, ["if", below, -1.0, 1.0], ["if", below, -1.0, x]]


def test_names_in_a_formula_are_kept_and_plain_python_conditions_too():
    written = open_form(lambda x: named("f", exp(x)) * (2.0 if x > 0 else 3.0), ["x"], {})
    power = ["named", "f", [], ["exp", ["var", "x"]]]
    assert written == ["if", [">", ["var", "x"], 0.0], ["*", power, 2.0], ["*", power, 3.0]]


def test_a_formula_that_asks_for_numbers_has_no_open_form():
    assert open_form(lambda x: choose(exp(x) > 1.0, x, 0.0), ["x"], {}) is None


def test_the_lines_of_a_rule_are_its_own_source():
    relu, _ = ACTIVATIONS.find("relu").rule(nn.ReLU())
    linear, _ = LAYERS.find("linear").rule(nn.Linear(1, 1))
    assert "choose(x > 0, 1.0, 0.0)" in lines_of(relu)["backward"]
    assert lines_of(linear)["forward"].splitlines()[1] == "y = x @ weight.mT"
    mul = gh.explain(_Product(), torch.ones(1, 2)).steps[0].reading.rule
    assert lines_of(mul) == {"forward": "lambda x, z: x * z", "backward": "lambda z: z\nlambda x: x"}


class _Product(nn.Module):
    def forward(self, x):
        return x * x
