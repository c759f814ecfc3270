"""What more examples are worth: [784, 30, 10] trained on 100 to 50,000 images.

Cross-entropy, η = 0.5, scaled start, λ = size · 10⁻⁴. Every network takes as many steps as 30
epochs on all 50,000 images have, and reads the validation images once, at the end.
"""

import common
import numpy as np

import nnlib as nn

SIZES = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000)
EXAMPLES = 1_500_000  # read by each network in training: 30 times 50,000


def run(seed):
    mnist = common.mnist()
    found = {}
    for size in SIZES:
        rng = np.random.default_rng(seed)
        net = common.network([784, 30, 10], rng, start="scaled")
        nn.train(
            net,
            mnist.train[:size],
            loss=nn.cross_entropy,
            epochs=EXAMPLES // size,
            batch_size=10,
            eta=0.5,
            regularizer=nn.L2(size * 1e-4),
            rng=rng,
        )
        found[str(size)] = nn.accuracy(net, mnist.validation)
    return {"validation accuracy": found}


EXPERIMENTS = {
    "data_size": common.Experiment(
        {
            "sizes": [784, 30, 10],
            "examples": SIZES,
            "loss": "cross_entropy",
            "eta": 0.5,
            "lmbda per example": 1e-4,
            "batch_size": 10,
            "start": "scaled",
            "steps": EXAMPLES // 10,
        },
        run,
    )
}

if __name__ == "__main__":
    common.main(EXPERIMENTS)
