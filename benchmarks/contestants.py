"""One architecture in five implementations, and the matrix products that all of them need.

Every function makes what runs one epoch of plain gradient descent on the same float32 data
(the textbook's loop: float64, on a tenth of it). Nothing else is asked of a contestant: no
penalty, no monitoring, no early stopping.
"""

import itertools
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from textbook import TextbookNetwork, columns

import nnlib as nn

LOOP_SHARE = 10  # the textbook's loop sees one example in ten, and its time is multiplied


@dataclass(frozen=True)
class Setting:
    """One architecture, and what nnlib's time may be as a share of another's."""

    name: str
    sizes: tuple[int, ...]
    batch_size: int
    softmax: bool
    eta: float
    targets: dict[str, float] = field(default_factory=dict)

    def __str__(self):
        units = "ReLU, softmax" if self.softmax else "sigmoids"
        return f"{list(self.sizes)}, {units}, mini-batches of {self.batch_size}"


@dataclass(frozen=True)
class Contestant:
    """What runs one epoch, and what its time has to be multiplied by."""

    run: Callable[[], object]
    factor: int = 1


def network(setting):
    """A network of nnlib's."""
    return nn.Network.random(
        setting.sizes,
        rng=np.random.default_rng(0),
        hidden=nn.relu if setting.softmax else nn.sigmoid,
        output=nn.softmax if setting.softmax else nn.sigmoid,
    )


def loss(setting):
    """The loss that suits the output."""
    return nn.log_likelihood if setting.softmax else nn.cross_entropy


def with_nnlib(setting, data):
    """One epoch of `nn.sgd`."""
    net, rng = network(setting), np.random.default_rng(0)
    epochs = nn.sgd(net, data, loss=loss(setting), batch_size=setting.batch_size, eta=setting.eta, rng=rng)
    return Contestant(lambda: next(epochs))


def written_out(setting, data):
    """The same steps for one hidden layer of sigmoids, with every trick and without a function or a check.

    Products from their quicker side, into memory that is there; a sigmoid in place; small mini-batches
    copied several at a time.
    """
    if setting.softmax or len(setting.sizes) != 3:
        raise NotImplementedError
    net, rng, size = network(setting), np.random.default_rng(0), setting.batch_size
    dW1, dW2, db1, db2 = (np.empty_like(p) for p in net.parameters)
    half, one, eta, m = (np.asarray(value, net.dtype) for value in (0.5, 1, setting.eta, size))
    at_once = size * max(1, 100 // size)

    def run():
        W1, W2, b1, b2 = net.parameters
        order = rng.permutation(len(data))
        for start in range(0, len(data) - size + 1, at_once):
            rows = order[start : start + at_once]
            some_X, some_Y = data.X.take(rows, axis=0), data.Y.take(rows, axis=0)
            for first in range(0, len(rows) - size + 1, size):
                X, Y = some_X[first : first + size], some_Y[first : first + size]
                z1 = W1.dot(X.T).T
                z1 += b1
                a1 = half * z1
                np.tanh(a1, out=a1)
                a1 *= half
                a1 += half
                z2 = W2.dot(a1.T).T
                z2 += b2
                a2 = half * z2
                np.tanh(a2, out=a2)
                a2 *= half
                a2 += half
                a2 -= Y  # from here on δ²
                d1 = W2.T.dot(a2.T).T * (a1 * (one - a1))
                a2 /= m
                d1 /= m
                np.dot(a2.T, a1, out=dW2)
                np.add.reduce(a2, axis=0, out=db2)
                np.dot(d1.T, X, out=dW1)
                np.add.reduce(d1, axis=0, out=db1)
                W1 -= eta * dW1
                W2 -= eta * dW2
                b1 -= eta * db1
                b2 -= eta * db2

    return Contestant(run)


def with_sklearn(setting, data):
    """`MLPClassifier.fit`, one iteration; one-hot targets make it end in sigmoids, labels in a softmax."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        setting.sizes[1:-1],
        activation="relu" if setting.softmax else "logistic",
        solver="sgd",
        batch_size=setting.batch_size,
        learning_rate_init=setting.eta,
        momentum=0,
        nesterovs_momentum=False,
        alpha=0,
        max_iter=1,
        random_state=0,
    )
    targets = data.t if setting.softmax else data.Y.astype(int)

    def run():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(data.X, targets)

    return Contestant(run)


def torch_model(setting):
    """The layers in PyTorch; the last activation is part of the cost there."""
    import torch

    layers = []
    for n_in, n_out in itertools.pairwise(setting.sizes):
        layers += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU() if setting.softmax else torch.nn.Sigmoid()]
    return torch.nn.Sequential(*layers[:-1])


def with_torch(setting, data):
    """A plain training loop over tensors, eager."""
    import torch

    model = torch_model(setting)
    step = torch.optim.SGD(model.parameters(), lr=setting.eta)
    X, Y, t = (torch.from_numpy(array) for array in (data.X, data.Y, data.t))

    def run():
        order = torch.randperm(len(X))
        for start in range(0, len(X), setting.batch_size):
            rows = order[start : start + setting.batch_size]
            z = model(X[rows])
            if setting.softmax:
                cost = torch.nn.functional.cross_entropy(z, t[rows])
            else:
                cost = torch.nn.functional.binary_cross_entropy_with_logits(z, Y[rows], reduction="sum")
                cost = cost / len(rows)
            step.zero_grad()
            cost.backward()
            step.step()

    return Contestant(run)


def with_loop(setting, data):
    """The textbook's loop over single examples; it knows sigmoids only."""
    if setting.softmax:
        raise NotImplementedError
    net, rng = TextbookNetwork(setting.sizes), np.random.default_rng(0)
    few = len(data) // LOOP_SHARE
    xs, ys = columns(data.X[:few]), columns(data.Y[:few])
    return Contestant(lambda: net.epoch(xs, ys, setting.batch_size, setting.eta, rng), LOOP_SHARE)


def matrix_products(setting, data):
    """The products of an epoch and nothing else, into memory that is there: no network can do without."""
    net, m = network(setting), setting.batch_size
    a = [np.ones((m, n), net.dtype) for n in setting.sizes]
    z = [np.empty((len(W), m), net.dtype) for W in net.weights]
    back = [np.empty((W.shape[1], m), net.dtype) for W in net.weights]
    dW = [np.empty_like(W) for W in net.weights]

    def run():
        for start in range(0, len(data) - m + 1, m):
            a[0] = data.X[start : start + m]
            for layer, W in enumerate(net.weights):
                np.matmul(W, a[layer].T, out=z[layer])
            for layer in range(len(dW) - 1, -1, -1):
                np.matmul(z[layer], a[layer], out=dW[layer])
                if layer:
                    np.matmul(net.weights[layer].T, z[layer], out=back[layer])

    return Contestant(run)


MAKERS = {
    "nnlib": with_nnlib,
    "scikit-learn": with_sklearn,
    "PyTorch": with_torch,
    "textbook loop": with_loop,
    "written out": written_out,
    "matrix products": matrix_products,
}


def contestants(setting, data, names=tuple(MAKERS)):
    """Those of them that are installed and know this architecture."""
    found = {}
    for name in names:
        try:
            found[name] = MAKERS[name](setting, data)
        except (ImportError, NotImplementedError):
            continue
    return found


def inference(setting, data):
    """Contestants that only put out what 10,000 images give; the loop does one in ten."""
    net, X = network(setting), data.X[:10_000]
    found = {"nnlib": Contestant(lambda: nn.outputs(net, X))}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from sklearn.neural_network import MLPClassifier

            model = MLPClassifier(setting.sizes[1:-1], activation="logistic", max_iter=1, random_state=0)
            model.fit(X[:1000], data.Y[:1000].astype(int))
        found["scikit-learn"] = Contestant(lambda: model.predict_proba(X))
    except ImportError:
        pass
    try:
        import torch
    except ImportError:
        pass
    else:
        module = torch.nn.Sequential(torch_model(setting), torch.nn.Sigmoid())
        images = torch.from_numpy(X)

        def put_out():
            with torch.no_grad():
                return module(images)

        found["PyTorch"] = Contestant(put_out)
    loop, xs = TextbookNetwork(setting.sizes), columns(X[::LOOP_SHARE])
    found["textbook loop"] = Contestant(lambda: [loop.output(x) for x in xs], LOOP_SHARE)
    return found
