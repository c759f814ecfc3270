"""What the gradient of one example costs: by the loop over examples, by matrices, and by trying.

Network [784, 30, 10], square cost, float32, one BLAS thread. Of every measurement the quickest of
many repetitions is kept: whatever else the machine does can only make it slower.
"""

import time

import common
import numpy as np

import nnlib as nn

BATCHES = (1, 3, 10, 30, 100, 300, 1000, 3000)


def one_example(W, b, x, y):
    """The gradient of one example, as the page on the derivation writes it."""
    z, a = [], [x]
    for weights, bias in zip(W, b, strict=True):
        z.append(weights @ a[-1] + bias)
        a.append(nn.sigmoid(z[-1]))
    delta = (a[-1] - y) * nn.sigmoid.prime(z[-1])
    dW, db = [], []
    for layer in reversed(range(len(W))):
        db.insert(0, delta)
        dW.insert(0, np.outer(delta, a[layer]))
        if layer > 0:
            delta = (W[layer].T @ delta) * nn.sigmoid.prime(z[layer - 1])
    return dW, db


def by_loop(net, X, Y):
    """Mean over the examples, one after the other."""
    dW, db = ([np.zeros_like(p) for p in part] for part in (net.weights, net.biases))
    for x, y in zip(X, Y, strict=True):
        for total, part in zip((dW, db), one_example(net.weights, net.biases, x, y), strict=True):
            for t, p in zip(total, part, strict=True):
                t += p
    return [t / len(X) for t in (*dW, *db)]


def quickest(call, seconds=1.0):
    """Seconds of the quickest of the calls made in that time, at least three."""
    best, calls, start = np.inf, 0, time.perf_counter()
    while calls < 3 or time.perf_counter() - start < seconds:
        before = time.perf_counter()
        call()
        best, calls = min(best, time.perf_counter() - before), calls + 1
    return best


def run(seed):
    rng = np.random.default_rng(seed)
    net = nn.Network.random([784, 30, 10], rng=rng)
    X = rng.random((max(BATCHES), 784), dtype=np.float32)
    Y = np.eye(10, dtype=np.float32)[rng.integers(0, 10, len(X))]
    for mine, theirs in zip(
        by_loop(net, X[:50], Y[:50]), nn.backprop(net, X[:50], Y[:50], nn.square).parameters, strict=True
    ):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)
    return {
        "loop": [1e6 * quickest(lambda m=m: by_loop(net, X[:m], Y[:m])) / m for m in BATCHES],
        "matrix": [
            1e6 * quickest(lambda m=m: nn.backprop(net, X[:m], Y[:m], nn.square)) / m for m in BATCHES
        ],
        "trying": quickest(lambda: nn.numerical_gradients(net, X[:1], Y[:1], nn.square), 0),
    }


EXPERIMENTS = {
    "backprop_times": common.Experiment(
        {
            "sizes": [784, 30, 10],
            "loss": "square",
            "batches": BATCHES,
            "units": {"loop": "µs per example", "matrix": "µs per example", "trying": "s for one gradient"},
        },
        run,
        range(3),
        timing=True,
    )
}

if __name__ == "__main__":
    common.main(EXPERIMENTS)
