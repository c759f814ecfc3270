"""Learning rates: one far too small, one far too large, and three between them.

The first two are those of Nielsen's first chapter, with the square cost and the large start. The
three of his third chapter have cross-entropy, λ = 5 and the scaled start; their cost, on all
50,000 training images, includes the penalty.
"""

from functools import partial

import common
import numpy as np

import nnlib as nn

EPOCHS = 30
RATES = (0.025, 0.25, 2.5)


def run(seed, hidden, eta):
    mnist = common.mnist()
    rng = np.random.default_rng(seed)
    history = nn.train(
        common.network([784, hidden, 10], rng, start="large"),
        mnist.train,
        loss=nn.square,
        epochs=EPOCHS,
        batch_size=10,
        eta=eta,
        rng=rng,
        monitor={"test": mnist.test},
    )
    return {"test accuracy": history["test accuracy"]}


def costs(seed, eta):
    """The training cost after each epoch, with the penalty."""
    mnist = common.mnist()
    rng = np.random.default_rng(seed)
    net = common.network([784, 30, 10], rng, start="scaled")
    penalty = nn.L2(5.0)
    training = nn.sgd(
        net, mnist.train, loss=nn.cross_entropy, batch_size=10, eta=eta, regularizer=penalty, rng=rng
    )
    return [
        nn.cost(net, mnist.train, nn.cross_entropy, penalty)
        for _ in zip(range(EPOCHS), training, strict=False)
    ]


def run_costs(seed):
    return {str(eta): costs(seed, eta) for eta in RATES}


def settings(hidden, loss, eta, **rest):
    return {
        "sizes": [784, hidden, 10],
        "loss": loss,
        "eta": eta,
        "batch_size": 10,
        "epochs": EPOCHS,
        **rest,
    }


WILD = 0.05  # the rates that are far too large magnify a rounding: two kernels of OpenBLAS ended 0.024 apart
EXPERIMENTS = {
    name: common.Experiment(
        settings(hidden, "square", eta, start="large"), partial(run, hidden=hidden, eta=eta), band=WILD
    )
    for name, hidden, eta in (("rate_001", 100, 0.001), ("rate_100", 30, 100.0))
}
EXPERIMENTS["rate_cost"] = common.Experiment(
    settings(30, "cross_entropy", RATES, lmbda=5.0, start="scaled"),
    run_costs,
    band={"0.25": WILD, "2.5": 0.2},  # at 2.5 the cost of a seed leaps by 0.2 from epoch to epoch
)

if __name__ == "__main__":
    common.main(EXPERIMENTS)
