"""[784, 100, 10], scaled start, cross-entropy, λ = 5, η = 0.1, 60 epochs: Nielsen's best plain network."""

import common
import numpy as np

import nnlib as nn


def run(seed):
    mnist = common.mnist()
    rng = np.random.default_rng(seed)
    net = nn.Network.random([784, 100, 10], rng=rng)
    history = nn.train(
        net,
        mnist.train,
        loss=nn.cross_entropy,
        epochs=60,
        batch_size=10,
        eta=0.1,
        regularizer=nn.L2(5.0),
        rng=rng,
        monitor={"validation": mnist.validation, "test": mnist.test},
    )
    return {name: history[name] for name in ("validation accuracy", "test accuracy")}


EXPERIMENTS = {
    "mnist_100": common.Experiment(
        {"sizes": [784, 100, 10], "loss": "cross_entropy", "eta": 0.1, "lmbda": 5.0, "epochs": 60}, run
    )
}

if __name__ == "__main__":
    common.main(EXPERIMENTS)
