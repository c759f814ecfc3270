"""nnlib: neural networks in NumPy, small enough to read in an evening.

Read it in this order; each module imports only from those before it.

=================== ==========================================================
perceptron          Rosenblatt's neuron and three rules that train it
activations         sigmoid, tanh, ReLU, softmax, ...: function and derivative
network             weights and biases, initialisers, forward
losses              square, cross-entropy, log-likelihood
backpropagation     errors, gradients, and the numerical check
optimizers          SGD, momentum, Nesterov, Adam; learning-rate schedules
regularizers        L1, L2, dropout
data                data sets as rows, one-hot, mini-batches, scaling
training            sgd, train, accuracy, cost, confusion
=================== ==========================================================

Outside the evening's reading, `storage` writes networks and checkpoints to files.
Beside the core, loaded when first used: `datasets` (MNIST, Fashion-MNIST and
toy sets), `viz` (figures), `progress` (a bar while `train` runs) and
`estimators` (scikit-learn's way of fitting and predicting, and with it grid
searches). What the book needs besides, its demos and results, is `nnbook`.
"""

import importlib
from types import ModuleType

from nnlib import (
    activations,
    backpropagation,
    data,
    losses,
    network,
    optimizers,
    perceptron,
    regularizers,
    storage,
    training,
)
from nnlib.activations import (
    LeakyReLU,
    Softmax,
    Step,
    identity,
    leaky_relu,
    relu,
    sigmoid,
    softmax,
    softplus,
    softsign,
    step,
    tanh,
)
from nnlib.backpropagation import Gradients, backprop, errors, gradients, numerical_gradients
from nnlib.data import Dataset, Scaling, min_max, minibatches, one_hot, split, z_score
from nnlib.losses import cross_entropy, log_likelihood, square
from nnlib.network import (
    Constant,
    Glorot,
    He,
    LeCun,
    Network,
    Normal,
    Trace,
    UniformHeuristic,
    forward,
)
from nnlib.optimizers import (
    SGD,
    Adam,
    CosineDecay,
    ExponentialDecay,
    Momentum,
    Nesterov,
    StepDecay,
)
from nnlib.regularizers import L1, L2, Dropout
from nnlib.storage import load, save
from nnlib.training import (
    Batch,
    Diverged,
    EarlyStopping,
    Epoch,
    History,
    Interrupted,
    accuracy,
    classify,
    confusion,
    cost,
    label_accuracy,
    outputs,
    sgd,
    train,
)

__version__ = "0.3.0"

__all__ = [
    "L1",
    "L2",
    "SGD",
    "Adam",
    "Batch",
    "Constant",
    "CosineDecay",
    "Dataset",
    "Diverged",
    "Dropout",
    "EarlyStopping",
    "Epoch",
    "ExponentialDecay",
    "Glorot",
    "Gradients",
    "He",
    "History",
    "Interrupted",
    "LeakyReLU",
    "Momentum",
    "Nesterov",
    "Network",
    "Normal",
    "LeCun",
    "Scaling",
    "Softmax",
    "Step",
    "StepDecay",
    "Trace",
    "UniformHeuristic",
    "accuracy",
    "activations",
    "backprop",
    "backpropagation",
    "classify",
    "confusion",
    "cost",
    "cross_entropy",
    "data",
    "errors",
    "forward",
    "gradients",
    "identity",
    "label_accuracy",
    "leaky_relu",
    "load",
    "log_likelihood",
    "losses",
    "min_max",
    "minibatches",
    "network",
    "numerical_gradients",
    "one_hot",
    "optimizers",
    "outputs",
    "perceptron",
    "regularizers",
    "relu",
    "save",
    "sgd",
    "sigmoid",
    "softmax",
    "softplus",
    "softsign",
    "split",
    "square",
    "step",
    "storage",
    "tanh",
    "train",
    "training",
    "z_score",
]

_LATER = ("datasets", "estimators", "progress", "viz")


def __getattr__(name: str) -> ModuleType:
    """Load what needs more than NumPy only when it is used."""
    if name not in _LATER:
        raise AttributeError(f"module 'nnlib' has no attribute {name!r}")
    try:
        return importlib.import_module(f"nnlib.{name}")
    except ModuleNotFoundError as missing:
        needed = str(missing.name).partition(".")[0]
        if needed == "nnlib":
            raise
        message = f"nn.{name} needs {needed}, which is not installed: `pip install {needed}`"
        raise ModuleNotFoundError(message, name=missing.name) from missing


def __dir__() -> list[str]:
    return sorted([*__all__, *_LATER])
