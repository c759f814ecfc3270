"""A race over four hidden layers of the small digits, for every activation with every learning rate.

Epochs until 90 % of the validation images are read rightly; 60 if that did not happen, or the network
diverged. Each activation has the start that was made for it: Glorot's for a slope of 1 in the middle,
He's for half a line, four times Glorot's for the sigmoid's slope of ¼, with and without biases that
take away what a mean output of ½ adds to z. The sigmoid also runs from Glorot's.
"""

import common
import numpy as np

import nnlib as nn

RATES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
MOST = 60


RUNNERS = {
    "sigmoid, Glorot": (nn.sigmoid, nn.Glorot(), False),
    "sigmoid, 4 x Glorot": (nn.sigmoid, common.wide, False),
    "sigmoid, 4 x Glorot, centred": (nn.sigmoid, common.wide, True),
    "tanh": (nn.tanh, nn.Glorot(), False),
    "softsign": (nn.softsign, nn.Glorot(), False),
    "ReLU": (nn.relu, nn.He(), False),
    "leaky ReLU": (nn.leaky_relu, nn.He(), False),
    "softplus": (nn.softplus, nn.He(), False),
}


def epochs(f, start, centred, eta, seed):
    digits = nn.datasets.digits()
    rng = np.random.default_rng(seed)
    net = nn.Network.random([64] + [30] * 4 + [10], rng=rng, hidden=f, output=nn.softmax, initializer=start)
    if centred:
        common.centre(net)
    try:
        for epoch in nn.sgd(net, digits.train, eta=eta, loss=nn.log_likelihood, rng=rng):
            if nn.accuracy(net, digits.validation) >= 0.9 or epoch.number == MOST:
                return epoch.number
    except nn.Diverged:
        pass
    return MOST


def run(seed):
    with np.errstate(over="ignore", invalid="ignore"):
        return {
            name: {str(eta): epochs(*runner, eta, seed) for eta in RATES} for name, runner in RUNNERS.items()
        }


EXPERIMENTS = {
    "activation_race": common.Experiment(
        {"sizes": [64, 30, 30, 30, 30, 10], "eta": list(RATES), "most": MOST}, run, band=20.0
    )
}


if __name__ == "__main__":
    common.main(EXPERIMENTS)
