"""Activation functions, each with its derivative beside it.

Every function takes the pre-activation z of any shape and keeps its dtype, and
none overflows for |z| up to 1e4, in float32 too; "Activations" derives them.

An activation has three parts: `f(z)`, the derivative `f.prime(z)`, and
`f.pullback(z, a, grad)`, which turns ∂C/∂a into ∂C/∂z where a = f(z). For a
function applied to each component that is a product with the derivative, which
is often cheapest from a: σ' = σ(1 - σ). Softmax mixes its components and needs
its Jacobian.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from nnlib import _check
from nnlib._check import Array


class Activation(Protocol):
    """What a layer needs of its activation."""

    def __call__(self, z: Array) -> Array: ...

    def pullback(self, z: Array, a: Array, grad: Array) -> Array:
        """∂C/∂z from ∂C/∂a, both of shape (m, n)."""


class Elementwise:
    """A function applied to each component: ∂C/∂z = ∂C/∂a ⊙ f'(z)."""

    def __call__(self, z: Array) -> Array:
        raise NotImplementedError

    def derivative(self, z: Array, a: Array) -> Array:
        """f'(z), where a = f(z) may save work."""
        raise NotImplementedError

    def prime(self, z: Array) -> Array:
        """The derivative f'(z), same shape as z."""
        z = np.asarray(z)
        return self.derivative(z, self(z))

    def pullback(self, z: Array, a: Array, grad: Array) -> Array:
        """∂C/∂z = ∂C/∂a ⊙ f'(z)."""
        product: Array = grad * self.derivative(z, a)
        return product


@dataclass(frozen=True, repr=False)
class Pair(Elementwise):
    """A function without parameters, and its derivative as a function of z and a."""

    name: str
    function: Callable[[Array], Array] = field(compare=False)
    slope: Callable[[Array, Array], Array] = field(compare=False)

    def __call__(self, z: Array) -> Array:
        return self.function(np.asarray(z))

    def derivative(self, z: Array, a: Array) -> Array:
        """f'(z), where a = f(z)."""
        return self.slope(z, a)

    def __reduce__(self) -> str:
        return self.name  # pickled as the object of this name in this module

    def __repr__(self) -> str:
        return self.name


def _sigmoid(z: Array) -> Array:
    # Converted once: with few numbers that takes longer than the sum.
    half = np.asarray(0.5, z.dtype if z.dtype.kind == "f" else np.float64)
    a = np.asarray(half * z)  # 1/(1 + e^-z) = (1 + tanh(z/2)) / 2, and tanh cannot overflow
    np.tanh(a, out=a)
    a *= half
    a += half
    sigma: Array = a[()]  # a number stays a number
    return sigma


def _sigmoid_slope(_: Array, a: Array) -> Array:
    slope = 1 - a
    slope *= a
    return slope


def _softplus(z: Array) -> Array:
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))  # ln(1 + e^z), and e^z never formed


identity = Pair("identity", lambda z: z, lambda z, _: np.ones_like(z))
sigmoid = Pair("sigmoid", _sigmoid, _sigmoid_slope)
tanh = Pair("tanh", np.tanh, lambda _, a: 1 - a * a)
softsign = Pair("softsign", lambda z: z / (1 + np.abs(z)), lambda z, _: 1 / (1 + np.abs(z)) ** 2)
relu = Pair("relu", lambda z: np.maximum(z, 0), lambda z, _: (z > 0).astype(z.dtype))  # 0 at the kink
softplus = Pair("softplus", _softplus, lambda z, _: _sigmoid(z))


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

    def __call__(self, z: Array) -> Array:
        return np.heaviside(z, np.asarray(self.at_zero, dtype=np.asarray(z).dtype))

    def derivative(self, z: Array, a: Array) -> Array:
        """Zero everywhere (at z = 0 no derivative exists)."""
        return np.zeros_like(z)


@dataclass(frozen=True)
class LeakyReLU(Elementwise):
    """z for z > 0, slope·z otherwise."""

    slope: float = 0.01

    def __call__(self, z: Array) -> Array:
        z = np.asarray(z)
        kept: Array = np.where(z > 0, z, np.asarray(self.slope, z.dtype) * z)
        return kept

    def derivative(self, z: Array, a: Array) -> Array:
        """1 for z > 0, the slope otherwise."""
        one = np.asarray(1, z.dtype)
        return np.where(z > 0, one, np.asarray(self.slope, z.dtype))


@dataclass(frozen=True, repr=False)
class Softmax:
    """Probabilities a_j = e^{z_j} / Σ_k e^{z_k} along the last axis.

    Adding a constant to all z changes nothing, so the largest is subtracted
    first and no exponential overflows. Derived in "Softmax".
    """

    def __call__(self, z: Array) -> Array:
        e = np.exp(z - np.max(z, axis=-1, keepdims=True))
        return e / e.sum(axis=-1, keepdims=True)

    def jacobian(self, z: Array) -> Array:
        """∂a_j/∂z_k = a_j (1{j=k} - a_k), shape (..., c, c)."""
        a = self(z)
        return a[..., :, None] * (np.eye(a.shape[-1], dtype=a.dtype) - a[..., None, :])

    def pullback(self, z: Array, a: Array, grad: Array) -> Array:
        """∂C/∂z_k = Σ_j ∂C/∂a_j ∂a_j/∂z_k = a_k (∂C/∂a_k - Σ_j a_j ∂C/∂a_j)."""
        return a * (grad - (a * grad).sum(axis=-1, keepdims=True))

    def __repr__(self) -> str:
        return "softmax"


step = Step()
leaky_relu = LeakyReLU()
softmax = Softmax()


def describe(activation: Activation) -> dict[str, object]:
    """Name and parameters of an activation, as `named` reads them back."""
    if isinstance(activation, Pair | Softmax) and _PLAIN.get(repr(activation)) == activation:
        return {"name": repr(activation)}
    if isinstance(activation, Step):
        return {"name": "step", "at_zero": activation.at_zero}
    if isinstance(activation, LeakyReLU):
        return {"name": "leaky_relu", "slope": activation.slope}
    raise TypeError(f"{activation!r} is not one of nnlib's activations, so a file cannot name it")


def named(name: str, **parameters: float) -> Activation:
    """The activation that a saved network names. See `describe`."""
    if name == "step":
        return Step(_check.number("at_zero", parameters["at_zero"]))
    if name == "leaky_relu":
        return LeakyReLU(_check.number("slope", parameters["slope"]))
    if name not in _PLAIN:
        raise ValueError(f"activation {name!r} is unknown; known are step, leaky_relu, {', '.join(_PLAIN)}")
    return _PLAIN[name]


_PLAIN: dict[str, Activation] = {
    repr(f): f for f in (identity, sigmoid, tanh, softsign, relu, softplus, softmax)
}
