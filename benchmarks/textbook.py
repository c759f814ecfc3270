"""Back-propagation as textbooks write it: one example at a time, column vectors, float64.

A yardstick for speed, with nothing from nnlib. Sigmoid in every layer, cross-entropy.
"""

import itertools

import numpy as np


def sigmoid(z):
    """1 / (1 + e^-z)."""
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    """The derivative of the sigmoid, from z."""
    return sigmoid(z) * (1 - sigmoid(z))


def columns(X):
    """The rows of a matrix as a list of column vectors."""
    return [row.reshape(-1, 1).astype(np.float64) for row in X]


class TextbookNetwork:
    """Lists of weights and column biases, drawn from N(0, 1/n_in) and zero."""

    def __init__(self, sizes, seed=0):
        rng = np.random.default_rng(seed)
        pairs = list(itertools.pairwise(sizes))
        self.weights = [rng.standard_normal((n_out, n_in)) / np.sqrt(n_in) for n_in, n_out in pairs]
        self.biases = [np.zeros((n_out, 1)) for _, n_out in pairs]

    def output(self, x):
        """What the network puts out for one example."""
        for W, b in zip(self.weights, self.biases, strict=True):
            x = sigmoid(np.dot(W, x) + b)
        return x

    def slopes(self, x, y):
        """The gradient of the cost of one example: forward, then backward through the layers."""
        dW = [np.zeros(W.shape) for W in self.weights]
        db = [np.zeros(b.shape) for b in self.biases]
        zs, activations = [], [x]
        for W, b in zip(self.weights, self.biases, strict=True):
            zs.append(np.dot(W, activations[-1]) + b)
            activations.append(sigmoid(zs[-1]))
        delta = activations[-1] - y
        for layer in reversed(range(len(self.weights))):
            dW[layer] = np.dot(delta, activations[layer].transpose())
            db[layer] = delta
            if layer > 0:
                delta = np.dot(self.weights[layer].transpose(), delta) * sigmoid_prime(zs[layer - 1])
        return dW, db

    def epoch(self, xs, ys, batch_size, eta, rng):
        """Shuffle, then a step with the summed slopes of each mini-batch, divided by its size."""
        order = rng.permutation(len(xs))
        for start in range(0, len(xs), batch_size):
            rows = order[start : start + batch_size]
            sum_W = [np.zeros(W.shape) for W in self.weights]
            sum_b = [np.zeros(b.shape) for b in self.biases]
            for i in rows:
                dW, db = self.slopes(xs[i], ys[i])
                sum_W = [s + d for s, d in zip(sum_W, dW, strict=True)]
                sum_b = [s + d for s, d in zip(sum_b, db, strict=True)]
            self.weights = [W - eta / len(rows) * s for W, s in zip(self.weights, sum_W, strict=True)]
            self.biases = [b - eta / len(rows) * s for b, s in zip(self.biases, sum_b, strict=True)]
