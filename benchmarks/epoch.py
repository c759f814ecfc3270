"""Seconds for one epoch over 50,000 images: nnlib beside scikit-learn, the textbook's loop and PyTorch.

Every contestant trains the same architecture with plain gradient descent on the same
float32 data. They take turns, so that whatever else the machine does meets all of them.
Run with `python benchmarks/epoch.py`; see README.md.
"""

import argparse
import os
import platform
import statistics
import time
import warnings
from dataclasses import dataclass

import numpy as np
from textbook import TextbookNetwork, columns

import nnlib as nn

LOOP_EXAMPLES = 5_000  # the textbook's loop sees a tenth of the data, and its time is multiplied


@dataclass(frozen=True)
class Setting:
    """One architecture, and what nnlib's time may be as a share of another's."""

    sizes: tuple[int, ...]
    batch_size: int
    softmax: bool
    eta: float
    targets: dict[str, float]

    def __str__(self):
        units = "ReLU, softmax and log-likelihood" if self.softmax else "sigmoids and cross-entropy"
        return f"{list(self.sizes)}, mini-batches of {self.batch_size}, {units}"


SETTINGS = [
    Setting((784, 30, 10), 10, False, 0.5, {"scikit-learn": 0.30, "textbook loop": 0.12}),
    Setting((784, 200, 10), 100, True, 0.5, {"scikit-learn": 0.65}),
]


def training_data():
    """MNIST's 50,000 training images, or random numbers of their shape: the arithmetic is the same."""
    if nn.datasets.available("mnist"):
        return nn.datasets.mnist().train, "MNIST"
    rng = np.random.default_rng(0)
    X = rng.random((50_000, 784), dtype=np.float32)
    return nn.Dataset.from_labels(X, rng.integers(0, 10, 50_000), 10), "random numbers (no MNIST here)"


def nnlib_epoch(setting, data):
    """One epoch of `nn.sgd`."""
    rng = np.random.default_rng(0)
    net = nn.Network.random(
        setting.sizes,
        rng=rng,
        hidden=nn.relu if setting.softmax else nn.sigmoid,
        output=nn.softmax if setting.softmax else nn.sigmoid,
    )
    loss = nn.log_likelihood if setting.softmax else nn.cross_entropy
    epochs = nn.sgd(net, data, loss=loss, batch_size=setting.batch_size, eta=setting.eta, rng=rng)
    return lambda: next(epochs)


def sklearn_epoch(setting, data):
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

    return run


def textbook_epoch(setting, data):
    """The loop over single examples, on a tenth of the data."""
    net, rng = TextbookNetwork(setting.sizes), np.random.default_rng(0)
    xs, ys = columns(data.X[:LOOP_EXAMPLES]), columns(data.Y[:LOOP_EXAMPLES])
    return lambda: net.epoch(xs, ys, setting.batch_size, setting.eta, rng)


def torch_epoch(setting, data):
    """A plain training loop over tensors."""
    import torch

    layers = [torch.nn.Linear(*setting.sizes[:2]), torch.nn.ReLU() if setting.softmax else torch.nn.Sigmoid()]
    model = torch.nn.Sequential(*layers, torch.nn.Linear(*setting.sizes[1:]))
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

    return run


def contestants(setting, data):
    """Name → (what runs one epoch, what its time is multiplied by); None if not installed."""
    scale = len(data) / LOOP_EXAMPLES
    makers = {"nnlib": (nnlib_epoch, 1), "scikit-learn": (sklearn_epoch, 1)}
    if not setting.softmax:
        makers["textbook loop"] = (textbook_epoch, scale)
    makers["PyTorch"] = (torch_epoch, 1)
    result = {}
    for name, (make, factor) in makers.items():
        try:
            result[name] = (make(setting, data), factor)
        except ImportError:
            result[name] = None
    return result


def measure(setting, data, repeats):
    """Median seconds per epoch of each contestant, or None."""
    running = contestants(setting, data)
    seconds = {name: [] for name in running}
    for _ in range(repeats):
        for name, entry in running.items():
            if entry is not None:
                run, factor = entry
                start = time.perf_counter()
                run()
                seconds[name].append(factor * (time.perf_counter() - start))
    return {name: statistics.median(times) if times else None for name, times in seconds.items()}


def report(setting, medians):
    """Print a table: seconds, nnlib's share of them, and what that share should stay under."""
    print(f"\n{setting}")
    print(f"{'':16}{'s / epoch':>12}{'nnlib / this':>14}{'target':>10}")
    for name, median in medians.items():
        if median is None:
            print(f"{name:16}{'not installed':>12}")
            continue
        ratio = medians["nnlib"] / median
        line = f"{name:16}{median:>12.3f}{ratio:>14.2f}"
        if name in setting.targets:
            target = setting.targets[name]
            line += f"{target:>10.2f}{'  met' if ratio <= target else '  MISSED'}"
        print(line)


def main():
    """Measure every setting and print its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="epochs of each contestant (median is shown)")
    repeats = parser.parse_args().repeats
    data, source = training_data()
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "not limited")
    print(f"One epoch over {len(data):,} examples of {data.X.shape[1]} inputs: {source}.")
    print(
        f"Median of {repeats}, taking turns. The textbook loop is timed on {LOOP_EXAMPLES:,} and multiplied."
    )
    print(
        f"NumPy {np.__version__}, {platform.machine()}, {os.cpu_count()} processors, BLAS threads {threads}."
    )
    for setting in SETTINGS:
        report(setting, measure(setting, data, repeats))


if __name__ == "__main__":
    main()
