"""The five models of "Reading digits", each trained once (seed 0): what they confuse, miss and look at.

The test images are read once per model, after training. A surest error is one with the
largest output for the wrong digit; for darkness, the one nearest to the wrong average.
"""

import base64
import zlib

import common
import numpy as np

import nnlib as nn

UNITS = 20
ERRORS = 20


def darkness(mnist):
    """Minus the distance to the average darkness of each digit: the largest wins."""
    ink = mnist.train.X.mean(axis=1)
    typical = np.array([ink[mnist.train.t == k].mean() for k in range(10)])
    return -np.abs(mnist.test.X.mean(axis=1)[:, None] - typical), np.ones((1, 784))


def trained(rng, data, hidden, loss, *, activation=nn.sigmoid, output=nn.softmax, start=None, **settings):
    start = start or nn.LeCun()
    net = nn.Network.random([784, *hidden, 10], rng=rng, hidden=activation, output=output, initializer=start)
    nn.train(net, data, loss=loss, rng=rng, **settings)
    return nn.outputs(net, common.mnist().test.X), net.weights[0]


def models(seed):
    mnist = common.mnist()
    everything = {"epochs": 15, "batch_size": 100, "eta": 0.5, "start": nn.He()}
    small = {"batch_size": 10, "regularizer": nn.L2(5.0), "output": nn.sigmoid}

    def rng():
        return np.random.default_rng(seed)

    yield "darkness", darkness(mnist)
    yield "logistic", trained(rng(), mnist.train_and_validation, [], nn.log_likelihood, **everything)
    yield "30 sigmoid", trained(rng(), mnist.train, [30], nn.cross_entropy, epochs=10, eta=0.5, **small)
    yield "100 sigmoid", trained(rng(), mnist.train, [100], nn.cross_entropy, epochs=60, eta=0.1, **small)
    yield (
        "200 ReLU",
        trained(
            rng(), mnist.train_and_validation, [200], nn.log_likelihood, activation=nn.relu, **everything
        ),
    )


def packed(W):
    """Weights as bytes, 128 for 0 and the largest of each neuron at the ends; deflated."""
    W = W[:UNITS] / np.quantile(np.abs(W[:UNITS]), 0.99, axis=1, keepdims=True, method="higher")
    levels = np.round(128 + 127 * np.clip(W, -1, 1)).astype(np.uint8)
    return base64.b64encode(zlib.compress(levels.tobytes(), 9)).decode()


def run(seed):
    result = {}
    t = common.mnist().test.t
    for name, (outputs, W) in models(seed):
        answer = outputs.argmax(axis=1)
        counts = np.zeros((10, 10), int)
        np.add.at(counts, (t, answer), 1)
        wrong = np.flatnonzero(answer != t)
        surest = wrong[np.argsort(-outputs[wrong].max(axis=1), kind="stable")][:ERRORS]
        result[name] = {
            "confusion": counts,
            "surest errors": [[int(i), int(answer[i])] for i in surest],
            "units": packed(W),
        }
    return result


EXPERIMENTS = {
    # On another processor other images are the surest errors, and counts change; there is one seed.
    "mnist_models": common.Experiment(
        {"models": "as in Reading digits"}, run, [0], band={"confusion": 60, "surest errors": 9}
    )
}


if __name__ == "__main__":
    common.main(EXPERIMENTS)
