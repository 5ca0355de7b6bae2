"""The report of a sweep: whole, readable, honest, and safe with whatever stands in a space."""

from __future__ import annotations

from itertools import pairwise

import pytest

import glasshouse as gh
from glasshouse.report import write_sweep_report
from glasshouse.search import Sweep
from glasshouse.search.journal import Journal
from glasshouse.search.summary import summary_of
from glasshouse.search.trial import Trial
from tests.report.page import Page

SPACE = {
    "training.learning_rate": {"from": 1e-4, "to": 1e-1, "scale": "log"},
    "model.hidden": [[4], [8, 4]],
    "training.optimizer": ["adamw", "momentum"],
    "training.optimizer.momentum": {"from": 0.5, "to": 0.9, "only_with": {"training.optimizer": "momentum"}},
}


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    experiment = gh.Experiment(
        data="iris", model="mlp", training={"epochs": 3}, output={"report": True, "bundle": False}
    )
    out = tmp_path_factory.mktemp("runs")
    return gh.sweep(experiment, SPACE, trials=12, folds=3, seeds=2, outer_folds=2, out=out, observers=[])


def written(sweep):
    trials = {each.number: each for each in sweep.trials}
    summary = summary_of(trials, sweep.space, sweep.measure, float(sweep.about["held_share"]))
    return Page(write_sweep_report(sweep, summary).read_text(encoding="utf-8"))


def test_the_page_is_whole_loads_nothing_and_runs_nothing(swept):
    page = Page(swept.report.read_text(encoding="utf-8"))
    assert page.faults == []
    assert page.all("script") == []
    assert not [each for each in page.all("link") if not each["href"].startswith("data:")]
    assert "http" not in page.html.replace("http://www.w3.org", "")
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


def test_every_section_is_there_and_none_is_missing(swept):
    page = Page(swept.report.read_text(encoding="utf-8"))
    titles = [text for level, text in page.headings if level == 2]
    assert [title.lstrip("123456") for title in titles] == [
        "The best trials", "The search, drawn", "Which settings matter", "How they learnt", "The winner",
        "What was searched",
    ]  # fmt: skip
    assert 'class="missing"' not in page.html
    assert "unexpected form" not in page.text


def test_the_best_is_named_with_its_score_and_the_winner_with_what_it_reached(swept):
    page = Page(swept.report.read_text(encoding="utf-8"))
    best = swept.best
    assert f"Trial {best.number} is best: a mean accuracy of {100 * best.mean:.1f} %" in page.text
    test = swept.run.metrics["test"]["accuracy"]
    assert f"it reaches {100 * test:.1f} % on the test part" in page.text or test in (0.0, 1.0)
    assert "Nested cross-validation" in page.text
    (link,) = (each["href"] for each in page.all("a") if each["href"].endswith("report.html"))
    assert (swept.path / link).exists()


def test_figures_have_names_for_people_who_do_not_see_them(swept):
    page = Page(swept.report.read_text(encoding="utf-8"))
    named = [each for each in page.all("svg") if each.get("role") == "img"]
    assert len(named) == 1 + 4 + 4  # all trials; a slice for each setting; curves and the search
    assert all(each["aria-labelledby"] for each in named)


@pytest.fixture
def alone(swept, tmp_path):
    """A sweep's folder without trials, to be filled by hand."""
    folder = tmp_path / "by-hand-sweep-20260101-000000"
    folder.mkdir()
    for name in ("experiment.toml", "space.toml", "sweep.json"):
        (folder / name).write_bytes((swept.path / name).read_bytes())
    return Sweep(folder)


def test_a_sweep_in_which_everything_failed_says_why(alone):
    Journal(alone.path / "trials", "me").append(
        Trial(0, {"training.learning_rate": 0.1}, "failed", [], error="<b>the loss became NaN</b>")
    )
    page = written(alone)
    assert page.faults == []
    assert "No trial could be trained to its end." in page.text
    assert "The first error: <b>the loss became NaN</b>." in page.text
    assert "<b>the loss" not in page.html


def test_values_are_written_as_they_are_and_never_run(alone):
    (alone.path / "space.toml").write_text('"model.activation" = ["relu", "<script>x</script>$a$"]\n')
    journal = Journal(alone.path / "trials", "me")
    for number, value in enumerate(["relu", "<script>x</script>$a$"]):
        journal.append(
            Trial(number, {"model.activation": value}, "finished", [[0.5 + number / 10, 0.6]], [[1.0, 1.0]],
                  {"validation_accuracy": {"mean": [0.5], "spread": [0.1]}}, 1, 10)
        )  # fmt: skip
    page = written(alone)
    assert page.faults == []
    assert page.all("script") == []
    assert "<script>x</script>$a$" in page.text


def test_one_trial_alone_can_be_shown(alone):
    Journal(alone.path / "trials", "me").append(
        Trial(0, {"training.learning_rate": 0.01, "model.hidden": [4]}, "finished", [[0.9]], [[0.3]])
    )
    page = written(alone)
    assert page.faults == []
    assert "There is no second trial to compare the best with." in page.text
    assert "unexpected form" not in page.text
