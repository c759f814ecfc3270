"""What `network` and `network2` share: Nielsen's columns and lists, which nnlib trains as rows.

A method that a subclass overrides, or that somebody replaces, is called. Where none is, nnlib
trains without calling them.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import nnlib as nn

_OURS = set()
STEPS = ("update_mini_batch", "backprop")  # where both are ours, nnlib trains


def ours(method):
    """Mark a method that need not be called as long as nobody has put another in its place."""
    _OURS.add(method)
    return method


def sigmoid(z):
    """σ(z), for a number or an array."""
    return nn.sigmoid(np.asarray(z, float))


def sigmoid_prime(z):
    """σ'(z), for a number or an array."""
    return nn.sigmoid.prime(np.asarray(z, float))


def vectorized_result(j):
    """Make a column of ten numbers, 1 in place j."""
    e = np.zeros((10, 1))
    e[j] = 1.0
    return e


def pairs(examples):
    """Make a list of examples, or refuse what is none."""
    examples = list(examples)
    if not examples or any(len(example) != 2 for example in examples):
        raise ValueError(
            "examples must be a list of pairs of columns, as mnist_loader.load_data_wrapper() makes it, but "
            + ("it holds something else" if examples else "it is empty")
        )
    return examples


@dataclass(frozen=True)
class OwnCost(nn.losses.Loss):
    """A cost that somebody wrote for columns, as much of it as nnlib needs to train.

    Attributes
    ----------
    error : callable
        δ = ∂C/∂z of the last layer as a column, from the columns z, a and y.
    """

    error: Callable

    def delta(self, f, z, a, Y):
        """Ask for one example after the other."""
        return np.stack([np.ravel(self.error(*columns)) for columns in _columns(z, a, Y)])


def _columns(*rows):
    return zip(*(array[:, :, None] for array in rows), strict=True)


class _Order(np.random.Generator):
    """Shuffles as Nielsen does, the shuffled once more and by `random`, so that its seed decides."""

    def __init__(self, n):
        super().__init__(np.random.PCG64(0))  # draws nothing
        self.order = list(range(n))

    def permutation(self, n):
        random.shuffle(self.order)
        return np.array(self.order)


class Sigmoids:
    """Lists of weights and biases, which may be set, and the methods of both programs."""

    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.sizes = list(sizes)

    def large_weight_initializer(self):
        """Draw weights and biases from N(0, 1): the old start."""
        self.biases = [np.random.randn(n, 1) for n in self.sizes[1:]]  # noqa: NPY002 (obeys np.random.seed)
        self.weights = [np.random.randn(*shape) for shape in self._shapes()]  # noqa: NPY002

    def _shapes(self):
        return list(zip(self.sizes[1:], self.sizes[:-1], strict=True))

    @property
    def net(self):
        """The same weights and biases as a network of nnlib's.

        Raises
        ------
        ValueError
            If one has a shape that does not belong, or is not finite.
        """
        if self._functions() != (sigmoid, sigmoid_prime):
            raise TypeError("another sigmoid is not offered: override feedforward and backprop in a subclass")
        weights = self._arrays("weights", self._shapes())
        biases = self._arrays("biases", [(n, 1) for n in self.sizes[1:]])
        return nn.Network(weights, [b[:, 0] for b in biases], [nn.sigmoid] * len(weights))

    def _arrays(self, name, shapes):
        arrays = [np.asarray(p, float) for p in getattr(self, name)]
        if (found := [p.shape for p in arrays]) != shapes:
            raise ValueError(f"{name} must have the shapes {shapes} for sizes {self.sizes}, but have {found}")
        if not all(np.isfinite(p).all() for p in arrays):
            raise ValueError(f"{name} must be finite, but one is infinite or NaN; try a smaller eta")
        return arrays

    def _fresh(self):
        """Give `net` on arrays of its own, to train in place: lists kept from before stay what they were."""
        net = self.net.copy()
        self.weights, self.biases = net.weights, [b[:, None] for b in net.biases]
        return net

    def _untouched(self, *names):
        return all(getattr(getattr(self, name), "__func__", None) in _OURS for name in names)

    def _examples(self, examples):
        """Make a Dataset of pairs of columns, or of a column and a class."""
        if isinstance(examples, nn.Dataset):
            return examples
        X, Y = zip(*pairs(examples), strict=True)
        X, outputs = np.stack([np.ravel(x) for x in X], dtype=float), self.sizes[-1]
        if np.size(Y[0]) == 1 < outputs:
            return nn.Dataset.from_labels(X, np.ravel(Y), outputs)
        Y = np.stack([np.ravel(y) for y in Y], dtype=float)
        return nn.Dataset(X, Y, nn.classify(Y))

    def _given(self, examples, *methods):
        """Make a Dataset, or the list that methods somebody has written expect."""
        return self._examples(examples) if self._untouched(*methods) else pairs(examples)

    @ours
    def feedforward(self, a):
        """Give the output for a column of inputs, as a column."""
        a = np.asarray(a, float)
        if a.ndim != 2 or len(a) != self.sizes[0]:
            raise ValueError(f"inputs are a column of shape ({self.sizes[0]}, 1), but this has {a.shape}")
        return nn.outputs(self.net, a.T).T

    def _outputs(self, data):
        if self._untouched("feedforward"):
            return nn.outputs(self.net, data.X)
        return np.stack([np.ravel(self.feedforward(x)) for (x,) in _columns(data.X)])

    def _right(self, examples):
        data = self._examples(examples)
        return int((nn.classify(self._outputs(data)) == data.t).sum())

    @ours
    def backprop(self, x, y):
        """Give the gradient of the cost of one example, as a list of columns and a list of matrices.

        Returns
        -------
        nabla_b, nabla_w : list of ndarray
        """
        grads = nn.backprop(self.net, np.reshape(x, (1, -1)), np.reshape(y, (1, -1)), self._loss())
        return [b[:, None] for b in grads.biases], grads.weights

    @ours
    def update_mini_batch(self, mini_batch, eta, lmbda=0.0, n=1):
        """Take one step: shrink the weights by ηλ/n, then go against the mean gradient."""
        if self._untouched("backprop"):
            data = self._examples(mini_batch)
            grads = nn.backprop(self.net, data.X, data.Y, self._loss())
        else:
            nablas = zip(*(self.backprop(x, y) for x, y in mini_batch), strict=True)
            b, w = ([sum(layer) / len(mini_batch) for layer in zip(*g, strict=True)] for g in nablas)
            grads = nn.Gradients(w, [np.ravel(column) for column in b])
        net = self._fresh()
        nn.L2(lmbda).decay(net, eta, n)
        nn.SGD().step(net, grads, eta, [])

    def _epochs(self, training, epochs, mini_batch_size, eta, *penalty):
        """Train, and yield the number of each epoch when it is over; `penalty` is λ and n, or nothing."""
        n = len(training)
        order = _Order(n)
        regularizer = nn.L2(penalty[0]) if penalty else None
        settings = {"batch_size": min(mini_batch_size, n), "eta": eta, "regularizer": regularizer}
        for j in range(epochs):
            if isinstance(training, nn.Dataset):
                next(nn.sgd(self._fresh(), training, loss=self._loss(), rng=order, **settings))
            else:
                shuffled = [training[i] for i in order.permutation(n)]
                for k in range(0, n, mini_batch_size):
                    self.update_mini_batch(shuffled[k : k + mini_batch_size], eta, *penalty)
            yield j
