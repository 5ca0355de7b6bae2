"""Sweeps of every task: a trial is the run that it would be alone, to the last bit."""

from __future__ import annotations

import pytest

import glasshouse as gh
from glasshouse.core.errors import GlasshouseError, UsageError
from glasshouse.project.begin_sweep import begin_sweep, take_up_sweep

BARE = {"report": False, "bundle": False}
EPOCHS = 2

TASKS = {
    "names read by an LSTM": {
        "data": {"source": "opinions", "most_rows": 300},
        "model": {"name": "recurrent", "units": 6},
        "measure": "accuracy",
    },
    "numbers at the end of a sequence": {
        "data": {"source": "adding", "most_rows": 200, "window": 8},
        "model": {"name": "recurrent", "units": 4},
        "measure": "r2",
    },
    "a language": {
        "data": {"source": "tales", "window": 48},
        "model": {"units": 8},
        "measure": "nats",
    },
    "translation": {
        "data": {"source": "numbers", "most_rows": 300},
        "model": {"units": 16},
        "training": {"epochs": 5},
        "measure": "bleu",
    },
    "frames": {"data": {"source": "cadences"}, "model": {"units": 6}, "measure": "nats"},
    "tagging": {
        "data": {"source": "copy-memory", "window": 5, "most_rows": 200},
        "model": {"units": 6},
        "measure": "nats",
    },
    "captioning": {
        "data": {"source": "captioned-shapes", "most_rows": 300},
        "model": {"units": 32},
        "training": {"epochs": 10},
        "measure": "bleu",
    },
    "strokes": {
        "data": {"source": "pendulum-strokes", "most_rows": 120},
        "model": {"units": 6, "components": 2},
        "measure": "nats",
    },
    "a forecast": {
        "data": {"source": "seasons", "task": "forecast", "window": 12, "horizon": 3},
        "model": {"name": "recurrent", "units": 6},
        "measure": "rmse",
    },
    "a forecast by an mlp": {
        "data": {"source": "seasons", "task": "forecast", "window": 12, "horizon": 3},
        "model": {"name": "mlp", "hidden": [6]},
        "measure": "rmse",
    },
    "segmentation": {
        "data": {"source": "shapes", "most_rows": 60},
        "model": {"width": 0.0625, "depth": 1},
        "measure": "mean_iou",
    },
    "pictures": {
        "data": {"source": "scenes", "most_rows": 40},
        "model": {"width": 0.0625, "depth": 1},
        "measure": "psnr",
    },
    "detection": {
        "data": {"source": "shapes", "task": "detection", "most_rows": 100},
        "model": {"width": 0.25},
        "training": {"epochs": 30},
        "measure": "average_precision_50",
    },
    "verification": {
        "data": {"source": "digits", "task": "verification", "split": {"method": "stratified"}},
        "model": {"name": "mlp", "hidden": [8]},
        "measure": "accuracy",
    },
    "an autoencoder": {
        "data": {"source": "digits", "most_rows": 200},
        "model": {"name": "autoencoder", "hidden": [8], "code": 3},
        "measure": "loss",
    },
    "a variational autoencoder": {
        "data": {"source": "digits", "most_rows": 200},
        "model": {"name": "variational_autoencoder", "hidden": [8], "code": 2},
        "measure": "loss",
    },
    "a Boltzmann machine": {
        "data": {"source": "digits", "most_rows": 200},
        "model": {"name": "rbm", "hidden": 8},
        "measure": "log_likelihood",
    },
    "layers that were trained as machines before": {
        "data": {"source": "digits", "most_rows": 200},
        "model": {"name": "mlp", "hidden": [8, 6], "activation": "sigmoid", "dropout": 0.0},
        "pretraining": {"method": "rbm", "epochs": 2},
        "training": {"epochs": 4},
        "measure": "accuracy",
    },
    "a deep belief network": {
        "data": {"source": "digits", "most_rows": 200},
        "model": {"name": "dbn", "hidden": [8, 6]},
        "pretraining": {"epochs": 2},
        "measure": "bound",
    },
    "windows that stand out": {
        "data": {"source": "odd-days"},
        "model": {"name": "autoencoder", "hidden": [8], "code": 3},
        "measure": "loss",
    },
}


SLOW = ("a language", "translation", "captioning", "strokes", "segmentation", "verification", "detection")


def experiment_of(task, **training):
    values = {key: value for key, value in TASKS[task].items() if key not in ("measure", "training")}
    training = {
        "epochs": EPOCHS,
        "learning_rate": 0.03,
        "early_stopping": {"patience": 100},
        **TASKS[task].get("training", {}),
        **training,
    }
    return gh.Experiment(**values, training=training, output=BARE)


def best_row(run):
    rows = run.history.to_dicts()
    return rows[run.record("training")["best_epoch"] - 1]


@pytest.mark.parametrize(
    "task", [pytest.param(each, marks=[pytest.mark.slow] if each in SLOW else []) for each in TASKS]
)
def test_a_trial_is_the_run_that_it_would_be_alone(task, tmp_path):
    """With an early stopping that only keeps the best epoch, so that weights and scores are of that one."""
    search = {"strategy": "grid", "folds": 1, "seeds": 1, "refit": False}
    found = gh.sweep(experiment_of(task), {"training.batch_size": [16]}, out=tmp_path, **search)
    assert found.measure.name == TASKS[task]["measure"]
    (trial,) = found.trials
    alone = gh.run(experiment_of(task, batch_size=16), out=tmp_path, observers=[])
    row = best_row(alone)
    assert trial.losses == [[row["validation_loss"]]]
    known = row.get(f"validation_{found.measure.column}")
    if known is None:  # only the answers of the network tell it
        known = alone.metrics["validation"][found.measure.name]
    assert trial.scores == [[known]]
    if task != "captioning":  # whose sentences come after more epochs than a test has
        assert known not in (0.0, 1.0)


def test_a_game_is_judged_by_how_much_of_the_held_out_rows_is_covered(tmp_path):
    """There every run keeps its last weights."""
    settings = {"data": "blobs", "objective": "adversarial", "output": BARE}
    training = {"epochs": 40, "learning_rate": 0.002}
    search = {"strategy": "grid", "folds": 1, "seeds": 1, "refit": False}
    found = gh.sweep(
        gh.Experiment(**settings, training=training), {"model.latent": [2, 4]}, out=tmp_path, **search
    )
    assert found.measure.name == "coverage"
    for trial in found.trials:
        own = {**settings, "model": {"name": "gan", "latent": trial.settings["model.latent"]}}
        alone = gh.run(gh.Experiment(**own, training=training), out=tmp_path, observers=[])
        assert trial.scores == [[alone.metrics["validation"]["coverage"]]]
    assert len({each.mean for each in found.trials}) == 2
    with pytest.raises(UsageError, match="score = 'loss' with the objective 'adversarial'"):
        gh.sweep(gh.Experiment(**settings), {"model.latent": [2, 4]}, score="loss", out=tmp_path)


def test_machines_of_any_size_are_compared_by_one_measure(tmp_path):
    """A likelihood can be worked out for the small one alone, so both are judged by what stands in for it."""
    search = {"strategy": "grid", "folds": 2, "seeds": 1, "refit": False, "out": tmp_path}
    experiment = experiment_of("a Boltzmann machine", early_stopping={"patience": "off"})
    found = gh.sweep(experiment, {"model.hidden": [4, 16]}, **search)
    assert found.measure.name == "pseudo_likelihood"
    small, large = found.trials
    assert "validation_pseudo_likelihood" in large.curves
    assert "validation_pseudo_likelihood" not in small.curves
    assert all(each < 0 for trial in found.trials for row in trial.scores for each in row)


def test_folds_in_time_learn_from_the_past_and_leave_out_what_looks_beyond_the_border(tmp_path):
    found = gh.sweep(
        experiment_of("a forecast"), {"model.units": [3, 6]}, strategy="grid", folds=3, seeds=1,
        refit=False, out=tmp_path,
    )  # fmt: skip
    assert {each.state for each in found.trials} == {"finished"}
    assert found.about["division"] == "time"
    ground = begin_again(found).ground
    form = ground.raw.layout.series
    for train, held in ground.folds:
        # the last target that is learnt comes before the first window that is held out ends
        assert ground.raw.time[train].max() + form.horizon - 1 < ground.raw.time[held].min()


def begin_again(found):
    return take_up_sweep(found, None, None, {})


def test_pairs_of_one_text_stay_in_one_fold(tmp_path):
    space, search = {"model.units": [8]}, {"strategy": "grid", "folds": 3, "seeds": 1}
    ground = begin_sweep(experiment_of("translation"), space, None, tmp_path, search, print).ground
    assert "grouped" in ground.method
    for train, held in ground.folds:
        assert not set(ground.raw.group[train]) & set(ground.raw.group[held])


def test_each_fold_of_a_text_has_the_vocabulary_of_what_it_learns_from(tmp_path):
    found = gh.sweep(
        experiment_of("a language"), {"model.units": [4]}, strategy="grid", folds=2, seeds=1, refit=False,
        out=tmp_path,
    )  # fmt: skip
    (trial,) = found.trials
    assert trial.state == "finished"
    foundry = next(begin_again(found).searches())[1].foundry
    cells = foundry.networks(trial.settings).cells
    for cell in cells:
        assert cell.experiment.model.spec()["tokens"] == cell.prepared.tokens
        assert cell.job.validation.inputs.max() < cell.prepared.tokens
    assert cells[0].experiment.training.batch_size == cells[1].experiment.training.batch_size


def test_halving_drops_the_worst_of_networks_that_are_trained_one_by_one(tmp_path):
    said = []
    space = {"training.learning_rate": [1e-7, 0.03, 1e-6, 0.01]}
    experiment = experiment_of("tagging", epochs=4, early_stopping={"patience": "off"})
    search = {"strategy": "halving", "trials": 4, "folds": 1, "seeds": 1, "rungs": 2, "factor": 2}
    found = gh.sweep(experiment, space, out=tmp_path, refit=False, tell=said.append, **search)
    assert any(each.startswith("Note: networks are trained one after another: ") for each in said)
    by_rate = {each.settings["training.learning_rate"]: each for each in found.trials}
    assert {rate: each.state for rate, each in by_rate.items()} == {
        1e-7: "dropped", 0.03: "finished", 1e-6: "dropped", 0.01: "finished",
    }  # fmt: skip
    assert {each.epochs for each in found.trials} == {2, 4}
    grid = gh.sweep(experiment, space, out=tmp_path, refit=False, strategy="grid", folds=1, seeds=1)
    for each in grid.trials:
        known = by_rate[each.settings["training.learning_rate"]]
        if known.state == "finished":
            assert known.scores == each.scores
    assert grid.about["at_once"] == 1


def test_a_winner_that_reads_sequences_is_shipped_and_reported(tmp_path):
    settings = {**TASKS["tagging"], "output": {"onnx": False}}
    measure = settings.pop("measure")
    experiment = gh.Experiment(**settings, training={"epochs": 2, "learning_rate": 0.03})
    found = gh.sweep(
        experiment, {"model.units": [3, 6]}, strategy="grid", folds=2, seeds=1, out=tmp_path, observers=[]
    )
    assert found.run.status["state"] == "finished"
    assert gh.load(found.run.bundle).schema.model["units"] == found.best.settings["model.units"]
    assert measure in found.run.metrics["test"]
    page = found.report.read_text()
    assert "a mean nats of" in page
    assert "Trained once more, it reaches" in page


@pytest.mark.parametrize(
    ("task", "key", "values", "said"),
    [
        ("a variational autoencoder", "objective.beta", [0.5, 1.0], "trials compared by loss while"),
        ("an autoencoder", "data.prepare.scaling", ["min-max", "z-score"], "trials compared by loss while"),
        ("an autoencoder", "model.name", ["autoencoder", "variational_autoencoder"], "for one objective"),
    ],
)  # fmt: skip
def test_losses_that_do_not_mean_the_same_are_not_compared(task, key, values, said, tmp_path):
    experiment = experiment_of(task)
    if key == "model.name":
        experiment = gh.Experiment(data={"source": "digits", "most_rows": 200}, model="autoencoder")
    with pytest.raises(GlasshouseError, match=said):
        gh.sweep(experiment, {key: values}, out=tmp_path, folds=1, seeds=1)
    assert list(tmp_path.iterdir()) == []
