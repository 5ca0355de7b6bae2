"""Experiment files: what they may hold, how they are read, changed, decided and written."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from glasshouse.core.errors import SettingError, StorageError, UnknownNameError, UsageError
from glasshouse.experiment import Experiment, Run, decide
from glasshouse.experiment.decide import refuse_unbuildable
from glasshouse.experiment.environment import environment
from glasshouse.experiment.run import new_run
from glasshouse.experiment.toml import apply_override, commented, read_experiment, write_experiment


def test_data_alone_is_a_complete_experiment():
    experiment = Experiment(data="iris")
    assert experiment.data.source == "iris"
    assert Experiment.read({"data": {"source": "iris"}}) == experiment


REFUSED = [
    ({"data": {"sorce": "x"}}, "there is no setting 'data.sorce'", "did you mean 'source'?"),
    ({}, "the setting 'data' is missing", "add data"),
    ({"data": "x", "training": {"epochs": 0}}, "training.epochs = 0", "change training.epochs"),
    (
        {"data": "x", "training": {"epoch": 3}},
        "there is no setting 'training.epoch'",
        "did you mean 'epochs'?",
    ),
    ({"data": "x", "training": {"learning_rate": "fast"}}, "training.learning_rate = 'fast'", "change"),
    (
        {"data": "x", "training": {"early_stopping": {"patience": 0}}},
        "training.early_stopping.patience = 0",
        "change",
    ),
    (
        {"data": {"source": "x", "split": {"method": "stratifed"}}},
        "data.split.method = 'stratifed'",
        "'stratified'?",
    ),
    ({"data": {"source": "x", "split": {"test": 1.0}}}, "data.split.test = 1.0", "change data.split.test"),
    (
        {"data": {"source": "x", "columns": {"age": "nmber"}}},
        "data.columns.age = 'nmber'",
        "did you mean 'number'?",
    ),
    ({"data": {"source": "x", "separator": ";;"}}, "data.separator = ';;'", "change data.separator"),
    ({"data": {"source": "x", "augment": {"rotate": 400}}}, "data.augment.rotate = 400", "change"),
    ({"data": "x", "watch": {"every": 0}}, "watch.every = 0", "change watch.every"),
    ({"data": "x", "sed": 1}, "there is no setting 'sed'", "did you mean 'seed'?"),
    ({"data": "x", "name": "../up"}, "name = '../up'", "change name"),
    ({"data": 3}, "data = 3", "change data"),
]


@pytest.mark.parametrize(("values", "received", "fix"), REFUSED, ids=[received for _, received, _ in REFUSED])
def test_what_is_wrong_is_named_by_its_dotted_key(values, received, fix):
    for make in (Experiment.read, lambda values: Experiment(**values)):
        with pytest.raises(SettingError) as caught:
            make(values)
        assert caught.value.received == received
        assert fix in caught.value.fix
        assert caught.value.expected


def test_overrides_are_toml_or_text():
    values = {"data": "iris"}
    for override in (
        "training.epochs=5",
        "training.optimizer=sgd",
        'model={name = "mlp", hidden = [3, 4]}',
        "data.target=species",
        "output.report=false",
    ):
        apply_override(values, override)
    experiment = Experiment.read(values)
    assert experiment.training.epochs == 5
    assert experiment.training.optimizer == "sgd"
    assert experiment.model.spec() == {"name": "mlp", "hidden": [3, 4]}
    assert experiment.data.source == "iris"
    assert experiment.data.target == "species"
    assert not experiment.output.report


@pytest.mark.parametrize("override", ["training.epochs", "=5", "training..epochs=5"])
def test_overrides_need_a_key_and_a_value(override):
    with pytest.raises(UsageError, match="expected: KEY=VALUE"):
        apply_override({}, override)
    with pytest.raises(SettingError, match="seed is 3"):
        apply_override({"seed": 3}, "seed.of.all=1")


def test_experiments_survive_writing_and_reading(tmp_path):
    experiment = Experiment(
        data={
            "source": "x.csv",
            "target": "y",
            "columns": {"a b": "text"},
            "size": [8, 9],
            "separator": "\t",
        },
        model={"name": "mlp", "hidden": [3], "activation": {"name": "elu", "alpha": 0.5}},
        training={"optimizer": {"name": "momentum", "momentum": 0.8}, "clip_norm": 1.0},
        objective={"class_weights": {"yes": 2.0}},
    )
    path = tmp_path / "e.toml"
    write_experiment(path, experiment)
    assert read_experiment(path) == experiment
    path.write_text(commented(experiment, ["First line."]))
    assert path.read_text().startswith("# First line.\n")
    assert read_experiment(path) == experiment
    assert read_experiment(path, ["seed=4"]).seed == 4


def test_every_setting_is_explained_in_a_commented_file():
    text = commented(Experiment(data="iris"))
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if (" = " in line and not line.startswith("# ")) or line.endswith(" ="):
            assert lines[number - 1].startswith("# "), line
    assert set(tomllib.loads(text)) == {
        "name",
        "seed",
        "data",
        "model",
        "objective",
        "pretraining",
        "training",
        "ensemble",
        "watch",
        "output",
    }


def test_regularizers_are_named_in_a_file_as_a_list_or_as_tables(tmp_path):
    path = tmp_path / "experiment.toml"
    path.write_text(
        '[data]\nsource = "iris"\n[training]\nregularizers = ["l1", {name = "max_norm", limit = 3.0}]\n'
    )
    listed = read_experiment(path)
    assert listed.training.regularizers == ["l1", {"name": "max_norm", "limit": 3.0}]
    path.write_text('[data]\nsource = "iris"\n[[training.regularizers]]\nname = "l2"\nstrength = 0.1\n')
    tables = read_experiment(path, ["training.clip_adaptive=0.02"])
    assert tables.training.regularizers == [{"name": "l2", "strength": 0.1}]
    assert tables.training.clip_adaptive == 0.02
    for experiment in (listed, tables):
        write_experiment(path, experiment)
        assert read_experiment(path) == experiment
        path.write_text(commented(experiment))
        assert read_experiment(path) == experiment


def test_regularizers_that_nobody_can_build_are_refused_before_training():
    decided = decide(Experiment(data="iris", training={"regularizers": ["l11"]}), 105, (4,), "classification")
    with pytest.raises(UnknownNameError, match=r"no regularizer named 'l11'\n.*\n  fix: did you mean 'l1'"):
        refuse_unbuildable(decided)
    with pytest.raises(SettingError, match=r"training.regularizers = 'l1'\n  expected: A list of reg"):
        Experiment(data="iris", training={"regularizers": "l1"})


def test_a_source_beside_the_file_is_found(tmp_path, monkeypatch):
    (tmp_path / "people.csv").write_text("a,b\n1,2\n")
    (tmp_path / "e.toml").write_text('[data]\nsource = "people.csv"\ntarget = "b"\n')
    monkeypatch.chdir("/")
    assert read_experiment(tmp_path / "e.toml").data.source == str(tmp_path / "people.csv")
    (tmp_path / "e.toml").write_text('data = "iris"\n')
    assert read_experiment(tmp_path / "e.toml").data.source == "iris"


def test_broken_and_missing_files_are_named(tmp_path):
    path = tmp_path / "e.toml"
    with pytest.raises(StorageError, match="does not exist"):
        read_experiment(path)
    path.write_text("[data\nsource = 1")
    with pytest.raises(StorageError, match=r"e.toml is not valid TOML: .*line 1"):
        read_experiment(path)


def test_deciding_leaves_no_auto_and_keeps_what_was_said():
    given = Experiment(data="x", training={"learning_rate": 0.5, "batch_size": 7})
    decided = decide(given, rows=1000, input_shape=(5,), task="classification")
    training = decided.training
    assert decided.model.name == "mlp"
    assert decided.objective.loss == "cross_entropy"
    assert (training.learning_rate, training.batch_size) == (0.5, 7)
    values = [training.epochs, training.optimizer, training.weight_decay, training.schedule]
    assert "auto" not in [*values, training.early_stopping.patience]
    assert (
        decide(decided, rows=5, input_shape=(5,), task="classification") == decided
    )  # nothing left to decide


def test_deciding_goes_by_the_data():
    pictures = decide(Experiment(data="x"), rows=50_000, input_shape=(1, 28, 28), task="classification")
    assert pictures.model.name == "cnn"
    numbers = decide(Experiment(data="x"), rows=500, input_shape=(3,), task="regression")
    assert numbers.objective.loss == "mse"
    few, many = (
        decide(Experiment(data="x"), rows=rows, input_shape=(3,), task="regression").training
        for rows in (50, 10**6)
    )
    assert few.batch_size < many.batch_size
    assert few.epochs > many.epochs


def test_a_perceptron_is_trained_by_rosenblatts_rule_unless_told_otherwise():
    decided = decide(
        Experiment(data="x", model="perceptron"), rows=100, input_shape=(2,), task="classification"
    )
    assert decided.objective.loss == "perceptron_criterion"
    assert (decided.training.optimizer, decided.training.batch_size, decided.training.learning_rate) == (
        "sgd",
        1,
        1.0,
    )
    told = Experiment(data="x", model="perceptron", training={"batch_size": 10})
    assert decide(told, rows=100, input_shape=(2,), task="classification").training.batch_size == 10


@pytest.mark.parametrize(
    ("name", "rate", "decay", "batch"),
    [("alexnet", 0.01, 5e-4, 64), ("vgg16", 0.01, 5e-4, 64), ("cifar_resnet20", 0.1, 1e-4, 128)],
)
def test_networks_with_a_recipe_of_their_own_are_trained_by_it(name, rate, decay, batch):
    decided = decide(
        Experiment(data="x", model=name), rows=50_000, input_shape=(3, 96, 96), task="classification"
    )
    assert decided.training.optimizer == {"name": "momentum", "momentum": 0.9}
    training = decided.training
    assert (training.learning_rate, training.weight_decay, training.batch_size) == (rate, decay, batch)


def test_weights_and_freezing_are_no_settings_of_the_network_itself():
    model = Experiment(data="x", model={"name": "cnn", "weights": "w.pt", "freeze": ["conv1"]}).model
    assert model.spec() == {"name": "cnn"}
    assert (model.weights, model.freeze, model.head) == ("w.pt", ("conv1",), "auto")


def test_run_folders_of_one_second_do_not_collide(tmp_path):
    runs = [new_run(tmp_path, "a b/c") for _ in range(3)]
    assert len({run.path for run in runs}) == 3
    assert all(run.path.name.startswith("a-b-c-") for run in runs)
    runs[0].note("failed", "training", "why")
    assert runs[0].status["message"] == "why"
    assert repr(runs[0]).endswith("failed)")
    assert runs[0].report is None
    assert runs[0].record("exploration") is None
    with pytest.raises(StorageError, match="has no checkpoint yet"):
        runs[0].best_weights()


def test_what_is_no_run_is_refused_with_the_nearest_runs(tmp_path):
    run = new_run(tmp_path, "digits")
    with pytest.raises(UsageError) as caught:
        Run(tmp_path / "digits-1")
    assert f"did you mean {run.path}?" in caught.value.fix


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be made"):
        new_run(tmp_path / "file", "x")


def test_the_environment_says_what_a_run_depends_on():
    found = environment()
    assert found["packages"]["torch"]
    assert found["cores"] >= 1
    assert found["devices"][0]["name"] == "cpu"


def test_a_path_is_as_good_as_its_text():
    assert Experiment(data=Path("people.csv")).data.source == "people.csv"
    opened = Experiment(data={"source": Path("train.csv"), "test": Path("test.csv")})
    assert (opened.data.source, opened.data.test) == ("train.csv", "test.csv")
