"""Nielsen's first network, [784, 30, 10], with the quadratic cost and with cross-entropy.

30 epochs, mini-batches of 10, every weight and bias from N(0, 1), 20 seeds. The test
images are read after every epoch, as Nielsen prints them; nothing is chosen by them.
A digit is lost when not one of its test images is answered rightly.
"""

from functools import partial

import common
import numpy as np

import nnlib as nn


def run(seed, loss, eta):
    mnist = common.mnist()
    rng = np.random.default_rng(seed)
    net = nn.Network.random([784, 30, 10], rng=rng, initializer=nn.Normal(), bias_initializer=nn.Normal())
    accuracy, lost = [], []
    for epoch in nn.sgd(net, mnist.train, loss=loss, batch_size=10, eta=eta, rng=rng):
        right = np.diag(nn.confusion(net, mnist.test))
        accuracy.append(float(right.sum() / len(mnist.test)))
        lost.append(int((right == 0).sum()))
        if epoch.number == 30:
            break
    return {"test accuracy": accuracy, "lost digits": lost}


EXPERIMENTS = {
    f"mnist_{name}": common.Experiment(
        {"sizes": [784, 30, 10], "loss": repr(loss), "eta": eta, "batch_size": 10},
        partial(run, loss=loss, eta=eta),
        range(20),
    )
    for name, loss, eta in (("quadratic", nn.square, 3.0), ("cross_entropy", nn.cross_entropy, 0.5))
}

if __name__ == "__main__":
    common.main(EXPERIMENTS)
