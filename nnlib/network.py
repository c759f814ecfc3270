"""A network is two lists: its weights and its biases, with the activation of each layer.

`net.weights[0]` is W¹, the matrix into the first hidden layer, of shape
(n_out, n_in): row j holds the weights to neuron j, column k those from neuron
k. Examples are rows, so a layer computes z = a @ W.T + b for one example or a
thousand.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from nnlib import _check
from nnlib._check import Array, Rng
from nnlib.activations import Activation, sigmoid


class Initializer(Protocol):
    """Draws a weight matrix of shape (n_out, n_in)."""

    def __call__(self, rng: Rng, n_out: int, n_in: int) -> Array: ...


@dataclass(frozen=True)
class Normal:
    """Each entry from N(0, std²), whatever the size of the layer."""

    std: float = 1.0

    def __call__(self, rng: Rng, n_out: int, n_in: int) -> Array:
        return self.std * rng.standard_normal((n_out, n_in))


@dataclass(frozen=True)
class LeCun:
    """N(0, 1/n_in) (LeCun et al. 1998): the variance of z no longer grows with the number of inputs."""

    def __call__(self, rng: Rng, n_out: int, n_in: int) -> Array:
        return rng.standard_normal((n_out, n_in)) / math.sqrt(n_in)


@dataclass(frozen=True)
class UniformHeuristic:
    """U(-1/√n_in, 1/√n_in), variance 1/(3 n_in): the older rule that Glorot and Bengio examine."""

    def __call__(self, rng: Rng, n_out: int, n_in: int) -> Array:
        limit = 1 / math.sqrt(n_in)
        return rng.uniform(-limit, limit, (n_out, n_in))


@dataclass(frozen=True)
class Glorot:
    """U(±√(6/(n_in + n_out))), variance 2/(n_in + n_out) (Glorot and Bengio 2010)."""

    def __call__(self, rng: Rng, n_out: int, n_in: int) -> Array:
        limit = math.sqrt(6 / (n_in + n_out))
        return rng.uniform(-limit, limit, (n_out, n_in))


@dataclass(frozen=True)
class He:
    """N(0, 2/n_in): 2/n_in is the variance, not the standard deviation (He et al. 2015)."""

    def __call__(self, rng: Rng, n_out: int, n_in: int) -> Array:
        return rng.standard_normal((n_out, n_in)) * math.sqrt(2 / n_in)


@dataclass(frozen=True)
class Constant:
    """Every entry the same. Right for biases; as weights it keeps all neurons of a layer alike."""

    value: float = 0.0

    def __call__(self, rng: Rng, n_out: int, n_in: int) -> Array:
        return np.full((n_out, n_in), float(self.value))


@dataclass
class Network:
    """Weights, biases and activations, one of each per layer.

    Attributes
    ----------
    weights : list of ndarray of shape (n_out, n_in)
    biases : list of ndarray of shape (n_out,)
    activations : list of Activation

    Examples
    --------
    The network that computes XOR with two ReLU units:

    >>> import nnlib as nn
    >>> net = nn.Network(weights=[[[1.0, 1.0], [1.0, 1.0]], [[1.0, -2.0]]],
    ...                  biases=[[0.0, -1.0], [0.0]], activations=[nn.relu, nn.identity])
    >>> nn.forward(net, [[0, 0], [0, 1], [1, 0], [1, 1]]).output.ravel()
    array([0., 1., 1., 0.])
    """

    weights: list[Array]
    biases: list[Array]
    activations: list[Activation]

    def __post_init__(self) -> None:
        if not len(self.weights) == len(self.biases) == len(self.activations) > 0:
            raise ValueError(
                "a network needs weights, biases and an activation for each of one or more layers, "
                f"but there are {len(self.weights)}, {len(self.biases)} and {len(self.activations)}"
            )
        dtype = np.result_type(*map(np.asarray, [*self.weights, *self.biases]))
        dtype = dtype if dtype.kind == "f" else np.dtype(np.float64)
        self.weights = [np.asarray(W, dtype) for W in self.weights]
        self.biases = [np.asarray(b, dtype) for b in self.biases]
        self.activations = list(self.activations)
        for layer, (W, b, f) in enumerate(
            zip(self.weights, self.biases, self.activations, strict=True), start=1
        ):
            if W.ndim != 2 or 0 in W.shape:
                raise ValueError(f"the weights of layer {layer} must have shape (n_out, n_in), not {W.shape}")
            if b.shape != (len(W),):
                hint = f"; b.ravel() has shape ({b.size},)" if b.size == len(W) else ""
                raise ValueError(
                    f"the biases of layer {layer} must have shape ({len(W)},), one per row of its "
                    f"weights, but have {b.shape}{hint}"
                )
            if layer > 1 and W.shape[1] != len(self.weights[layer - 2]):
                raise ValueError(
                    f"layer {layer} reads {W.shape[1]} values but layer {layer - 1} gives "
                    f"{len(self.weights[layer - 2])}"
                )
            _check.instance(f"the activation of layer {layer}", f, Activation, "nn.sigmoid")

    @classmethod
    def random(
        cls,
        sizes: Sequence[int],
        *,
        rng: Rng,
        hidden: Activation = sigmoid,
        output: Activation = sigmoid,
        initializer: Initializer = LeCun(),
        bias_initializer: Initializer = Constant(0.0),
        dtype: Any = np.float32,
    ) -> Network:
        """A network with random weights.

        Parameters
        ----------
        sizes : sequence of int
            Neurons per layer, input first: [784, 30, 10].
        rng : numpy.random.Generator
        hidden, output : Activation
        initializer, bias_initializer : Initializer
            The biases of a layer of n neurons are drawn as a matrix of shape (n, 1).
        dtype : float32 or float64
            Drawn in float64 and rounded, so both start alike.
        """
        _check.instance("initializer", initializer, Callable, "nn.He()")
        _check.instance("bias_initializer", bias_initializer, Callable, "nn.Constant(0.1)")
        if not isinstance(sizes, Sequence | np.ndarray) or isinstance(sizes, str):
            raise TypeError(f"sizes must be a list such as [784, 30, 10], but is {sizes!r}")
        sizes = [_check.positive_integer(f"sizes[{i}]", size) for i, size in enumerate(sizes)]
        if len(sizes) < 2:
            raise ValueError(f"sizes must name the inputs and at least one layer, but is {sizes}")
        if np.dtype(dtype).kind != "f":
            raise TypeError(f"dtype must be a float type, but is {np.dtype(dtype)}")
        _check.generator("rng", rng)
        weights, biases = [], []
        for n_in, n_out in itertools.pairwise(sizes):
            weights.append(initializer(rng, n_out, n_in).astype(dtype))
            biases.append(bias_initializer(rng, n_out, 1)[:, 0].astype(dtype))
        return cls(weights, biases, [*[hidden] * (len(sizes) - 2), output])

    @property
    def sizes(self) -> list[int]:
        """Neurons per layer, input first."""
        return [self.weights[0].shape[1], *map(len, self.biases)]

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of every weight and bias."""
        return self.weights[0].dtype

    @property
    def n_parameters(self) -> int:
        """Number of weights and biases: Σ n_ℓ (n_{ℓ-1} + 1)."""
        return sum(p.size for p in self.parameters)

    @property
    def parameters(self) -> list[Array]:
        """The weight matrices, then the bias vectors: the arrays themselves, not copies."""
        return [*self.weights, *self.biases]

    def copy(self, dtype: Any = None) -> Network:
        """A network that shares nothing with this one, in another float type if asked."""
        dtype = self.dtype if dtype is None else dtype
        return Network(
            [W.astype(dtype) for W in self.weights],
            [b.astype(dtype) for b in self.biases],
            list(self.activations),
        )

    def __repr__(self) -> str:
        return f"Network({self.sizes}, {self.activations}, {self.dtype}, {self.n_parameters:,} parameters)"


@dataclass(slots=True)
class Trace:
    """What a forward pass computed, kept for the way back.

    Attributes
    ----------
    z : list of ndarray of shape (m, n_l)
        Pre-activations; z[0] is z¹, for there is no z⁰.
    a : list of ndarray of shape (m, n_l)
        Activations; a[0] is the input, a[-1] the output.
    masks : list of ndarray or None
        What dropout multiplied each hidden layer by, if it was used.
    """

    z: list[Array]
    a: list[Array]
    masks: list[Array] | None = None

    @property
    def output(self) -> Array:
        """The activations of the last layer, shape (m, n_out)."""
        return self.a[-1]


def forward(net: Network, X: Array, masks: list[Array] | None = None) -> Trace:
    """Compute z = a @ W.T + b and a = f(z), layer after layer. Derived in "Notation".

    Parameters
    ----------
    net : Network
    X : ndarray of shape (m, n_in)
    masks : list of ndarray of shape (m, n_l), optional
        One for each hidden layer, from `Dropout.masks`.

    Raises
    ------
    ValueError
        If X is not a matrix with n_in finite columns.
    """
    return propagate(net, _check.matrix("X", X, columns=net.sizes[0], dtype=net.dtype), masks)


@np.errstate(over="ignore")  # see `Activation`
def propagate(net: Network, X: Array, masks: list[Array] | None = None) -> Trace:
    """The same as `forward` for an X already checked: what training calls for every mini-batch."""
    zs: list[Array] = []
    a, outputs = X, [X]
    for W, b, f in zip(net.weights, net.biases, net.activations, strict=True):
        z = a @ W.T + b
        a = f.function(z)
        if masks is not None and len(zs) < len(masks):  # a hidden layer under dropout
            a = a * masks[len(zs)]
        zs.append(z)
        outputs.append(a)
    return Trace(zs, outputs, masks)
