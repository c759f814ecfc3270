"""Images that nobody has seen: the data on which Assignment 4 runs what students hand in.

The test labels of Fashion-MNIST are public, so an accuracy on them proves nothing. A private
seed chooses images, exchanges all pixels by one permutation and all class names by another, and
changes each image a little; what a network can learn from them stays nearly the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

import nnlib as nn
from nnlib._check import Array

from . import Answer, expect

__all__ = ["Disguised", "disguised", "held_out_accuracies", "network", "reference"]

Layers = list[tuple[Array, Array]]  # W (n_out, n_in) and b (n_out,) of each
Train = Callable[[Array, Array, np.random.Generator], Layers]
HIDDEN = (nn.sigmoid, nn.tanh, nn.relu)


class Disguised(NamedTuple):
    """Images to learn from, X (m, 784) with Y (m, 10), and others to be judged by, with t (h,)."""

    X: Array
    Y: Array
    held_out: Array
    t: Array


@lru_cache(maxsize=4)
def disguised(seed: int, examples: int, held_out: int) -> Disguised:
    """Choose and disguise images of Fashion-MNIST.

    Parameters
    ----------
    seed : int
        Who knows it can undo the disguise.
    examples, held_out : int
        How many images to learn from, and how many to judge by; none is in both.
    """
    rng = np.random.default_rng(seed)
    splits = nn.datasets.fashion_mnist()
    source = splits.train_and_validation
    chosen = rng.permutation(len(source.X))[: examples + held_out]
    pixels, names = rng.permutation(source.X.shape[1]), rng.permutation(10)
    images = source.X[chosen][:, pixels]
    contrast = rng.uniform(0.85, 1.15, size=(len(images), 1))
    noise = rng.uniform(-8, 8, size=images.shape) / 255
    images = np.clip(images * contrast + noise, 0, 1).astype(np.float32, order="C")
    t = names[source.t[chosen]]
    Y = np.eye(10, dtype=np.float32)[t]
    return Disguised(images[:examples], Y[:examples], images[examples:], t[examples:])


def network(fetched: Sequence[Sequence[Answer]], inputs: int = 784, outputs: int = 10) -> Layers:
    """Put weights and biases together, layer by layer.

    Raises
    ------
    nnbook.checking.Slip
        They are no network from so many inputs to so many outputs.
    """
    weights, biases = fetched
    expect(
        len(weights) == len(biases) > 0,
        f"There are {len(weights)} arrays of weights and {len(biases)} of biases; a layer has one of each.",
    )
    layers, before = [], inputs
    for W, b in zip(weights, biases, strict=True):
        shape = W.is_finite().came.shape
        if len(shape) != 2 or shape[1] != before:
            transposed = " Yours is transposed." if shape[:1] == (before,) else ""
            W.fail(
                f"Row j should hold the weights to neuron j from the {before} of the layer before; "
                f"the shape is {shape}.{transposed}"
            )
        b.is_finite().has_shape(shape[:1])
        layers.append((W.came, b.came))
        before = shape[0]
    if before != outputs:
        weights[-1].fail(
            f"The last layer should have {outputs} neurons, one for each class; it has {before}."
        )
    return layers


def right(layers: Layers, images: Array, t: Array) -> float:
    """Compute the percentage of images that a network answers rightly, with its best hidden activation."""

    def share(activation: nn.activations.Activation) -> float:
        a = images
        for W, b in layers[:-1]:
            a = activation(a @ W.T + b)
        W, b = layers[-1]
        return 100 * float(np.mean((a @ W.T + b).argmax(axis=1) == t))

    return max(map(share, HIDDEN if len(layers) > 1 else HIDDEN[:1]))


def plain(X: Array, Y: Array, rng: np.random.Generator) -> Layers:
    """Train what Question 1 asks for: 100 sigmoid neurons, logistic loss, mini-batches of 300."""
    net = nn.Network.random([X.shape[1], 100, 10], rng=rng)
    data = nn.Dataset(X, Y)
    nn.train(net, data, loss=nn.cross_entropy, epochs=40, batch_size=300, eta=0.3, rng=rng)
    return list(zip(net.weights, net.biases, strict=True))


def held_out_accuracies(train: Train, seed: int, examples: int, held_out: int, runs: int) -> Array:
    """Train on disguised images `runs` times and judge by others: accuracies in percent."""
    data = disguised(seed, examples, held_out)
    layers = (train(data.X, data.Y, np.random.default_rng([seed, run])) for run in range(runs))
    return np.array([right(one, data.held_out, data.t) for one in layers])


@lru_cache(maxsize=4)
def reference(seed: int, examples: int, held_out: int, runs: int) -> float:
    """Mean accuracy of the plain network on the same images, in percent."""
    return float(held_out_accuracies(plain, seed, examples, held_out, runs).mean())
