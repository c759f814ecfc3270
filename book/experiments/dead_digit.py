"""The dead digit: an output neuron that falls onto the flat side of its sigmoid and stays there.

A digit is dead when fewer than 5 % of its test images are answered rightly, and lost when not
one is. The test images are read after every epoch, and nothing is chosen by them. Mini-batches
of 10; the large start draws every weight and bias from N(0, 1).

`dead_digit_story` follows three of these seeds through their first epoch. In seeds 5 and 11 of
`dead_digit_100_quadratic` a digit (9 and 7) is lost after the first epoch and after all others.
In seed 13 none is in the end: digit 5, which looks as bad as those two for the whole of the
first epoch, comes back in the second. `dead_digit_100_slow` has a tenth of the learning rate,
and `dead_digit_flow` compares rates a hundredfold apart at equal η·steps, where all have gone
about equally far along the gradient.
"""

import common
import numpy as np

import nnlib as nn

SEEDS = range(20)
DEAD = 0.05
TRIED = (0.3, 1.0, 3.0, 10.0)
FLOW_RATES = (3.0, 0.3, 0.03)
DISTANCES = (3, 6, 15, 30, 60, 150, 300, 600)  # η·steps
STEPS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
EARLY = 20
SAMPLE = 2_000


def fresh(rng, hidden, scaled):
    sizes = [784, *hidden, 10]
    if scaled:
        return nn.Network.random(sizes, rng=rng)
    return nn.Network.random(sizes, rng=rng, initializer=nn.Normal(), bias_initializer=nn.Normal())


def watched(seed, hidden, loss, eta, epochs, scaled=False):
    """Train and look at the test images after every epoch."""
    rng = np.random.default_rng(seed)
    net = fresh(rng, hidden, scaled)
    test = common.mnist().test
    images = np.bincount(test.t)
    accuracy, lost, dead = [], [], []
    for epoch in nn.sgd(net, common.mnist().train, loss=loss, batch_size=10, eta=eta, rng=rng):
        right = np.diag(nn.confusion(net, test))
        accuracy.append(float(right.sum() / len(test)))
        lost.append(int((right == 0).sum()))
        dead.append(int((right < DEAD * images).sum()))
        if epoch.number == epochs:
            break
    return {
        "test accuracy": accuracy,
        "lost digits": lost,
        "dead digits": dead,
        "recall": right / images,
        "largest output": nn.outputs(net, test.X).max(axis=0).astype(float),
    }


def after(seed, epochs):
    """The state of digits after a few epochs, for each learning rate tried."""
    found = {}
    for eta in TRIED:
        record = watched(seed, [100], nn.square, eta, epochs)
        for name in ("test accuracy", "lost digits", "dead digits"):
            found.setdefault(name, []).append(record[name][-1])
    return found


def followed(seed, loss, eta, *, scaled=False):
    """The ten output neurons over a fixed sample of training images, during one epoch."""
    rng = np.random.default_rng(seed)
    net = fresh(rng, [100], scaled)
    sample = common.mnist().train[:SAMPLE]
    own = sample.Y.T / sample.Y.sum(axis=0)[:, None]  # row k averages over the images of digit k
    others = (1 - sample.Y.T) / (1 - sample.Y).sum(axis=0)[:, None]
    names = (
        "own output",
        "other output",
        "own error",
        "other error",
        "own z",
        "z",
        "z spread",
        "hidden square",
    )
    record = {name: [] for name in names}
    record |= {"early z": [], "early batch error": [], "early batch images": []}

    def look(step):
        trace = nn.forward(net, sample.X)
        z, a = trace.z[-1], trace.output
        own_z = np.einsum("kn,nk->k", own, z)
        if step <= EARLY:
            record["early z"].append(own_z)
        if step in STEPS:
            error = np.abs(loss.delta(net.activations[-1], z, a, sample.Y))
            record["own output"].append(np.einsum("kn,nk->k", own, a))
            record["other output"].append(np.einsum("kn,nk->k", others, a))
            record["own error"].append(np.einsum("kn,nk->k", own, error))
            record["other error"].append(np.einsum("kn,nk->k", others, error))
            record["own z"].append(own_z)
            record["z"].append(z.mean(axis=0))
            record["z spread"].append(z.std(axis=0))
            record["hidden square"].append(float(np.square(trace.a[1]).sum(axis=1).mean()))

    def each_batch(batch):
        if batch.step <= EARLY:
            z, a = batch.trace.z[-1], batch.trace.output
            error = loss.delta(net.activations[-1], z, a, batch.Y)
            record["early batch error"].append(error.mean(axis=0))
            record["early batch images"].append(batch.Y.sum(axis=0).astype(int))
        if batch.step <= EARLY or batch.step in STEPS:
            look(batch.step)

    look(0)
    next(nn.sgd(net, common.mnist().train, loss=loss, batch_size=10, eta=eta, rng=rng, each_batch=each_batch))
    return record


def flow(seed):
    """The mean z of each output neuron over its own images, against how far the network has gone."""
    found = {f"z at {eta}": flowing(seed, eta) for eta in FLOW_RATES}
    return found | {"products of hidden activations": products(seed)}


def products(seed):
    """How much two images have in common in the hidden layer at the start."""
    sample = common.mnist().train[:SAMPLE]
    hidden = nn.forward(fresh(np.random.default_rng(seed), [100], False), sample.X).a[1]
    two, nines = hidden @ hidden.T, sample.t == 9
    other = ~np.eye(len(two), dtype=bool)
    low, high = np.quantile(two[other], [0.01, 0.99]).astype(float)
    both = np.outer(nines, nines) & other
    return {"1 %": float(low), "99 %": float(high), "of two 9s": float(two[both].mean())}


def flowing(seed, eta):
    rng = np.random.default_rng(seed)
    net = fresh(rng, [100], False)
    train = common.mnist().train
    sample = train[:SAMPLE]
    own = sample.Y.T / sample.Y.sum(axis=0)[:, None]  # row k averages over the images of digit k
    due = {0, *(round(distance / eta) for distance in DISTANCES)}
    record = []

    def look(step):
        if step in due:
            record.append(np.einsum("kn,nk->k", own, nn.forward(net, sample.X).z[-1]))

    look(0)
    epochs = nn.sgd(
        net, train, loss=nn.square, batch_size=10, eta=eta, rng=rng, each_batch=lambda batch: look(batch.step)
    )
    while len(record) < len(due):
        next(epochs)
    return record


def story(seed):
    """What happens to the output neurons with either cost, and from a scaled start."""
    return {
        "quadratic": followed(seed, nn.square, 3.0),
        "cross entropy": followed(seed, nn.cross_entropy, 0.5),
        "scaled start": followed(seed, nn.square, 3.0, scaled=True),
    }


ONE_DIGIT = {  # what one digit more or less may change
    "test accuracy": 0.11,
    "lost digits": 1.0,
    "dead digits": 1.0,
    "recall": 0.05,
    "largest output": 0.05,
}


def experiment(hidden, loss, eta, epochs, *, scaled=False, seeds=SEEDS):
    settings = {
        "sizes": [784, *hidden, 10],
        "loss": repr(loss),
        "eta": eta,
        "batch_size": 10,
        "epochs": epochs,
        "start": "scaled" if scaled else "large",
    }
    return common.Experiment(
        settings,
        lambda seed: watched(seed, hidden, loss, eta, epochs, scaled),
        seeds=seeds,
        band=ONE_DIGIT if loss == nn.square else 0.02,
    )


EXPERIMENTS = {
    "dead_digit_10_quadratic": experiment([], nn.square, 3.0, 10),
    "dead_digit_10_cross_entropy": experiment([], nn.cross_entropy, 0.1, 10),
    "dead_digit_100_quadratic": experiment([100], nn.square, 3.0, 30),
    "dead_digit_100_cross_entropy": experiment([100], nn.cross_entropy, 0.5, 20),
    "dead_digit_100_scaled": experiment([100], nn.square, 3.0, 10, scaled=True),
    "dead_digit_100_slow": experiment([100], nn.square, 0.3, 30, seeds=range(10)),
    "dead_digit_rates": common.Experiment(
        {"sizes": [784, 100, 10], "loss": "square", "eta": list(TRIED), "batch_size": 10, "epochs": 3},
        lambda seed: after(seed, 3),
        seeds=SEEDS,
        band=ONE_DIGIT,
    ),
    "dead_digit_flow": common.Experiment(
        {"sizes": [784, 100, 10], "loss": "square", "eta": list(FLOW_RATES), "eta x steps": list(DISTANCES)},
        flow,
        seeds=range(6),
        band=10.0,
        digits=3,
    ),
    "dead_digit_story": common.Experiment(
        {
            "sizes": [784, 100, 10],
            "eta": {"quadratic": 3.0, "cross entropy": 0.5, "scaled start": 3.0},
            "batch_size": 10,
            "steps": list(STEPS),
            "early steps": EARLY,
            "sample": SAMPLE,
        },
        story,
        seeds=(5, 11, 13),
        band={"own z": 10.0, "z": 10.0, "early z": 10.0, "z spread": 3.0, "hidden square": 20.0},
        digits=3,
    ),
}


if __name__ == "__main__":
    common.main(EXPERIMENTS)
