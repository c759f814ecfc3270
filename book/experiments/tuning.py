"""A whole grid of settings, to search without waiting, and Nielsen's rules of thumb in seconds.

In `tuning_table` validation and test accuracy of each network are read once, after its last
epoch. A network that diverged counts as 0.1, a guess among ten digits.
"""

import itertools
import time

import common
import numpy as np

import nnlib as nn

ETAS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
LMBDAS_PER_IMAGE = (0.0, 1e-5, 1e-4, 1e-3)
BATCH_SIZES = (5, 20, 100)
WIDTHS = (10, 30, 100)
IMAGES, EPOCHS = 5_000, 10


def trained(net, data, eta, rng, *, epochs=1, batch_size=10, regularizer=None):
    """The network after some epochs, or None if it diverged."""
    running = nn.sgd(
        net,
        data,
        loss=nn.cross_entropy,
        batch_size=batch_size,
        eta=eta,
        rng=rng,
        regularizer=regularizer,
    )
    try:
        for epoch in running:
            if epoch.number == epochs:
                return net
    except nn.Diverged:
        return None


def measured(net, data):
    return 0.1 if net is None else round(nn.accuracy(net, data), 4)


def table(seed):
    """Accuracies as nested lists [η][λ/n][batch size][width]."""
    data = common.mnist().train[:IMAGES]
    axes = (ETAS, LMBDAS_PER_IMAGE, BATCH_SIZES, WIDTHS)
    found = {"validation accuracy": [], "test accuracy": []}
    for eta, lmbda, m, width in itertools.product(*axes):
        rng = np.random.default_rng(seed)
        net = nn.Network.random([784, width, 10], rng=rng)
        settings = {"epochs": EPOCHS, "batch_size": m, "regularizer": nn.L2(lmbda * IMAGES)}
        net = trained(net, data, eta, rng, **settings)
        found["validation accuracy"].append(measured(net, common.mnist().validation))
        found["test accuracy"].append(measured(net, common.mnist().test))
    return {name: np.reshape(values, [len(axis) for axis in axes]) for name, values in found.items()}


RULE_ETA = 0.1
RULE_ETAS = (0.01, 0.1, 1.0, 10.0, 100.0)
MONITOR_STEPS = 100


def binary(data, outputs):
    """The zeros and ones alone, with one output or two."""
    data = data[data.t < 2]
    return nn.Dataset(data.X, data.Y[:, :2] if outputs == 2 else data.Y[:, 1:2], data.t)


def first_epochs():
    """What is trained for one epoch: a name, the sizes, training and test images."""
    train, test = common.mnist().train, common.mnist().test
    yield "0 and 1, [784, 1]", [784, 1], binary(train, 1), binary(test, 1)
    yield "0 and 1, [784, 2]", [784, 2], binary(train, 2), binary(test, 2)
    yield "[784, 10]", [784, 10], train, test
    yield "[784, 30, 10]", [784, 30, 10], train, test
    yield "[784, 100, 10]", [784, 100, 10], train, test


def timed(seed):
    """Seconds of one epoch."""
    found = {}
    for name, sizes, train, _ in first_epochs():
        rng = np.random.default_rng(seed)
        net = nn.Network.random(sizes, rng=rng)
        start = time.perf_counter()
        trained(net, train, RULE_ETA, rng)
        found[name] = time.perf_counter() - start
    return found


def monitored(seed, eta):
    """Accuracy on 1,000 validation images before the first step and after every 100."""
    rng = np.random.default_rng(seed)
    net = nn.Network.random([784, 30, 10], rng=rng)
    watched = common.mnist().validation[:1_000]
    accuracy = [nn.accuracy(net, watched)]

    def look(batch):
        if batch.step % MONITOR_STEPS == 0:
            accuracy.append(nn.accuracy(net, watched))

    with np.errstate(over="ignore", invalid="ignore"):
        running = nn.sgd(
            net,
            common.mnist().train[:10_000],
            loss=nn.cross_entropy,
            eta=eta,
            rng=rng,
            each_batch=look,
        )
        next(running)
    return accuracy


def rules(seed):
    """Fewer classes, no hidden layer, frequent looks: test accuracy after one epoch, and the looks."""
    found = {}
    for name, sizes, train, test in first_epochs():
        rng = np.random.default_rng(seed)
        net = trained(nn.Network.random(sizes, rng=rng), train, RULE_ETA, rng)
        found[name] = {"images": len(train), "test accuracy": nn.accuracy(net, test)}
    return found | {"monitored": {str(eta): monitored(seed, eta) for eta in RULE_ETAS}}


RULES = {"loss": "cross_entropy", "start": "scaled", "batch_size": 10, "eta": RULE_ETA}
EXPERIMENTS = {
    "tuning_table": common.Experiment(
        {
            "images": IMAGES,
            "epochs": EPOCHS,
            "loss": "cross_entropy",
            "start": "scaled",
            "eta": list(ETAS),
            "lmbda/n": list(LMBDAS_PER_IMAGE),
            "batch_size": list(BATCH_SIZES),
            "width": list(WIDTHS),
        },
        table,
        seeds=range(3),
    ),
    "rules_of_thumb": common.Experiment(
        RULES
        | {
            "monitored sizes": [784, 30, 10],
            "monitored eta": list(RULE_ETAS),
            "monitored every": MONITOR_STEPS,
        },
        rules,
    ),
    "rules_of_thumb_seconds": common.Experiment(RULES, timed, timing=True),
}


if __name__ == "__main__":
    common.main(EXPERIMENTS)
