"""Stochastic gradient descent, and the measurements one makes while it runs.

`sgd` trains and yields after every epoch, so that stopping early is `break` and a
live plot is the body of the loop. `train` is the loop that most pages need: it
adds history, progress, early stopping and checkpoints.
"""

from __future__ import annotations

import itertools
import math
import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from nnlib import _check
from nnlib._check import Array, Rng
from nnlib.backpropagation import checked_examples, errors, gradients
from nnlib.data import Dataset, minibatches
from nnlib.losses import Loss
from nnlib.network import Network, Trace, forward, propagate
from nnlib.optimizers import SGD, Optimizer, Schedule, State, schedule
from nnlib.regularizers import Dropout, Regularizer
from nnlib.storage import Checkpoint

_CHUNK = 5_000  # rows measured at once: bounds the memory of `outputs`
_LARGE = 10  # inputs of the order of 1 train well; pixels from 0 to 255 are about 100


class Diverged(ArithmeticError, ValueError):
    """Training reached infinite or undefined parameters."""


class Interrupted(KeyboardInterrupt):
    """What `train` raises when it is interrupted, with the record of the whole epochs.

    In a notebook, after the stop button, ``sys.last_value.history`` is that record.
    """

    def __init__(self, history: History) -> None:
        self.history = history
        super().__init__(
            f"training was interrupted after {len(history)} whole epochs. The network can be used; the "
            "record is the attribute history of this exception, in a notebook sys.last_value.history"
        )


@dataclass(frozen=True)
class Batch:
    """One mini-batch, as `sgd` hands it to `each_batch` after its step.

    Attributes
    ----------
    step : int
        Steps so far, from 1, counted through all epochs.
    trace : Trace
        The forward pass, from before the step.
    Y : ndarray of shape (m, n_out)
    """

    step: int
    trace: Trace
    Y: Array


@dataclass(frozen=True)
class Epoch:
    """A finished pass over the training data; `number` counts from 1."""

    number: int
    eta: float


def sgd(
    net: Network,
    data: Dataset,
    *,
    loss: Loss,
    batch_size: int = 10,
    eta: float | Schedule,
    rng: Rng,
    optimizer: Optimizer = SGD(),
    regularizer: Regularizer | None = None,
    dropout: Dropout | None = None,
    each_batch: Callable[[Batch], None] | None = None,
    state: State | None = None,
    first: int = 1,
) -> Iterator[Epoch]:
    """Train in place for as long as the caller asks for another epoch.

    Each epoch shuffles the examples and takes one step per mini-batch; its last batch
    holds the rest. Derived in "Gradient descent". Inputs as large as unscaled pixels
    draw a warning.

    Parameters
    ----------
    net, data, loss : Network, Dataset and Loss
    eta : float or callable
        Learning rate, or a schedule: epoch number → learning rate.
    rng : numpy.random.Generator
        Decides the order of the examples, and which neurons dropout silences.
    each_batch : callable, optional
        Called with every `Batch`.
    state, first : State and int, optional
        The optimiser's state and the number of the next epoch, to continue a run.

    Raises
    ------
    Diverged
        If a parameter is not finite at the end of an epoch. The network then
        holds what it held when that epoch began.
    """
    _check.instance("optimizer", optimizer, Optimizer, "nn.Adam()")
    _check.instance("regularizer", regularizer, Regularizer | None, "nn.L2(5.0)")
    _check.instance("dropout", dropout, Dropout | None, "nn.Dropout(0.5)")
    X, Y = _checked("data", net, data, loss)
    if _check.positive_integer("batch_size", batch_size) > len(X):
        raise ValueError(f"batch_size {batch_size} is larger than the data: there are {len(X)} examples")
    rate = schedule(eta)
    _check.generator("rng", rng)
    _warn_if_large(X)
    state = optimizer.start(net) if state is None else state

    def run() -> Iterator[Epoch]:  # apart, so that bad arguments are refused by the call itself
        step = (first - 1) * math.ceil(len(X) / batch_size)
        for number in itertools.count(first):
            eta_now = _check.number(f"eta in epoch {number}", rate(number), at_least=0)
            before = net.copy()
            with np.errstate(over="ignore", invalid="ignore"):  # reported by `_refuse_divergence`
                for X_batch, Y_batch in minibatches(X, Y, batch_size, rng):
                    masks = None if dropout is None else dropout.masks(net, len(X_batch), rng)
                    trace = propagate(net, X_batch, masks)
                    grads = gradients(trace, errors(net, trace, Y_batch, loss))
                    if regularizer is not None:
                        regularizer.decay(net, eta_now, len(X))
                    optimizer.step(net, grads, eta_now, state)
                    step += 1
                    if each_batch is not None:
                        each_batch(Batch(step, trace, Y_batch))
            _refuse_divergence(net, before, number, eta_now)
            yield Epoch(number, eta_now)

    return run()


def _refuse_divergence(net: Network, before: Network, epoch: int, eta: float) -> None:
    if not all(np.isfinite(p).all() for p in net.parameters):
        _go_back(net, before)
        raise Diverged(
            f"training diverged in epoch {epoch}: a weight or bias became infinite or undefined. "
            f"Try a smaller eta (it was {eta:g}), inputs of the order of 1 or smaller initial "
            "weights. The network is back where that epoch began"
        )


def _go_back(net: Network, kept: Network | None) -> None:
    """Give the network the parameters of another, if there is one."""
    if kept is not None:
        for p, k in zip(net.parameters, kept.parameters, strict=True):
            p[...] = k


def _checked(name: str, net: Network, data: Dataset, loss: Loss) -> tuple[Array, Array]:
    """X and Y of a data set, in the precision of the network and fit for network and loss."""
    _check.instance(name, data, Dataset, "nn.Dataset(X, Y)")
    return checked_examples(net, data.X, data.Y, loss)


def _warn_if_large(X: Array) -> None:
    size = np.abs(X[:: max(1, len(X) // 1000)]).mean(axis=0, dtype=np.float64)
    if size.max() > _LARGE:
        warnings.warn(
            f"the inputs are large: column {size.argmax()} of X is {size.max():.3g} on average, and networks "
            "start from inputs of the order of 1. Scale them first, for example scale = "
            "nn.min_max(X) or nn.z_score(X), then scale(X); images also by X / 255",
            stacklevel=3,
        )


def outputs(net: Network, X: Array) -> Array:
    """The network's output for each row of X, a few thousand rows at a time."""
    return np.concatenate([forward(net, X[i : i + _CHUNK]).output for i in range(0, max(len(X), 1), _CHUNK)])


def classify(output: Array) -> Array:
    """Class numbers from outputs: the largest of several, or whether a single one exceeds ½.

    >>> classify(np.array([[0.1, 0.7, 0.2]])), classify(np.array([[0.4], [0.6]]))
    (array([1]), array([0, 1]))
    """
    return output.argmax(axis=1) if output.shape[1] > 1 else (output[:, 0] > 0.5).astype(np.int64)


def accuracy(net: Network, data: Dataset) -> float:
    """The share of examples put into the right class, from 0 to 1."""
    return float((_classes(data) == classify(outputs(net, data.X))).mean())


def label_accuracy(net: Network, data: Dataset) -> float:
    """The share of right yes/no answers where an example may carry several labels at once."""
    return float(((outputs(net, data.X) > 0.5) == (data.Y > 0.5)).mean())


def confusion(net: Network, data: Dataset) -> Array:
    """How many examples of class i (row) were taken for class j (column)."""
    t = _classes(data)
    counts = np.zeros((max(data.Y.shape[1], 2),) * 2, dtype=np.int64)
    np.add.at(counts, (t, classify(outputs(net, data.X))), 1)
    return counts


def cost(net: Network, data: Dataset, loss: Loss, regularizer: Regularizer | None = None) -> float:
    """The mean loss over the examples, plus the penalty if a regulariser is given."""
    mean = _measure(net, *_checked("data", net, data, loss), None, loss)["cost"]
    return mean + (0.0 if regularizer is None else regularizer.penalty(net, len(data)))


def _measure(net: Network, X: Array, Y: Array, t: Array | None, loss: Loss) -> dict[str, float]:
    """Cost and, where there are classes, accuracy, from one forward pass over checked examples."""
    total, right = 0.0, 0
    for i in range(0, len(X), _CHUNK):
        rows = slice(i, i + _CHUNK)
        trace = propagate(net, X[rows])
        total += float(loss.values(net.activations[-1], trace.z[-1], Y[rows]).sum(dtype=np.float64))
        if t is not None:
            right += int(np.count_nonzero(classify(trace.output) == t[rows]))
    return {"cost": total / len(X)} | ({} if t is None else {"accuracy": right / len(X)})


def _classes(data: Dataset) -> Array:
    _check.instance("data", data, Dataset, "nn.Dataset(X, Y, t)")
    if data.t is None:
        raise ValueError(
            "these data have no class numbers t; accuracy and confusion need them. For regression use "
            "cost, for several labels at once label_accuracy"
        )
    return data.t


@dataclass
class History:
    """What `train` measured.

    `history["validation accuracy"]` is a list with one number per epoch; so are
    "validation cost" and "eta", for every name in `monitor`. `nn.viz.history` draws it.
    """

    epochs: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: int | None = None

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.epochs:
            raise KeyError(f"{name!r} was not recorded; recorded were {', '.join(self.epochs) or 'nothing'}")
        return self.epochs[name]

    def __len__(self) -> int:
        """Epochs recorded."""
        return len(self.epochs.get("eta", []))

    def _add(self, measured: dict[str, float]) -> None:
        """Record an epoch, all of it in one assignment: an interruption leaves no half."""
        self.epochs = {name: [*self.epochs.get(name, []), value] for name, value in measured.items()}


@dataclass(frozen=True)
class EarlyStopping:
    """Stop after `patience` epochs without a new best, and go back to the best weights.

    `watch` names what is recorded: an accuracy should rise, a cost should fall.
    """

    patience: int
    watch: str = "validation accuracy"

    def __post_init__(self) -> None:
        _check.positive_integer("patience", self.patience)

    def check(self, recorded: Sequence[str]) -> None:
        """Refuse to watch what is not recorded."""
        if self.watch not in recorded:
            names = ", ".join(recorded) or "nothing"
            raise ValueError(f"early stopping watches {self.watch!r}, but monitor records {names}")

    def has_improved(self, history: History) -> bool:
        """Whether the last epoch was the best so far."""
        *before, value = history[self.watch]
        if history.best_epoch is None:
            return True
        best = before[history.best_epoch - 1]
        return value < best if self.watch.endswith("cost") else value > best

    def is_over(self, history: History) -> bool:
        """Whether the last `patience` epochs brought no new best."""
        return len(history) - (history.best_epoch or 0) >= self.patience


def train(
    net: Network,
    data: Dataset,
    *,
    loss: Loss,
    epochs: int,
    batch_size: int = 10,
    eta: float | Schedule,
    rng: Rng,
    optimizer: Optimizer = SGD(),
    regularizer: Regularizer | None = None,
    dropout: Dropout | None = None,
    monitor: Mapping[str, Dataset] | None = None,
    early_stopping: EarlyStopping | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> History:
    """Train in place for a number of epochs and record what happens.

    What is not explained here is as for `sgd`.

    Parameters
    ----------
    monitor : mapping of str to Dataset, optional
        Measured after every epoch: cost without penalty, and accuracy if there are classes.
    checkpoint : path, optional
        Written after every epoch. If the file exists, the run goes on from it; see `Checkpoint`.
    progress : callable, optional
        Wraps the range of epochs, for example ``nn.progress.bar``.

    Raises
    ------
    Diverged
        If a parameter or a monitored cost is no longer finite.
    Interrupted
        If a KeyboardInterrupt arrives. The network keeps the weights of the last
        step, with early stopping those of the best epoch.
    """
    _check.positive_integer("epochs", epochs)
    _check.instance("progress", progress, Callable, "nn.progress.bar")
    watched = _Monitor(net, monitor, loss)
    if early_stopping is not None:
        early_stopping.check(watched.names)
    _check.instance("optimizer", optimizer, Optimizer, "nn.Adam()")
    how: dict[str, Any] = {"loss": loss, "batch_size": batch_size, "optimizer": optimizer}
    how |= {"regularizer": regularizer, "dropout": dropout}
    state, history, best = optimizer.start(net), History(), None
    if checkpoint is not None:
        rates = [schedule(eta)(epoch) for epoch in range(1, epochs + 1)]
        others = {"monitor": monitor, "early_stopping": early_stopping}
        file = Checkpoint(checkpoint, net, data, rates, how | others)
        if file.path.exists():
            best, record = file.read(net, state, rng)
            history = History(record["epochs"], record["best_epoch"])
    running = sgd(net, data, eta=eta, rng=rng, state=state, first=len(history) + 1, **how)
    try:
        for _ in progress(range(len(history) + 1, epochs + 1)):
            if early_stopping is not None and early_stopping.is_over(history):
                break
            epoch = next(running)
            history._add({"eta": epoch.eta} | watched.measure(epoch.number))
            if early_stopping is not None and early_stopping.has_improved(history):
                best, history.best_epoch = net.copy(), epoch.number
            if checkpoint is not None:
                file.write(net, state, rng, best, asdict(history))
    except KeyboardInterrupt as stop:
        _go_back(net, best)
        raise Interrupted(history) from stop
    _go_back(net, best)
    return history


class _Monitor:
    """The sets to be measured after every epoch, checked once."""

    def __init__(self, net: Network, sets: Mapping[str, Dataset] | None, loss: Loss) -> None:
        _check.instance("monitor", sets, Mapping | None, 'a mapping, {"validation": data}')
        self.net, self.loss = net, loss
        self.sets = {
            name: (*_checked(f"monitor[{name!r}]", net, data, loss), data.t)
            for name, data in (sets or {}).items()
        }

    @property
    def names(self) -> list[str]:
        both = ("cost", "accuracy")
        return [f"{name} {w}" for name, (*_, t) in self.sets.items() for w in both[: 1 if t is None else 2]]

    def measure(self, epoch: int) -> dict[str, float]:
        found: dict[str, float] = {}
        for name, (X, Y, t) in self.sets.items():
            with np.errstate(over="ignore", invalid="ignore"):  # reported below
                measured = _measure(self.net, X, Y, t, self.loss)
            if not math.isfinite(value := measured["cost"]):
                raise Diverged(f"the {name} cost is {value} in epoch {epoch}: it diverged. Try a smaller eta")
            found |= {f"{name} {kind}": value for kind, value in measured.items()}
        return found
