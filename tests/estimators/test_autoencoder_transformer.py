"""The autoencoder as a transformer: against principal components, in pipelines, with every objective."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits, load_iris
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler, scale

import glasshouse as gh
from glasshouse.core.errors import ParameterError
from glasshouse.estimators import AutoencoderTransformer

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IRIS, SPECIES = load_iris(return_X_y=True)
IRIS = scale(IRIS)
QUICK = {"learning_rate_init": 0.02, "batch_size": 16, "max_iter": 60, "random_state": 0}


def test_a_linear_one_finds_the_plane_of_the_principal_components():
    coder = AutoencoderTransformer(2, **{**QUICK, "max_iter": 300, "tol": 0, "n_iter_no_change": np.inf})
    coder.set_params(learning_rate={"name": "cosine"}).fit(IRIS)
    components = PCA(2).fit(IRIS)
    kept = components.explained_variance_ratio_.sum()
    assert coder.score(IRIS) == pytest.approx(kept, abs=1e-4)
    theirs = components.inverse_transform(components.transform(IRIS))
    np.testing.assert_allclose(coder.inverse_transform(coder.transform(IRIS)), theirs, atol=0.05)


def test_codes_decode_to_what_the_network_gives_back():
    coder = AutoencoderTransformer(2, (6,), "tanh", **QUICK).fit(IRIS)
    rows = torch.from_numpy(IRIS)
    with torch.no_grad():
        whole = coder.network_(rows).numpy()
    np.testing.assert_allclose(coder.inverse_transform(coder.transform(IRIS)), whole, rtol=1e-12)
    errors = ((whole - IRIS) ** 2).mean(axis=1)
    np.testing.assert_allclose(coder.score_samples(IRIS), -errors, rtol=1e-12)
    spread = ((IRIS - IRIS.mean(axis=0)) ** 2).mean()
    assert coder.score(IRIS) == pytest.approx(1 - errors.mean() / spread)


@pytest.mark.parametrize(
    ("model", "objective"),
    [
        ({"name": "autoencoder", "tied": True}, "auto"),
        ("denoising_autoencoder", "auto"),
        ("autoencoder", {"name": "denoising", "corruption": "masking", "amount": 0.2}),
        ("sparse_autoencoder", {"name": "sparse", "strength": 0.001}),
        ("contractive_autoencoder", "auto"),
        ({"name": "variational_autoencoder", "likelihood": "gaussian"}, "auto"),
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_every_autoencoder_codes_rows_in_their_own_type(model, objective, kind):
    coder = AutoencoderTransformer(3, (8,), model=model, objective=objective, **QUICK)
    codes = coder.fit_transform(IRIS.astype(kind))
    assert codes.shape == (150, 3)
    assert codes.dtype == kind
    assert coder.loss_curve_[-1] < coder.loss_curve_[0]
    assert coder.score(IRIS.astype(kind)) > 0.5


def test_early_stopping_keeps_the_best_epochs_weights():
    settings = {**QUICK, "early_stopping": True, "tol": 0, "learning_rate_init": 0.1, "n_iter_no_change": 4}
    whole = AutoencoderTransformer(2, (8,), **settings).fit(IRIS)
    watched = [row["validation"]["loss"] for row in whole.records_]
    best = int(np.argmin(watched)) + 1
    assert best < whole.n_iter_
    short = AutoencoderTransformer(2, (8,), **{**settings, "max_iter": best}).fit(IRIS)
    np.testing.assert_array_equal(whole.transform(IRIS), short.transform(IRIS))


def test_weights_count_as_rows_repeated():
    weights = np.arange(150) % 3
    repeated = np.repeat(IRIS, weights, axis=0)
    settings = {**QUICK, "batch_size": "auto", "max_iter": 20, "tol": 0}
    settings["batch_size"] = 1000
    one = AutoencoderTransformer(2, **settings).fit(IRIS, sample_weight=weights)
    other = AutoencoderTransformer(2, **settings).fit(repeated)
    np.testing.assert_allclose(one.transform(IRIS), other.transform(IRIS), rtol=1e-6, atol=1e-8)


def test_a_warm_start_goes_on():
    settings = {**QUICK, "max_iter": 5, "warm_start": True}
    coder = AutoencoderTransformer(2, **settings).fit(IRIS)
    first = coder.loss_curve_[-1]
    coder.fit(IRIS)
    assert len(coder.loss_curve_) == len(coder.records_) == 10
    assert coder.loss_curve_[-1] < first
    assert coder.n_iter_ == 5


def test_it_stands_in_pipelines_and_searches():
    pipeline = make_pipeline(StandardScaler(), AutoencoderTransformer(2, (8,), **QUICK), LogisticRegression())
    search = GridSearchCV(pipeline, {"autoencodertransformer__n_components": [1, 3]}, cv=2)
    assert search.fit(IRIS, SPECIES).best_score_ > 0.8


def test_frames_come_out_with_names():
    names = ["a", "b", "c", "d"]
    coder = AutoencoderTransformer(2, **{**QUICK, "max_iter": 3})
    table = pd.DataFrame(IRIS, columns=names)
    for output, kind in (("pandas", "pandas"), ("polars", "polars")):
        codes = coder.set_output(transform=output).fit_transform(table)
        assert type(codes).__module__.split(".")[0] == kind
        assert list(codes.columns) == ["autoencodertransformer0", "autoencodertransformer1"]
    assert coder.feature_names_in_.tolist() == names


def test_unusual_rows_score_low():
    rows = load_digits().data[:400]
    rows = MinMaxScaler().fit_transform(rows)
    coder = AutoencoderTransformer(16, (32,), **{**QUICK, "max_iter": 25}).fit(rows)
    noise = np.random.RandomState(0).rand(50, 64)
    assert np.median(coder.score_samples(noise)) < coder.score_samples(rows).min()


def test_the_network_is_explained():
    coder = AutoencoderTransformer(2, **{**QUICK, "max_iter": 3}).fit(IRIS)
    row = torch.from_numpy(IRIS[:1])
    assert set(gh.explain(coder.network_, row, row, loss="mse").badges) == {"checked"}


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        ({"n_components": 0}, "n_components = 0"),
        ({"model": "autoencodre"}, "no model named 'autoencodre'"),
        ({"objective": "denoise"}, "did you mean 'denoising'"),
        ({"objective": "elbo"}, "elbo"),
        ({"solver": "adma"}, "no optimizer named 'adma'"),
        ({"validation_fraction": 0, "early_stopping": True}, "validation_fraction = 0"),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_a_value_error_that_names_it(parameters, text):
    with pytest.raises(ParameterError, match=text):
        AutoencoderTransformer(**parameters).fit(IRIS)


def test_too_few_epochs_are_told():
    with pytest.warns(ConvergenceWarning, match="all 2 epochs .max_iter. are done"):
        AutoencoderTransformer(2, max_iter=2).fit(IRIS)
