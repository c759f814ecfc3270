"""What scikit-learn demands of its own networks, in its test_mlp.py, is demanded of ours."""

import importlib.util
from unittest import mock

import pytest
import sklearn.neural_network

import nnlib as nn
from nnlib.estimators import NetworkClassifier, NetworkRegressor

ACTIVATIONS = {"identity": nn.identity, "logistic": nn.sigmoid, "tanh": nn.tanh, "relu": nn.relu}
NOT_OFFERED = {
    "no warm_start": "learning_rate_warmstart warm_start warm_start_full_iteration "
    "mlp_warm_start_with_early_stopping mlp_warm_start_no_convergence",
    "no L-BFGS": "lbfgs_regression lbfgs_regression_maxfun lbfgs_classification_maxfun partial_fit_errors",
    "neither Poisson loss nor sample_weight": "mlp_vs_poisson_glm_equivalent "
    "mlp_sample_weight_with_early_stopping",
    "no such parameter: shuffle, verbose, learning_rate": "shuffle verbose_sgd adaptive_learning_rate",
    "no infinity: tol=None is the word for it": "n_iter_no_change_inf",
    "sets, calls or reads what is private": "fit gradient n_iter_no_change",
    "a ValueError too, in other words": "nonfinite_params early_stopping_stratified",
    "raises Diverged in place of scores that are nan": "mlp_diverging_loss",
}
REASONS = {f"test_{name}": reason for reason, names in NOT_OFFERED.items() for name in names.split()}


def adapted(kind, *, solver="adam", activation="relu", alpha=0.0, learning_rate_init=0.001, **rest):
    """A model made with the words of scikit-learn, with Adam for L-BFGS.

    Its start is not theirs, and two of their thresholds hang on that: this initialiser meets all.
    """
    if solver == "sgd":
        rest["optimizer"] = nn.Nesterov(rest.pop("momentum", 0.9))
    if rest.get("shuffle"):  # always
        del rest["shuffle"]
    eta, epochs = 0.01 if solver == "lbfgs" else learning_rate_init, rest.pop("max_iter", 200)
    settings = {
        "initializer": nn.LeCun(), "batch_size": 200, "lmbda": alpha, "eta": eta, "epochs": epochs, **rest
    }  # fmt: skip
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
            if name in REASONS:
                test = pytest.mark.xfail(reason=REASONS[name])(test)
            yield name, pytest.mark.slow(pytest.mark.filterwarnings("default")(test))


globals().update(their_tests())
