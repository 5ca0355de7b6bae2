from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import skew

from glasshouse.data import divide, explore, load
from glasshouse.data.exploration.explore import Exploration
from glasshouse.data.parts import Split
from glasshouse.data.raw import Column, RawImages, RawTable, Target
from glasshouse.data.settings import DataSettings, SplitSettings

ROWS = 400


def table(changes: dict[str, object] | None = None, *, labels: np.ndarray | None = None) -> RawTable:
    """A table with a number, a category, a flag and a text, none of which tells the class."""
    generator = np.random.default_rng(0)
    columns: dict[str, object] = {
        "age": generator.normal(40, 9, ROWS),
        "city": generator.choice(["ulm", "bonn", "jena"], ROWS, p=[0.6, 0.3, 0.1]).tolist(),
        "member": (generator.random(ROWS) < 0.5).tolist(),
        "about": [f"text number {i}" for i in range(ROWS)],
        **(changes or {}),
    }
    frame = pl.DataFrame(columns)
    kinds = {pl.Float64: "number", pl.Boolean: "boolean", pl.Int64: "number"}
    described = tuple(
        Column(name, "text" if name == "about" else kinds.get(type(dtype), kinds.get(dtype, "category")))
        for name, dtype in frame.schema.items()
    )
    values = np.arange(ROWS) % 2 if labels is None else labels
    target = Target("sick", "classification", values, ("no", "yes", "dead")[: values.max() + 1])
    return RawTable(frame, described, target, "people.csv", notes=("read",))


def numbers(changes: dict[str, object] | None = None) -> RawTable:
    raw = table(changes)
    values = np.random.default_rng(1).gamma(2.0, 3.0, ROWS)
    return replace(raw, target=Target("cost", "regression", values))


def looked_at(raw: RawTable | RawImages) -> Exploration:
    return explore(raw, divide(raw, SplitSettings(), 0))


def codes(exploration: Exploration) -> list[str]:
    return [finding["code"] for finding in exploration.record["findings"]]


def column(exploration: Exploration, name: str) -> dict:
    return next(each for each in exploration.record["columns"] if each["name"] == name)


def test_the_record_is_plain_json_and_complete() -> None:
    record = looked_at(table()).record
    assert json.loads(json.dumps(record, allow_nan=False)) == record
    assert record["kind"] == "table"
    assert record["rows"] == ROWS
    assert record["parts"] == {"train": 260, "validation": 60, "test": 80}
    assert record["split"] == "stratified"
    assert record["notes"] == ["read"]
    assert record["target"]["classes"][0] == {"name": "no", "count": 200, "share": 0.5}
    assert record["target"]["imbalance"] == 1
    assert record["images"] is None
    assert record["findings"] == []


def test_numbers_are_summarised_as_scipy_and_numpy_do() -> None:
    raw = table()
    values = raw.frame["age"].to_numpy()
    found = column(looked_at(raw), "age")
    assert found["summary"]["mean"] == pytest.approx(values.mean())
    assert found["summary"]["std"] == pytest.approx(values.std())
    assert found["summary"]["median"] == pytest.approx(np.median(values))
    assert found["summary"]["skewness"] == pytest.approx(skew(values))
    assert sum(found["histogram"]["counts"]) == ROWS
    assert found["distinct"] == ROWS


def test_few_whole_numbers_get_a_bin_each() -> None:
    found = column(looked_at(table({"children": [float(i % 4) for i in range(ROWS)]})), "children")
    assert found["histogram"] == {"edges": [-0.5, 0.5, 1.5, 2.5, 3.5], "counts": [100] * 4}


def test_categories_show_their_most_frequent_values_in_a_settled_order() -> None:
    names = ["b", "a", "c", "c"] * 100
    found = column(looked_at(table({"kind": names})), "kind")
    assert [(each["value"], each["count"]) for each in found["top"]] == [("c", 200), ("a", 100), ("b", 100)]
    assert found["summary"] is None


def test_every_used_column_but_text_has_an_association_with_its_measure() -> None:
    exploration = looked_at(table())
    measures = {name: column(exploration, name)["association"] for name in ("age", "city", "member", "about")}
    assert measures["about"] is None
    assert measures["age"]["measure"] == "correlation ratio eta"
    assert "Cramér" in measures["city"]["measure"]
    assert "Cramér" in measures["member"]["measure"]
    numeric = looked_at(numbers())
    assert "Spearman" in column(numeric, "age")["association"]["measure"]
    assert "eta" in column(numeric, "city")["association"]["measure"]


def test_correlations_name_the_numbers_that_matter_most_and_a_numeric_target() -> None:
    raw = numbers()
    assert raw.target is not None
    noisy = raw.target.values + np.random.default_rng(2).normal(0, 2, ROWS)
    raw = numbers({"spent": noisy})
    record = looked_at(raw).record["correlations"]
    assert record["names"] == ["spent", "age", "cost"]
    train = divide(raw, SplitSettings(), 0).train
    assert raw.target is not None
    assert record["matrix"][0][2] == pytest.approx(np.corrcoef(noisy[train], raw.target.values[train])[0, 1])


def test_a_column_that_gives_the_target_away_is_a_warning_with_its_score() -> None:
    answer = ["ill" if label else "well" for label in np.arange(ROWS) % 2]
    exploration = looked_at(table({"dis charge": answer}))
    finding = exploration.record["findings"][0]
    assert finding["code"] == "leakage"
    assert finding["severity"] == "warning"
    assert finding["where"] == "dis charge"
    assert "balanced accuracy 1.000" in finding["text"]
    assert "--set 'data.columns.\"dis charge\"'=ignore" in finding["remedy"]


def test_leakage_is_judged_on_training_rows_alone() -> None:
    raw = table()
    split = divide(raw, SplitSettings(), 0)
    assert raw.target is not None
    answer = np.random.default_rng(3).normal(size=ROWS)
    judged = np.concatenate([split.validation, split.test])
    answer[judged] = raw.target.values[judged]
    leaking = table({"x": answer})
    before = column(
        explore(table({"x": np.where(np.isin(np.arange(ROWS), judged), 0.0, answer)}), split), "x"
    )
    assert "leakage" not in codes(explore(leaking, split))
    assert column(explore(leaking, split), "x")["association"] == before["association"]


def walk(task: str, **settings: object) -> tuple[RawTable, Split]:
    """Windows of a series in which every step is nearly the one before, and what each is labelled."""
    steps = np.cumsum(np.random.default_rng(4).normal(0, 0.1, ROWS))
    frame = {
        "level": steps,
        "twice": 2 * steps,
        "state": np.where(np.arange(ROWS) // 20 % 9 == 5, "odd", "calm"),
    }
    chosen = DataSettings(source="walk", task=task, window=5, **settings)
    raw = load(chosen, pl.DataFrame(frame))
    assert raw.kind == "table"
    return raw, divide(raw, chosen.split, 0)


def test_past_steps_of_a_series_are_no_leak() -> None:
    raw, split = walk("forecast", target="level", horizon=1)
    assert "leakage" not in codes(explore(raw, split, "forecast"))


def test_a_series_is_described_once_and_not_for_every_step_of_a_window() -> None:
    raw, split = walk("forecast", target="level", horizon=1)
    record = explore(raw, split, "forecast").record
    assert [each["name"] for each in record["columns"]] == ["level", "twice"]
    assert record["things"] == "windows"
    series = record["series"]
    assert (series["window"], series["steps"]) == (5, ROWS - 1)  # what comes after the last is not known
    assert [each["name"] for each in series["variables"]] == ["level", "twice"]
    np.testing.assert_allclose(
        np.array(series["variables"][1]["values"]), 2 * np.array(series["variables"][0]["values"])
    )
    assert series["variables"][0]["places"] == list(range(ROWS - 1))
    assert set(series["parts"]) == {"train", "validation", "test"}
    assert [each["code"] for each in record["findings"]] == ["redundant"]
    assert record["columns"][0]["association"]["value"] > 0.9  # of its last step with the next one


def test_where_windows_of_the_rare_class_lie_is_kept_where_nothing_is_classified() -> None:
    raw, split = walk("reconstruction", target="state", normal="calm", horizon=0)
    marked = explore(raw, split, "reconstruction").record["series"]["marked"]
    assert marked == {"class": "odd", "stretches": [[100, 119], [280, 299]]}
    assert explore(raw, split, "classification").record["series"]["marked"] is None


@pytest.mark.parametrize(
    ("task", "told"),
    [
        ("classification", {"imbalance", "leakage", "few-rows"}),
        ("verification", {"few-rows"}),
        ("reconstruction", set()),
    ],
)
def test_advice_about_classes_is_given_where_they_are_learnt(task: str, told: set[str]) -> None:
    labels = np.where(np.arange(ROWS) % 6 == 1, 1, 0)
    labels[:6] = 2
    raw = table({"answer": labels.astype(np.float64)}, labels=labels)
    found = {each["code"] for each in explore(raw, divide(raw, SplitSettings(), 0), task).record["findings"]}
    assert found == told


def test_uneven_classes_are_a_warning_with_the_ratio_and_the_remedy() -> None:
    labels = np.where(np.arange(ROWS) < 40, 1, 0)
    finding = looked_at(table(labels=labels)).record["findings"][0]
    assert finding["code"] == "imbalance"
    assert "9.0 times as many rows as 'yes' (360 and 40)" in finding["text"]
    assert "right for 90.0%" in finding["text"]
    assert "--set objective.class_weights=balanced" in finding["remedy"]


def test_copies_are_counted_and_those_across_parts_are_a_warning() -> None:
    raw = table().take(np.concatenate([np.arange(ROWS), np.arange(100)]))
    split = divide(raw, SplitSettings(), 0)
    exploration = explore(raw, split)
    duplicates = exploration.record["duplicates"]
    assert duplicates["rows"] == 100
    first = np.arange(len(raw)) % ROWS
    judged = np.concatenate([split.validation, split.test])
    assert duplicates["across_parts"] == np.isin(first[judged], first[split.train]).sum()
    finding = next(each for each in exploration.record["findings"] if each["code"] == "across-parts")
    assert finding["severity"] == "warning"
    assert f"{duplicates['across_parts']} of {len(judged)} validation and test rows" in finding["text"]


def test_columns_that_are_not_used_do_not_hide_copies() -> None:
    raw = table({"id": [str(i) for i in range(ROWS)]})
    raw = raw.take(np.concatenate([np.arange(ROWS), np.arange(50)]))
    raw = replace(raw, frame=raw.frame.with_columns(id=pl.Series([str(i) for i in range(len(raw))])))
    ignored = tuple(
        replace(each, ignored_because="differs in every row") if each.name == "id" else each
        for each in raw.columns
    )
    exploration = looked_at(replace(raw, columns=ignored))
    assert exploration.record["duplicates"]["rows"] == 50
    assert "ignored-columns" in codes(exploration)
    assert not column(exploration, "id")["used"]


def test_equal_inputs_with_different_classes_are_told() -> None:
    raw = table(
        {"age": [1.0] * ROWS, "city": ["ulm"] * ROWS, "member": [True] * ROWS, "about": ["x y"] * ROWS}
    )
    exploration = looked_at(raw)
    assert exploration.record["duplicates"]["contradictory"] == 1
    many = table(
        {
            "age": [float(i // 2) for i in range(ROWS)],
            "city": ["ulm"] * ROWS,
            "member": [True] * ROWS,
            "about": ["x y"] * ROWS,
        }
    )
    assert "contradictions" in codes(looked_at(many))


def test_missing_cells_are_counted_and_a_mostly_missing_column_is_a_warning() -> None:
    gaps = [None if i % 5 else float(i) for i in range(ROWS)]
    exploration = looked_at(table({"income": gaps}))
    assert column(exploration, "income")["missing"] == 320
    finding = exploration.record["findings"][0]
    assert (finding["severity"], finding["code"], finding["where"]) == ("warning", "missing", "income")
    assert "320 rows (80.0%)" in finding["text"]


def test_few_rows_and_tiny_classes_are_told() -> None:
    raw = table(labels=np.where(np.arange(ROWS) < 4, 2, np.arange(ROWS) % 2))
    assert "few-rows" in codes(looked_at(raw))
    few = looked_at(table().take(np.arange(60))).record["findings"]
    assert few[0]["severity"] == "warning"
    assert "39 rows to train on and 12 to judge by" in few[0]["text"]
    assert "up to 28% either way" in few[0]["text"]


def test_two_columns_with_the_same_numbers_are_told() -> None:
    age = table().frame["age"]
    exploration = looked_at(table({"months": age * 12 + 1}))
    finding = next(each for each in exploration.record["findings"] if each["code"] == "redundant")
    assert "'age'" in finding["text"]
    assert "'months'" in finding["text"]


def test_a_numeric_target_is_described_by_its_distribution() -> None:
    raw = numbers()
    assert raw.target is not None
    target = looked_at(raw).record["target"]
    assert target["task"] == "regression"
    np.testing.assert_allclose(target["quantiles"], np.percentile(raw.target.values, [5, 25, 50, 75, 95]))
    assert sum(target["histogram"]["counts"]) == ROWS


def test_columns_without_any_cell_and_rows_without_a_target_are_no_trouble() -> None:
    empty = pl.Series("hole", [None] * ROWS, dtype=pl.Float64)
    raw = table()
    raw = replace(
        raw,
        frame=raw.frame.with_columns(empty),
        target=None,
        columns=(*raw.columns, Column("hole", "number", "every cell is missing")),
    )
    record = looked_at(raw).record
    assert record["target"] is None
    assert record["columns"][-1]["histogram"] is None


def images(channels: int = 1, classes: int = 3, per_class: int = 20) -> RawImages:
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(classes), per_class)
    pixels = generator.integers(0, 256, (len(labels), channels, 6, 5), dtype=np.uint8)
    names = tuple(f"class {label}" for label in range(classes))
    return RawImages(
        pixels, Target("class", "classification", labels, names), "photos", original_modes={"L": 60}
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_images_are_described_with_samples_and_class_means(channels: int) -> None:
    raw = images(channels)
    split = divide(raw, SplitSettings(), 0)
    exploration = explore(raw, split)
    record = exploration.record["images"]
    assert (record["height"], record["width"], record["channels"]) == (6, 5, channels)
    train = raw.pixels[split.train].astype(np.float64)
    np.testing.assert_allclose(record["mean"], train.mean(axis=(0, 2, 3)))
    np.testing.assert_allclose(record["std"], train.std(axis=(0, 2, 3)))
    assert len(record["samples"]) == 24
    assert len(record["class_means"]) == 3
    named = {each["picture"] for each in record["samples"] + record["class_means"]}
    assert named == set(exploration.pictures)
    shape = (6, 5) if channels == 1 else (6, 5, 3)
    assert all(each.shape == shape and each.dtype == np.uint8 for each in exploration.pictures.values())
    assert raw.target is not None
    rows = split.train[raw.target.values[split.train] == 1]
    expected = np.rint(raw.pixels[rows].mean(axis=0)).astype(np.uint8)
    shown = exploration.pictures["mean-1"]
    np.testing.assert_array_equal(shown, expected[0] if channels == 1 else expected.transpose(1, 2, 0))
    assert exploration.record["columns"] == []
    json.dumps(exploration.record, allow_nan=False)


def test_many_classes_get_fewer_samples_each() -> None:
    record = looked_at(images(classes=40, per_class=10)).record["images"]
    assert len(record["samples"]) == 80
    assert len(looked_at(images(classes=150, per_class=4)).pictures) == 192


def test_equal_images_blank_ones_and_broken_files_are_found() -> None:
    raw = images()
    raw.pixels[:30] = raw.pixels[0]
    raw.pixels[59] = 7
    raw = replace(raw, broken=(("a.png", "cut off"),))
    exploration = looked_at(raw)
    assert {"across-parts", "broken-images", "blank-images"} <= set(codes(exploration))
    assert exploration.record["duplicates"]["rows"] == 28  # 30 copies of one image under two labels
    finding = next(each for each in exploration.record["findings"] if each["code"] == "broken-images")
    assert "1 image file could not be read and was skipped, the first: a.png (cut off)" in finding["text"]


def test_original_sizes_are_told_by_smallest_and_largest() -> None:
    sizes = np.tile([6, 5], (60, 1))
    sizes[3], sizes[4] = (2, 2), (9, 80)
    record = looked_at(replace(images(), original_sizes=sizes)).record["images"]["original_sizes"]
    assert record == {"smallest": [2, 2], "largest": [9, 80], "distinct": 3}


REAL = [
    ("tabular/adult-train.csv", -1),
    ("tabular/bank-additional.csv", "y"),
    ("tabular/california-housing.csv", "median_house_value"),
    ("tabular/german.csv", -1),
    ("tabular/hypothyroid.arff", "Class"),
    ("tabular/penguins.csv", "Species"),
    ("tabular/winequality-red.csv", "quality"),
    ("timeseries/occupancy/datatraining.txt", "Occupancy"),
]


@pytest.mark.real_data
@pytest.mark.parametrize(("path", "target"), REAL)
def test_honest_columns_of_real_data_are_not_called_leaks(real_data, path: str, target: str | int) -> None:
    settings = DataSettings(source=str(real_data(path)), target=target)
    raw = load(settings)
    assert "leakage" not in codes(explore(raw, divide(raw, settings.split, 0)))


@pytest.mark.real_data
def test_exploring_adult_and_fashion_mnist_takes_seconds(real_data) -> None:
    train, test = real_data("tabular/adult-train.csv"), real_data("tabular/adult-test.csv")
    real_data("images/fashion-mnist")
    adult = load(DataSettings(source=str(train), test=str(test), target=-1))
    fashion = load(DataSettings(source="fashion-mnist"))
    for raw, seconds in ((adult, 3), (fashion, 5)):
        split = divide(raw, SplitSettings(), 0)
        start = time.perf_counter()
        explore(raw, split)
        assert time.perf_counter() - start < seconds
