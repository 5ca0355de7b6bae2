"""Recipes: their files, what they say of a run, and that every small form passes its number."""

from __future__ import annotations

import re
import statistics
import tomllib
import zipfile

import pytest

from glasshouse.core.errors import AbsentDataError, SettingError, StorageError, UnknownNameError
from glasshouse.data.builtin.catalogue import BUILTIN
from glasshouse.data.builtin.data_folder import find_below
from glasshouse.experiment import Experiment
from glasshouse.project import run
from glasshouse.recipes import Bar, Recipe, find, names, read_recipe
from glasshouse.recipes.shelf import FOLDER, small_form_named
from glasshouse.worlds import is_world

FAMILIES = {
    *("perceptron", "multi-layer perceptron", "convolutional network"),
    *("AlexNet", "ZFNet", "VGG", "GoogLeNet"),
    *("simple recurrent network", "LSTM", "GRU", "bidirectional recurrent network"),
    *("stacked recurrent network", "sequence to sequence", "transformer"),
    *("autoencoder", "sparse autoencoder", "denoising autoencoder", "contractive autoencoder"),
    *("convolutional autoencoder", "variational autoencoder"),
    *("restricted Boltzmann machine", "generative adversarial network", "DCGAN"),
    *("deep Q-network", "DDPG"),
    *("residual network", "MobileNet", "deep belief network", "stacked denoising autoencoder"),
    *("Siamese network", "U-Net", "ESPCN", "grid detector", "recurrent convolutional network"),
    *("convolutional network with a recurrent decoder", "recurrent network with a mixture density"),
    *("recurrent network", "recurrent autoencoder"),
}
"""The families of networks of the course, which all have a recipe."""
APPLICATIONS = {
    *("segmentation", "colourisation", "super-resolution", "object detection"),
    *("image classification", "denoising", "compression", "generation of pictures"),
    *("text classification", "sentiment", "language modelling and generation", "translation", "summarising"),
    *("time-series forecasting", "anomaly detection", "fraud detection", "recommendation"),
    *("music composition", "game playing", "control"),
    *("face verification", "retrieval", "sound classification", "video classification", "long memory"),
    *("image captioning", "handwriting generation"),
}
"""What networks are used for in the course, which all has a recipe."""
SLOW = {
    *("alexnet", "googlenet", "mobilenet", "vgg", "zfnet", "dcgan", "cartpole", "pendulum"),
    *("translation", "transformer", "transformer-translation", "summarising"),
}
"""Small forms that take more than ten seconds."""

WHOLE = """
[data]
source = "iris"

[recipe]
summary = "A network for flowers"
family = "perceptron"
metric = "accuracy"
at_least = 0.9
measured = {values = [0.93, 0.95], seconds = 2.0, seeds = [0, 7]}

[recipe.small]
at_least = 0.8
measured = 0.83

[recipe.small.experiment]
data = {source = "moons"}
training = {epochs = 2}
"""


def recipe_of(text: str, *changes: tuple[str, str]) -> Recipe:
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return Recipe.read("flowers", tomllib.loads(text))


@pytest.mark.parametrize("name", names())
def test_a_recipe_is_whole(name):
    recipe = find(name)
    assert recipe.name == name == name.lower()
    for form in (recipe.full, recipe.small):
        assert isinstance(form.written, Experiment)
        assert (
            form.bar.part == "validation"
            or is_world(form.written.data.source)
            or _has_test_part(form.written)
        )
        if form.measured is not None:  # a seed that falls short stays in the record, most of them do not
            middle = statistics.median(form.measured.numbers)
            judged = form.bar.judged({"metrics": {form.bar.part: {form.bar.metric: middle}}})
            assert judged.passed, judged
    assert not recipe.small.needs, "a small form reads no file"
    small = recipe.small.written.data.source
    assert is_world(small) or not BUILTIN.find(small).facts["needs"], "a small form needs nothing"


def _has_test_part(experiment: Experiment) -> bool:
    return experiment.data.split.test > 0 or experiment.data.test is not None


@pytest.mark.parametrize(
    "name", [pytest.param(each, marks=[pytest.mark.slow] * (each in SLOW)) for each in names()]
)
def test_a_small_form_passes_its_number(name, tmp_path):
    form = find(name).small
    done = run(form.experiment.replace(output={"report": False, "bundle": False}), out=tmp_path, observers=[])
    verdict = form.bar.judged(done.evaluation)
    assert verdict.passed, verdict


def test_every_family_of_networks_has_a_recipe():
    assert {find(name).family for name in names()} >= FAMILIES


def test_every_application_has_a_recipe():
    assert {each for name in names() for each in find(name).applications} >= APPLICATIONS


def test_a_file_is_read_with_its_forms():
    recipe = recipe_of(WHOLE)
    assert recipe.full.written.name == "flowers"
    assert recipe.small.written.name == "flowers-small"
    assert recipe.form(small=True).written.data.source == "moons"
    assert recipe.full.bar == Bar("accuracy", "test", 0.9)
    assert recipe.full.measured.used == (0, 7)
    assert recipe.full.measured.numbers == (0.93, 0.95)
    assert recipe.small.measured.numbers == (0.83,)
    assert recipe.small.bar.number == 0.8


def test_without_an_experiment_of_its_own_the_small_form_is_the_full_one():
    text = WHOLE[: WHOLE.index("[recipe.small.experiment]")]
    recipe = recipe_of(text, ("at_least = 0.8", 'at_most = 0.8\nmetric = "log_loss"\npart = "validation"'))
    assert recipe.small.written.data == recipe.full.written.data
    assert recipe.small.bar == Bar("log_loss", "validation", 0.8, at_least=False)


FAULTS = [
    (("metric = ", "metrik = "), "there is no setting 'recipe.metrik'", "did you mean 'metric'?"),
    (("at_least = 0.9\n", ""), "[recipe] has neither at_least nor at_most", "write at_least = NUMBER"),
    (("at_least = 0.8", "at_least = 0.8\nat_most = 1"), "[recipe.small] has both at_least and at_most", ""),
    (('family = "perceptron"', ""), "the setting 'recipe.family' is missing", "add recipe.family"),
    (("epochs = 2", "epoch = 2"), "there is no setting 'training.epoch'", "'epochs'"),
    (('source = "iris"', 'sauce = "iris"'), "there is no setting 'data.sauce'", "did you mean 'source'?"),
    (("seeds = [0, 7]", "seeds = [0]"), "measured", "as many values as seeds; there are 2 and 1"),
    (("values = [0.93, 0.95], ", ""), "measured", "value = NUMBER"),
    (("[recipe]", "[receipt]"), "", ""),
]


@pytest.mark.parametrize(("change", "received", "more"), FAULTS, ids=[each[0][1][:20] for each in FAULTS])
def test_a_faulty_file_is_named_with_the_fault_and_the_fix(change, received, more, tmp_path):
    path = tmp_path / "faulty.toml"
    assert change[0] in WHOLE
    path.write_text(WHOLE.replace(*change, 1))
    with pytest.raises(SettingError) as caught:
        read_recipe(path)
    assert received in str(caught.value)
    assert more in str(caught.value)
    assert caught.value.__notes__[-1] == f"in the recipe {path}"


def test_a_fault_of_the_small_experiment_is_told_apart_from_one_of_the_full():
    with pytest.raises(SettingError) as caught:
        recipe_of(WHOLE, ("epochs = 2", "epoch = 2"))
    assert caught.value.__notes__ == ["in [recipe.small.experiment]"]


def test_a_file_that_is_no_toml_is_named_with_its_line(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text("[data\n")
    with pytest.raises(StorageError, match=r"broken.toml is not valid TOML: .*line 1"):
        read_recipe(path)


def test_an_unknown_name_gets_the_nearest_ones():
    with pytest.raises(UnknownNameError) as caught:
        find("mpl")
    assert "there is no recipe named 'mpl'" in str(caught.value)
    assert "did you mean 'mlp'" in caught.value.fix


@pytest.mark.parametrize(
    ("bar", "value", "told"),
    [
        (Bar("accuracy", "test", 0.99), 0.9913, "test accuracy 0.9913, at least 0.99 wanted: passed"),
        (Bar("accuracy", "test", 0.99), 0.99, "test accuracy 0.99, at least 0.99 wanted: passed"),
        (Bar("accuracy", "test", 0.99), 0.98, "test accuracy 0.98, at least 0.99 wanted: not passed"),
        (Bar("mse", "validation", 2.0, False), 1.5, "validation mse 1.5, at most 2 wanted: passed"),
        (Bar("mse", "test", 2.0, False), 2.5, "test mse 2.5, at most 2 wanted: not passed"),
        (Bar("mse", "test", 2.0, False), None, "test mse was not measured, at most 2 wanted: not passed"),
        (Bar("mse", "test", 2.0, False), float("nan"), "test mse nan, at most 2 wanted: not passed"),
    ],
)
def test_a_verdict_says_what_was_reached_and_what_was_wanted(bar, value, told):
    verdict = bar.judged({"metrics": {bar.part: {bar.metric: value}}})
    assert str(verdict) == told
    assert verdict.passed == told.endswith(": passed")


def test_a_part_that_a_run_has_not_does_not_pass():
    assert not Bar("accuracy", "test", 0.5).judged({"metrics": {"train": {"accuracy": 1.0}}}).passed


def test_a_number_deeper_in_the_evaluation_is_found_by_its_way():
    evaluation = {"metrics": {"test": {}}, "reconstruction": {"unusual": {"roc_auc": 0.97}, "code": None}}
    assert Bar("reconstruction.unusual.roc_auc", "test", 0.9).judged(evaluation).passed
    assert Bar("reconstruction.code.neighbours", "test", 0.9).judged(evaluation).value is None


def test_files_are_found_near_the_top_of_the_data_folder(tmp_path, monkeypatch):
    deep = tmp_path / "text" / "names"
    deep.mkdir(parents=True)
    (deep / "Greek.txt").write_text("Onasis\n")
    monkeypatch.setenv("GLASSHOUSE_DATA", str(tmp_path))
    assert find_below("Greek.txt") == deep / "Greek.txt"
    assert find_below("names") == deep
    experiment = recipe_of(WHOLE, ('source = "iris"', 'source = "names/Greek.txt"')).full.experiment
    assert experiment.data.source == str(deep / "Greek.txt")


def test_a_file_in_an_archive_is_unpacked_once(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "pairs.zip", "w") as archive:
        archive.writestr("fra.txt", "Go.\tVa !\n")
    monkeypatch.setenv("GLASSHOUSE_DATA", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = find_below("pairs.zip/fra.txt")
    assert found.read_text() == "Go.\tVa !\n"
    before = found.stat().st_mtime_ns
    assert find_below("pairs.zip/fra.txt") == found
    assert found.stat().st_mtime_ns == before
    with pytest.raises(AbsentDataError, match=r"pairs.zip holds no deu.txt"):
        find_below("pairs.zip/deu.txt")
    (tmp_path / "pairs.zip").write_text("no archive")
    with pytest.raises(StorageError, match=r"pairs.zip is damaged"):
        find_below("pairs.zip/fra.txt")


def test_absent_data_are_told_with_the_way_to_the_small_form(monkeypatch):
    monkeypatch.delenv("GLASSHOUSE_DATA", raising=False)
    recipe = recipe_of(WHOLE, ('source = "iris"', 'source = "flowers.csv"'))
    assert recipe.full.needs == ("flowers.csv",)
    with pytest.raises(AbsentDataError) as caught, small_form_named(recipe):
        _ = recipe.full.experiment
    assert "flowers.csv is not on this machine" in str(caught.value)
    assert "GLASSHOUSE_DATA (not set)" in caught.value.expected
    assert "glasshouse run recipe:flowers --small" in caught.value.fix


def test_recipes_are_run_by_name_from_python(monkeypatch):
    monkeypatch.delenv("GLASSHOUSE_DATA", raising=False)
    with pytest.raises(UnknownNameError, match="there is no recipe named 'nothing'"):
        run("recipe:nothing")


def test_the_recipes_that_help_and_handbook_name_are_there():
    house = FOLDER.parents[2]
    pages = [
        *FOLDER.parent.rglob("*.py"),
        *(house / "docs").glob("*.md"),
        *(house / "docs/guide").glob("*.md"),
    ]
    told = {
        name
        for page in [*pages, house / "README.md"]
        for name in re.findall(r"recipe:([a-z0-9]+(?:-[a-z0-9]+)*)", page.read_text(encoding="utf-8"))
    }
    assert told
    assert told <= set(names())


def test_the_files_are_where_the_wheel_takes_them_from():
    assert FOLDER.name == "recipes"
    assert (FOLDER / "__init__.py").exists()
    assert len(list(FOLDER.glob("*.toml"))) == len(names()) > 0
