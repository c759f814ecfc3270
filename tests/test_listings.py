"""The four listings of San José's slides run unchanged, and what Nielsen's programs let one do is obeyed."""

import contextlib
import functools
import io
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from nnlib_listings import mnist_loader, network, network2
from reference import loop_gradients, sigma

import nnlib as nn
from nnbook.results import results

ROOT = Path(__file__).parents[1]
RESULTS = ("mnist_quadratic", "mnist_cross_entropy", "regularised_30_l2", "listing_as_printed")
DIGITS = nn.datasets.digits().train[:57]
PAIRS = [(x[:, None], y[:, None]) for x, y in zip(DIGITS.X, DIGITS.Y, strict=True)]
LABELLED = [(x, int(t)) for (x, _), t in zip(PAIRS, DIGITS.t, strict=True)]
SIZES = [64, 12, 7, 10]


def seed():
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002


def listings():
    page = json.loads((ROOT / "book" / "software.ipynb").read_text(encoding="utf-8"))
    return ["".join(c["source"]) for c in page["cells"] if "listing" in c["metadata"].get("tags", [])]


def test_there_are_four_and_the_fourth_is_the_third():
    assert len(listings()) == 4
    assert listings()[3] == listings()[2]
    assert "large_weight_initializer" in listings()[3]


@pytest.mark.parametrize("number", range(4))
def test_a_listing_is_letter_for_letter_that_of_the_slides(number):
    slides = sorted(Path(os.environ.get("NNLIB_NOTES", "nowhere")).glob("000_*.txt"))
    if not slides:
        pytest.skip("the lecture notes are not at hand (set NNLIB_NOTES)")
    listing, slides = (re.sub(r"\s+", "", s) for s in (listings()[number], slides[0].read_text("utf-8")))
    assert listing in slides


@pytest.fixture(scope="module")
def ran(mnist):
    """What the four print, run one after the other in one place, as they stand on the page."""
    seed()
    names, said = {}, []
    for listing in listings():
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(listing, names)
        said.append(out.getvalue())
    return said


@pytest.mark.parametrize(("number", "stored"), list(enumerate(RESULTS)))
def test_its_accuracies_lie_among_those_of_the_ledger(ran, number, stored):
    """The same settings, other random numbers: within the range of the stored seeds, or near it."""
    places = {(stored, "test"): r"(?:Epoch \d+|evaluation data): (\d+) / (10000)"}
    if number >= 2:
        places["regularised_30_l2", "training"] = r"training data: (\d+) / (50000)"
    for (name, which), pattern in places.items():
        found = [int(right) / int(n) for right, n in re.findall(pattern, ran[number])]
        assert len(found) == 30
        ends = [run[-1] for run in results(name, f"{which} accuracy")]
        assert min(ends) - 0.01 <= found[-1] <= max(ends) + 0.01


def by_hand(net, eta, lmbda=0.0, *, cross_entropy=False):
    """Two epochs from where the network is, in mini-batches of ten, one example after the other."""
    weights, biases, pairs, n = net.weights, [b[:, 0] for b in net.biases], list(PAIRS), len(PAIRS)
    seed()
    for _ in range(2):
        random.shuffle(pairs)
        for k in range(0, n, 10):
            X, Y = (np.stack(part).astype(float) for part in zip(*pairs[k : k + 10], strict=True))
            slopes = loop_gradients(weights, biases, X, Y, cross_entropy)
            weights = [(1 - eta * lmbda / n) * W - eta * dW for W, dW in zip(weights, slopes, strict=False)]
            biases = [b - eta * db for b, db in zip(biases, slopes[len(weights) :], strict=True)]
    seed()
    return weights + [b[:, None] for b in biases]


def agree(net, parameters, gap=1e-12):
    for mine, theirs in zip(net.weights + net.biases, parameters, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=gap)


class OwnStep(network.Network):
    def update_mini_batch(self, mini_batch, eta):
        step, nablas = eta / len(mini_batch), [self.backprop(x, y) for x, y in mini_batch]
        self.weights = [W - step * sum(w[k] for _, w in nablas) for k, W in enumerate(self.weights)]
        self.biases = [c - step * sum(b[k] for b, _ in nablas) for k, c in enumerate(self.biases)]


class OwnBackprop(network.Network):
    def backprop(self, x, y):
        return [[2 * slope for slope in slopes] for slopes in super().backprop(x, y)]


class OwnDerivative(network.Network):
    def cost_derivative(self, output_activations, y):
        return 2 * (output_activations - y)


class OwnCrossEntropy:
    def fn(self, a, y):
        return -np.log(np.where(y == 1, a, 1 - a)).sum()

    def delta(self, z, a, y):
        assert z.shape == a.shape == y.shape == (10, 1)
        return a - y


@pytest.mark.parametrize(
    ("kind", "eta"), [(network.Network, 3), (OwnStep, 3), (OwnBackprop, 1.5), (OwnDerivative, 1.5)]
)
def test_the_first_program_computes_what_its_loops_compute(kind, eta):
    net = kind(SIZES)
    expected = by_hand(net, 3)
    net.SGD(zip(*zip(*PAIRS, strict=True), strict=True), 2, 10, eta)  # Python 3's loaders give a zip
    agree(net, expected)


@pytest.mark.parametrize(
    "cost",
    [network2.QuadraticCost, OwnCrossEntropy(), network2.CrossEntropyCost, network2.CrossEntropyCost()],
)
def test_the_second_program_computes_what_its_loops_compute(cost):
    net = network2.Network(SIZES, cost=cost)
    expected = by_hand(net, 0.5, 2.5, cross_entropy="Cross" in str(cost))
    found = net.SGD(PAIRS, 2, 10, 0.5, 2.5, LABELLED, True, True, True, True)
    agree(net, expected)
    outputs = [net.feedforward(x) for x, _ in PAIRS]
    mean = np.mean([cost.fn(a, y) for a, (_, y) in zip(outputs, PAIRS, strict=True)])
    penalty = 2.5 / 2 / len(PAIRS) * sum(np.linalg.norm(W) ** 2 for W in net.weights)
    np.testing.assert_allclose([found[0][1], found[2][1]], mean + penalty, rtol=1e-12)
    right = sum(int(a.argmax() == t) for a, (_, t) in zip(outputs, LABELLED, strict=True))
    assert found[1][1] == found[3][1] == right == net.accuracy(PAIRS, convert=True)


def test_what_is_overridden_or_replaced_is_called(monkeypatch, capsys):
    plain, batches = network2.Network.update_mini_batch, []

    @functools.wraps(plain)
    def watched(self, mini_batch, eta, lmbda, n):
        batches.append((len(mini_batch), lmbda, n))
        return plain(self, mini_batch, eta, lmbda, n)

    class Watching(network2.Network):
        def accuracy(self, data, convert=False):
            return len(data), convert

        def total_cost(self, data, lmbda, convert=False):
            return lmbda if convert else -lmbda

    monkeypatch.setattr(network2.Network, "update_mini_batch", watched)
    net = Watching(SIZES)
    expected = by_hand(net, 0.5, 2.5, cross_entropy=True)
    found = net.SGD(PAIRS, 2, 10, 0.5, 2.5, LABELLED, True, True, True, True)
    agree(net, expected)
    assert batches == [*[(10, 2.5, 57)] * 5, (7, 2.5, 57)] * 2
    assert [values[0] for values in found] == [2.5, (57, False), -2.5, (57, True)]
    net = network.Network(SIZES)
    for digit in range(10):
        net.feedforward = lambda a, k=digit: np.eye(10)[:, k : k + 1]
        assert net.evaluate(LABELLED) == sum(t == digit for _, t in LABELLED)
    net.evaluate = lambda test_data: len(test_data) + 1
    net.SGD(PAIRS, 1, 10, 3.0, test_data=LABELLED)
    assert "Epoch 0: 58 / 57" in capsys.readouterr().out
    monkeypatch.setattr(network, "sigmoid", np.tanh)
    with pytest.raises(TypeError, match="sigmoid is not offered"):
        net.SGD(PAIRS, 1, 10, 3.0)


def test_weights_and_biases_may_be_set():
    net = network.Network([2, 3, 1])
    W, x = np.arange(6.0).reshape(3, 2), np.array([[1.0], [2.0]])
    net.weights = [np.zeros((3, 2)), [[1, 2, 3]]]
    net.weights[0] = W
    net.biases[0] = np.ones((3, 1))
    net.biases[0] -= 0.75
    net.biases[1][:] = -1.5
    output = sigma(np.array([[1, 2, 3]]) @ sigma(W @ x + 0.25) - 1.5)
    np.testing.assert_allclose(net.feedforward(x), output, rtol=1e-14)
    net.SGD([(x, output)], 2, 1, 1.0)  # the slope is zero
    agree(net, [W, [[1, 2, 3]], np.full((3, 1), 0.25), [[-1.5]]])
    net.weights[0] = W
    net.SGD([(x, 1 - output)], 2, 1, 1.0)
    assert abs(net.weights[0] - np.arange(6).reshape(3, 2)).max() > 1e-6
    np.testing.assert_array_equal(W.ravel(), range(6))  # what was set is the start, and stays it


@pytest.mark.parametrize(
    ("name", "value"),
    [("weights", np.ones((2, 3))), ("biases", np.ones(3)), ("biases", np.full((3, 1), np.nan))],
)
def test_a_weight_or_bias_that_does_not_belong_is_refused(name, value):
    net = network.Network([2, 3, 1])
    getattr(net, name)[0] = value
    for use in (lambda: net.feedforward(np.ones((2, 1))), lambda: net.SGD([([1, 2], [0])], 1, 1, 1.0)):
        with pytest.raises(ValueError, match=f"{name} must "):
            use()


def test_what_is_not_offered_is_refused():
    net = network2.Network([64, 10])
    for data in ([], (DIGITS.X, DIGITS.t)):
        with pytest.raises(ValueError, match="examples must be a list of pairs"):
            net.SGD(data, 1, 10, 3.0)
    with pytest.raises(ValueError, match="a column of shape"):
        net.feedforward(DIGITS.X[0])
    for settings in ({"monitor_evaluation_accuracy": True}, {"early_stopping_n": 3}):
        with pytest.raises(ValueError, match="evaluation"):
            net.SGD(PAIRS, 1, 4, 0.5, **settings)
    with pytest.raises(TypeError, match=r"fn\(a, y\) and delta"):
        network2.Network([64, 10], cost=nn.cross_entropy)
    with pytest.raises(ImportError, match="Theano"):
        from nnlib_listings import network3  # noqa: F401


def test_one_output_answers_yes_or_no():
    net = network.Network([2, 2, 1])
    net.weights = [np.array([[20.0, 20], [-20, -20]]), np.array([[20.0, 20]])]
    net.biases = [np.array([[-10.0], [30]]), np.array([[-30.0]])]
    assert net.evaluate([(np.array([[i], [j]]), i ^ j) for i in (0, 1) for j in (0, 1)]) == 4


def test_the_two_starts_are_nielsens_random_numbers():
    seed()
    biases, (W, _) = [np.random.randn(n, 1) for n in (5, 2)], [np.random.randn(*s) for s in ((5, 9), (2, 5))]  # noqa: NPY002
    for kind, scale in ((network.Network, 1), (network2.Network, 3)):
        seed()
        net = kind([9, 5, 2])
        agree(net, [W / scale, net.weights[1], *biases], gap=1e-15)
    seed()
    net.large_weight_initializer()
    assert (net.weights[0] == W).all()


def test_training_stops_early():
    net, rights = network2.Network(SIZES), [3, 5, 4, 6, 6, 5, 2, 9]
    net.accuracy = lambda data, convert=False, rest=iter(rights): next(rest)
    watch = {"evaluation_data": LABELLED, "monitor_evaluation_accuracy": True, "early_stopping_n": 3}
    assert net.SGD(PAIRS, 99, 30, 0.5, **watch)[1] == rights[:-1]


def test_files_are_nielsens_and_come_back(tmp_path, monkeypatch):
    net = network2.Network(SIZES, cost=network2.QuadraticCost())
    net.save(tmp_path / "net")
    held = json.loads((tmp_path / "net").read_text())
    assert (held["sizes"], held["cost"]) == (SIZES, "QuadraticCost")
    agree(net, [np.array(p) for p in held["weights"] + held["biases"]], gap=0)
    agree(again := network2.load(tmp_path / "net"), net.weights + net.biases, gap=0)
    assert again.cost is network2.QuadraticCost
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        net.save(tmp_path / "none" / "net")
    before = (tmp_path / "net").read_bytes()
    monkeypatch.setattr(Path, "replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        net.save(tmp_path / "net")
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [before]


def test_a_file_that_holds_no_network_is_refused(tmp_path, monkeypatch):
    changes = {
        "sizes": ([10**12, 1], "ab"), "weights": ([], [[[1.0, "x"]]], [[[1.0, float("nan")]]]),
        "biases": ([[0.0]], None), "cost": (["x"], "os", "OwnCrossEntropy"),
    }  # fmt: skip
    good = {"sizes": [2, 1], "weights": [[[1.0, 2.0]]], "biases": [[[0.0]]], "cost": "CrossEntropyCost"}
    texts = ["", "[]", "\x00", "[" * 100_000, json.dumps(good)[:-9], "{}"]
    for text in texts + [json.dumps(good | {key: value}) for key in changes for value in changes[key]]:
        (tmp_path / "net").write_text(text)
        with pytest.raises(
            ValueError, match=r"is damaged or was not written|has the cost '(os|OwnCrossEntropy)'"
        ):
            network2.load(tmp_path / "net")
    monkeypatch.setattr(network2, "OwnCrossEntropy", OwnCrossEntropy, raising=False)
    assert network2.load(tmp_path / "net").cost is OwnCrossEntropy


def test_a_program_of_ones_own_goes_first_and_does_not_disturb_ours(tmp_path):
    for name in ("network", "mnist_loader", "columns"):
        (tmp_path / f"{name}.py").write_text("mine = True")
    program = (
        "import nnlib_listings, network, mnist_loader, network2; assert network.mine and mnist_loader.mine\n"
        "network2.Network([1, 1]).SGD([([[0]], [[1]])], 1, 1, 0.5)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True)


def test_the_loader_gives_rows_and_columns(mnist):
    for (X, t), pairs in zip(mnist_loader.load_data(), mnist_loader.load_data_wrapper(), strict=True):
        assert X.shape == (len(pairs), 784)
        (x, y), digit = pairs[7], t[7]
        np.testing.assert_array_equal(x[:, 0], X[7])
        np.testing.assert_array_equal(y, mnist_loader.vectorized_result(digit) if np.ndim(y) else digit)
