"""Overfitting by degrees: how many images, how much decay, how long; and L1 beside L2.

[784, 30, 10], cross-entropy, η = 0.5, mini-batches of 10, large start. What is measured in between
is spread evenly on a logarithmic axis of epochs. Costs are without the penalty.
"""

import itertools

import common
import numpy as np

import nnlib as nn

SIZES = (300, 1000, 10_000)
RATIOS = ("0", "1e-5", "1e-4", "1e-3", "1e-2")  # λ/n
EPOCHS = {size: min(400, round(400 * 1000 / size)) for size in SIZES}
POINTS = 20
SHOWN = 0  # the seed whose weights are kept
EDGES = np.linspace(-4, 4, 42)
L1_AND_L2 = (nn.L2(0.1), nn.L2(1.0), nn.L2(10.0), nn.L1(0.03), nn.L1(0.1), nn.L1(0.3), nn.L1(1.0))
SMALL = 0.001


def spread(last):
    """Give POINTS different epochs from 1 to the last, as even on a logarithmic axis as may be."""
    grids = (np.geomspace(1, last, tried).round().astype(int) for tried in itertools.count(POINTS))
    epochs = next(grid for grid in map(np.unique, grids) if len(grid) >= POINTS).tolist()
    return [*epochs[: POINTS - 1], last]


def shares(W):
    """Which share of the weights lies in each of 41 bins; the outer two take what is beyond them."""
    counts, _ = np.histogram(np.clip(W, EDGES[0], EDGES[-1]), EDGES)
    return [round(float(count / W.size), 4) for count in counts]


def learn(seed, size, regularizer, epochs):
    """Yield the network after each of the epochs named."""
    rng = np.random.default_rng(seed)
    net = common.network([784, 30, 10], rng, start="large")
    for epoch in nn.sgd(
        net,
        common.mnist().train[:size],
        loss=nn.cross_entropy,
        batch_size=10,
        eta=0.5,
        regularizer=regularizer,
        rng=rng,
    ):
        if epoch.number in epochs:
            yield net
        if epoch.number == max(epochs):
            break


def curves(seed, size, ratio):
    mnist = common.mnist()
    sets = {"training": mnist.train[:size], "test": mnist.test}
    found = {f"{name} {what}": [] for name in sets for what in ("accuracy", "cost")}
    if seed == SHOWN:
        found["weights"] = []
    penalty = nn.L2(float(ratio) * size)
    for net in learn(seed, size, penalty, spread(EPOCHS[size])):
        for name, data in sets.items():
            found[f"{name} accuracy"].append(nn.accuracy(net, data))
            found[f"{name} cost"].append(nn.cost(net, data, nn.cross_entropy))
        if seed == SHOWN:
            found["weights"].append(shares(net.weights[0]))
    return found


def run_grid(seed):
    return {str(size): {ratio: curves(seed, size, ratio) for ratio in RATIOS} for size in SIZES}


def run_l1_l2(seed):
    mnist = common.mnist()
    never_on = mnist.train[:1000].X.max(axis=0) == 0
    found = {}
    for penalty in L1_AND_L2:
        (net,) = learn(seed, 1000, penalty, [EPOCHS[1000]])
        small = np.abs(net.weights[0]) < SMALL
        found[repr(penalty)] = {
            "test accuracy": nn.accuracy(net, mnist.test),
            "small weights": float(small.mean()),
            "small weights of pixels that are on in no image": float(small[:, never_on].sum() / small.size),
        }
        if seed == SHOWN:
            found[repr(penalty)]["weights"] = shares(net.weights[0])
    return found


SETTINGS = {"sizes": [784, 30, 10], "loss": "cross_entropy", "eta": 0.5, "batch_size": 10, "start": "large"}
EXPERIMENTS = {
    "overfitting_grid": common.Experiment(
        {
            **SETTINGS,
            "examples": SIZES,
            "lmbda per example": RATIOS,
            "epochs": {str(size): spread(epochs) for size, epochs in EPOCHS.items()},
            "weights": "first layer, share in each of 41 bins from -4 to 4",
        },
        run_grid,
        range(3),
        digits=4,
    ),
    "l1_l2": common.Experiment(
        {
            **SETTINGS,
            "examples": 1000,
            "penalties": [repr(penalty) for penalty in L1_AND_L2],
            "epochs": EPOCHS[1000],
            "weights": "first layer, share in each of 41 bins from -4 to 4",
            "small": SMALL,
        },
        run_l1_l2,
        range(3),
        digits=4,
    ),
}

if __name__ == "__main__":
    common.main(EXPERIMENTS)
