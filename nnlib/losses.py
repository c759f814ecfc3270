"""Loss functions: the cost of one example, its gradient, and the error of the last layer.

Each loss offers

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
from typing import Protocol

import numpy as np

from nnlib._check import Array
from nnlib.activations import Activation, identity, sigmoid, softmax, softplus


class Loss(Protocol):
    """What training needs of a loss."""

    def __call__(self, a: Array, Y: Array) -> Array: ...

    def gradient(self, a: Array, Y: Array) -> Array:
        """∂C_i/∂a, shape (m, c)."""

    def values(self, f: Activation, z: Array, Y: Array) -> Array:
        """C_i for outputs a = f(z), shape (m,)."""

    def delta(self, f: Activation, z: Array, a: Array, Y: Array) -> Array:
        """δ = ∂C_i/∂z for outputs a = f(z), shape (m, c) (BP1)."""

    def check(self, f: Activation, Y: Array) -> None:
        """Refuse an output activation or targets for which the loss has no meaning."""


@dataclass(frozen=True, repr=False)
class Square:
    """C_i = ½ ‖a - y‖²."""

    def __call__(self, a: Array, Y: Array) -> Array:
        return 0.5 * ((a - Y) ** 2).sum(axis=-1)

    def gradient(self, a: Array, Y: Array) -> Array:
        """∂C_i/∂a = a - y."""
        return a - Y

    def values(self, f: Activation, z: Array, Y: Array) -> Array:
        """C_i for outputs a = f(z)."""
        return self(f(z), Y)

    def delta(self, f: Activation, z: Array, a: Array, Y: Array) -> Array:
        """(a - y) taken back through f; for the identity that is a - y itself."""
        return a - Y if f == identity else f.pullback(z, a, a - Y)

    def check(self, f: Activation, Y: Array) -> None:
        """Any output and any targets will do."""

    def __repr__(self) -> str:
        return "square"


@dataclass(frozen=True, repr=False)
class CrossEntropy:
    """C_i = -Σ_j [y_j ln a_j + (1 - y_j) ln(1 - a_j)], for one or more yes/no outputs.

    Derived in "Loss functions" from the likelihood of independent Bernoulli outputs.
    """

    def __call__(self, a: Array, Y: Array) -> Array:
        return -(_times_log(Y, a) + _times_log(1 - Y, 1 - a)).sum(axis=-1)

    def gradient(self, a: Array, Y: Array) -> Array:
        """∂C_i/∂a = (1 - y)/(1 - a) - y/a; infinite where a confident output is wrong."""
        return _over(1 - Y, 1 - a) - _over(Y, a)

    def values(self, f: Activation, z: Array, Y: Array) -> Array:
        """Σ_j [ln(1 + e^{z_j}) - y_j z_j], as ln a = -softplus(-z) and ln(1-a) = -softplus(z)."""
        return (Y * softplus(-z) + (1 - Y) * softplus(z)).sum(axis=-1)

    def delta(self, f: Activation, z: Array, a: Array, Y: Array) -> Array:
        """a - y: the factor σ'(z) cancels."""
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

    def __repr__(self) -> str:
        return "cross_entropy"


@dataclass(frozen=True, repr=False)
class LogLikelihood:
    """C_i = -Σ_j y_j ln a_j, which is -ln a_t when y is one-hot: one of c classes.

    Derived in "Softmax".
    """

    def __call__(self, a: Array, Y: Array) -> Array:
        return -_times_log(Y, a).sum(axis=-1)

    def gradient(self, a: Array, Y: Array) -> Array:
        """∂C_i/∂a = -y/a."""
        return -_over(Y, a)

    def values(self, f: Activation, z: Array, Y: Array) -> Array:
        """Σ_j y_j (ln Σ_k e^{z_k} - z_j), with the largest z taken out of the sum first."""
        z = z - z.max(axis=-1, keepdims=True)
        log_sum = np.log(np.exp(z).sum(axis=-1, keepdims=True))
        return (Y * (log_sum - z)).sum(axis=-1)

    def delta(self, f: Activation, z: Array, a: Array, Y: Array) -> Array:
        """a - y, since the targets of an example sum to 1."""
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

    def __repr__(self) -> str:
        return "log_likelihood"


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
