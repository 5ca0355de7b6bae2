"""Early stopping waits as long as it is told, and keeps an epoch."""

from __future__ import annotations

import math

from glasshouse.regularizers.early_stopping import EarlyStopping


def test_early_stopping_waits_as_long_as_it_is_told():
    stopping = EarlyStopping(patience=2, least_change=0.1)
    told = [stopping.improved(epoch, {"loss": loss}) for epoch, loss in enumerate([1.0, 0.95, 0.8, 0.75], 1)]
    assert told == [True, False, True, False]
    assert not stopping.exhausted
    assert not stopping.improved(5, {"loss": 0.71})
    assert stopping.exhausted
    metric = EarlyStopping(patience=1, monitor="accuracy")
    assert metric.improved(1, {"loss": 1.0, "accuracy": 0.5})
    assert metric.improved(2, {"loss": 2.0, "accuracy": 0.6})


def test_early_stopping_keeps_an_epoch_even_when_nothing_is_finite():
    stopping = EarlyStopping(patience=1)
    assert stopping.improved(1, {"loss": math.inf})
    assert stopping.best_epoch == 1
