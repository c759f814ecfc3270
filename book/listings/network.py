"""`network.Network` of the lecture notes' first listing, over nnlib.

Sigmoid neurons, the square cost, weights and biases from N(0, 1), plain gradient descent with
mini-batches. Examples are pairs of columns (see mnist_loader). Set `rng` to have the same
random numbers again: `network.rng = np.random.default_rng(0)`.
"""

import numpy as np

import nnlib as nn

rng = np.random.default_rng()


class Network:
    """A network of sigmoid neurons, layer sizes as given."""

    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.sizes = list(sizes)
        self.net = nn.Network.random(
            self.sizes, rng=rng, initializer=nn.Normal(), bias_initializer=nn.Normal()
        )

    @property
    def weights(self):
        """A matrix per layer, rows for the neurons it leads to."""
        return self.net.weights

    @property
    def biases(self):
        """A column per layer."""
        return [b[:, None] for b in self.net.biases]

    def feedforward(self, a):
        """Give the output for a column of inputs, as a column."""
        return nn.outputs(self.net, np.asarray(a).T).T

    def SGD(self, training_data, epochs, mini_batch_size, eta, test_data=None):  # noqa: N802 (as printed)
        """Train, and print how many test images are right after each epoch."""
        data, test = dataset(training_data), None if test_data is None else dataset(test_data)
        running = nn.sgd(self.net, data, loss=nn.square, batch_size=mini_batch_size, eta=eta, rng=rng)
        for j in range(epochs):
            next(running)
            right = "complete" if test is None else f"{correct(self.net, test)} / {len(test)}"
            print(f"Epoch {j}: {right}")

    def evaluate(self, test_data):
        """Count the examples whose largest output is the right one."""
        return correct(self.net, dataset(test_data))


def dataset(pairs):
    """Make a Dataset of pairs of columns, or of a column and a class."""
    pairs = list(pairs)
    if not pairs:
        raise ValueError(
            "examples must be a list of pairs of columns, as mnist_loader makes it, but it is empty"
        )
    X = np.stack([np.ravel(x) for x, _ in pairs])
    if np.ndim(pairs[0][1]) == 0:
        return nn.Dataset.from_labels(X, np.array([t for _, t in pairs]), 10)
    Y = np.stack([np.ravel(y) for _, y in pairs])
    return nn.Dataset(X, Y, Y.argmax(axis=1))


def correct(net, data):
    """How many of these examples the network reads rightly."""
    return round(nn.accuracy(net, data) * len(data))
