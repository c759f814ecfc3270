"""One to four hidden layers of 30: how well they read, and how fast each layer learns.

Cross-entropy, η = 0.1, λ = 5, mini-batches of 10, 30 epochs. A layer's speed is the length of its
mean error δ, which is ∂C/∂b, over the first 1,000 training images.

`depth_1` to `depth_4` have Nielsen's start, weights of variance 1/n_in. `depth_1_own` to `depth_4_own`
have the sigmoid's own: four times Glorot's weights, for the slope of ¼, and biases that take away what
the mean output ½ of the layer before adds to z. `depth_4_wide` has the weights without the biases.
"""

from functools import partial

import common
import numpy as np

import nnlib as nn


def speeds(net, data):
    """The length of ∂C/∂b in every hidden layer."""
    slopes = nn.backprop(net, data.X, data.Y, nn.cross_entropy).biases[:-1]
    return [float(np.linalg.norm(slope)) for slope in slopes]


def wide(sizes, rng):
    return nn.Network.random(sizes, rng=rng, initializer=common.wide)


def own(sizes, rng):
    net = wide(sizes, rng)
    common.centre(net)
    return net


def run(seed, depth, start):
    mnist = common.mnist()
    rng = np.random.default_rng(seed)
    net = start([784, *[30] * depth, 10], rng)
    found = {"validation accuracy": [], "initial speed": speeds(net, mnist.train[:1000]), "speed": []}
    for epoch in nn.sgd(
        net, mnist.train, loss=nn.cross_entropy, batch_size=10, eta=0.1, regularizer=nn.L2(5.0), rng=rng
    ):
        found["validation accuracy"].append(nn.accuracy(net, mnist.validation))
        found["speed"].append(speeds(net, mnist.train[:1000]))
        if epoch.number == 30:
            break
    return found


STARTS = {
    "": ("scaled", partial(common.network, start="scaled")),
    "_own": ("4 x Glorot, centred biases", own),
    "_wide": ("4 x Glorot", wide),
}

EXPERIMENTS = {
    f"depth_{depth}{suffix}": common.Experiment(
        {
            "sizes": [784, *[30] * depth, 10],
            "loss": "cross_entropy",
            "eta": 0.1,
            "lmbda": 5.0,
            "batch_size": 10,
            "start": STARTS[suffix][0],
            "epochs": 30,
            "images for the speed": 1000,
        },
        partial(run, depth=depth, start=STARTS[suffix][1]),
    )
    for depth, suffix in (*((d, s) for s in ("", "_own") for d in (1, 2, 3, 4)), (4, "_wide"))
}

if __name__ == "__main__":
    common.main(EXPERIMENTS)
