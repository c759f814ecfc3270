"""Images that nobody has seen: the data on which Assignment 4 runs what students hand in.

The test labels of Fashion-MNIST are public, so an accuracy on them proves nothing. A private
seed chooses images, exchanges all pixels by one permutation and all class names by another, and
changes each image a little; what a network can learn from them stays nearly the same.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np

import nnlib as nn
from nnlib._check import Array

__all__ = ["Disguised", "disguised", "held_out_accuracies", "reference"]

Predict = Callable[[Array], Array]
Train = Callable[[Array, Array, np.random.Generator], Predict]


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


def plain(X: Array, Y: Array, rng: np.random.Generator) -> Predict:
    """Train what Question 1 asks for: 100 sigmoid neurons, logistic loss, mini-batches of 300."""
    net = nn.Network.random([X.shape[1], 100, 10], rng=rng)
    data = nn.Dataset(X, Y)
    nn.train(net, data, loss=nn.cross_entropy, epochs=40, batch_size=300, eta=0.3, rng=rng)
    return lambda images: nn.forward(net, images).output.argmax(axis=1)


def held_out_accuracies(train: Train, seed: int, examples: int, held_out: int, runs: int) -> Array:
    """Train on disguised images `runs` times and judge by others: accuracies in percent.

    Raises
    ------
    nnbook.checking.Slip
        What `train` returns is no predictor of class numbers.
    """
    from nnbook.checking import Answer

    data = disguised(seed, examples, held_out)
    found = []
    for run in range(runs):
        predict = train(data.X, data.Y, np.random.default_rng([seed, run]))
        answer = Answer(
            "I trained, let it predict the class numbers of images it had not seen, and got",
            predict(data.held_out),
        )
        answer.has_shape(
            (held_out,),
            {(held_out, 10): "One class number for each image, not ten activations: take the argmax."},
        )
        found.append(100 * float(np.mean(answer.came == data.t)))
    return np.array(found)


@lru_cache(maxsize=4)
def reference(seed: int, examples: int, held_out: int, runs: int) -> float:
    """Mean accuracy of the plain network on the same images, in percent."""
    return float(held_out_accuracies(plain, seed, examples, held_out, runs).mean())
