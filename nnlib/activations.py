"""Activation functions, each with its derivative beside it.

An activation is called with the pre-activations z, numbers of any type and shape:
whole numbers and booleans become float64, floats keep their precision. None
overflows for |z| up to 1e4, in float32 too; "Activations" derives them.

Behind `f(z)` stand three methods, which a layer calls with arrays of floats:
`f.function(z)` is the formula, `f.derivative(z, a)` its derivative where
a = f(z), which is often cheapest from a (σ' = σ(1 - σ)), and
`f.pullback(z, a, grad)` turns ∂C/∂a into ∂C/∂z. For a function applied to each
component that is a product with the derivative. Softmax mixes its components and
needs its Jacobian.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from nnlib import _check
from nnlib._check import Array


@dataclass(frozen=True, repr=False)
class Activation:
    """What a layer needs of its activation."""

    def function(self, z: Array) -> Array:
        """f(z) for an array of floats."""
        raise NotImplementedError

    def pullback(self, z: Array, a: Array, grad: Array) -> Array:
        """∂C/∂z from ∂C/∂a, all of shape (m, n)."""
        raise NotImplementedError

    @np.errstate(over="ignore")  # an exponential too large for a float is infinity, as it should be
    def __call__(self, z: ArrayLike) -> Array:
        return self.function(_check.numbers("z", z))

    def __repr__(self) -> str:
        return type(self).__name__.lower()


class Elementwise(Activation):
    """A function applied to each component: ∂C/∂z = ∂C/∂a ⊙ f'(z)."""

    def derivative(self, z: Array, a: Array) -> Array:
        """f'(z), where a = f(z) may save work."""
        raise NotImplementedError

    @np.errstate(over="ignore")
    def prime(self, z: ArrayLike) -> Array:
        """The derivative f'(z) of numbers of any type, same shape as z."""
        z = _check.numbers("z", z)
        return self.derivative(z, self.function(z))

    def pullback(self, z: Array, a: Array, grad: Array) -> Array:
        """∂C/∂z = ∂C/∂a ⊙ f'(z)."""
        return grad * self.derivative(z, a)


class Identity(Elementwise):
    """The pre-activation itself: f(z) = z."""

    def function(self, z: Array) -> Array:
        """z."""
        return z

    def derivative(self, z: Array, a: Array) -> Array:
        """1."""
        return np.ones_like(a)


class Sigmoid(Elementwise):
    """σ(z) = 1/(1 + e^-z)."""

    def function(self, z: Array) -> Array:
        """σ(z), to a few units in the last place wherever that is not below the smallest normal number."""
        return 1 / (1 + np.exp(-z))

    def derivative(self, z: Array, a: Array) -> Array:
        """a (1 - a), which is 0 where a has been rounded to 1: z above 17 in float32, 37 in float64."""
        return a * (1 - a)

    def prime(self, z: ArrayLike) -> Array:
        """σ'(z) from the left side, σ'(-|z|), where nothing is rounded to 1."""
        return super().prime(-np.abs(_check.numbers("z", z)))


class Tanh(Elementwise):
    """tanh z = 2σ(2z) - 1."""

    def function(self, z: Array) -> Array:
        """tanh z."""
        return np.tanh(z)

    def derivative(self, z: Array, a: Array) -> Array:
        """1 - a²."""
        return 1 - a * a


class Softsign(Elementwise):
    """z/(1 + |z|)."""

    def function(self, z: Array) -> Array:
        """z/(1 + |z|)."""
        return z / (1 + np.abs(z))

    def derivative(self, z: Array, a: Array) -> Array:
        """1/(1 + |z|)²."""
        return 1 / (1 + np.abs(z)) ** 2


class ReLU(Elementwise):
    """max(z, 0)."""

    def function(self, z: Array) -> Array:
        """max(z, 0)."""
        return np.maximum(z, 0)

    def derivative(self, z: Array, a: Array) -> Array:
        """1 for z > 0, else 0; at the kink, where no derivative exists, 0."""
        return (z > 0).astype(a.dtype)


class Softplus(Elementwise):
    """ln(1 + e^z)."""

    def function(self, z: Array) -> Array:
        """max(z, 0) + ln(1 + e^-|z|): the same, and e^z is never formed."""
        return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))

    def derivative(self, z: Array, a: Array) -> Array:
        """σ(z)."""
        return sigmoid(z)


@dataclass(frozen=True)
class Step(Elementwise):
    """Heaviside's step: 0 below zero, 1 above, and `at_zero` at zero.

    Lecture notes disagree on H(0); here it is 0 unless you say otherwise. The
    derivative is 0 wherever it exists, which is why gradient descent cannot
    train a step unit.

    >>> Step()(np.array([-2.0, 0.0, 2.0])), Step(at_zero=1)(np.array([0.0]))
    (array([0., 0., 1.]), array([1.]))
    """

    at_zero: float = 0.0

    def function(self, z: Array) -> Array:
        """H(z)."""
        return np.heaviside(z, self.at_zero)

    def derivative(self, z: Array, a: Array) -> Array:
        """Zero everywhere (at z = 0 no derivative exists)."""
        return np.zeros_like(a)


@dataclass(frozen=True)
class LeakyReLU(Elementwise):
    """z for z > 0, slope·z otherwise."""

    slope: float = 0.01

    def function(self, z: Array) -> Array:
        """z for z > 0, slope·z otherwise."""
        return np.where(z > 0, z, self.slope * z)

    def derivative(self, z: Array, a: Array) -> Array:
        """1 for z > 0, the slope otherwise."""
        return np.where(z > 0, 1, self.slope).astype(a.dtype)


class Softmax(Activation):
    """Probabilities a_j = e^{z_j} / Σ_k e^{z_k} along the last axis.

    Adding a constant to all z changes nothing, so the largest is subtracted
    first and no exponential overflows. Derived in "Softmax".
    """

    def function(self, z: Array) -> Array:
        """Softmax along the last axis."""
        e = np.exp(z - np.max(z, axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def jacobian(self, z: ArrayLike) -> Array:
        """∂a_j/∂z_k = a_j (1{j=k} - a_k), shape (..., c, c)."""
        a = self(z)
        return a[..., :, None] * (np.eye(a.shape[-1], dtype=a.dtype) - a[..., None, :])

    def pullback(self, z: Array, a: Array, grad: Array) -> Array:
        """∂C/∂z_k = Σ_j ∂C/∂a_j ∂a_j/∂z_k = a_k (∂C/∂a_k - Σ_j a_j ∂C/∂a_j)."""
        return a * (grad - (a * grad).sum(axis=-1, keepdims=True))


identity = Identity()
sigmoid = Sigmoid()
tanh = Tanh()
softsign = Softsign()
relu = ReLU()
softplus = Softplus()
step = Step()
leaky_relu = LeakyReLU()
softmax = Softmax()
