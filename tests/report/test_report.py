"""The report: complete, well-formed, alone, safe, and there also when the run went wrong."""

from __future__ import annotations

import json
import re
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from glasshouse.experiment import Run
from glasshouse.experiment.run import new_run
from glasshouse.report import write_report
from glasshouse.report.records import FILES, read_records
from glasshouse.report.report import SECTIONS

from .page import Page
from .synthetic import HOSTILE, whole_run

KINDS = ("images", "table", "numbers")
OF_SOME = (
    *("pretraining", "time", "writing", "generation", "ensemble", "forecast", "translation", "captions"),
    *("strokes", "tags", "verification", "energy", "pictures", "reconstruction"),
)
USUAL = [key for key, _, _ in SECTIONS if key not in OF_SOME]
"""Sections of every run; what a network makes, gives back or foretells has one for those that do."""


DAMAGED = b"\xff{ not a record\n\n{"


@pytest.fixture(scope="module", params=KINDS)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page of a whole run of each kind."""
    return read(whole_run(tmp_path_factory.mktemp("runs"), request.param, watched=True))


def read(run: Run) -> Page:
    return Page(write_report(run).read_text(encoding="utf-8"))


def test_the_page_is_well_formed_and_complete(page: Page) -> None:
    assert page.faults == []
    assert "missing" not in [attributes.get("class") for attributes in page.all("p")]
    assert [attributes["id"] for attributes in page.all("section")] == USUAL
    assert len(page.identifiers()) == len(set(page.identifiers()))


def test_nothing_is_loaded_and_no_script_runs(page: Page) -> None:
    for tag, attributes in page.tags:
        for name in ("src", "href", "action", "srcset", "poster", "data"):
            assert re.match(r"(#|data:|$)", attributes.get(name, "")), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
    assert page.all("script") == []
    assert not re.search(r"url\((?!#)|@import|https?:", page.html)


def test_links_within_the_page_lead_somewhere(page: Page) -> None:
    known = set(page.identifiers())
    for attributes in page.all("a"):
        assert attributes["href"].removeprefix("#") in known
    for _, attributes in page.tags:
        for reference in attributes.get("aria-labelledby", "").split():
            assert reference in known


def test_headings_go_down_one_level_at_a_time(page: Page) -> None:
    levels = [level for level, _ in page.headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_picture_has_words_for_those_who_do_not_see_it(page: Page) -> None:
    assert all(attributes["alt"] for attributes in page.all("img"))
    for attributes in page.all("svg"):
        assert attributes.get("aria-hidden") == "true" or attributes.get("aria-labelledby")


@pytest.mark.parametrize("kind", KINDS)
def test_names_from_data_cannot_become_code(tmp_path: Path, kind: str) -> None:
    run = whole_run(tmp_path, kind, classes=[HOSTILE, "b", "c"], column=HOSTILE)
    network = (run.path / "network.json").read_text()
    (run.path / "network.json").write_text(network.replace("layer0", "<b>layer0"))
    page = read(run)
    assert page.faults == []
    assert page.all("script") == []
    assert "<script" not in page.html
    assert HOSTILE.split(" ")[0] in page.text


def test_the_verdict_stands_at_the_top_with_interval_and_baselines(tmp_path: Path) -> None:
    text = read(whole_run(tmp_path)).text
    top = text[: text.index("The data", text.index("this network"))]
    for words in (
        "Right for 94.0 % of 50 test rows",
        "94.0 %",
        "84.0 % to 97.9 %",
        "logistic regression 88.0 %",
    ):
        assert words in top, words


def test_a_baseline_below_the_scale_is_an_arrow_at_its_end(tmp_path: Path) -> None:
    run = whole_run(tmp_path, "numbers")
    record = json.loads((run.path / "evaluation.json").read_text())
    record["baselines"][0]["metrics"]["r2"] = -86.6
    change(run, "evaluation", baselines=record["baselines"])
    page = read(run)
    assert 'class="dot beyond" style="left:0.0%"' in page.html
    assert "−86.600" in page.text


def test_numbers_are_written_for_people(tmp_path: Path) -> None:
    text = read(whole_run(tmp_path, "numbers")).text
    for words in ("53,124", "0.787", "0.760 to 0.810", "+380,595", "+0.107", "40,000 rows per second"):
        assert words in text, words
    assert "−0.000" not in text
    assert "e+05" not in text


def test_findings_come_first_warnings_before_hints_with_what_to_type_set_apart(tmp_path: Path) -> None:
    page = read(whole_run(tmp_path, "table"))
    assert page.text.index("warning 'weight' alone") < page.text.index("hint There are few rows")
    assert "<code>--set &#39;data.columns.&#34;weight&#34;=ignore&#39;</code>" in page.html


def test_a_failed_run_says_what_failed_and_shows_what_there_is(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    for name in ("evaluation.json", "training.json"):
        (run.path / name).unlink()
    run.note("failed", "training", "the loss became NaN in step 57")
    page = read(run)
    assert page.faults == []
    assert "This run failed in the stage “training”. The loss became NaN in step 57." in page.text
    assert f"glasshouse resume {run.path}" in page.text
    assert "training failed after 6 whole epochs: the loss became NaN in step 57" in page.text
    assert "it failed in the stage “training”, before this was written down" in page.text


def test_an_interrupted_run_says_how_to_go_on(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    (run.path / "evaluation.json").unlink()
    run.note("interrupted", "training", "stopped by SIGINT")
    page = read(run)
    assert "This run was interrupted" in page.text
    assert f"glasshouse resume {run.path}" in page.text


def test_a_run_that_is_writing_its_report_counts_as_finished(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    run.note("running", "report")
    assert read_records(run).status["state"] == "finished"


def test_a_run_that_has_only_begun_gets_a_report(tmp_path: Path) -> None:
    page = read(new_run(tmp_path, "empty"))
    assert page.faults == []
    assert page.text.count("There is no") >= 7
    assert "still running" in page.text


def test_damaged_records_leave_remarks_and_all_sections(tmp_path: Path) -> None:
    run = whole_run(tmp_path, watched=True)
    for path in run.path.iterdir():
        if path.is_file():
            path.write_bytes(DAMAGED)
    page = read(run)
    assert page.faults == []
    assert len(page.all("section")) == len(USUAL)
    assert page.text.count("is not valid JSON") >= 5
    assert "state unknown" in page.text


@pytest.mark.parametrize("name", [*FILES, "history", "timings", "steps", "probes", "experiment", "status"])
def test_each_damaged_record_is_named_with_its_file(tmp_path: Path, name: str) -> None:
    run = whole_run(tmp_path)
    file = {
        "history": "metrics.jsonl", "timings": "timings.jsonl", "steps": "steps.parquet",
        "probes": "probes.parquet", "experiment": "experiment.toml", "status": "status.json",
    }.get(name, f"{name}.json")  # fmt: skip
    (run.path / file).write_bytes(DAMAGED)
    records = read_records(run)
    assert list(records.damaged) == [name]
    if name != "experiment":  # TOML errors name the place themselves
        assert file in records.missing(name, "such thing") or "utf-8" in records.missing(name, "such thing")


def test_records_of_another_form_leave_remarks(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    for name in ("exploration", "evaluation", "network", "preparation"):
        (run.path / f"{name}.json").write_text('{"something": "else"}')
    page = read(run)
    assert page.faults == []
    assert page.text.count("has an unexpected form (KeyError:") == 5
    assert "Loss" in [text for _, text in page.headings]


def test_missing_pictures_leave_their_place(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    (run.path / "pictures" / "sample-0-0.png").unlink()
    (run.path / "mistakes" / "0001.png").write_bytes(b"no picture")
    page = read(run)
    assert page.faults == []
    assert page.html.count("the picture is missing") == 2


def test_150_layers_are_folded_into_blocks(tmp_path: Path) -> None:
    run = whole_run(tmp_path, layers=150, watched=True)
    page = read(run)
    assert page.faults == []
    assert "stage14 10 layers" in page.text
    assert page.text.count("Conv2d") == 75
    assert len(page.html) < 1_500_000


def test_many_classes_are_a_map_and_a_thousand_only_pairs(tmp_path: Path) -> None:
    forty = read(whole_run(tmp_path, "table", name="forty", classes=[f"class {k}" for k in range(40)]))
    assert "Confusion" in [text for _, text in forty.headings]
    assert "What is confused most" in [text for _, text in forty.headings]
    thousand = read(whole_run(tmp_path, "table", name="many", classes=[f"class {k}" for k in range(1000)]))
    assert "980 classes in between" in thousand.text
    assert "970 more classes" in thousand.text
    assert thousand.faults == []


def test_two_classes_have_curves(tmp_path: Path) -> None:
    page = read(whole_run(tmp_path, "table", classes=["no", "yes"]))
    assert {"ROC curve", "Precision and recall", "Calibration"} <= {text for _, text in page.headings}


def test_without_mistakes_there_is_nothing_to_show(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    change(run, "evaluation", mistakes=[], mistaken=0)
    assert "all 50 test images were answered rightly" in read(run).text


def test_metrics_that_are_undefined_are_dashes(tmp_path: Path) -> None:
    run = whole_run(tmp_path, "numbers")
    nothing = dict.fromkeys(("r2", "rmse", "mae"))
    change(run, "evaluation", metrics={"test": nothing}, difference=None)
    page = read(run)
    assert page.faults == []
    assert "R²" in page.text


def test_data_in_memory_are_explained(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    for name in ("exploration.json", "preparation.json"):
        (run.path / name).unlink()
    toml = (run.path / "experiment.toml").read_text().replace("somewhere.csv", "memory")
    (run.path / "experiment.toml").write_text(toml)
    text = read(run).text
    assert "it was given arrays or tensors, which are taken as they are" in text
    assert "call the same function with them again" in text


def test_the_commands_to_repeat_are_quoted_for_the_shell(tmp_path: Path) -> None:
    folder = tmp_path / "my runs"
    run = whole_run(folder)
    text = read(run).text
    assert f"glasshouse run '{run.path}'/experiment.toml" in text
    assert "--seed 8" in text
    assert "started as glasshouse run 'my data.csv'" in text


def test_the_page_takes_less_than_three_seconds_and_little_room(tmp_path: Path) -> None:
    run = whole_run(tmp_path, watched=True)
    began = time.perf_counter()
    path = write_report(run)
    assert time.perf_counter() - began < 3
    assert path.stat().st_size < 400_000


def test_writing_changes_nothing_else_and_twice_gives_the_same_page(tmp_path: Path) -> None:
    run = whole_run(tmp_path)
    before = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    write_report(run)
    after = {path: path.read_bytes() for path in run.path.rglob("*") if path.is_file()}
    assert {path: content for path, content in after.items() if path.name != "report.html"} == before
    assert write_report(run).read_bytes() == after[run.path / "report.html"]


def change(run: Run, name: str, **changes: Any) -> None:
    """Change a record on disk."""
    path = run.path / f"{name}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({}, "glasshouse predict"),
        ({"task": "language"}, "glasshouse generate"),
        ({"task": "verification"}, "glasshouse verify"),
    ],
)
def test_a_bundle_is_used_as_its_task_asks(tmp_path: Path, changes: dict[str, str], command: str) -> None:
    run = whole_run(tmp_path)
    (run.path / "bundle").mkdir(exist_ok=True)
    record = json.loads((run.path / "evaluation.json").read_text())
    (run.path / "evaluation.json").write_text(json.dumps({**record, **changes}))
    html = read(run).html
    assert f"{command} {run.path}/bundle" in html
    others = {"glasshouse predict", "glasshouse generate", "glasshouse verify"} - {command}
    assert not [each for each in others if f"{each} {run.path}" in html]
