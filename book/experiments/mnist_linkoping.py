"""Example 6.2 of Lindholm et al.: logistic regression and 200 ReLU units, all 60,000 images.

η = 0.5, mini-batches of 100, 15 epochs = 9,000 steps; the 10,000 test images are
measured every 100 steps, as in the book, where they are called validation data.
"""

import itertools
from functools import partial

import common
import numpy as np

import nnlib as nn


def run(seed, hidden):
    mnist = common.mnist()
    rng = np.random.default_rng(seed)
    net = nn.Network.random(
        [784, *hidden, 10], rng=rng, hidden=nn.relu, output=nn.softmax, initializer=nn.He()
    )
    right, accuracies, costs = [], [], []

    def look(batch):
        right.append(float((nn.classify(batch.trace.output) == nn.classify(batch.Y)).mean()))
        if batch.step % 100 == 0:
            accuracies.append(nn.accuracy(net, mnist.test))
            costs.append(nn.cost(net, mnist.test, nn.log_likelihood))

    running = nn.sgd(
        net,
        mnist.train_and_validation,
        loss=nn.log_likelihood,
        batch_size=100,
        eta=0.5,
        rng=rng,
        each_batch=look,
    )
    for _ in itertools.islice(running, 15):
        pass
    return {
        "test error": [1 - a for a in accuracies],
        "test cost": costs,
        "test error by epoch": [1 - a for a in accuracies[5::6]],  # 600 steps make an epoch
        "training error": 1 - nn.accuracy(net, mnist.train_and_validation),
        "batch error": [1 - a for a in right[::20]],
        "share of perfect batches in the last epoch": float(np.mean(np.array(right[-600:]) == 1)),
    }


EXPERIMENTS = {
    f"linkoping_{name}": common.Experiment(
        {"sizes": [784, *hidden, 10], "loss": "log_likelihood", "eta": 0.5, "batch_size": 100},
        partial(run, hidden=hidden),
    )
    for name, hidden in (("logistic", []), ("relu200", [200]))
}

if __name__ == "__main__":
    common.main(EXPERIMENTS)
