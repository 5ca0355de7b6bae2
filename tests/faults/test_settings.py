"""Settings that cannot be meant: told before there is a run folder, with what was probably meant."""

from __future__ import annotations

import pytest

import glasshouse as gh
from glasshouse.core.errors import SettingError

WRONG = [
    ("epochs=3", "did you mean 'training.epochs'?"),
    ("patience=3", "did you mean 'training.early_stopping.patience'?"),
    ("trainning.epochs=3", "did you mean 'training'?"),
    ("watch=5", "a section [watch] with keys such as"),
    ("training.learning_rate=inf", "training.learning_rate = inf expected Step size, above 0"),
    ("training.threads=100000", "CPU threads, from 1 to 1024"),
    ("training.device=gpu", "training.device = 'gpu': there is no such kind of device expected auto, cpu"),
    ("training.optimizer.learning_rate=1", "expected a name, or a table with a name"),
    ('training.optimizer={name="adam", learning_rate=1}', "optimizer 'adam' has no setting 'learning_rate'"),
    ('training.optimizer={name="adam", parameters=1}', "expected beta1, beta2, epsilon"),
    ("training.schedule=cosin", "did you mean 'cosine'?"),
    ("objective.loss=mea", "did you mean 'mse' or 'mae'?"),
    ("model.activation=rellu", "did you mean 'relu'"),
    ("model.activation=5", "activation = 5 expected a name, or a table"),
    ("model.hidden=abc", "hidden = 'abc' expected a list of whole numbers from 1"),
    ("model.hidden=5", "write it like hidden = [64, 32]"),
    ("model.inputs=3", "model 'mlp' has no setting 'inputs' expected hidden, activation"),
    ("model.hidden=[1000000000000]", "there is not enough memory"),
    ("data.size=[8]", "data.size = [8] expected For images: height and width"),
    ("data.separator=;;", 'expected one character, such as ","'),
    ("name=a/b", "expected a name that can be part of a folder's name"),
    ("seed=-1", "order of rows; from 0"),
    ("data.most_rows=0", "from 1"),
    ("data.source=", "the name of the data is empty"),
]


@pytest.mark.parametrize(("setting", "told"), WRONG, ids=[setting for setting, _ in WRONG])
def test_a_setting_that_cannot_be_meant_is_told_and_leaves_no_folder(refused, setting, told):
    assert told in refused("run", "iris", "--set", setting)


FILES = [
    ("", "the setting 'data' is missing"),
    ("[data\nsource='iris'", "is not valid TOML: Expected ']'"),
    ("data='iris'\nmodel=['mlp']", "a section [model] with keys such as name"),
    ("data='iris'\n[data2]\n", "there is no setting 'data2'"),
    (b"\xff\xfe\x00", "is not valid TOML"),
]


@pytest.mark.parametrize(("content", "told"), FILES)
def test_an_experiment_file_that_is_wrong_is_told(refused, tmp_path, content, told):
    (tmp_path / "mine.toml").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert told in refused("run", "mine.toml")


def test_a_folder_called_toml_and_a_mark_in_front_of_a_file(refused, call, tmp_path):
    (tmp_path / "folder.toml").mkdir()
    assert "folder.toml cannot be read: Is a directory" in refused("run", "folder.toml")
    (tmp_path / "notepad.toml").write_text("\ufeffdata = 'nowhere'\n", encoding="utf-8")
    assert "no file or folder 'nowhere'" in refused("run", "notepad.toml")


def test_settings_are_not_changed_in_place():
    experiment = gh.Experiment(data="iris")
    with pytest.raises(SettingError, match=r"\.replace\(seed="):
        experiment.seed = 3
    assert experiment.replace(seed=3).seed == 3
