"""XOR learned from 200 random starts: networks [2, n, 1] of ReLU units, and one of sigmoids.

2,000 steps on all four points at once. Kept are the four outputs, and for two ReLU units which
points each listens to: where its z is above 0.
"""

import common
import numpy as np

import nnlib as nn

WIDTHS = (2, 3, 4, 8, 16)
xor = nn.datasets.xor()


def learn(seed, hidden=2, activation=nn.relu, output=nn.identity, loss=nn.square, eta=0.1, start=nn.He()):
    rng = np.random.default_rng(seed)
    net = nn.Network.random(
        [2, hidden, 1], rng=rng, hidden=activation, output=output, initializer=start, dtype=np.float64
    )
    nn.train(net, xor, loss=loss, epochs=2000, batch_size=4, eta=eta, rng=rng)
    return net


def run(seed):
    found = {}
    for hidden in WIDTHS:
        trace = nn.forward(learn(seed, hidden), xor.X)
        found[f"outputs {hidden}"] = trace.output.ravel()
        if hidden == 2:
            listens = trace.z[0].T > 1e-9  # (2, 4)
            found["listens"] = ["".join(map(str, unit.astype(int))) for unit in listens]
    net = learn(seed, 2, nn.sigmoid, nn.sigmoid, nn.cross_entropy, 1.0, nn.Normal())
    found["outputs sigmoid"] = nn.outputs(net, xor.X).ravel()
    return found


EXPERIMENTS = {
    "xor_starts": common.Experiment(
        {
            "sizes": [[2, hidden, 1] for hidden in WIDTHS],
            "relu": {"loss": "square", "eta": 0.1, "initializer": "He()"},
            "sigmoid": {"loss": "cross_entropy", "eta": 1.0, "initializer": "Normal()"},
            "steps": 2000,
        },
        run,
        range(200),
    )
}

if __name__ == "__main__":
    common.main(EXPERIMENTS)
