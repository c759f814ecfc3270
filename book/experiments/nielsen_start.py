"""How to start: weights from N(0, 1) or from N(0, 1/n_in), and three kinds of biases.

Cross-entropy, λ = 5, mini-batches of 10, 30 epochs. η is 0.1, except in San José's listing, which
takes 0.5 and one start in print and means the other.
"""

import itertools
from functools import partial

import common
import numpy as np

import nnlib as nn

BIASES = {"normal": nn.Normal(), "zero": nn.Constant(0.0), "one": nn.Constant(1.0)}


def learn(seed, hidden=30, eta=0.1, start="scaled", biases="normal", on="validation"):
    """Accuracy after each epoch on the validation or the test images."""
    mnist = common.mnist()
    rng = np.random.default_rng(seed)
    net = nn.Network.random(
        [784, hidden, 10],
        rng=rng,
        initializer=nn.Normal() if start == "large" else nn.LeCun(),
        bias_initializer=BIASES[biases],
    )
    return train(net, rng, eta=eta, monitor={on: getattr(mnist, on)})[f"{on} accuracy"]


def train(net, rng, eta=0.1, epochs=30, **watched):
    """Train with what all these experiments share."""
    return nn.train(
        net,
        common.mnist().train,
        loss=nn.cross_entropy,
        epochs=epochs,
        batch_size=10,
        eta=eta,
        regularizer=nn.L2(5.0),
        rng=rng,
        **watched,
    )


def run(seed, on="validation", **how):
    return {f"{on} accuracy": learn(seed, on=on, **how)}


def run_biases(seed):
    return {name: learn(seed, biases=name) for name in BIASES}


def run_layers(seed):
    """One epoch with either layer's weights drawn large or scaled, and what is so at its start."""
    mnist = common.mnist()
    some = mnist.train[:1000]
    found = {}
    for first, second in itertools.product(("large", "scaled"), repeat=2):
        rng = np.random.default_rng(seed)
        net = common.network([784, 30, 10], rng, start="large")
        for W, start in zip(net.weights, (first, second), strict=True):
            W /= 1 if start == "large" else np.sqrt(W.shape[1])
        beyond = np.abs(nn.forward(net, some.X).z[0]) > 5
        slopes = nn.backprop(net, some.X, some.Y, nn.cross_entropy).weights[0]
        train(net, rng, epochs=1)
        found[f"{first}, {second}"] = {
            "validation accuracy": nn.accuracy(net, mnist.validation),
            "share of |z| > 5": float(beyond.mean()),
            "length of the gradient in W1": float(np.linalg.norm(slopes)),
        }
    return found


def settings(hidden, eta, **start):
    return {
        "sizes": [784, hidden, 10],
        "loss": "cross_entropy",
        "eta": eta,
        "lmbda": 5.0,
        "batch_size": 10,
        "epochs": 30,
        **start,
    }


EXPERIMENTS = {
    f"start_{hidden}_{start}": common.Experiment(
        settings(hidden, 0.1, start=start), partial(run, hidden=hidden, start=start)
    )
    for hidden in (30, 100)
    for start in ("large", "scaled")
}
EXPERIMENTS |= {
    f"listing_as_{which}": common.Experiment(
        settings(30, 0.5, start=start), partial(run, on="test", eta=0.5, start=start)
    )
    for which, start in (("printed", "large"), ("meant", "scaled"))
}
EXPERIMENTS["start_biases"] = common.Experiment(
    settings(30, 0.1, start="scaled", biases={name: repr(rule) for name, rule in BIASES.items()}),
    run_biases,
)
EXPERIMENTS["start_layers"] = common.Experiment(settings(30, 0.1) | {"epochs": 1}, run_layers)

if __name__ == "__main__":
    common.main(EXPERIMENTS)
