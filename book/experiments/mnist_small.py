"""Nielsen's first network, [784, 30, 10], with the quadratic cost and with cross-entropy.

30 epochs, mini-batches of 10, every weight and bias from N(0, 1). The test
accuracy of every epoch is recorded, as Nielsen prints it; nothing is chosen by it.
"""

import common
import numpy as np

import nnlib as nn

mnist = nn.datasets.mnist()


def run(seed, loss, eta):
    rng = np.random.default_rng(seed)
    net = nn.Network.random([784, 30, 10], rng=rng, initializer=nn.Normal(), bias_initializer=nn.Normal())
    start = nn.accuracy(net, mnist.test)
    history = nn.train(
        net, mnist.train, loss=loss, epochs=30, batch_size=10, eta=eta, rng=rng, monitor={"test": mnist.test}
    )
    return {"test accuracy": [start, *history["test accuracy"]]}


if __name__ == "__main__":
    for name, loss, eta in [("quadratic", nn.square, 3.0), ("cross_entropy", nn.cross_entropy, 0.5)]:
        settings = {"sizes": [784, 30, 10], "loss": repr(loss), "eta": eta, "batch_size": 10, "epochs": 30}
        common.write(f"mnist_{name}", settings, lambda seed, loss=loss, eta=eta: run(seed, loss, eta))
