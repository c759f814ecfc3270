"""A network run neuron by neuron, in plain Python, with a nudge at one sum: what δ means, measured."""

import itertools
import math

import numpy as np


def sigma(z):
    return 1 / (1 + math.exp(-z))


def sigma_prime(z):
    return math.exp(-z) / (1 + math.exp(-z)) ** 2


def random_layers(rng, sizes):
    """Weights as nested lists and biases, of sizes that all differ."""
    weights = [rng.standard_normal((n, m)).tolist() for m, n in itertools.pairwise(sizes)]
    return weights, [rng.standard_normal(n).tolist() for n in sizes[1:]]


def run(weights, biases, x, nudge=(0, 0, 0.0), f=sigma):
    """All sums and activations; `nudge` (layer, neuron, h) adds h to one sum. Layers count from 1."""
    zs, activations = [], [list(x)]
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        z = [sum(w * a for w, a in zip(row, activations[-1], strict=True)) + bj
             for row, bj in zip(W, b, strict=True)]  # fmt: skip
        if nudge[0] == layer:
            z[nudge[1]] += nudge[2]
        zs.append(z)
        activations.append([f(v) for v in z])
    return zs, activations


def square(a, y):
    return sum((aj - yj) ** 2 for aj, yj in zip(a, y, strict=True)) / 2


def errors(weights, biases, x, y, h=1e-6, f=sigma, cost=square):
    """∂C/∂z of every neuron by central differences of a run with that sum nudged."""

    def moved(layer, j, by):
        return cost(run(weights, biases, x, (layer, j, by), f)[1][-1], y)

    return [
        np.array([(moved(layer, j, h) - moved(layer, j, -h)) / (2 * h) for j in range(len(b))])
        for layer, b in enumerate(biases, start=1)
    ]


def slope(call, array, index, h=1e-6):
    """Central difference of call() in one entry of a nested list or array."""
    *outer, last = index
    for i in outer:
        array = array[i]
    kept = array[last]
    array[last] = kept + h
    above = call()
    array[last] = kept - h
    below = call()
    array[last] = kept
    return (above - below) / (2 * h)


def cases(sizes=(4, 3, 5, 2), n=10, seed=0):
    """Random networks with an example each, and everything measured on them."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        weights, biases = random_layers(rng, sizes)
        x, y = rng.standard_normal(sizes[0]).tolist(), rng.random(sizes[-1]).tolist()
        z, a = run(weights, biases, x)
        yield weights, biases, x, y, z, a, errors(weights, biases, x, y)
