"""A museum of bugs: one small experiment, run by a healthy program and by ten sick ones.

`Program` is what a student writes: a network with three ReLU layers learns to tell odd
digits from even ones, and each part is a method of a few lines. A bug is a subclass
with one method that is wrong; the core of nnlib is not touched. `examine` runs an
exhibit and returns its `Evidence`: what the program reports, a check of its steps, and
a few vital signs, the same for each.

>>> evidence = examine(HEALTHY, seed=0)
>>> max(max(row) for row in evidence.differences) < PASSES
True
"""

from __future__ import annotations

import functools
import inspect
import itertools
import math
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

import nnlib as nn
from nnlib import _check
from nnlib._check import Array, Rng
from nnlib.backpropagation import Gradients
from nnlib.data import Dataset
from nnlib.network import Network

SIZES = (64, 16, 16, 16, 1)
N = 400  # training examples, and as many for validation
BATCH_SIZE = 10
ETA = 0.03
LMBDA = 3.0
EPOCHS = 30
PER_EPOCH = 5  # points of the curves

GROUPS = ("hidden weights", "hidden biases", "last weights", "last bias")
PASSES = 1e-6  # a relative difference below this is rounding

# Tuning: every rate from every start, on half the training data, chosen and judged by small sets.
RATES = (0.03, 0.05)
STARTS = 6
TUNING_EPOCHS = 6
SMALL = 40  # examples in the validation set, and in the test set
DRAWS = 1_000  # how often these two are drawn; the figures are means


@dataclass(frozen=True)
class Program:
    """The healthy program. Derived in "Backpropagation by matrices"."""

    def initial(self, rng: Rng, n_out: int, n_in: int) -> Array:
        return rng.standard_normal((n_out, n_in)) * math.sqrt(2 / n_in)

    def last_error(self, a: Array, Y: Array) -> Array:
        return a - Y  # sigmoid with cross-entropy

    def send_back(self, delta: Array, W: Array, z: Array) -> Array:
        return (delta @ W) * nn.relu.prime(z)

    def decay(self, net: Network, eta: float) -> None:
        for W in net.weights:
            W *= 1 - eta * LMBDA / N

    def step(self, net: Network, grads: Gradients, eta: float) -> None:
        for p, g in zip(net.parameters, grads.parameters, strict=True):
            p -= eta * g

    def learn(self, net: Network, X: Array, Y: Array, eta: float) -> None:
        trace = nn.forward(net, X)
        deltas = [self.last_error(trace.output, Y)]
        for layer in reversed(range(1, len(net.weights))):
            W, z = net.weights[layer], trace.z[layer - 1]
            deltas.insert(0, self.send_back(deltas[0], W, z))
        grads = nn.gradients(trace, deltas)
        self.decay(net, eta)
        self.step(net, grads, eta)

    def choose(self, validation: Array, test: Array) -> tuple[int, float]:
        best = int(validation.argmax())
        return best, float(test[best])


class WrongSign(Program):
    """Each step adds what it should take away, and so climbs."""

    def step(self, net: Network, grads: Gradients, eta: float) -> None:
        for p, g in zip(net.parameters, grads.parameters, strict=True):
            p += eta * g


class DoubledDerivative(Program):
    """With cross-entropy σ′ has cancelled; here the error is multiplied by it once more.

    What is left is the error of the square cost. For one example the step is right
    but for its length, σ′ ≤ ¼ of what it should be; in a batch it listens least to
    the examples on which it is confidently wrong.
    """

    def last_error(self, a: Array, Y: Array) -> Array:
        return (a - Y) * a * (1 - a)


class MissingDerivative(Program):
    """BP2 without its last factor: silent neurons are blamed like those that spoke."""

    def send_back(self, delta: Array, W: Array, z: Array) -> Array:
        return delta @ W


class UpdateGoingBack(Program):
    """Each layer is changed before the error is sent back through it.

    The last layer's step is right. The error comes back through the new W, which is W
    less η ∂C/∂W and the decay: off in proportion to η, which tells this bug from a
    wrong formula. A small η hides it. What −η δ ∂C/∂W adds moves the activations so
    that ∂C/∂W, with δ held, grows: with a larger η, runs overflow that should not.
    """

    def learn(self, net: Network, X: Array, Y: Array, eta: float) -> None:
        trace = nn.forward(net, X)
        self.decay(net, eta)
        delta = self.last_error(trace.output, Y)
        for layer in reversed(range(len(net.weights))):
            W, b = net.weights[layer], net.biases[layer]
            W -= eta * delta.T @ trace.a[layer] / len(X)
            b -= eta * delta.mean(axis=0)
            if layer > 0:
                delta = self.send_back(delta, W, trace.z[layer - 1])


class HeAsDeviation(Program):
    """2/n_in is the variance of He's rule; here it is the standard deviation."""

    def initial(self, rng: Rng, n_out: int, n_in: int) -> Array:
        return rng.standard_normal((n_out, n_in)) * 2 / n_in


class Broadcasting(Program):
    """Targets of shape (m,), taken from outputs of shape (m, 1), leave a table of m × m.

    Its mean over the targets has the right shape again, and is a minus the mean
    target of the batch. With one example that is a − y, and the last bias, which
    reads nothing but the mean of δ, is right in any batch.
    """

    def last_error(self, a: Array, Y: Array) -> Array:
        y = Y.ravel()
        return (a - y).mean(axis=1, keepdims=True)


class ForgottenDecay(Program):
    """The penalty is in the cost that is reported, and never in the step."""

    def decay(self, net: Network, eta: float) -> None:
        return


class PenalisedBiases(Program):
    """Every parameter decays, while the penalty in the cost is on the weights alone."""

    def decay(self, net: Network, eta: float) -> None:
        for p in net.parameters:
            p *= 1 - eta * LMBDA / N


class TunedOnTest(Program):
    """The best of many settings is chosen by the very figure that is then reported."""

    def choose(self, validation: Array, test: Array) -> tuple[int, float]:
        best = int(test.argmax())
        return best, float(test[best])


class ZeroStart(Program):
    """All weights start at 0, and the neurons of a layer never become different.

    With ReLU they are silent as well: nothing but the last bias learns.
    """

    def initial(self, rng: Rng, n_out: int, n_in: int) -> Array:
        return np.zeros((n_out, n_in))


@dataclass(frozen=True)
class Exhibit:
    """A program, and what is wrong with it.

    Examples
    --------
    >>> MUSEUM[2].name, MUSEUM[2].part
    ('missing σ′', 'send_back')
    >>> print(MUSEUM[2].source)
    def send_back(self, delta: Array, W: Array, z: Array) -> Array:
        return delta @ W
    """

    name: str
    program: Program

    @property
    def part(self) -> str | None:
        """The method with the bug; None if there is none."""
        own = vars(type(self.program))
        changed = [name for name in vars(Program) if name in own and not name.startswith("_")]
        return None if type(self.program) is Program else changed[0]

    @property
    def source(self) -> str:
        """The method with the bug; of the healthy exhibit, the whole program."""
        return self._source(type(self.program))

    @property
    def healthy(self) -> str:
        """The same method as it should be."""
        return self._source(Program)

    @property
    def explanation(self) -> str:
        """What is wrong, and how it shows."""
        return inspect.cleandoc(type(self.program).__doc__ or "")

    def _source(self, program: type[Program]) -> str:
        thing = program if self.part is None else getattr(program, self.part)
        return textwrap.dedent(inspect.getsource(thing)).rstrip()


HEALTHY = Exhibit("no bug", Program())
MUSEUM = (
    Exhibit("wrong sign", WrongSign()),
    Exhibit("doubled σ′", DoubledDerivative()),
    Exhibit("missing σ′", MissingDerivative()),
    Exhibit("update while going back", UpdateGoingBack()),
    Exhibit("variance read as deviation", HeAsDeviation()),
    Exhibit("broadcasting", Broadcasting()),
    Exhibit("forgotten decay", ForgottenDecay()),
    Exhibit("penalised biases", PenalisedBiases()),
    Exhibit("tuning on the test set", TunedOnTest()),
    Exhibit("all-zero start", ZeroStart()),
)


@dataclass(frozen=True)
class Evidence:
    """What can be known of a program without reading it.

    Attributes
    ----------
    cost : tuple of float
        On the training data, penalty included, as the program reports it: before
        training and then `PER_EPOCH` times an epoch. Ends early on an overflow.
    accuracy : tuple of float
        On validation data, at the same times.
    steps : tuple of (int, float)
        Examples and learning rate of three single steps from one random network, the
        same for all exhibits.
    differences : tuple of tuples of float
        A row for each of `GROUPS`, a column for each step: by how much the change,
        divided by -η, differs from the numerical gradient of the reported cost,
        relative to the length of that gradient.
    cosine, length : tuple of float
        For each step as a whole: the cosine between it and minus that gradient, and
        its length, divided by η times the gradient's.
    spread : tuple of float
        Standard deviation of the activations in each hidden layer before training.
    different, neurons : int
        Hidden neurons after training, counting those of a layer that are alike once;
        and hidden neurons in all.
    weight, bias : float
        Root mean square of the weights, and of the biases, after training.
    reported, fresh : float
        Tuning: the accuracy that the program reports for the setting it has chosen,
        and the accuracy of that setting on data that had no part in it.
    """

    cost: tuple[float, ...]
    accuracy: tuple[float, ...]
    steps: tuple[tuple[int, float], ...]
    differences: tuple[tuple[float, ...], ...]
    cosine: tuple[float, ...]
    length: tuple[float, ...]
    spread: tuple[float, ...]
    different: int
    neurons: int
    weight: float
    bias: float
    reported: float
    fresh: float

    @property
    def epochs(self) -> tuple[float, ...]:
        """When `cost` and `accuracy` were measured."""
        return tuple(i / PER_EPOCH for i in range(len(self.cost)))

    def __str__(self) -> str:
        """The numbers, in lines of 46 characters; the curves are for a figure."""
        rows = [
            ("a step: examples", *(f"{m}" for m, _ in self.steps)),
            ("learning rate", *(f"{eta:g}" for _, eta in self.steps)),
            *(
                (f"off in {group}", *map(_difference, row))
                for group, row in zip(GROUPS, self.differences, strict=True)
            ),
            ("cosine with downhill", *(f"{c:.3f}" for c in self.cosine)),
            ("length, right is 1", *(f"{r:.3f}" for r in self.length)),
            ("spread at the start", *(f"{s:.2g}" for s in self.spread)),
            ("different neurons", f"{self.different}", "of", f"{self.neurons}"),
            ("size of w, b at end", f"{self.weight:.2g}", f"{self.bias:.2g}"),
            ("tuned: reported, fresh", f"{self.reported:.3f}", f"{self.fresh:.3f}"),
        ]
        return "\n".join(f"{name:<22}" + "".join(f"{value:>8}" for value in values) for name, *values in rows)


def examine(exhibit: Exhibit, seed: int, *, eta: float = ETA) -> Evidence:
    """Run the experiment with the program of an exhibit.

    Parameters
    ----------
    exhibit : Exhibit
        `HEALTHY`, or one of `MUSEUM`.
    seed : int
        Decides the data, the start and the order of the examples: with the same seed
        all exhibits have the same luck.
    eta : float
        The learning rate of the curves and of the single steps.
    """
    if not isinstance(exhibit, Exhibit):
        raise TypeError(f"exhibit must be HEALTHY or one of MUSEUM, such as MUSEUM[0], but is {exhibit!r}")
    _check.number("eta", eta, above=0)
    program = exhibit.program
    train, validation, pool = _data(seed)
    net = _start(program, seed)
    spread = tuple(float(a.std()) for a in nn.forward(net, train.X).a[1:-1])
    cost, accuracy = [_cost(net, train)], [_accuracy(net, validation)]
    for value in _train(program, net, train, eta, EPOCHS, np.random.default_rng([seed, 2])):
        cost.append(value)
        accuracy.append(_accuracy(net, validation))
    steps = ((1, eta), (BATCH_SIZE, eta), (BATCH_SIZE, eta / 100))
    checks = [_check_step(program, seed, m, rate) for m, rate in steps]
    reported, fresh = _tune(program, seed, train[: N // 2], pool)
    return Evidence(
        cost=tuple(cost),
        accuracy=tuple(accuracy),
        steps=steps,
        differences=tuple(zip(*(differences for differences, _, _ in checks), strict=True)),
        cosine=tuple(cosine for _, cosine, _ in checks),
        length=tuple(length for _, _, length in checks),
        spread=spread,
        different=sum(map(_different, net.weights[:-1], net.biases[:-1])),
        neurons=sum(SIZES[1:-1]),
        weight=_size(net.weights),
        bias=_size(net.biases),
        reported=reported,
        fresh=fresh,
    )


@functools.lru_cache(maxsize=8)
def _data(seed: int) -> list[Dataset]:
    """Even (0) or odd (1): for training, for the curve's validation, and a pool of all the rest."""
    digits = nn.datasets.digits()
    parts = (digits.train_and_validation, digits.test)
    X = np.concatenate([part.X for part in parts]).astype(np.float64)
    odd = np.concatenate([part.Y.argmax(axis=1) for part in parts]) % 2
    data = Dataset(X, odd[:, None].astype(np.float64), odd)
    return nn.split(data, N, N, len(data) - 2 * N, rng=np.random.default_rng([seed, 0]))


def _start(program: Program, seed: int, number: int = 0) -> Network:
    rng = np.random.default_rng([seed, 1, number])
    return nn.Network.random(SIZES, rng=rng, hidden=nn.relu, initializer=program.initial, dtype=np.float64)


def _train(
    program: Program, net: Network, data: Dataset, eta: float, epochs: int, rng: Rng
) -> Iterator[float]:
    """Train in place, and give the cost `PER_EPOCH` times an epoch.

    Steps that end in a cost which is not finite are taken back, and are the last.
    """
    some = len(data) // BATCH_SIZE // PER_EPOCH
    batches = (batch for _ in range(epochs) for batch in nn.minibatches(data.X, data.Y, BATCH_SIZE, rng))
    for _ in range(epochs * PER_EPOCH):
        before = net.copy()
        with np.errstate(over="ignore", invalid="ignore"):
            for X, Y in itertools.islice(batches, some):
                program.learn(net, X, Y, eta)
            cost = _cost(net, data)
        if not math.isfinite(cost):
            for p, kept in zip(net.parameters, before.parameters, strict=True):
                p[...] = kept
            return
        yield cost


def _cost(net: Network, data: Dataset) -> float:
    return nn.cost(net, data, nn.cross_entropy) + nn.L2(LMBDA).penalty(net, N)


def _right(net: Network, data: Dataset) -> Array:
    """Which examples are classified right; an output that overflows counts as a class too."""
    with np.errstate(over="ignore", invalid="ignore"):
        return nn.classify(nn.outputs(net, data.X)) == data.t


def _accuracy(net: Network, data: Dataset) -> float:
    return float(_right(net, data).mean())


def _random_network(seed: int, X: Array) -> Network:
    """One with biases, and no pre-activation so near 0 that differences would straddle ReLU's kink."""
    rng = np.random.default_rng([seed, 3])
    biases = nn.Normal(0.3)
    while True:
        net = nn.Network.random(
            SIZES, rng=rng, hidden=nn.relu, initializer=nn.He(), bias_initializer=biases, dtype=np.float64
        )
        if min(np.abs(z).min() for z in nn.forward(net, X).z) > 1e-4:
            return net


@functools.lru_cache(maxsize=16)
def _probe(seed: int, m: int) -> tuple[Network, Array, Array, Gradients]:
    """A random network, m examples, and the numerical gradient of the reported cost there."""
    train = _data(seed)[0]
    net = _random_network(seed, train.X[:BATCH_SIZE])
    X, Y = train.X[:m], train.Y[:m]
    penalty = nn.L2(LMBDA).penalty
    slope = nn.numerical_gradients(net, X, Y, nn.cross_entropy, penalty=lambda net: penalty(net, N))
    return net, X, Y, slope


def _check_step(program: Program, seed: int, m: int, eta: float) -> tuple[list[float], float, float]:
    """Let the program take one step; relative differences, cosine and ratio of lengths."""
    net, X, Y, slope = _probe(seed, m)
    after = net.copy()
    program.learn(after, X, Y, eta)
    change = [(p - q) / eta for p, q in zip(net.parameters, after.parameters, strict=True)]
    taken = _groups(Gradients(change[: len(net.weights)], change[len(net.weights) :]))
    due = _groups(slope)
    norm = np.linalg.norm
    differences = [float(norm(t - d) / norm(d)) for t, d in zip(taken, due, strict=True)]
    t, d = np.concatenate(taken), np.concatenate(due)
    return differences, float(t @ d / (norm(t) * norm(d))), float(norm(t) / norm(d))


def _groups(grads: Gradients) -> list[Array]:
    """The four `GROUPS`, each as one vector."""
    lists = (grads.weights[:-1], grads.biases[:-1], grads.weights[-1:], grads.biases[-1:])
    return [np.concatenate([array.ravel() for array in arrays]) for arrays in lists]


def _tune(program: Program, seed: int, train: Dataset, pool: Dataset) -> tuple[float, float]:
    """Train with each setting; then draw small sets, let the program choose, and see how it does."""
    answers = []
    for eta, start in itertools.product(RATES, range(1, STARTS + 1)):
        net = _start(program, seed, start)
        for _ in _train(program, net, train, eta, TUNING_EPOCHS, np.random.default_rng([seed, 4, start])):
            pass
        answers.append(_right(net, pool))
    right = np.array(answers)
    rng = np.random.default_rng([seed, 5])
    figures = []
    for _ in range(DRAWS):
        validation, test, rest = np.split(rng.permutation(len(pool)), (SMALL, 2 * SMALL))
        best, reported = program.choose(right[:, validation].mean(axis=1), right[:, test].mean(axis=1))
        figures.append((reported, right[best, rest].mean()))
    reported, fresh = np.mean(figures, axis=0)
    return float(reported), float(fresh)


def _different(W: Array, b: Array) -> int:
    """How many neurons of a layer differ by more than rounding."""
    neurons = np.column_stack([W, b])
    scale = np.abs(neurons).max() or 1.0
    return len(np.unique(np.round(neurons / scale, 9), axis=0))


def _size(arrays: list[Array]) -> float:
    return math.sqrt(np.square(np.concatenate([array.ravel() for array in arrays])).mean())


def _difference(value: float) -> str:
    return "<1e-6" if value < PASSES else f"{value:.2g}"
