"""The bug museum: each bug is the bug it is called, and the printed evidence tells them apart."""

import inspect
import itertools

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import nnlib as nn
from nnbook.results import results
from nnbook.teaching import bugs

SEEDS = range(5)
EXHIBITS = (bugs.HEALTHY, *bugs.MUSEUM)
ETA = 0.2


def named(name):
    """The program of an exhibit."""
    return next(exhibit.program for exhibit in EXHIBITS if exhibit.name == name)


@pytest.fixture(scope="module")
def before():
    """The core, the data and the network that is checked, from before the museum runs."""
    return core(), [array.copy() for array in arrays()], random_state()


class Evidence(dict):
    """What was examined so far, by name and seed."""

    def __missing__(self, key):
        exhibit = next(e for e in EXHIBITS if e.name == key[0])
        with threadpool_limits(1):  # matrices so small that a second thread only waits
            self[key] = bugs.examine(exhibit, key[1])
        return self[key]


@pytest.fixture(scope="module")
def evidence(before):
    found = Evidence()
    for exhibit in EXHIBITS:
        found[exhibit.name, 0]
    return found


@pytest.fixture(scope="module")
def all_evidence(evidence):
    for exhibit in EXHIBITS:
        for seed in SEEDS:
            evidence[exhibit.name, seed]
    return evidence


def core():
    """Every function, class and method of nnlib's core, by name."""
    modules = (
        nn.activations, nn.network, nn.losses, nn.backpropagation, nn.optimizers, nn.regularizers, nn.data,
        nn.training, nn,
    )  # fmt: skip
    things = {}
    for module in modules:
        for name, thing in vars(module).items():
            things[module.__name__, name] = thing
            if inspect.isclass(thing):
                things |= {(module.__name__, name, key): value for key, value in vars(thing).items()}
    return things


def arrays():
    net, X, Y, _ = bugs._probe(1, 10)
    return [X, Y, *net.parameters, *(array for part in bugs._data(1) for array in (part.X, part.Y, part.t))]


def random_state():
    return np.random.get_state()[1].tolist()  # noqa: NPY002


# What a reader can do with the printed text alone.


def read(text):
    """The rows of the printed evidence: a name in the first 22 characters, then the numbers."""
    rows = {}
    for line in text.splitlines():
        values = [value for value in line[22:].split() if value != "of"]
        rows[line[:22].strip()] = [0.0 if value == "<1e-6" else float(value) for value in values]
    return rows


def name_the_bug(text):
    """The decision key, from nothing but what is printed, as rounded there."""
    rows = read(text)
    off = np.array([values for name, values in rows.items() if name.startswith("off in")])
    weights, biases, hidden, last = off[[0, 2]], off[[1, 3]], off[:2], off[2:]
    if not off.any():  # every step is right: the fault lies before or after them
        if rows["different neurons"][0] < rows["different neurons"][1]:
            return "all-zero start"
        if rows["spread at the start"][-1] < 0.04:
            return "variance read as deviation"
        reported, fresh = rows["tuned: reported, fresh"]
        return "tuning on the test set" if reported - fresh > 0.02 else "no bug"
    if not off[:, 0].any():
        return "broadcasting"
    if not last.any():  # lost on the way back; does it depend on η?
        return "update while going back" if (hidden[:, 1] / hidden[:, 2] > 10).all() else "missing σ′"
    if not biases.any():
        return "forgotten decay"
    if not weights.any():
        return "penalised biases"
    return "wrong sign" if rows["cosine with downhill"][0] < 0 else "doubled σ′"


@pytest.mark.parametrize("exhibit", EXHIBITS, ids=lambda e: e.name)
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in SEEDS[1:])])
def test_the_printed_evidence_names_the_bug(evidence, exhibit, seed):
    assert name_the_bug(str(evidence[exhibit.name, seed])) == exhibit.name


@pytest.mark.long
def test_nothing_lies_near_a_threshold_of_the_key(all_evidence):
    """Over 20 seeds: off < 1e-9 or > 8e-5, last spread < 0.014 or > 0.1, gap < 0.009 or > 0.037."""
    for (name, _), e in all_evidence.items():
        off = np.array(e.differences)
        assert ((off < 1e-7) | (off > 1e-5)).all(), name
        thin = name in ("variance read as deviation", "all-zero start")
        assert e.spread[-1] < 0.02 if thin else e.spread[-1] > 0.08, name
        gap = e.reported - e.fresh
        assert 0.03 < gap < 0.07 if name == "tuning on the test set" else abs(gap) < 0.01, name
        assert e.different == (3 if name == "all-zero start" else 48), name
        if name in ("update while going back", "missing σ′"):
            ratio = off[:2, 1] / off[:2, 2]
            factor = 100 if name == "update while going back" else 1
            np.testing.assert_allclose(ratio, factor, rtol=0.2)
        if name in ("wrong sign", "doubled σ′"):
            assert e.cosine[0] < -0.8 if name == "wrong sign" else e.cosine[0] > 0.8


# Each exhibit is what its name says, by formulas of its own.


def test_a_bug_is_one_method_and_its_source_fits_on_a_phone():
    assert len({exhibit.name for exhibit in EXHIBITS}) == len(EXHIBITS) == 11
    for exhibit in bugs.MUSEUM:
        own = [name for name in vars(type(exhibit.program)) if not name.startswith("_")]
        assert own == [exhibit.part]
        assert exhibit.source != exhibit.healthy
        assert exhibit.source.startswith(f"def {exhibit.part}(self, ")
        assert exhibit.healthy.startswith(f"def {exhibit.part}(self, ")
        for code in (exhibit.source, exhibit.healthy):
            assert len(code.splitlines()) <= 12
            assert max(map(len, code.splitlines())) <= 76
        assert len(exhibit.explanation) > 40
    assert bugs.HEALTHY.part is None
    assert bugs.HEALTHY.source == bugs.HEALTHY.healthy == inspect.getsource(bugs.Program).rstrip()
    assert max(map(len, bugs.HEALTHY.source.splitlines())) <= 76


@pytest.fixture
def net(rng):
    """Two hidden layers, small enough to follow by hand, no two of its numbers alike."""
    return nn.Network.random(
        [5, 4, 3, 1],
        rng=rng,
        hidden=nn.relu,
        initializer=nn.He(),
        bias_initializer=nn.Normal(0.5),
        dtype=np.float64,
    )


@pytest.fixture
def batch(rng):
    return rng.random((6, 5)), np.array([[0.0], [1.0], [1.0], [0.0], [1.0], [0.0]])


def stepped(program, net, X, Y, eta=ETA):
    """The parameters after one step, those given left as they are."""
    net = net.copy()
    program.learn(net, X, Y, eta)
    return net.parameters


def taken_back(net, X, Y, *, error, slopes, early=False):
    """Gradients summed example by example, without any function of nnlib.

    `error(a, y)` is the last δ, `slopes` whether f′ counts; `early` lets each layer's
    new weights send the error back.
    """
    decay = 1 - ETA * bugs.LMBDA / bugs.N
    W, b = [w.copy() for w in net.weights], [v.copy() for v in net.biases]
    a, z = [list(X)], []
    for layer in range(3):
        z.append([W[layer] @ x + b[layer] for x in a[-1]])
        f = (lambda v: np.maximum(v, 0)) if layer < 2 else (lambda v: 1 / (1 + np.exp(-v)))
        a.append([f(v) for v in z[-1]])
    if early:
        W = [decay * w for w in W]
    deltas = [error(out, y) for out, y in zip(a[-1], Y, strict=True)]
    dW, db = [], []
    for layer in (2, 1, 0):
        dW.insert(0, sum(np.outer(d, x) for d, x in zip(deltas, a[layer], strict=True)) / len(X))
        db.insert(0, sum(deltas) / len(X))
        sender = W[layer] - ETA * dW[0] if early else W[layer]
        deltas = [sender.T @ d for d in deltas]
        if slopes and layer > 0:
            deltas = [d * (v > 0) for d, v in zip(deltas, z[layer - 1], strict=True)]
    return [decay * w - ETA * g for w, g in zip(net.weights, dW, strict=True)] + [
        v - ETA * g for v, g in zip(net.biases, db, strict=True)
    ]


def assert_same(found, expected, **tolerance):
    for p, q in zip(found, expected, strict=True):
        np.testing.assert_allclose(p, q, **{"rtol": 1e-12, "atol": 1e-14, **tolerance})


def assert_all_differ(found, other):
    for p, q in zip(found, other, strict=True):
        assert np.abs(p - q).max() > 1e-6


def test_the_healthy_program_is_nnlib():
    """An epoch of `learn` is an epoch of `nn.sgd`, and `initial` is `nn.He`."""
    train = bugs._data(0)[0]
    ours, theirs = bugs._start(bugs.Program(), 0), bugs._start(nn_he(), 0)
    assert_same(ours.parameters, theirs.parameters, rtol=0, atol=0)
    for X, Y in nn.minibatches(train.X, train.Y, 10, np.random.default_rng(1)):
        bugs.Program().learn(ours, X, Y, ETA)
    regularizer, rng = nn.L2(bugs.LMBDA), np.random.default_rng(1)
    next(nn.sgd(theirs, train, loss=nn.cross_entropy, eta=ETA, regularizer=regularizer, rng=rng))
    assert_same(ours.parameters, theirs.parameters, rtol=1e-9, atol=1e-11)
    assert bugs.Program().choose(np.array([0.5, 0.9, 0.7]), np.array([0.6, 0.5, 0.8])) == (1, 0.5)


def nn_he():
    """A stand-in for a program that starts with nnlib's own rule."""

    class Start:
        initial = staticmethod(nn.He())

    return Start()


def test_the_formulas_of_this_file_are_those_of_nnlib(net, batch):
    X, Y = batch
    right = taken_back(net, X, Y, error=lambda a, y: a - y, slopes=True)
    assert_same(stepped(bugs.Program(), net, X, Y), right)


def test_wrong_sign(net, batch):
    """The mean of the step up and the healthy step down is decay alone."""
    up, down = (stepped(named(name), net, *batch) for name in ("wrong sign", "no bug"))
    decay = 1 - ETA * bugs.LMBDA / bugs.N
    rest = [decay * W for W in net.weights] + net.biases
    assert_same([(p + q) / 2 for p, q in zip(up, down, strict=True)], rest)
    assert_all_differ(up, down)
    grads = nn.backprop(net, *batch, nn.cross_entropy)
    for p, kept, g in zip(up, rest, grads.parameters, strict=True):
        assert ((p - kept) * g).sum() > 0


def test_doubled_derivative_is_the_gradient_of_the_square_cost(net, batch):
    found = stepped(named("doubled σ′"), net, *batch)
    grads = nn.backprop(net, *batch, nn.square)
    decay = 1 - ETA * bugs.LMBDA / bugs.N
    rest = [decay * W for W in net.weights] + net.biases
    assert_same(found, [p - ETA * g for p, g in zip(rest, grads.parameters, strict=True)])
    assert_all_differ(found, stepped(bugs.Program(), net, *batch))


def test_missing_derivative(net, batch):
    found = stepped(named("missing σ′"), net, *batch)
    assert_same(found, taken_back(net, *batch, error=lambda a, y: a - y, slopes=False))
    healthy = stepped(bugs.Program(), net, *batch)
    for layer in (0, 1):
        assert np.abs(found[layer] - healthy[layer]).max() > 1e-6
    assert_same([found[2], found[5]], [healthy[2], healthy[5]])


def test_update_going_back(net, batch):
    found = stepped(named("update while going back"), net, *batch)
    assert_same(found, taken_back(net, *batch, error=lambda a, y: a - y, slopes=True, early=True))
    healthy = stepped(bugs.Program(), net, *batch)
    for layer in (0, 1):
        assert np.abs(found[layer] - healthy[layer]).max() > 1e-6
    assert_same([found[2], found[5]], [healthy[2], healthy[5]])


def test_what_an_early_update_adds_lengthens_the_gradient(rng):
    """δ(W − η G) − δW = −η δG, and δG/m is the slope of ½‖G‖² in a, G = δᵀa/m."""
    delta, a, m, h = rng.normal(size=(6, 2)), rng.random((6, 4)), 6, 1e-6

    def length(a):
        return 0.5 * np.square(delta.T @ a / m).sum()

    slope = np.empty_like(a)
    for i in np.ndindex(a.shape):
        shift = np.zeros_like(a)
        shift[i] = h
        slope[i] = (length(a + shift) - length(a - shift)) / (2 * h)
    np.testing.assert_allclose(slope, delta @ (delta.T @ a / m) / m, rtol=1e-6)


def test_an_early_update_overflows_where_the_right_one_learns():
    """At η = 0.05, over 20 seeds: 18 overflows, and none."""
    ends = {"no bug": [], "update while going back": []}
    for name, seed in itertools.product(ends, SEEDS):
        train, _, _ = bugs._data(seed)
        net, rng = bugs._start(named(name), seed), np.random.default_rng([seed, 2])
        costs = list(bugs._train(named(name), net, train, 0.05, bugs.EPOCHS, rng))
        assert all(np.isfinite(p).all() for p in net.parameters)
        ends[name].append(len(costs) < bugs.EPOCHS * bugs.PER_EPOCH)
    assert not any(ends["no bug"])
    assert sum(ends["update while going back"]) >= 2


@pytest.mark.parametrize("n_in", [8, 64])
def test_he_as_deviation(n_in):
    draw = named("variance read as deviation").initial(np.random.default_rng(3), 500, n_in)
    assert draw.std() == pytest.approx(2 / n_in, rel=0.05)
    right = nn.He()(np.random.default_rng(3), 500, n_in)
    np.testing.assert_allclose(draw, right * np.sqrt(2 / n_in))


def test_broadcasting(net, batch):
    """Every example is told the mean target of its batch; alone, its own."""
    X, Y = batch
    found = stepped(named("broadcasting"), net, X, Y)
    assert_same(found, taken_back(net, X, Y, error=lambda a, y: a - Y.mean(), slopes=True))
    healthy = stepped(bugs.Program(), net, X, Y)
    assert_all_differ(found[:5], healthy[:5])
    assert found[5] == pytest.approx(healthy[5])
    assert_same(stepped(named("broadcasting"), net, X[:1], Y[:1]), stepped(bugs.Program(), net, X[:1], Y[:1]))


def test_forgotten_decay(net, batch):
    grads = nn.backprop(net, *batch, nn.cross_entropy)
    found = stepped(named("forgotten decay"), net, *batch)
    assert_same(found, [p - ETA * g for p, g in zip(net.parameters, grads.parameters, strict=True)])
    assert_all_differ(found[:3], stepped(bugs.Program(), net, *batch)[:3])


def test_penalised_biases(net, batch):
    """What a regulariser of biases would do: λ/n b more than the healthy step takes away."""
    found, healthy = (stepped(named(name), net, *batch) for name in ("penalised biases", "no bug"))
    assert_same(found[:3], healthy[:3])
    more = [ETA * bugs.LMBDA / bugs.N * b for b in net.biases]
    assert_same(found[3:], [b - d for b, d in zip(healthy[3:], more, strict=True)])
    assert min(np.abs(d).max() for d in more) > 1e-6


def test_tuned_on_test():
    """Of coins, the best of many seems better than ½, chosen by another throw it does not."""
    choose = named("tuning on the test set").choose
    assert choose(np.array([0.5, 0.9, 0.7]), np.array([0.6, 0.5, 0.8])) == (2, 0.8)
    throws = np.random.default_rng(4).binomial(40, 0.5, size=(300, 2, 12)) / 40
    assert np.mean([choose(*pair)[1] for pair in throws]) > 0.6
    assert np.mean([bugs.Program().choose(*pair)[1] for pair in throws]) == pytest.approx(0.5, abs=0.02)


def test_zero_start():
    train = bugs._data(0)[0]
    net = bugs._start(named("all-zero start"), 0)
    list(bugs._train(named("all-zero start"), net, train, ETA, 2, np.random.default_rng(0)))
    assert not any(p.any() for p in net.parameters[:-1])
    assert net.biases[-1].item() != 0


# The experiment.


def test_neurons_are_counted_once_if_they_differ_by_rounding_alone():
    W, b = np.array([[1.0, 2.0], [1.0, 2.0 + 1e-14], [1.0, 2.0], [1.0, 2.1]]), np.array([0.5, 0.5, 0.6, 0.5])
    assert bugs._different(W, b) == 3
    assert bugs._different(1e200 * W, 1e200 * b) == 3
    assert bugs._different(np.zeros((4, 2)), np.zeros(4)) == 1


def test_the_cost_is_the_one_nnlib_computes(evidence):
    train, validation, _ = bugs._data(0)
    net = bugs._start(bugs.Program(), 0)
    first = evidence["no bug", 0]
    assert first.cost[0] == pytest.approx(nn.cost(net, train, nn.cross_entropy, nn.L2(bugs.LMBDA)))
    assert first.accuracy[0] == nn.accuracy(net, validation)
    assert first.spread == tuple(a.std() for a in nn.forward(net, train.X).a[1:4])


def test_the_three_sets_share_no_example():
    parts = bugs._data(3)
    assert [len(part) for part in parts] == [400, 400, 997]
    rows = {row.tobytes() for part in parts for row in part.X}
    digits = nn.datasets.digits()
    every = np.concatenate([digits.train.X, digits.validation.X, digits.test.X]).astype(float)
    assert len(rows) == len({row.tobytes() for row in every})
    np.testing.assert_array_equal(parts[0].t, parts[0].Y[:, 0])
    assert 0.45 < parts[2].Y.mean() < 0.55


@pytest.mark.long
def test_curves(all_evidence):
    for (name, seed), e in all_evidence.items():
        assert len(e.cost) == len(e.accuracy) == len(e.epochs)
        assert np.isfinite(e.cost).all(), name
        assert all(0 <= accuracy <= 1 for accuracy in e.accuracy)
        assert e.epochs[:6] == (0, 0.2, 0.4, 0.6, 0.8, 1.0)[: len(e.epochs)]
        if name == "wrong sign":
            assert e.epochs[-1] < 5
            assert e.cost[-1] > 10 * e.cost[0], seed
        elif name != "update while going back":  # it may blow up
            assert e.epochs[-1] == bugs.EPOCHS
        if name in ("no bug", "forgotten decay", "penalised biases", "tuning on the test set"):
            assert e.accuracy[-1] > 0.85, (name, seed)
            assert e.cost[-1] < 0.7 * e.cost[0]


def test_the_same_seed_is_the_same_evidence(evidence):
    assert bugs.examine(bugs.MUSEUM[1], 2) == evidence[bugs.MUSEUM[1].name, 2]
    assert evidence["no bug", 0] != evidence["no bug", 1]


@pytest.mark.long
def test_only_the_choice_differs_where_tuning_is_the_bug(all_evidence):
    for seed in SEEDS:
        healthy, sick = all_evidence["no bug", seed], all_evidence["tuning on the test set", seed]
        assert str(healthy).splitlines()[:-1] == str(sick).splitlines()[:-1]
        assert healthy.cost == sick.cost


@pytest.mark.long
def test_all_exhibits_print_the_same_panel(all_evidence):
    forms = set()
    for e in all_evidence.values():
        lines = str(e).splitlines()
        assert max(map(len, lines)) <= 48
        forms.add(tuple((line[:22], len(line[22:].split())) for line in lines))
    assert len(forms) == 1


def test_another_learning_rate_changes_curves_and_steps(evidence):
    """Twice the rate, twice the error of an early update; a missing factor stays missing."""
    for name, factor in (("update while going back", 2), ("missing σ′", 1)):
        exhibit = next(e for e in bugs.MUSEUM if e.name == name)
        one, two = (bugs._check_step(exhibit.program, 0, 10, eta)[0][0] for eta in (1e-3, 2e-3))
        assert two / one == pytest.approx(factor, rel=0.02)
    faster = bugs.examine(bugs.HEALTHY, 0, eta=2 * bugs.ETA)
    assert faster.steps == ((1, 0.06), (10, 0.06), (10, 0.0006))
    assert "0.06    0.06  0.0006" in str(faster)
    assert faster.cost[0] == evidence["no bug", 0].cost[0]
    assert faster.cost[1] != evidence["no bug", 0].cost[1]


def test_wrong_arguments_are_named():
    with pytest.raises(TypeError, match="exhibit must be HEALTHY or one of MUSEUM"):
        bugs.examine(bugs.MUSEUM, 0)
    with pytest.raises(ValueError, match="eta must be"):
        bugs.examine(bugs.HEALTHY, 0, eta=-0.1)


def test_the_museum_leaves_everything_as_it_was(before, evidence):
    things, copies, state = before
    now = core()
    assert all(now[name] is thing for name, thing in things.items())
    assert_same(arrays(), copies, rtol=0, atol=0)
    assert random_state() == state


def test_the_network_that_is_checked_stays_clear_of_the_kink():
    X = bugs._data(0)[0].X[:10]
    for seed in range(300):
        net = bugs._random_network(seed, X)
        assert min(np.abs(z).min() for z in nn.forward(net, X).z) > 1e-4
        assert min(np.abs(b).min() for b in net.biases) > 0


@pytest.mark.long
def test_the_stored_evidence_is_what_this_code_finds(all_evidence):
    """What does not come out of training is the same on every processor."""
    for exhibit in EXHIBITS:
        for seed in SEEDS:
            stored, found = results("bug_museum", exhibit.name)[seed], all_evidence[exhibit.name, seed]
            for name in ("differences", "cosine", "length", "spread"):
                np.testing.assert_allclose(stored[name], getattr(found, name), rtol=1e-3, atol=1e-8)
