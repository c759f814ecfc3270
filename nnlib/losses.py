"""Loss functions: the cost of one example, its gradient, and the error of the last layer.

They take numbers of any type, in rows of one shape, and compute in the precision
of the outputs a. Each loss offers

- `loss(a, Y)`: the costs C_i of the examples, shape (m,), from the outputs;
- `loss.gradient(a, Y)`: ∂C_i/∂a, shape (m, c);
- `loss.values(f, z, Y)`: the same costs from the pre-activations z of an output
  layer with activation f;
- `loss.delta(f, z, a, Y)`: its error δ = ∂C_i/∂z, where a = f(z).

The last two exist because the route through a alone loses everything when an output
saturates: at z = 40 a float64 sigmoid is exactly 1, and ln(1 - a) is minus
infinity where the truth is -40. Training uses them. For a matched pair (identity with
square, sigmoid with cross-entropy, softmax with log-likelihood) the error is
a - y.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nnlib import _check
from nnlib._check import Array
from nnlib.activations import Activation, sigmoid, softmax, softplus


@dataclass(frozen=True, repr=False)
class Loss:
    """What training needs of a loss; one of your own defines the first two methods."""

    name = "loss"

    def __call__(self, a: ArrayLike, Y: ArrayLike) -> Array:
        raise NotImplementedError

    def gradient(self, a: ArrayLike, Y: ArrayLike) -> Array:
        """∂C_i/∂a, shape (m, c)."""
        raise NotImplementedError

    def values(self, f: Activation, z: Array, Y: Array) -> Array:
        """C_i for outputs a = f(z), shape (m,)."""
        return self(f(z), Y)

    def delta(self, f: Activation, z: Array, a: Array, Y: Array) -> Array:
        """δ = ∂C_i/∂z for outputs a = f(z), shape (m, c): ∂C_i/∂a taken back through f (BP1)."""
        return f.pullback(z, a, self.gradient(a, Y))

    def check(self, f: Activation, Y: Array) -> None:
        """Refuse an output activation or targets for which the loss has no meaning; here, nothing."""

    def __repr__(self) -> str:
        return self.name


class Square(Loss):
    """Half the sum of squares, C_i = ½ ‖a - y‖²; PyTorch's and Keras's MSE is a mean without the ½."""

    name = "square"

    def __call__(self, a: ArrayLike, Y: ArrayLike) -> Array:
        a, Y = _pair(a, Y)
        return 0.5 * ((a - Y) ** 2).sum(axis=-1)

    def gradient(self, a: ArrayLike, Y: ArrayLike) -> Array:
        """∂C_i/∂a = a - y."""
        a, Y = _pair(a, Y)
        return a - Y


class CrossEntropy(Loss):
    """Binary cross-entropy, PyTorch's BCELoss and Keras's binary_crossentropy, summed over the outputs.

    C_i = -Σ_j [y_j ln a_j + (1 - y_j) ln(1 - a_j)], for one or more yes/no outputs.
    What those libraries call cross-entropy without "binary" is `log_likelihood` here.
    Derived in "Loss functions" from the likelihood of independent Bernoulli outputs.
    """

    name = "cross_entropy"

    def __call__(self, a: ArrayLike, Y: ArrayLike) -> Array:
        a, Y = _pair(a, Y)
        return -(_times_log(Y, a) + _times_log(1 - Y, 1 - a)).sum(axis=-1)

    def gradient(self, a: ArrayLike, Y: ArrayLike) -> Array:
        """∂C_i/∂a = (1 - y)/(1 - a) - y/a; infinite where a confident output is wrong."""
        a, Y = _pair(a, Y)
        return _over(1 - Y, 1 - a) - _over(Y, a)

    def values(self, f: Activation, z: Array, Y: Array) -> Array:
        """Σ_j [ln(1 + e^{z_j}) - y_j z_j], as ln a = -softplus(-z) and ln(1-a) = -softplus(z)."""
        _same_shape(z, Y)
        return (Y * softplus(-z) + (1 - Y) * softplus(z)).sum(axis=-1)

    def delta(self, f: Activation, z: Array, a: Array, Y: Array) -> Array:
        """a - y: the factor σ'(z) cancels."""
        _same_shape(a, Y)
        return a - Y

    def check(self, f: Activation, Y: Array) -> None:
        """Outputs must be sigmoids and targets lie in [0, 1]."""
        if f != sigmoid:
            hint = "; with a softmax output use nn.log_likelihood" if f == softmax else ""
            raise ValueError(
                f"cross_entropy reads each output as a probability of its own and needs the output "
                f"activation sigmoid, but the network ends in {f!r}{hint}"
            )
        _between_zero_and_one("cross_entropy", Y)


class LogLikelihood(Loss):
    """Negative log-likelihood: PyTorch's CrossEntropyLoss, Keras's categorical_crossentropy.

    C_i = -Σ_j y_j ln a_j, which is -ln a_t when y is one-hot: one of c classes. The
    lectures' name leaves the minus out. Derived in "Softmax".
    """

    name = "log_likelihood"

    def __call__(self, a: ArrayLike, Y: ArrayLike) -> Array:
        a, Y = _pair(a, Y)
        return -_times_log(Y, a).sum(axis=-1)

    def gradient(self, a: ArrayLike, Y: ArrayLike) -> Array:
        """∂C_i/∂a = -y/a."""
        a, Y = _pair(a, Y)
        return -_over(Y, a)

    def values(self, f: Activation, z: Array, Y: Array) -> Array:
        """Σ_j y_j (ln Σ_k e^{z_k} - z_j), with the largest z taken out of the sum first."""
        _same_shape(z, Y)
        z = z - z.max(axis=-1, keepdims=True)
        log_sum = np.log(np.exp(z).sum(axis=-1, keepdims=True))
        return (Y * (log_sum - z)).sum(axis=-1)

    def delta(self, f: Activation, z: Array, a: Array, Y: Array) -> Array:
        """a - y, since the targets of an example sum to 1."""
        _same_shape(a, Y)
        return a - Y

    def check(self, f: Activation, Y: Array) -> None:
        """Outputs must be a softmax and targets probabilities that sum to 1."""
        if f != softmax:
            hint = "; with a sigmoid output use nn.cross_entropy" if f == sigmoid else ""
            raise ValueError(
                f"log_likelihood reads the outputs as probabilities of classes, of which one holds, "
                f"and needs the output activation softmax, but the network ends in {f!r}{hint}"
            )
        _between_zero_and_one("log_likelihood", Y)
        sums = Y.sum(axis=-1)
        if not np.allclose(sums, 1):
            worst = int(np.abs(sums - 1).argmax())
            raise ValueError(
                f"with log_likelihood the targets of an example must sum to 1, but row {worst} of Y "
                f"sums to {sums[worst]:g}; for several labels at once use nn.sigmoid with nn.cross_entropy"
            )


def _pair(a: ArrayLike, Y: ArrayLike) -> tuple[Array, Array]:
    """Outputs and targets as floats of one precision, in one shape."""
    a = _check.numbers("a", a)
    Y = _check.numbers("Y", Y, dtype=a.dtype)
    _same_shape(a, Y)
    return a, Y


def _same_shape(a: Array, Y: Array) -> None:
    """Refuse what NumPy would stretch: a loss of (3, 1) and (3,) would be one of nine pairs."""
    if a.shape != Y.shape:
        hint = ""
        if a.ndim == 2 and Y.shape == a.shape[:1]:
            hint = "; Y[:, None] is a column, and nn.one_hot(t, c) makes rows of class numbers"
        raise ValueError(f"outputs and targets must have one shape, but have {a.shape} and {Y.shape}{hint}")


def _times_log(y: Array, a: Array) -> Array:
    """y ln a, with 0 ln 0 = 0 and ln 0 = -inf otherwise."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(y == 0, np.zeros_like(a), y * np.log(a))


def _over(y: Array, a: Array) -> Array:
    """y / a, with 0/0 = 0 and y/0 = inf otherwise."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(y == 0, np.zeros_like(a), y / a)


def _between_zero_and_one(loss: str, Y: Array) -> None:
    if Y.min() < 0 or Y.max() > 1:
        raise ValueError(
            f"with {loss} the targets must lie between 0 and 1, but they range from "
            f"{Y.min():g} to {Y.max():g}; use nn.one_hot for class labels or nn.square for regression"
        )


square = Square()
cross_entropy = CrossEntropy()
log_likelihood = LogLikelihood()
