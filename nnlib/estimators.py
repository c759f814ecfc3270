"""Networks with the manners of scikit-learn, so that its tools can search, validate and combine them.

`NetworkClassifier` and `NetworkRegressor` are `Network.random`, `sgd` and `outputs`
behind `fit` and `predict`. Pipelines, cross-validation and grid searches come with
scikit-learn, other searches with Optuna, several processes with joblib and several
computers with Dask; nothing here knows of them.
"""

from __future__ import annotations

import copy
import inspect
import itertools
import math
import warnings
from collections.abc import Sequence
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, MultiOutputMixin, RegressorMixin
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.metrics import r2_score
    from sklearn.model_selection import train_test_split
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets, type_of_target
    from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data  # the last: since 1.6
except ImportError as error:
    raise ImportError(
        f"nnlib.estimators needs scikit-learn 1.6 or newer ({error}): `pip install 'scikit-learn>=1.6'`"
    ) from error

from nnlib import _check
from nnlib._check import Array, Rng
from nnlib.activations import Activation, identity, relu, sigmoid, softmax
from nnlib.data import Dataset
from nnlib.losses import Loss, cross_entropy, log_likelihood, square
from nnlib.network import He, Initializer, Network
from nnlib.optimizers import Adam, Optimizer, Schedule, State
from nnlib.regularizers import L2, Dropout
from nnlib.training import _LARGE, Diverged, accuracy, cost, outputs, sgd

_SPARSE = ("csr", "csc")  # these are converted, and others by way of csr
_FLOATS = (np.float64, np.float32)  # float32 stays, anything else becomes float64
_INSTEAD = {  # parameters of scikit-learn's networks, and what is here in their place
    "solver": "give an optimizer, such as nn.Adam() or nn.Momentum(0.9); L-BFGS is not there",
    "learning_rate_init": "give eta",
    "learning_rate": "give a schedule as eta, such as nn.StepDecay(0.1)",
    "power_t": "give a schedule as eta, such as nn.StepDecay(0.1)",
    "momentum": "give optimizer=nn.Momentum(0.9)",
    "nesterovs_momentum": "give optimizer=nn.Nesterov(0.9)",
    "beta_1": "give optimizer=nn.Adam(beta1=0.9)",
    "beta_2": "give optimizer=nn.Adam(beta2=0.999)",
    "epsilon": "give optimizer=nn.Adam(epsilon=1e-8)",
    "alpha": "give lmbda",
    "max_iter": "give epochs",
    "shuffle": "the examples are shuffled in every epoch",
    "warm_start": "train further with partial_fit",
    "verbose": "read loss_curve_ afterwards",
    "loss": "a classifier has the log-likelihood or the cross-entropy, a regressor the square cost",
}


class _Refusal:
    """Says what to give instead of a parameter of scikit-learn's networks that is not there."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _, *parameters = inspect.signature(cls.__init__).parameters.values()
        cls.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # not of __new__

    def __new__(cls, **parameters: Any) -> Self:
        for name in parameters.keys() & _INSTEAD.keys():
            raise TypeError(f"{cls.__name__} has no parameter {name}: {_INSTEAD[name]}")
        return super().__new__(cls)


class _NetworkEstimator(_Refusal, BaseEstimator):  # type: ignore[misc]
    """What both have in common: their parameters, training, and what can be read afterwards."""

    network_: Network
    n_iter_: int
    loss_: float
    loss_curve_: list[float]
    best_loss_: float | None
    validation_scores_: list[float] | None
    best_validation_score_: float | None
    _rng: Rng
    _state: State
    _optimizer: Optimizer

    def __init__(
        self,
        *,
        hidden_layer_sizes: int | Sequence[int] = (100,),
        activation: Activation = relu,
        initializer: Initializer = He(),
        optimizer: Optimizer | None = None,
        eta: float | Schedule = 0.001,
        batch_size: int = 10,
        epochs: int = 200,
        lmbda: float = 0.0,
        dropout: float = 0.0,
        tol: float | None = 1e-4,
        n_iter_no_change: float = 10,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        random_state: int | Rng | np.random.RandomState | None = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.initializer = initializer
        self.optimizer = optimizer
        self.eta = eta
        self.batch_size = batch_size
        self.epochs = epochs
        self.lmbda = lmbda
        self.dropout = dropout
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    @property
    def coefs_(self) -> list[Array]:
        """The weights as scikit-learn has them, one array of shape (n_in, n_out) per layer."""
        return [W.T for W in self.network_.weights]

    @property
    def intercepts_(self) -> list[Array]:
        """The biases, one array of shape (n_out,) per layer."""
        return self.network_.biases

    @property
    def out_activation_(self) -> Activation:
        """The activation of the output layer."""
        return self.network_.activations[-1]

    @property
    def n_outputs_(self) -> int:
        """The number of output neurons."""
        return self.network_.sizes[-1]

    @property
    def n_layers_(self) -> int:
        """The number of layers, the inputs counted as one."""
        return len(self.network_.sizes)

    def _learn(self, data: Dataset, output: Activation, loss: Loss, *, further: bool = False) -> None:
        """Train a new network to the end or, further, for one epoch; nothing changes if that fails."""
        if further and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True: it makes a single epoch")
        epochs = 1 if further else _check.positive_integer("epochs", self.epochs)
        optimizer = Adam() if self.optimizer is None else self.optimizer
        _check.instance("optimizer", optimizer, Optimizer, "nn.Adam()")
        _check.instance("activation", self.activation, Activation, "nn.sigmoid")
        regularizer = L2(self.lmbda)
        rate = _check.number("dropout", self.dropout, at_least=0, below=1)
        patience = _check.positive_integer("n_iter_no_change", self.n_iter_no_change)
        tol = None if self.tol is None or further else _check.number("tol", self.tol, at_least=0)
        held = None
        if further and hasattr(self, "network_"):
            net, rng, state, curve = copy.deepcopy((self.network_, self._rng, self._state, self.loss_curve_))
            if optimizer != self._optimizer:  # another one since: what the old one remembered is void
                state = optimizer.start(net)
        else:
            rng, curve = _generator(self.random_state), []
            if self.early_stopping:
                data, held = _set_aside(data, self.validation_fraction, rng)
            net = Network.random(
                [data.X.shape[1], *_sizes(self.hidden_layer_sizes), data.Y.shape[1]],
                rng=rng, hidden=self.activation, output=output, initializer=self.initializer,
                dtype=data.X.dtype,
            )  # fmt: skip
            state = optimizer.start(net)
        batch_size = min(_check.positive_integer("batch_size", self.batch_size), len(data))
        running = sgd(
            net, data, loss=loss, batch_size=batch_size, eta=self.eta, rng=rng, optimizer=optimizer,
            regularizer=regularizer, dropout=Dropout(rate) if rate else None, state=state,
            first=len(curve) + 1,
        )  # fmt: skip
        best, best_epoch, kept, waited = -math.inf, 0, net, 0
        scores: list[float] = []
        for epoch in itertools.islice(running, epochs):
            with np.errstate(over="ignore", invalid="ignore"):  # reported below
                now = cost(net, data, loss, regularizer)
            if not math.isfinite(now):
                raise Diverged(
                    f"training diverged: after epoch {epoch.number} the cost is {now}. Try a smaller eta"
                )
            curve.append(now)
            if held is not None:
                scores.append(_score(net, held))
            gain = -now if held is None else scores[-1]
            waited = 0 if gain >= best + (tol or 0) else waited + 1
            if gain > best:
                best, best_epoch = gain, epoch.number
                kept = net if held is None else net.copy()
            if tol is not None and waited > patience:
                break
        else:
            if tol is not None and np.abs(data.X).mean(axis=0).max() <= _LARGE:  # else sgd has said so
                what = "the cost was still falling" if held is None else "the score was still rising"
                warnings.warn(
                    f"{what} after {epochs} epochs. Give more epochs or a larger eta; scale the inputs, and "
                    "the targets of a regression, by StandardScaler or nn.z_score. With tol=None all epochs "
                    "are made and nothing is said",
                    ConvergenceWarning,
                    stacklevel=3,
                )
        self.network_, self._rng, self._state, self._optimizer = kept, rng, state, optimizer
        self.n_iter_, self.loss_curve_ = len(curve), curve
        self.loss_ = now if held is None else curve[best_epoch - 1]
        self.best_loss_ = min(curve) if held is None else None
        self.validation_scores_ = None if held is None else scores
        self.best_validation_score_ = None if held is None else best

    def _checked(self, X: ArrayLike, y: ArrayLike, *, anew: bool, **how: Any) -> tuple[Array, Array]:
        X, y = validate_data(
            self, X, y, dtype=_FLOATS, accept_sparse=_SPARSE, reset=anew, multi_output=True, **how
        )
        return _dense(X), _dense(y)

    def _outputs(self, X: ArrayLike) -> Array:
        check_is_fitted(self, "network_")
        X = validate_data(self, X, reset=False, dtype=_FLOATS, accept_sparse=_SPARSE)
        return outputs(self.network_, _dense(X))


class NetworkClassifier(ClassifierMixin, _NetworkEstimator):  # type: ignore[misc]
    """One of two or more classes, or several labels at once.

    Softmax outputs and the log-likelihood cost, one output for each class; for a
    matrix of labels, 0 or 1, sigmoid outputs and the cross-entropy.

    Networks start from inputs of the order of 1. Scale others first, with a
    StandardScaler in a pipeline or ``nn.z_score``.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int
        Neurons in each hidden layer; () for none.
    activation : Activation
        Of the hidden layers.
    initializer : Initializer
        Draws the weights; biases start at 0.
    optimizer : Optimizer, optional
        ``nn.Adam()`` unless given.
    eta : float or callable
        Learning rate, or a schedule: epoch number → learning rate. 0.001 suits
        Adam; the other optimisers need more.
    batch_size : int
        If there are fewer examples, all of them make one batch.
    epochs : int
        Passes over the data in `fit`, at most; `partial_fit` makes one.
    lmbda : float
        Strength λ of ``nn.L2``.
    dropout : float
        Rate of ``nn.Dropout``.
    tol, n_iter_no_change : float or None, int
        `fit` stops after more than `n_iter_no_change` epochs in a row without
        an improvement by `tol`: of the cost or, with early stopping, of the
        score on the validation share. None: make all epochs.
    early_stopping, validation_fraction : bool, float
        Whether to set a share of the examples aside, each class in proportion,
        and to go back to the weights with the best score on them: the accuracy,
        of several labels that all are right, in a regression R².
    random_state : int, Generator, RandomState or None
        An int is the seed of the generator that draws the validation share, if
        any, then the weights, then the order of the examples. A Generator is
        used as it is. Otherwise the seed is drawn from the RandomState given,
        or from NumPy's global one.

    Attributes
    ----------
    network_ : Network
        In float32 if X was, otherwise in float64.
    coefs_, intercepts_ : list of ndarray
        Its weights, of shape (n_in, n_out) as in scikit-learn, and its biases.
    classes_ : ndarray of shape (c,)
    n_features_in_, n_outputs_, n_layers_, n_iter_ : int
        Inputs, outputs, layers with the inputs, and epochs so far.
    out_activation_ : Activation
    loss_curve_, loss_, best_loss_ : list of float, float, float or None
        The cost after each epoch, penalty included; that of the network; the
        lowest, or None with early stopping.
    validation_scores_, best_validation_score_ : list of float, float, or None
        Without early stopping, None.

    Warns
    -----
    ConvergenceWarning
        If `fit` ends with the last epoch and not because there is no more
        improvement. Nothing is said with ``tol=None``.
    UserWarning
        If inputs are large, as from ``nn.sgd``.

    Raises
    ------
    Diverged
        A ValueError, from `fit` and `partial_fit`, as from `nn.train`. A grid
        search counts it as a fit that failed and goes on.

    Notes
    -----
    Sparse X is converted whole, so that it must fit into memory as a dense array.

    What differs from scikit-learn's MLPClassifier: parts are objects, such as
    ``nn.relu``, and not names; two classes have two outputs; `batch_size` is 10;
    there is no penalty unless `lmbda` is given, and weight decay is apart from
    the gradient, which matters with momentum and Adam; the cost is measured
    after each epoch, on all examples and without dropout. ``nn.Momentum`` under a
    schedule scales each new gradient, as in the book, not the whole velocity, as
    in PyTorch; Adam's ε stands outside the corrected root, as in its paper and in
    PyTorch. There are no sample weights, no warm start and no L-BFGS.

    Examples
    --------
    >>> import nnlib as nn
    >>> digits = nn.datasets.digits()
    >>> model = nn.estimators.NetworkClassifier(random_state=0)
    >>> model.fit(digits.train.X, digits.train.t).score(digits.test.X, digits.test.t) > 0.95
    True
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train a new network.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (m, n_in)
        y : array-like of shape (m,) or (m, labels)
            Classes: numbers or strings. Or, in each column, whether a label holds: 0 or 1.
        """
        X, y = self._checked(X, y, anew=True)
        data, classes = _labelled(X, y)
        self._learn(data, *_ending(data))
        self.classes_ = classes
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Train for one more epoch, on these examples.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (m, n_in)
        y : array-like of shape (m,) or (m, labels)
        classes : array-like of shape (c,)
            All classes there are: needed in the first call, since `y` may lack some.
        """
        anew = not hasattr(self, "network_")
        X, y = self._checked(X, y, anew=anew)
        if not anew:
            if classes is not None and not np.array_equal(np.unique(column_or_1d(classes)), self.classes_):
                raise ValueError(f"classes are {classes}, but were {self.classes_} in the first call")
            classes = self.classes_
        data, known = _labelled(X, y, classes)
        if classes is None and data.t is not None:
            raise ValueError("the first call of partial_fit needs classes, all that there are")
        self._learn(data, *_ending(data), further=True)
        self.classes_ = known
        return self

    def predict_proba(self, X: ArrayLike) -> Array:
        """What the network puts out: probabilities of shape (m, c), in the order of `classes_`."""
        return self._outputs(X)

    def predict_log_proba(self, X: ArrayLike) -> Array:
        """Their natural logarithms; minus infinity where a probability is too small for a float."""
        with np.errstate(divide="ignore"):
            return np.log(self._outputs(X))

    def predict(self, X: ArrayLike) -> Array:
        """The most probable class of each example, shape (m,), or all labels above ½, shape (m, labels)."""
        a = self._outputs(X)
        if self.out_activation_ == sigmoid:
            return (a > 0.5).astype(int)
        return self.classes_[a.argmax(axis=1)]


class NetworkRegressor(MultiOutputMixin, RegressorMixin, _NetworkEstimator):  # type: ignore[misc]
    """One or more real numbers: identity outputs and the square cost.

    Parameters and attributes are those of `NetworkClassifier`, without `classes_`.
    Not only inputs but targets too should be of the order of 1: scale them with
    scikit-learn's TransformedTargetRegressor or ``nn.z_score``. Large ones take
    many epochs, or make training diverge.

    Raises
    ------
    Diverged
        A ValueError, from `fit` and `partial_fit`, as from `nn.train`.

    Examples
    --------
    >>> import numpy as np
    >>> import nnlib as nn
    >>> X = np.linspace(-1, 1, 100)[:, None]
    >>> model = nn.estimators.NetworkRegressor(eta=0.01, random_state=0)
    >>> model.fit(X, np.sin(3 * X[:, 0])).score(X, np.sin(3 * X[:, 0])) > 0.99
    True
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train a new network.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (m, n_in)
        y : array-like of shape (m,) or (m, n_out)
        """
        X, y = self._checked(X, y, anew=True, y_numeric=True)
        self._learn(_measured(X, y), identity, square)
        self._flat = y.ndim == 1
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train for one more epoch, on these examples.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (m, n_in)
        y : array-like of shape (m,) or (m, n_out)
        """
        X, y = self._checked(X, y, anew=not hasattr(self, "network_"), y_numeric=True)
        self._learn(_measured(X, y), identity, square, further=True)
        self._flat = y.ndim == 1
        return self

    def predict(self, X: ArrayLike) -> Array:
        """What the network puts out, in the shape that `y` had: (m,) or (m, n_out)."""
        a = self._outputs(X)
        return a[:, 0] if self._flat else a


def _dense(values: Any) -> Array:
    return values.toarray() if hasattr(values, "toarray") else values


def _labelled(X: Array, y: Array, classes: ArrayLike | None = None) -> tuple[Dataset, Array]:
    """The examples with one-hot targets or a matrix of labels, and the classes that the columns stand for."""
    check_classification_targets(y)
    if type_of_target(y) == "multilabel-indicator":
        return Dataset(X, y.astype(X.dtype)), np.arange(y.shape[1])
    y = column_or_1d(y, warn=True)
    known = np.unique(y if classes is None else column_or_1d(classes))
    if strange := y[~np.isin(y, known)].tolist():
        raise ValueError(f"y holds {strange[0]!r}, which is not among the classes {known}")
    if len(known) == 1:  # a single column is a yes or a no, and here always a yes
        return Dataset(X, np.ones((len(X), 1), X.dtype), np.ones(len(X), int)), known
    return Dataset.from_labels(X, np.searchsorted(known, y), len(known)), known


def _ending(data: Dataset) -> tuple[Activation, Loss]:
    """The output layer and the loss for one of several classes, or for several labels at once."""
    return (sigmoid, cross_entropy) if data.t is None else (softmax, log_likelihood)


def _measured(X: Array, y: Array) -> Dataset:
    return Dataset(X, y.reshape(len(y), -1).astype(X.dtype, copy=False))


def _set_aside(data: Dataset, share: float, rng: Rng) -> tuple[Dataset, Dataset]:
    """The examples to train on and those to watch, with the same proportions of the classes."""
    share = _check.number("validation_fraction", share, above=0, below=1)
    seed = int(rng.integers(2**31))
    train, held = train_test_split(np.arange(len(data)), test_size=share, random_state=seed, stratify=data.t)
    if len(held) < 2:
        raise ValueError(
            f"The validation set is too small: {len(held)} of {len(data)} examples. Give a larger "
            "validation_fraction or more data"
        )
    return data[train], data[held]


def _score(net: Network, data: Dataset) -> float:
    """What `score` says: accuracy, the share of examples with all labels right, or R²."""
    if data.t is not None:
        return accuracy(net, data)
    a = outputs(net, data.X)
    if net.activations[-1] == sigmoid:
        return float(((a > 0.5) == data.Y).all(axis=1).mean())
    return float(r2_score(data.Y, a))


def _sizes(hidden: int | Sequence[int]) -> list[int]:
    sizes = np.atleast_1d(np.asarray(hidden, dtype=object)).tolist()
    return [_check.positive_integer(f"hidden_layer_sizes[{i}]", size) for i, size in enumerate(sizes)]


def _generator(random_state: int | Rng | np.random.RandomState | None) -> Rng:
    """A generator as it is, that which a seed names, or one seeded from scikit-learn's random states."""
    if isinstance(random_state, np.random.Generator):
        return random_state
    if isinstance(random_state, Integral):
        return np.random.default_rng(int(random_state))
    return np.random.default_rng(check_random_state(random_state).randint(2**31, size=4))
