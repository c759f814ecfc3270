"""Nielsen's overfitting: 400 epochs on the first 1,000 images, without and with a penalty.

[784, 30, 10], cross-entropy, η = 0.5, mini-batches of 10, large start. The costs are without the
penalty; Nielsen adds it to the cost where there is one.
"""

from functools import partial

import common
import numpy as np

import nnlib as nn

SIZE = 1000
MEASURED = ("cost", "accuracy")


def run(seed, regularizer=None, epochs=400):
    mnist = common.mnist()
    rng = np.random.default_rng(seed)
    training = mnist.train[:SIZE]
    history = nn.train(
        common.network([784, 30, 10], rng, start="large"),
        training,
        loss=nn.cross_entropy,
        epochs=epochs,
        batch_size=10,
        eta=0.5,
        regularizer=regularizer,
        rng=rng,
        monitor={"training": training, "test": mnist.test},
    )
    return {f"{name} {what}": history[f"{name} {what}"] for name in ("training", "test") for what in MEASURED}


SETTINGS = {
    "sizes": [784, 30, 10],
    "examples": SIZE,
    "loss": "cross_entropy",
    "eta": 0.5,
    "batch_size": 10,
    "start": "large",
    "epochs": 400,
}
EXPERIMENTS = {
    "overfitting_plain": common.Experiment({**SETTINGS, "lmbda": 0.0}, run),
    "overfitting_l2": common.Experiment({**SETTINGS, "lmbda": 0.1}, partial(run, regularizer=nn.L2(0.1))),
}

if __name__ == "__main__":
    common.main(EXPERIMENTS)
