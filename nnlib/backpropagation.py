"""The gradient of the cost: four equations, and a slow way to check them.

With δ^ℓ = ∂C_i/∂z^ℓ, derived in "Backpropagation: the derivation":

    BP1   δ^L     = ∂C_i/∂a^L ⊙ f'(z^L)
    BP2   δ^{ℓ-1} = (δ^ℓ W^ℓ) ⊙ f'(z^{ℓ-1})
    BP3   ∂C/∂b^ℓ = mean of δ^ℓ over the examples
    BP4   ∂C/∂W^ℓ = δ^ℓᵀ a^{ℓ-1} / m
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnlib import _check
from nnlib._check import Array
from nnlib.losses import Loss
from nnlib.network import Network, Trace, propagate


@dataclass(slots=True)
class Gradients:
    """∂C/∂W and ∂C/∂b of every layer, in the shapes of the network's own lists."""

    weights: list[Array]
    biases: list[Array]

    @property
    def parameters(self) -> list[Array]:
        """The weight gradients, then the bias gradients: the order of `Network.parameters`."""
        return [*self.weights, *self.biases]


def errors(net: Network, trace: Trace, Y: Array, loss: Loss) -> list[Array]:
    """The errors δ of every layer, first hidden layer first: BP1, then BP2 backwards.

    Parameters
    ----------
    net : Network
    trace : Trace
        From `forward` of the same network.
    Y : ndarray of shape (m, n_out)
    loss : Loss

    Returns
    -------
    list of ndarray of shape (m, n_l)
        One row per example: δ is not averaged.
    """
    delta = loss.delta(net.activations[-1], trace.z[-1], trace.a[-1], Y)  # BP1
    deltas = [delta]
    for layer in range(len(net.weights) - 1, 0, -1):
        grad = delta @ net.weights[layer]  # ∂C_i/∂a one layer back
        f, z, a = net.activations[layer - 1], trace.z[layer - 1], trace.a[layer]
        if trace.masks is not None:
            grad, a = grad * trace.masks[layer - 1], f.function(z)
        delta = f.pullback(z, a, grad)  # BP2
        deltas.append(delta)
    return deltas[::-1]


def gradients(trace: Trace, deltas: list[Array]) -> Gradients:
    """The mean gradient over the examples, from activations and errors: BP3 and BP4."""
    m = len(deltas[0])
    grads = Gradients([], [])
    for delta, a in zip(deltas, trace.a, strict=False):
        share = delta / m  # of each example in the mean; dividing δ is cheaper than dividing δᵀ a
        grads.weights.append(share.T @ a)  # BP4
        grads.biases.append(share.sum(axis=0))  # BP3
    return grads


def backprop(net: Network, X: Array, Y: Array, loss: Loss) -> Gradients:
    """The gradient of the mean cost over the examples in X.

    Parameters
    ----------
    net : Network
    X : ndarray of shape (m, n_in)
    Y : ndarray of shape (m, n_out)
    loss : Loss

    Raises
    ------
    ValueError
        If X or Y has the wrong shape, holds NaN, or suits neither loss nor output layer.
    """
    X, Y = checked_examples(net, X, Y, loss)
    trace = propagate(net, X)
    return gradients(trace, errors(net, trace, Y, loss))


def checked_examples(net: Network, X: Array, Y: Array, loss: Loss) -> tuple[Array, Array]:
    """X and Y as network and loss need them, or an error that says what is wrong with them."""
    _check.instance("loss", loss, Loss, "nn.cross_entropy")
    X = _check.matrix("X", X, columns=net.sizes[0], dtype=net.dtype)
    Y = _check.matrix("Y", Y, columns=net.sizes[-1], dtype=net.dtype)
    if len(X) != len(Y):
        raise ValueError(f"X and Y must have a row for each example, but have {len(X)} and {len(Y)} rows")
    loss.check(net.activations[-1], Y)
    return X, Y


def numerical_gradients(
    net: Network, X: Array, Y: Array, loss: Loss, *, penalty: Callable[[Network], float] | None = None
) -> Gradients:
    """The same gradient from central differences, two forward passes per parameter.

    Slow and nearly independent of `backprop`: agreement to seven digits means the
    derivation is right. Always computed in float64; see "Backpropagation by matrices".

    Parameters
    ----------
    net, X, Y, loss
        As for `backprop`.
    penalty : callable, optional
        Added to the cost, for example ``lambda net: nn.L2(5.0).penalty(net, n)``.
    """
    net = net.copy(np.float64)
    X, Y = checked_examples(net, X, Y, loss)

    def cost() -> float:
        z = propagate(net, X).z[-1]
        value = float(loss.values(net.activations[-1], z, Y).mean())
        return value if penalty is None else value + penalty(net)

    def slopes(parameter: Array) -> Array:
        slope = np.empty_like(parameter)
        for i in np.ndindex(parameter.shape):
            kept = float(parameter[i])
            h = 6e-6 * max(1.0, abs(kept))  # the cube root of the float64 spacing at 1
            parameter[i] = kept + h
            above = cost()
            parameter[i] = kept - h
            below = cost()
            parameter[i] = kept
            slope[i] = (above - below) / (2 * h)
        return slope

    return Gradients([slopes(W) for W in net.weights], [slopes(b) for b in net.biases])
