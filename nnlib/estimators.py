"""Networks with the manners of scikit-learn, so that its tools can search, validate and combine them.

`NetworkClassifier` and `NetworkRegressor` are `Network.random`, `sgd` and `outputs`
behind `fit` and `predict`. Pipelines, cross-validation and grid searches come with
scikit-learn, other searches with Optuna, several processes with joblib and several
computers with Dask; nothing here knows of them.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Sequence
from numbers import Integral
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin, MultiOutputMixin, RegressorMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from nnlib import _check
from nnlib._check import Array, Rng
from nnlib.activations import Activation, identity, sigmoid, softmax
from nnlib.data import Dataset
from nnlib.losses import Loss, log_likelihood, square
from nnlib.network import Initializer, LeCun, Network
from nnlib.optimizers import SGD, Optimizer, Schedule, State
from nnlib.regularizers import L2, Dropout
from nnlib.training import Diverged, cost, outputs, sgd

_FLOATS = (np.float64, np.float32)  # float32 stays, anything else becomes float64


class _NetworkEstimator(BaseEstimator):  # type: ignore[misc]
    """What both have in common: their parameters, and training from the start or onwards."""

    _output: Activation
    _loss: Loss
    network_: Network
    n_iter_: int
    loss_: float
    _rng: Rng
    _state: State
    _optimizer: Optimizer

    def __init__(
        self,
        *,
        hidden_layer_sizes: int | Sequence[int] = (30,),
        activation: Activation = sigmoid,
        initializer: Initializer = LeCun(),
        optimizer: Optimizer | None = None,
        eta: float | Schedule = 0.5,
        batch_size: int = 10,
        epochs: int = 30,
        lmbda: float = 0.0,
        dropout: float = 0.0,
        random_state: int | np.random.RandomState | None = None,
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
        self.random_state = random_state

    def _learn(self, data: Dataset, epochs: int, *, anew: bool) -> Self:
        """Train a new network, or the present one further; nothing changes if that fails."""
        epochs = _check.positive_integer("epochs", epochs)
        batch_size = min(_check.positive_integer("batch_size", self.batch_size), len(data))
        optimizer = SGD() if self.optimizer is None else self.optimizer
        _check.instance("optimizer", optimizer, Optimizer, "nn.Adam()")
        _check.instance("activation", self.activation, Activation, "nn.sigmoid")
        regularizer = L2(self.lmbda)
        rate = _check.number("dropout", self.dropout, at_least=0, below=1)
        if anew:
            rng, done = _generator(self.random_state), 0
            net = Network.random(
                [data.X.shape[1], *_sizes(self.hidden_layer_sizes), data.Y.shape[1]],
                rng=rng, hidden=self.activation, output=self._output, initializer=self.initializer,
                dtype=data.X.dtype,
            )  # fmt: skip
            state = optimizer.start(net)
        else:
            net, rng, state = copy.deepcopy((self.network_, self._rng, self._state))
            done = self.n_iter_
            if optimizer != self._optimizer:  # another one since: what the old one remembered is void
                state = optimizer.start(net)
        running = sgd(
            net, data, loss=self._loss, batch_size=batch_size, eta=self.eta, rng=rng, optimizer=optimizer,
            regularizer=regularizer, dropout=Dropout(rate) if rate else None, state=state, first=done + 1,
        )  # fmt: skip
        for _ in itertools.islice(running, epochs):
            pass
        with np.errstate(over="ignore", invalid="ignore"):  # reported below
            loss = cost(net, data, self._loss, regularizer)
        if not math.isfinite(loss):
            raise Diverged(
                f"training diverged: after epoch {done + epochs} the cost is {loss}. Try a smaller eta"
            )
        self.network_, self._rng, self._state, self._optimizer = net, rng, state, optimizer
        self.n_iter_, self.loss_ = done + epochs, loss
        return self

    def _checked(self, X: ArrayLike, y: ArrayLike, *, anew: bool, **how: Any) -> tuple[Array, Array]:
        checked: tuple[Array, Array] = validate_data(self, X, y, dtype=_FLOATS, reset=anew, **how)
        return checked

    def _outputs(self, X: ArrayLike) -> Array:
        check_is_fitted(self, "network_")
        return outputs(self.network_, validate_data(self, X, reset=False, dtype=_FLOATS))


class NetworkClassifier(ClassifierMixin, _NetworkEstimator):  # type: ignore[misc]
    """One of two or more classes: softmax outputs and the log-likelihood cost.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int
        Neurons in each hidden layer; () for none.
    activation : Activation
        Of the hidden layers.
    initializer : Initializer
        Draws the weights; biases start at 0.
    optimizer : Optimizer, optional
        ``nn.SGD()`` unless given.
    eta : float or callable
        Learning rate, or a schedule: epoch number → learning rate.
    batch_size : int
        If there are fewer examples, all of them make one batch.
    epochs : int
        Passes over the data in `fit`; `partial_fit` makes one.
    lmbda : float
        Strength λ of ``nn.L2``.
    dropout : float
        Rate of ``nn.Dropout``.
    random_state : int, RandomState or None
        An int is the seed of the generator that draws first the weights, then the
        order of the examples; otherwise the seed is drawn from the RandomState
        given, or from NumPy's global one.

    Attributes
    ----------
    network_ : Network
        In float32 if X was, otherwise in float64.
    classes_ : ndarray of shape (c,)
    n_features_in_, n_iter_ : int
        Inputs, and epochs so far.
    loss_ : float
        The cost after the last epoch, penalty included.

    Raises
    ------
    Diverged
        From `fit` and `partial_fit`, as from `nn.train`. A grid search counts it
        as a fit that failed and goes on.

    Examples
    --------
    >>> import nnlib as nn
    >>> digits = nn.datasets.digits()
    >>> model = nn.estimators.NetworkClassifier(epochs=10, random_state=0)
    >>> model.fit(digits.train.X, digits.train.t).score(digits.test.X, digits.test.t) > 0.9
    True
    """

    _output, _loss = softmax, log_likelihood

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train a new network.

        Parameters
        ----------
        X : array-like of shape (m, n_in)
        y : array-like of shape (m,)
            Classes: numbers or strings.
        """
        X, y = self._checked(X, y, anew=True)
        check_classification_targets(y)
        classes, t = np.unique(y, return_inverse=True)
        self._learn(Dataset.from_labels(X, t, len(classes)), self.epochs, anew=True)
        self.classes_ = classes
        return self

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Train for one more epoch, on these examples.

        Parameters
        ----------
        X : array-like of shape (m, n_in)
        y : array-like of shape (m,)
        classes : array-like of shape (c,)
            All classes there are: needed in the first call, since `y` may lack some.
        """
        anew = not hasattr(self, "network_")
        X, y = self._checked(X, y, anew=anew)
        check_classification_targets(y)
        if anew and classes is None:
            raise ValueError("the first call of partial_fit needs classes, all that there are")
        known = self.classes_ if classes is None else np.unique(column_or_1d(classes))
        if not anew and not np.array_equal(known, self.classes_):
            raise ValueError(f"classes are {known}, but were {self.classes_} in the first call")
        if strange := y[~np.isin(y, known)].tolist():
            raise ValueError(f"y holds {strange[0]!r}, which is not among the classes {known}")
        self._learn(Dataset.from_labels(X, np.searchsorted(known, y), len(known)), 1, anew=anew)
        self.classes_ = known
        return self

    def predict_proba(self, X: ArrayLike) -> Array:
        """What the network puts out: probabilities of shape (m, c), in the order of `classes_`."""
        return self._outputs(X)

    def predict(self, X: ArrayLike) -> Array:
        """The most probable class of each example, shape (m,)."""
        best = self._outputs(X).argmax(axis=1)
        return self.classes_[best]


class NetworkRegressor(MultiOutputMixin, RegressorMixin, _NetworkEstimator):  # type: ignore[misc]
    """One or more real numbers: identity outputs and the square cost.

    The parameters are those of `NetworkClassifier`, with a smaller learning rate,
    since the square cost of unbounded outputs diverges sooner: on scikit-learn's
    diabetes data, scaled, every other network does so at 0.5 and none at 0.05.
    Inputs and targets should be of the order of 1, for example after a
    StandardScaler.

    Attributes
    ----------
    network_ : Network
        In float32 if X was, otherwise in float64.
    n_features_in_, n_iter_ : int
        Inputs, and epochs so far.
    loss_ : float
        The cost after the last epoch, penalty included.

    Raises
    ------
    Diverged
        From `fit` and `partial_fit`, as from `nn.train`.

    Examples
    --------
    >>> import numpy as np
    >>> import nnlib as nn
    >>> X = np.linspace(-1, 1, 100)[:, None]
    >>> model = nn.estimators.NetworkRegressor(activation=nn.tanh, epochs=100, random_state=0)
    >>> model.fit(X, np.sin(3 * X[:, 0])).score(X, np.sin(3 * X[:, 0])) > 0.9
    True
    """

    _output, _loss = identity, square

    def __init__(
        self,
        *,
        hidden_layer_sizes: int | Sequence[int] = (30,),
        activation: Activation = sigmoid,
        initializer: Initializer = LeCun(),
        optimizer: Optimizer | None = None,
        eta: float | Schedule = 0.05,
        batch_size: int = 10,
        epochs: int = 30,
        lmbda: float = 0.0,
        dropout: float = 0.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        super().__init__(
            hidden_layer_sizes=hidden_layer_sizes, activation=activation, initializer=initializer,
            optimizer=optimizer, eta=eta, batch_size=batch_size, epochs=epochs, lmbda=lmbda,
            dropout=dropout, random_state=random_state,
        )  # fmt: skip

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train a new network.

        Parameters
        ----------
        X : array-like of shape (m, n_in)
        y : array-like of shape (m,) or (m, n_out)
        """
        return self._regress(X, y, self.epochs, anew=True)

    def partial_fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Train for one more epoch, on these examples.

        Parameters
        ----------
        X : array-like of shape (m, n_in)
        y : array-like of shape (m,) or (m, n_out)
        """
        return self._regress(X, y, 1, anew=not hasattr(self, "network_"))

    def predict(self, X: ArrayLike) -> Array:
        """What the network puts out, in the shape that `y` had: (m,) or (m, n_out)."""
        a = self._outputs(X)
        return a[:, 0] if self._flat else a

    def _regress(self, X: ArrayLike, y: ArrayLike, epochs: int, *, anew: bool) -> Self:
        X, y = self._checked(X, y, anew=anew, multi_output=True, y_numeric=True)
        self._learn(Dataset(X, y.reshape(len(y), -1).astype(X.dtype, copy=False)), epochs, anew=anew)
        self._flat = y.ndim == 1
        return self


def _sizes(hidden: int | Sequence[int]) -> list[int]:
    sizes = [hidden] if isinstance(hidden, int | np.integer) else hidden
    if isinstance(sizes, str) or not isinstance(sizes, Sequence | np.ndarray):
        raise TypeError(f"hidden_layer_sizes must be whole numbers such as (30,), but is {hidden!r}")
    return [_check.positive_integer(f"hidden_layer_sizes[{i}]", size) for i, size in enumerate(sizes)]


def _generator(random_state: int | np.random.RandomState | None) -> Rng:
    """The generator that a seed names, or one seeded from scikit-learn's kind of random state."""
    if isinstance(random_state, Integral):
        return np.random.default_rng(int(random_state))
    return np.random.default_rng(check_random_state(random_state).randint(2**31, size=4))
