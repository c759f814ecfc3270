"""Dropout, dropout without its rescaling, and artificial training images.

In `dropout_grid`, with 1,000 and 5,000 images, every dropout rate runs with every learning rate, and
what the validation and test images say is kept along the way, so that each can be given the rate and
the epoch that suit it. With 50,000 the learning rates are chosen by the validation images in
`dropout_rates`, with a seed that the other documents do not use and a third of their epochs; `RATES`
holds what came out. The test images choose nothing.
"""

import common
import numpy as np
from scipy import ndimage

import nnlib as nn

SEEDS = range(3)
GRID_EPOCHS = {1_000: 150, 5_000: 50}  # of that many images, with mini-batches of 10
EPOCHS = {50_000: 60}  # with mini-batches of 100
DROPPED = (0.0, 0.2, 0.5)
TRIED = (0.03, 0.1, 0.3, 1.0)
POINTS = 30
RATES = {50_000: {0.0: 0.3, 0.2: 0.3, 0.5: 0.3}}


def batch_size(n):
    return 10 if n <= 5_000 else 100


def relu_net(rng, hidden=(100,), activation=nn.relu, initializer=nn.He()):
    return nn.Network.random(
        [784, *hidden, 10], rng=rng, hidden=activation, output=nn.softmax, initializer=initializer
    )


def log_cost(net, data):
    return nn.cost(net, data, nn.log_likelihood)


def epochs_of(net, data, rate, eta, rng, epochs, dropout=nn.Dropout):
    """Train, and yield the number of every epoch."""
    running = nn.sgd(
        net,
        data,
        loss=nn.log_likelihood,
        batch_size=batch_size(len(data)),
        eta=eta,
        rng=rng,
        dropout=dropout(rate) if rate else None,
    )
    for epoch in running:
        yield epoch.number
        if epoch.number == epochs:
            return


def grid(seed):
    """What two sets of images say along the way, by number of images, dropout rate and learning rate."""
    found = {}
    sets = {"validation": common.mnist().validation, "test": common.mnist().test}
    for n, epochs in GRID_EPOCHS.items():
        data = common.mnist().train[:n]
        looks = np.unique(np.geomspace(1, epochs, 20).astype(int)).tolist()
        for rate in DROPPED:
            for eta in TRIED:
                rng = np.random.default_rng(seed)
                net = relu_net(rng)
                curves = {f"{name} {what}": [] for name in sets for what in ("accuracy", "cost")}
                for number in epochs_of(net, data, rate, eta, rng, epochs):
                    if number in looks:
                        for name, images in sets.items():
                            curves[f"{name} accuracy"].append(nn.accuracy(net, images))
                            curves[f"{name} cost"].append(log_cost(net, images))
                found.setdefault(str(n), {}).setdefault(str(rate), {})[str(eta)] = {"epochs": looks, **curves}
    return found


def choose(seed):
    """Validation accuracy after a third of the epochs, for each learning rate tried."""
    found = {}
    for n, epochs in EPOCHS.items():
        for rate in DROPPED:
            for eta in TRIED:
                rng = np.random.default_rng(seed)
                net = relu_net(rng)
                for _ in epochs_of(net, common.mnist().train[:n], rate, eta, rng, epochs // 3):
                    pass
                value = nn.accuracy(net, common.mnist().validation)
                found.setdefault(str(n), {}).setdefault(str(rate), []).append(value)
    return found


def dropped(seed):
    """Accuracies along the way and the costs at the end, by number of images and rate."""
    found = {}
    test = common.mnist().test
    for n, epochs in EPOCHS.items():
        data = common.mnist().train[:n]
        for rate in DROPPED:
            rng = np.random.default_rng(seed)
            net = relu_net(rng)
            curves = {"epochs": [], "training accuracy": [], "test accuracy": []}
            for number in epochs_of(net, data, rate, RATES[n][rate], rng, epochs):
                if number % -(-epochs // POINTS) == 0:
                    curves["epochs"].append(number)
                    curves["training accuracy"].append(nn.accuracy(net, data))
                    curves["test accuracy"].append(nn.accuracy(net, test))
            costs = {"training cost": log_cost(net, data), "test cost": log_cost(net, test)}
            found.setdefault(str(n), {})[str(rate)] = curves | costs
    return found


WIDE = 400


def wide(seed):
    """What dropout does for a layer four times as wide, with all images and the same learning rate."""
    n, found = 50_000, {}
    for rate in (0.0, 0.5):
        rng = np.random.default_rng(seed)
        net = relu_net(rng, (WIDE,))
        for _ in epochs_of(net, common.mnist().train, rate, RATES[n][rate], rng, EPOCHS[n]):
            pass
        found[str(rate)] = {
            f"{name} {what}": measure(net, data)
            for name, data in (("training", common.mnist().train), ("test", common.mnist().test))
            for what, measure in (("accuracy", nn.accuracy), ("cost", log_cost))
        }
    return found


class PlainDropout(nn.Dropout):
    """Dropout as first published: masks of 0 and 1, so the trained weights must be scaled for use."""

    def masks(self, net, m, rng):
        return [(rng.random((m, len(b))) >= self.rate).astype(net.dtype) for b in net.biases[:-1]]


def rescaled(net, rate):
    """The network for use: weights out of each layer that was thinned, times 1 - rate."""
    net = net.copy()
    for W in net.weights[1:]:
        W *= np.asarray(1 - rate, net.dtype)
    return net


PLAIN = {  # hidden layers, activation, start, rate, η
    "ReLU 100, 0.5": ((100,), nn.relu, nn.He(), 0.5, 0.03),
    "ReLU 100, 0.8": ((100,), nn.relu, nn.He(), 0.8, 0.03),
    "ReLU 100-100-100, 0.5": ((100, 100, 100), nn.relu, nn.He(), 0.5, 0.03),
    "sigmoid 100-100-100, 0.5": ((100, 100, 100), nn.sigmoid, nn.Glorot(), 0.5, 0.3),
    "sigmoid 100, 0.5": ((100,), nn.sigmoid, nn.Glorot(), 0.5, 0.3),
}
PLAIN_IMAGES, PLAIN_EPOCHS = 5_000, 40


def judged(net):
    """What the network says about the test images, and how sure it is."""
    test = common.mnist().test
    return {
        "test accuracy": nn.accuracy(net, test),
        "largest probability": float(nn.outputs(net, test.X).max(axis=1).mean()),
        "test cost": log_cost(net, test),
    }


def forgotten(seed):
    """Networks trained with plain masks, used with their weights scaled, and as they are."""
    found = {}
    data = common.mnist().train[:PLAIN_IMAGES]
    for name, (hidden, activation, start, rate, eta) in PLAIN.items():
        rng = np.random.default_rng(seed)
        net = relu_net(rng, hidden, activation, start)
        for _ in epochs_of(net, data, rate, eta, rng, PLAIN_EPOCHS, PlainDropout):
            pass
        found[name] = {"scaled": judged(rescaled(net, rate)), "forgotten": judged(net)}
    return found


ANGLES = (-10, 10)
SHIFTS = ((0, 1), (0, -1), (1, 0), (-1, 0))
ARTIFICIAL = {1_000: 240, 5_000: 90}  # epochs of the plain images; 15 divides both
LMBDA_PER_IMAGE = 1e-4
ARTIFICIAL_ETA = 0.5


def shifted(images):
    """The images, and the images moved by one pixel to each side; an empty row or column moves in."""
    moved = [images]
    for down, right in SHIFTS:
        padded = np.pad(images, ((0, 0), (1, 1), (1, 1)))
        moved.append(padded[:, 1 - down : 29 - down, 1 - right : 29 - right])
    return np.concatenate(moved)


def rotated(images):
    """The images, and the images turned about their middle."""
    turned = [
        ndimage.rotate(images, angle, axes=(2, 1), reshape=False, order=1).astype(images.dtype)
        for angle in ANGLES
    ]
    return np.concatenate([images, *turned])


def enlarged(data, *changes):
    """A data set of all the changed images, each with the class of its original."""
    images = data.X.reshape(-1, 28, 28)
    for change in changes:
        images = change(images)
    copies = len(images) // len(data)
    return nn.Dataset(images.reshape(-1, 784), np.tile(data.Y, (copies, 1)), np.tile(data.t, copies))


def variants(n):
    data = common.mnist().train[:n]
    yield "plain", data
    yield "shifted", enlarged(data, shifted)
    yield "rotated", enlarged(data, rotated)
    yield "both", enlarged(data, rotated, shifted)
    yield "more data", common.mnist().train[: 5 * n]


def artificial(seed):
    """Test accuracy by number of originals and variant, after the same number of steps."""
    found = {}
    for n, epochs in ARTIFICIAL.items():
        for name, data in variants(n):
            rng = np.random.default_rng(seed)
            net = nn.Network.random([784, 100, 10], rng=rng)
            running = nn.sgd(
                net,
                data,
                loss=nn.cross_entropy,
                batch_size=10,
                eta=ARTIFICIAL_ETA,
                rng=rng,
                regularizer=nn.L2(LMBDA_PER_IMAGE * len(data)),
            )
            for epoch in running:
                if epoch.number * len(data) == epochs * n:
                    break
            found.setdefault(str(n), {})[name] = {
                "images": len(data),
                "training accuracy": nn.accuracy(net, data),
                "validation accuracy": nn.accuracy(net, common.mnist().validation),
                "test accuracy": nn.accuracy(net, common.mnist().test),
                "test cost": nn.cost(net, common.mnist().test, nn.cross_entropy),
            }
    return found


NET = {"sizes": [784, 100, 10], "hidden": "relu", "loss": "log_likelihood", "start": "He"}
EXPERIMENTS = {
    "dropout_grid": common.Experiment(
        NET | {"epochs": {str(n): e for n, e in GRID_EPOCHS.items()}, "eta": list(TRIED), "batch_size": 10},
        grid,
        band=0.1,
        digits=4,
    ),
    "dropout_rates": common.Experiment(
        NET | {"images": list(EPOCHS), "epochs": [e // 3 for e in EPOCHS.values()], "eta": list(TRIED)},
        choose,
        seeds=[100],
    ),
    "dropout": common.Experiment(
        NET
        | {
            "epochs": {str(n): e for n, e in EPOCHS.items()},
            "batch_size": {str(n): batch_size(n) for n in EPOCHS},
            "eta": {str(n): {str(p): eta for p, eta in rates.items()} for n, rates in RATES.items()},
        },
        dropped,
        seeds=SEEDS,
    ),
    "dropout_wide": common.Experiment(
        NET
        | {"sizes": [784, WIDE, 10], "epochs": EPOCHS[50_000], "batch_size": 100, "eta": RATES[50_000][0.5]},
        wide,
        seeds=SEEDS,
    ),
    "dropout_forgotten_scaling": common.Experiment(
        {"images": PLAIN_IMAGES, "epochs": PLAIN_EPOCHS, "batch_size": 10, "networks": list(PLAIN)},
        forgotten,
        seeds=SEEDS,
    ),
    "artificial_data": common.Experiment(
        {
            "sizes": [784, 100, 10],
            "loss": "cross_entropy",
            "eta": ARTIFICIAL_ETA,
            "lmbda/n": LMBDA_PER_IMAGE,
            "batch_size": 10,
            "steps": {str(n): n * e // 10 for n, e in ARTIFICIAL.items()},
            "angles": list(ANGLES),
            "shifts": [list(s) for s in SHIFTS],
        },
        artificial,
        seeds=SEEDS,
    ),
}


if __name__ == "__main__":
    common.main(EXPERIMENTS)
