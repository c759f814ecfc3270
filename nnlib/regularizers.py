"""Three ways to keep a network from learning its training set by heart.

L1 and L2 add a penalty on the weights to the mean cost. `decay` shrinks the
weights in place before a step, which for plain gradient descent equals a step on
the penalised cost exactly; with momentum or Adam it is the decoupled decay that
those optimisers want. Biases are not penalised. Derived in "Overfitting".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnlib import _check
from nnlib._check import Array, Rng
from nnlib.network import Network


@dataclass(frozen=True)
class Regularizer:
    """What the training loop needs of a penalty of strength λ; n is the number of training examples."""

    lmbda: float

    def __post_init__(self) -> None:
        _check.number("lmbda", self.lmbda, at_least=0)

    def penalty(self, net: Network, n: int) -> float:
        """What is added to the mean cost."""
        raise NotImplementedError

    def gradient(self, W: Array, n: int) -> Array:
        """The derivative of the penalty with respect to a weight matrix, in its shape."""
        raise NotImplementedError

    def decay(self, net: Network, eta: float, n: int) -> None:
        """W ← W - η · gradient, in place."""
        for W in net.weights:
            W -= eta * self.gradient(W, n)


class L2(Regularizer):
    """λ/(2n) Σ w²."""

    def penalty(self, net: Network, n: int) -> float:
        """λ/(2n) Σ w² over all weights."""
        return self.lmbda / (2 * n) * sum(float(np.square(W, dtype=np.float64).sum()) for W in net.weights)

    def gradient(self, W: Array, n: int) -> Array:
        """(λ/n) w."""
        return (self.lmbda / n) * W

    def decay(self, net: Network, eta: float, n: int) -> None:
        """W ← (1 - ηλ/n) W.

        Raises
        ------
        ValueError
            If ηλ/n exceeds 1, which would turn the sign of every weight.
        """
        factor = 1 - eta * self.lmbda / n
        if factor < 0:
            raise ValueError(
                f"eta * lmbda / n = {eta:g} * {self.lmbda:g} / {n} is {1 - factor:.3g}, more than 1: "
                "every step would turn the sign of the weights; choose a smaller lmbda or eta"
            )
        for W in net.weights:
            W *= factor


class L1(Regularizer):
    """(λ/n) Σ |w|. The slope at 0, where none exists, is taken as 0."""

    def penalty(self, net: Network, n: int) -> float:
        """(λ/n) Σ |w| over all weights."""
        return self.lmbda / n * sum(float(np.abs(W).sum(dtype=np.float64)) for W in net.weights)

    def gradient(self, W: Array, n: int) -> Array:
        """(λ/n) sgn(w)."""
        return (self.lmbda / n) * np.sign(W)


@dataclass(frozen=True)
class Dropout:
    """Each hidden neuron is silent for one step with probability `rate` (Srivastava et al. 2014).

    The survivors are multiplied by 1/(1 - rate), so that the expected input of
    the next layer stays what it is without dropout and nothing needs rescaling
    when the network is used.
    """

    rate: float = 0.5

    def __post_init__(self) -> None:
        _check.number("rate", self.rate, at_least=0, below=1)

    def masks(self, net: Network, m: int, rng: Rng) -> list[Array]:
        """For each hidden layer an array of shape (m, n_l): 0 or 1/(1 - rate)."""
        scale = np.asarray(1 / (1 - self.rate), net.dtype)
        return [(rng.random((m, len(b))) >= self.rate) * scale for b in net.biases[:-1]]
