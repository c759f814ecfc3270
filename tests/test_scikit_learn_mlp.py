"""What scikit-learn demands of its own networks, in its test_mlp.py, is demanded of ours."""

import importlib.util
from unittest import mock

import pytest
import sklearn.neural_network

import nnlib as nn
from nnlib.estimators import NetworkClassifier, NetworkRegressor

ACTIVATIONS = {"identity": nn.identity, "logistic": nn.sigmoid, "tanh": nn.tanh, "relu": nn.relu}
NOT_OFFERED = {
    "learning_rate_warmstart": "no warm_start",
    "warm_start": "no warm_start",
    "warm_start_full_iteration": "no warm_start",
    "mlp_warm_start_with_early_stopping": "no warm_start",
    "mlp_warm_start_no_convergence": "no warm_start",
    "lbfgs_regression": "no L-BFGS, which comes closer to noise than Adam does",
    "lbfgs_classification_maxfun": "no L-BFGS, whose max_fun this is about",
    "lbfgs_regression_maxfun": "no L-BFGS, whose max_fun this is about",
    "partial_fit_errors": "no L-BFGS, which would have no partial_fit",
    "mlp_vs_poisson_glm_equivalent": "no Poisson loss",
    "mlp_sample_weight_with_early_stopping": "no sample_weight",
    "shuffle": "examples are always shuffled",
    "verbose_sgd": "no verbose: loss_curve_ can be read",
    "adaptive_learning_rate": "a schedule does not see the cost",
    "n_iter_no_change_inf": "tol=None is the word for it",
    "fit": "sets weights by private attributes; tests/reference.py has worked examples",
    "gradient": "calls a private function; test_backpropagation.py compares with differences",
    "n_iter_no_change": "reads a private count; test_estimators.py counts epochs",
    "nonfinite_params": "a ValueError too, in other words",
    "early_stopping_stratified": "a ValueError too, that names the class 1, not its code True",
    "mlp_diverging_loss": "raises Diverged in place of scores that are nan",
}


def adapted(kind, *, solver="adam", activation="relu", alpha=0.0, learning_rate_init=0.001, **rest):
    """A model made with the words of scikit-learn, with Adam for L-BFGS."""
    if solver == "sgd":
        rest["optimizer"] = nn.Nesterov(rest.pop("momentum", 0.9))
    if rest.get("shuffle"):
        del rest["shuffle"]
    eta, epochs = 0.01 if solver == "lbfgs" else learning_rate_init, rest.pop("max_iter", 200)
    settings = {
        "initializer": nn.Glorot(),
        "batch_size": 200,
        "lmbda": alpha,
        "eta": eta,
        "epochs": epochs,
        **rest,
    }
    model = kind(activation=ACTIVATIONS[activation], **settings)
    model.max_iter = epochs  # which they read
    return model


def their_tests():
    spec = importlib.util.find_spec("sklearn.neural_network.tests.test_mlp")
    module = importlib.util.module_from_spec(spec)
    with mock.patch.multiple(
        sklearn.neural_network,
        MLPClassifier=lambda **words: adapted(NetworkClassifier, **words),
        MLPRegressor=lambda **words: adapted(NetworkRegressor, **words),
    ):
        spec.loader.exec_module(module)
    for name, test in vars(module).items():
        if name.startswith("test_"):
            reason = NOT_OFFERED.get(name.removeprefix("test_"))
            marks = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
            for mark in [*marks, pytest.mark.xfail(reason=reason)] if reason else marks:
                test = mark(test)
            yield name, test


globals().update(their_tests())
