"""The penalty on all 50,000 images: 30 and 100 hidden units, 30 epochs, without and with λ = 5.

Cross-entropy, η = 0.5, mini-batches of 10, large start.
"""

from functools import partial

import common
import numpy as np

import nnlib as nn

KEPT = ("training accuracy", "validation accuracy", "test accuracy")


def run(seed, hidden, lmbda):
    mnist = common.mnist()
    rng = np.random.default_rng(seed)
    history = nn.train(
        common.network([784, hidden, 10], rng, start="large"),
        mnist.train,
        loss=nn.cross_entropy,
        epochs=30,
        batch_size=10,
        eta=0.5,
        regularizer=nn.L2(lmbda) if lmbda else None,
        rng=rng,
        monitor={"training": mnist.train, "validation": mnist.validation, "test": mnist.test},
    )
    return {name: history[name] for name in KEPT}


EXPERIMENTS = {
    f"regularised_{hidden}_{name}": common.Experiment(
        {
            "sizes": [784, hidden, 10],
            "loss": "cross_entropy",
            "eta": 0.5,
            "lmbda": lmbda,
            "batch_size": 10,
            "start": "large",
            "epochs": 30,
        },
        partial(run, hidden=hidden, lmbda=lmbda),
    )
    for hidden in (30, 100)
    for name, lmbda in (("none", 0.0), ("l2", 5.0))
}

if __name__ == "__main__":
    common.main(EXPERIMENTS)
