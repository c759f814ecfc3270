"""The bridge to scikit-learn is thin, keeps scikit-learn's rules, and carries its tools and others'."""

import contextlib
import importlib
import os
import pickle
import signal
import sys
import warnings

import joblib
import numpy as np
import pytest
import threadpoolctl
from numpy.testing import assert_array_equal
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_iris, make_friedman1
from sklearn.exceptions import ConvergenceWarning, FitFailedWarning, NotFittedError
from sklearn.model_selection import GridSearchCV, ParameterGrid, cross_val_score, train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils.estimator_checks import check_estimator

import nnlib as nn
from nnlib.estimators import NetworkClassifier, NetworkRegressor

PLAIN = {  # the network of the book's pages, trained for as long as they say
    "hidden_layer_sizes": (30,), "activation": nn.sigmoid, "initializer": nn.LeCun(),
    "optimizer": nn.SGD(), "eta": 0.5, "epochs": 3, "tol": None, "random_state": 0,
}  # fmt: skip
GRID = {"eta": [0.1, 0.5, 2.0], "lmbda": [0.0, 1.0]}


@pytest.fixture(scope="module")
def digits():
    return nn.datasets.digits().train[:300]


@pytest.fixture(scope="module")
def curve():
    """Two smooth functions of three inputs."""
    X = np.random.default_rng(3).uniform(-1, 1, (120, 3))
    return nn.Dataset(X, np.stack([np.sin(2 * X[:, 0]) + X[:, 1], X[:, 1] * X[:, 2]], axis=1))


def same(one, other):
    for p, q in zip(one.network_.parameters, other.network_.parameters, strict=True):
        assert p.dtype == q.dtype
        assert_array_equal(p, q)
    assert one.loss_ == other.loss_
    assert one.n_iter_ == other.n_iter_


def quick(**settings):
    return NetworkClassifier(**{**PLAIN, **settings})


# The rules of scikit-learn


def not_passed(model):
    """What scikit-learn's own checks say of a model, where they do not say "passed"."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the checks provoke some
        results = check_estimator(model, on_skip=None, on_fail=None)
    assert len(results) > 50
    return {r["check_name"]: (r["status"], r["exception"]) for r in results if r["status"] != "passed"}


@pytest.mark.parametrize(
    ("model", "theirs"),
    [
        (NetworkClassifier(epochs=30), MLPClassifier(max_iter=5)),
        (NetworkRegressor(epochs=30), MLPRegressor(max_iter=5)),
    ],
    ids=["classifier", "regressor"],
)
def test_scikit_learn_finds_nothing(model, theirs):
    """No failure, none that is expected, and nothing left out that it does not leave out for its own."""
    rest = not_passed(model)
    assert all(status == "skipped" for status, _ in rest.values()), rest
    assert set(rest) <= {name for name, (status, _) in not_passed(theirs).items() if status == "skipped"}


def test_a_clone_has_the_parameters_and_nothing_learned(digits):
    settings = {
        "hidden_layer_sizes": (7, 5), "activation": nn.LeakyReLU(0.1), "initializer": nn.He(),
        "optimizer": nn.Adam(), "eta": nn.StepDecay(0.01), "batch_size": 20, "epochs": 2, "lmbda": 0.1,
        "dropout": 0.2, "tol": None, "n_iter_no_change": 3, "early_stopping": True,
        "validation_fraction": 0.2, "random_state": 5,
    }  # fmt: skip
    for kind in (NetworkClassifier, NetworkRegressor):
        model = kind(**settings)
        assert model.get_params() == settings
        assert clone(model.fit(digits.X, digits.t)).get_params() == settings
        assert not hasattr(clone(model), "network_")
        assert kind().set_params(**settings).get_params() == settings
    assert repr(NetworkClassifier(eta=0.5, optimizer=nn.Momentum(0.5))) == (
        "NetworkClassifier(eta=0.5, optimizer=Momentum(mu=0.5))"
    )


# What is learned


ETA = nn.StepDecay(0.1, every=2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"hidden_layer_sizes": np.array(8), "activation": nn.tanh, "initializer": nn.Glorot(), "eta": ETA},
        {"hidden_layer_sizes": (), "optimizer": nn.Momentum(0.5), "eta": 0.05, "lmbda": 2.0},
        {"hidden_layer_sizes": [9, 6], "optimizer": nn.Adam(), "eta": 0.01, "dropout": 0.3, "batch_size": 7},
    ],
)
def test_they_are_nnlibs_own_training(digits, curve, settings, dtype):
    """Weights, order of examples and masks come from one generator, in the order of the book's pages."""
    for kind, data, output, loss in (
        (NetworkClassifier, digits, nn.softmax, nn.log_likelihood),
        (NetworkRegressor, curve, nn.identity, nn.square),
    ):
        data = nn.Dataset(data.X.astype(dtype), data.Y.astype(dtype), data.t)
        y = data.Y if data.t is None else data.t
        model = kind(**settings, epochs=4, tol=None, random_state=11).fit(data.X, y)
        rng = np.random.default_rng(11)
        hidden = settings.get("hidden_layer_sizes", (100,))
        net = nn.Network.random(
            [data.X.shape[1], *np.atleast_1d(hidden).astype(int), data.Y.shape[1]],
            rng=rng, hidden=settings.get("activation", nn.relu), output=output, dtype=dtype,
            initializer=settings.get("initializer", nn.He()),
        )  # fmt: skip
        regularizer = nn.L2(settings["lmbda"]) if "lmbda" in settings else None
        nn.train(
            net, data, loss=loss, epochs=4, rng=rng, batch_size=settings.get("batch_size", 10),
            eta=settings.get("eta", 0.001), optimizer=settings.get("optimizer", nn.Adam()),
            regularizer=regularizer, dropout=nn.Dropout(0.3) if "dropout" in settings else None,
        )  # fmt: skip
        assert repr(model.network_) == repr(net)
        for p, q in zip(model.network_.parameters, net.parameters, strict=True):
            assert_array_equal(p, q)
        assert model.loss_ == nn.cost(net, data, loss, regularizer)
        assert model.n_iter_ == 4
        assert model.n_features_in_ == data.X.shape[1]
        a = data.X
        for f, W, b in zip(net.activations, model.coefs_, model.intercepts_, strict=True):
            a = f(a @ W + b)
        assert np.allclose(a, nn.outputs(net, data.X), rtol=1e-4, atol=1e-6)
        assert (model.n_layers_, model.n_outputs_, model.out_activation_) == (
            len(net.sizes),
            a.shape[1],
            output,
        )
        assert_array_equal(
            model.predict(data.X) if data.t is None else model.predict_proba(data.X), nn.outputs(net, data.X)
        )


@pytest.mark.parametrize("optimizer", [nn.SGD(), nn.Momentum(0.5), None])
def test_partial_fit_is_one_epoch_more(digits, curve, optimizer):
    """The optimiser's memory, the schedule and the order of the examples go on."""
    settings = {**PLAIN, "optimizer": optimizer, "eta": nn.StepDecay(0.05, every=1), "dropout": 0.1}
    for model, y, first in (
        (NetworkClassifier(**settings, lmbda=0.1), digits.t, {"classes": range(10)}),
        (NetworkRegressor(**settings), digits.Y, {}),
        (NetworkRegressor(**settings), digits.t, {}),
    ):
        step = clone(model).partial_fit(digits.X, y, **first)
        assert step.n_iter_ == 1
        step.partial_fit(digits.X, y).partial_fit(digits.X, y)
        same(step, clone(model).set_params(epochs=3).fit(digits.X, y))
        same(step, clone(model).set_params(epochs=2).fit(digits.X, y).partial_fit(digits.X, y))


def test_fit_begins_anew(digits):
    model = quick().fit(digits.X, digits.t)
    first = model.network_
    same(model.fit(digits.X, digits.t), quick().fit(digits.X, digits.t))
    assert model.network_ is not first


def test_another_optimiser_begins_without_memory(digits):
    model = quick(optimizer=nn.Momentum(0.5)).fit(digits.X, digits.t)
    net, rng = model.network_.copy(), model._rng
    twin = pickle.loads(pickle.dumps(rng))
    model.set_params(optimizer=nn.Adam(), eta=0.01).partial_fit(digits.X, digits.t)
    next(nn.sgd(net, digits, loss=nn.log_likelihood, eta=0.01, optimizer=nn.Adam(), rng=twin))
    assert_array_equal(model.network_.weights[0], net.weights[0])


def test_partial_fit_may_meet_some_classes_later(digits):
    few, most = digits[digits.t < 3], digits[digits.t >= 3]
    model = quick().partial_fit(few.X, few.t, classes=np.arange(10))
    assert model.predict_proba(few.X).shape == (len(few), 10)
    for _ in range(3):
        model.partial_fit(most.X, most.t)
    assert model.score(most.X, most.t) > 0.5
    assert_array_equal(model.classes_, np.arange(10))


def test_raw_data_are_learned_or_a_warning_says_what_to_do(digits):
    """Never two: of large inputs sgd warns."""

    def score(X, t, epochs):
        X, X_test, t, t_test = train_test_split(X, t, random_state=0, stratify=t)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            return NetworkClassifier(epochs=epochs, random_state=0).fit(X, t).score(X_test, t_test), said

    iris = load_iris(return_X_y=True)
    right, (said,) = score(*iris, 100)
    assert right > 0.9
    assert said.category is ConvergenceWarning
    assert "still falling after 100 epochs. Give more epochs or a larger eta" in str(said.message)
    assert said.filename == __file__
    assert not score(*iris, 400)[1]
    right, said = score(16 * digits.X, digits.t, 30)
    assert right > 0.8
    assert ["nn.z_score" in str(w.message) for w in said] == [True]


@pytest.mark.filterwarnings("ignore:the cost was still falling")
def test_a_regression_at_its_defaults_is_more_than_a_straight_line():
    X, y = make_friedman1(400, random_state=0)
    X, y = nn.z_score(X)(X), (y - y.mean()) / y.std()
    assert NetworkRegressor(random_state=0).fit(X[:300], y[:300]).score(X[300:], y[300:]) > 0.85  # Ridge: 0.7


@pytest.mark.parametrize("kind", [NetworkClassifier, NetworkRegressor])
def test_early_stopping_goes_back_to_the_best_weights(digits, kind):
    settings = {**PLAIN, "eta": 0.1, "epochs": 100, "n_iter_no_change": 4, "early_stopping": True}
    model = kind(**settings | {"tol": 0.0}).fit(digits.X, digits.t)
    best = int(np.argmax(model.validation_scores_)) + 1
    assert best <= model.n_iter_ < 100
    assert len(model.validation_scores_) == len(model.loss_curve_) == model.n_iter_
    assert model.best_validation_score_ == max(model.validation_scores_)
    short = kind(**settings | {"epochs": best}).fit(digits.X, digits.t)
    assert_array_equal(short.coefs_[0], model.coefs_[0])
    assert short.loss_ == model.loss_
    for early in (True, False):  # a tolerance that no epoch after the first one meets
        model.set_params(tol=1e9, early_stopping=early).fit(digits.X, digits.t)
        assert model.n_iter_ == 1 + 4 + 1
    assert model.best_loss_ == min(model.loss_curve_)
    with pytest.raises(ValueError, match="partial_fit does not support early_stopping"):
        short.partial_fit(digits.X, digits.t)


def test_sparse_inputs_are_as_good_as_dense_ones(digits):
    dense = quick().fit(digits.X, digits.t)
    for kind in (sparse.csr_array, sparse.csc_matrix, sparse.coo_array):
        model = quick().fit(kind(digits.X), digits.t)
        same(model, dense)
        assert_array_equal(model.predict_proba(kind(digits.X)), dense.predict_proba(digits.X))


def test_several_labels_at_once(digits):
    Y = np.stack([digits.t % 2, digits.t > 4, digits.t == 7], axis=1).astype(int)
    model = quick(epochs=20).fit(digits.X, Y)
    p = model.predict_proba(digits.X)
    assert model.out_activation_ == nn.sigmoid
    assert_array_equal(model.predict(digits.X), p > 0.5)
    assert np.allclose(model.predict_log_proba(digits.X), np.log(p))
    assert model.score(digits.X, Y) > 0.9
    same(model, quick(epochs=19).fit(digits.X, sparse.csr_array(Y)).partial_fit(digits.X, Y))


def test_classes_may_have_names(digits):
    names = np.array(["even", "odd"])
    model = quick(epochs=20).fit(digits.X, names[digits.t % 2])
    assert_array_equal(model.classes_, names)
    p = model.predict_proba(digits.X)
    assert p.shape == (300, 2)
    assert np.allclose(p.sum(axis=1), 1)
    assert_array_equal(model.predict(digits.X), names[p.argmax(axis=1)])
    assert model.score(digits.X, names[digits.t % 2]) > 0.9
    same(model, quick(epochs=20).fit(digits.X, digits.t % 2))
    alone = quick(early_stopping=True).fit(digits.X, np.full(300, "six"))
    assert alone.best_validation_score_ == alone.score(digits.X, np.full(300, "six")) == 1


def test_predictions_have_the_shape_of_the_targets(curve):
    model = NetworkRegressor(eta=0.01, epochs=30, tol=None, random_state=0)
    assert model.fit(curve.X, curve.Y).predict(curve.X).shape == (120, 2)
    assert model.score(curve.X, curve.Y) > 0.9
    assert model.fit(curve.X, curve.Y[:, :1]).predict(curve.X).shape == (120, 1)
    assert model.fit(curve.X, curve.Y[:, 0]).predict(curve.X).shape == (120,)
    assert model.score(curve.X, curve.Y[:, 0]) > 0.9


def test_few_examples_make_one_batch(digits):
    few = digits[:6]
    same(quick(batch_size=100).fit(few.X, few.t), quick(batch_size=6).fit(few.X, few.t))


def test_random_states(digits):
    def fit(state):
        return quick(random_state=state).fit(digits.X, digits.t)

    same(fit(4), fit(np.int64(4)))
    same(fit(4), fit(np.random.default_rng(4)))
    model = quick(random_state=np.random.default_rng(4))
    same(clone(model).fit(digits.X, digits.t), clone(model).fit(digits.X, digits.t))
    same(fit(np.random.RandomState(4)), fit(np.random.RandomState(4)))
    assert not np.array_equal(fit(4).network_.weights[0], fit(5).network_.weights[0])
    state = np.random.RandomState(4)
    assert not np.array_equal(fit(state).network_.weights[0], fit(state).network_.weights[0])
    assert not np.array_equal(fit(None).network_.weights[0], fit(None).network_.weights[0])


# What goes wrong


@pytest.mark.parametrize("kind", [NetworkClassifier, NetworkRegressor])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"eta": -0.1}, "eta must be finite and greater than 0, but is -0.1"),
        ({"epochs": -1}, "epochs must be at least 1, but is -1"),
        ({"batch_size": 0}, "batch_size must be at least 1"),
        ({"hidden_layer_sizes": (5, 0)}, r"hidden_layer_sizes\[1\] must be at least 1, but is 0"),
        ({"hidden_layer_sizes": "30"}, r"hidden_layer_sizes\[0\] must be a whole number, but is '30'"),
        ({"activation": "relu"}, "activation must be an object such as nn.sigmoid, but is 'relu'"),
        ({"initializer": nn.He}, "initializer must be an object such as nn.He.*call it first"),
        ({"optimizer": "adam"}, r"optimizer must be an object such as nn.Adam\(\), but is 'adam'"),
        ({"optimizer": nn.Adam}, "it is a class: call it first"),
        ({"lmbda": -1.0}, "lmbda must be finite and at least 0"),
        ({"dropout": 1.0}, "dropout must be finite and at least 0 and less than 1"),
        ({"tol": -1.0}, "tol must be finite and at least 0"),
        ({"n_iter_no_change": 0}, "n_iter_no_change must be at least 1"),
        ({"early_stopping": True, "validation_fraction": 1.0}, "validation_fraction must be .* less than 1"),
        ({"random_state": "0"}, "'0' cannot be used to seed"),
    ],
)
def test_bad_parameters_are_refused_by_fit(digits, kind, change, message):
    model = kind(**change)
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(digits.X, digits.t)
    with pytest.raises(NotFittedError):
        model.predict(digits.X)


def test_what_scikit_learns_networks_have_is_refused_by_name():
    for name in ("solver", "alpha", "max_iter", "warm_start"):
        with pytest.raises(TypeError, match=f"NetworkRegressor has no parameter {name}: "):
            NetworkRegressor(**{name: 1})


@pytest.mark.parametrize("lacking", ["sklearn.base", "sklearn.utils.validation.validate_data"])
def test_without_a_new_enough_scikit_learn_the_command_is_named(monkeypatch, lacking):
    monkeypatch.delitem(sys.modules, "nnlib.estimators")
    if lacking in sys.modules:
        monkeypatch.setitem(sys.modules, lacking, None)
    else:
        monkeypatch.delattr(lacking)
    with pytest.raises(ImportError, match=r"1\.6 or newer .*`pip install 'scikit-learn>=1\.6'`"):
        importlib.import_module("nnlib.estimators")


def test_bad_data_are_refused_in_the_words_of_scikit_learn(digits):
    X = digits.X.copy()
    X[3, 4] = np.nan
    for model in (NetworkClassifier(), NetworkRegressor()):
        with pytest.raises(ValueError, match="Input X contains NaN"):
            model.fit(X, digits.t)
        with pytest.raises(ValueError, match="inconsistent numbers of samples"):
            model.fit(digits.X, digits.t[1:])
        with pytest.raises(TypeError, match="sample_weight"):
            model.fit(digits.X, digits.t, sample_weight=np.ones(300))
    fitted = quick().fit(digits.X, digits.t)
    with pytest.raises(ValueError, match="X has 63 features, but NetworkClassifier is expecting 64"):
        fitted.predict(digits.X[:, 1:])
    with pytest.raises(ValueError, match="X has 63 features"):
        fitted.partial_fit(digits.X[:, 1:], digits.t)
    with pytest.raises(ValueError, match="y holds 10, which is not among the classes"):
        fitted.partial_fit(digits.X, digits.t + 1)
    with pytest.raises(ValueError, match=r"but were .* in the first call"):
        fitted.partial_fit(digits.X, digits.t, classes=[0, 1])
    with pytest.raises(ValueError, match="first call of partial_fit needs classes"):
        NetworkClassifier().partial_fit(digits.X, digits.t)


def test_a_network_that_diverges_says_so_and_nothing_is_changed(curve):
    """In the parameters, or in a cost that no float can hold."""
    wild = NetworkRegressor(eta=100, optimizer=nn.SGD(), random_state=0)
    with pytest.raises(ValueError, match=r"diverged in epoch \d+: .* smaller eta \(it was 100\)"):
        wild.fit(curve.X, curve.Y)
    with pytest.raises(NotFittedError):
        wild.predict(curve.X)
    model = NetworkRegressor(epochs=2, tol=None, optimizer=nn.Momentum(), eta=0.05, random_state=0)
    twin = clone(model).fit(curve.X, curve.Y)
    model.fit(curve.X, curve.Y).set_params(eta=1e9)
    with pytest.raises(nn.Diverged, match="diverged in epoch 3"):
        model.partial_fit(curve.X, curve.Y)
    same(model, twin)
    same(model.set_params(eta=0.05).partial_fit(curve.X, curve.Y), twin.partial_fit(curve.X, curve.Y))
    far = NetworkRegressor(epochs=1, batch_size=120, optimizer=nn.SGD(), eta=1e-30, random_state=0)
    with pytest.raises(nn.Diverged, match="after epoch 1 the cost is inf"):
        far.fit(curve.X.astype(np.float32), np.full(120, 1e30, np.float32))


# Tools of others


def test_pickle_and_joblib_keep_everything(digits, tmp_path):
    model = quick(optimizer=nn.Momentum(0.5), activation=nn.LeakyReLU(0.1)).fit(digits.X, digits.t)
    joblib.dump(model, tmp_path / "model")
    copies = [pickle.loads(pickle.dumps(model)), joblib.load(tmp_path / "model")]
    expected = model.predict_proba(digits.X)
    model.partial_fit(digits.X, digits.t)
    for copy in copies:
        assert_array_equal(copy.predict_proba(digits.X), expected)
        same(copy.partial_fit(digits.X, digits.t), model)


def test_grid_search_survives_a_network_that_diverges(curve):
    model = NetworkRegressor(optimizer=nn.SGD(), epochs=30, tol=None, random_state=0)
    search = GridSearchCV(model, {"eta": [0.05, 100.0]}, cv=3)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        search.fit(curve.X, curve.Y)
    (failed,) = [w.message for w in said if w.category is FitFailedWarning]
    assert "nnlib.training.Diverged: training diverged in epoch" in str(failed)
    good, bad = search.cv_results_["mean_test_score"]
    assert good > 0.5
    assert np.isnan(bad)
    assert search.best_params_ == {"eta": 0.05}


def test_a_study_in_batches_does_not_depend_on_the_number_of_processes(digits):
    """Four settings are asked for, tried at once, and told in the order they were asked for."""
    optuna = pytest.importorskip("optuna")
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)

    def score(eta, lmbda):
        return cross_val_score(quick(eta=eta, lmbda=lmbda), digits.X, digits.t, cv=2).mean()

    def study(processes):
        made = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
        for _ in range(4):
            trials = [made.ask() for _ in range(4)]
            wanted = [
                (t.suggest_float("eta", 1e-3, 10, log=True), t.suggest_float("lmbda", 0, 5)) for t in trials
            ]
            scores = joblib.Parallel(processes)(joblib.delayed(score)(*one) for one in wanted)
            for trial, value in zip(trials, scores, strict=True):
                made.tell(trial, value)
        return [(trial.params, trial.value) for trial in made.trials]

    try:
        with threadpoolctl.threadpool_limits(1):
            assert study(1) == study(2)
    finally:
        optuna.logging.set_verbosity(level)


@pytest.fixture(scope="module")
def client():
    """Two workers, each a process of its own, as on two computers."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs="CRITICAL"
        ) as workers,
        distributed.Client(workers) as client,
    ):
        client.wait_for_workers(2)
        yield client


def grid_search(data, scoring=None):
    """What a grid search finds, times of the clock aside."""
    found = GridSearchCV(quick(), GRID, cv=3, scoring=scoring).fit(data.X, data.t)
    results = {name: list(map(str, v)) for name, v in found.cv_results_.items() if "time" not in name}
    return results, found.best_estimator_


def test_a_dask_cluster_finds_what_one_process_finds(digits, client, tmp_path):
    """Number by number, though every score is computed elsewhere."""

    def score(model, X, y):
        (tmp_path / str(os.getpid())).touch()
        return model.score(X, y)

    with threadpoolctl.threadpool_limits(1):  # as in Dask's workers
        expected, best = grid_search(digits)
        with joblib.parallel_config("dask"):
            found, best_there = grid_search(digits, score)
    assert found == expected
    same(best_there, best)
    places = {int(path.name) for path in tmp_path.iterdir()}
    assert places
    assert places <= set(client.run(os.getpid).values()) - {os.getpid()}


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.parametrize("moment", [1, 4, 6])
def test_a_worker_that_dies_loses_nothing(digits, client, tmp_path, moment):
    """Whoever begins that task dies of it, and what was lost is computed again elsewhere."""
    distributed = pytest.importorskip("distributed")
    client.wait_for_workers(2, timeout=120)
    here = os.getpid()

    def scores(parameters):
        assert os.getpid() != here
        (tmp_path / os.urandom(8).hex()).touch()
        if len(list(tmp_path.iterdir())) >= moment:
            with contextlib.suppress(FileExistsError):
                (tmp_path / "died").open("x").close()
                os.kill(os.getpid(), signal.SIGKILL)
        data = nn.datasets.digits().train[:300]
        return cross_val_score(NetworkClassifier(**PLAIN | parameters), data.X, data.t, cv=3)

    before = set(client.nthreads())
    futures = client.map(scores, list(ParameterGrid(GRID)), pure=False)
    distributed.wait(futures, timeout=120)
    found = client.gather(futures)
    assert (tmp_path / "died").exists()
    assert not before <= set(client.nthreads())
    with threadpoolctl.threadpool_limits(1):  # as in Dask's workers
        search = GridSearchCV(quick(), GRID, cv=3).fit(digits.X, digits.t)
    for place, column in enumerate(np.transpose(found)):
        assert_array_equal(column, search.cv_results_[f"split{place}_test_score"])
