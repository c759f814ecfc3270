"""One to four hidden layers of 30: how well they read, and how fast each layer learns.

Cross-entropy, η = 0.1, λ = 5, scaled start, mini-batches of 10, 30 epochs. A layer's speed is the
length of its mean error δ, which is ∂C/∂b, over the first 1,000 training images.
"""

from functools import partial

import common
import numpy as np

import nnlib as nn


def speeds(net, data):
    """The length of ∂C/∂b in every hidden layer."""
    slopes = nn.backprop(net, data.X, data.Y, nn.cross_entropy).biases[:-1]
    return [float(np.linalg.norm(slope)) for slope in slopes]


def run(seed, depth):
    mnist = common.mnist()
    rng = np.random.default_rng(seed)
    net = common.network([784, *[30] * depth, 10], rng, start="scaled")
    found = {"validation accuracy": [], "initial speed": speeds(net, mnist.train[:1000]), "speed": []}
    for epoch in nn.sgd(
        net, mnist.train, loss=nn.cross_entropy, batch_size=10, eta=0.1, regularizer=nn.L2(5.0), rng=rng
    ):
        found["validation accuracy"].append(nn.accuracy(net, mnist.validation))
        found["speed"].append(speeds(net, mnist.train[:1000]))
        if epoch.number == 30:
            break
    return found


EXPERIMENTS = {
    f"depth_{depth}": common.Experiment(
        {
            "sizes": [784, *[30] * depth, 10],
            "loss": "cross_entropy",
            "eta": 0.1,
            "lmbda": 5.0,
            "batch_size": 10,
            "start": "scaled",
            "epochs": 30,
            "images for the speed": 1000,
        },
        partial(run, depth=depth),
    )
    for depth in (1, 2, 3, 4)
}

if __name__ == "__main__":
    common.main(EXPERIMENTS)
