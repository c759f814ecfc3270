import json
import math
from pathlib import Path

import numpy as np
import pytest

import nnlib as nn
from nnlib.optimizers import schedule

ETA, MU = 0.1, 0.9


def descend(optimizer, slope, w, eta, steps):
    """The single weight after each step, and the state at the end."""
    net = nn.Network([[[w]]], [[0.0]], [nn.identity])
    state, path = optimizer.start(net), []
    for _ in range(steps):
        g = np.array([[slope(net.weights[0].item())]])
        optimizer.step(net, nn.Gradients([g], [np.zeros(1)]), eta, state)
        path.append(net.weights[0].item())
    return path, state


def test_sgd_by_hand():
    """C = w², slope 2w, η = 0.1: each step multiplies w by 0.8."""
    path, state = descend(nn.SGD(), lambda w: 2 * w, 1.0, 0.1, 3)
    np.testing.assert_allclose(path, [0.8, 0.64, 0.512], rtol=1e-15)
    assert state == []


def test_momentum_by_hand():
    """C = w², η = 0.1, μ = 0.5, from w = 1.

    v = -0.2, w = 0.8; v = -0.1 - 0.16 = -0.26, w = 0.54; v = -0.13 - 0.108 = -0.238, w = 0.302.
    """
    path, state = descend(nn.Momentum(0.5), lambda w: 2 * w, 1.0, 0.1, 3)
    np.testing.assert_allclose(path, [0.8, 0.54, 0.302], rtol=1e-14)
    np.testing.assert_allclose(state[0], [[-0.238]], rtol=1e-14)


def test_nesterov_by_hand():
    """C = w², η = 0.1, μ = 0.5, from w = 1; the network holds the point looked ahead to.

    v = -0.2, w = 1 + 0.5(-0.2) - 0.2 = 0.7; v = -0.1 - 0.14 = -0.24, w = 0.7 - 0.12 - 0.14 = 0.44.
    """
    path, state = descend(nn.Nesterov(0.5), lambda w: 2 * w, 1.0, 0.1, 2)
    np.testing.assert_allclose(path, [0.7, 0.44], rtol=1e-14)
    np.testing.assert_allclose(state[0], [[-0.24]], rtol=1e-14)


def test_adam_by_hand():
    """Slopes 1 and then 3, β₁ = 0.5, β₂ = 0.75, η = 0.1, from w = 0, ε too small to be seen.

    m = 1/2, m̂ = 1; v = 1/4, v̂ = 1; w = -0.1.
    m = 1/4 + 3/2 = 7/4, m̂ = 7/3; v = 3/16 + 9/4 = 39/16, v̂ = 39/7; w = -0.1 - 0.1·(7/3)/√(39/7).
    """
    slopes = iter([1.0, 3.0])
    path, state = descend(nn.Adam(0.5, 0.75, 1e-300), lambda w: next(slopes), 0.0, 0.1, 2)
    np.testing.assert_allclose(path, [-0.1, -0.1 - 0.1 * (7 / 3) / math.sqrt(39 / 7)], rtol=1e-14)
    assert [s.item() for s in state] == [2, 7 / 4, 0, 39 / 16, 0]


@pytest.mark.parametrize("slope", [1e-3, 1.0, -1e4])
def test_the_first_step_of_adam_is_eta_whatever_the_slope(slope):
    """Without bias correction it would be η (1-β₁)/√(1-β₂) = 3.16 η."""
    (w,), _ = descend(nn.Adam(), lambda w: slope, 0.0, 0.01, 1)
    assert w == pytest.approx(-0.01 * np.sign(slope), rel=1e-4)


def test_epsilon_is_added_to_the_root():
    (w,), _ = descend(nn.Adam(epsilon=1.0), lambda w: 1.0, 0.0, 0.1, 1)
    assert w == pytest.approx(-0.05, rel=1e-12)


# Against the update rules written out anew, on a whole network with real gradients


@pytest.fixture
def problem(rng):
    net = nn.Network.random([3, 5, 2], rng=rng, hidden=nn.tanh, dtype=np.float64)
    return net, rng.standard_normal((8, 3)), nn.one_hot(rng.integers(0, 2, 8), 2, np.float64)


def trained(optimizer, net, X, Y, steps=25):
    net = net.copy()
    state = optimizer.start(net)
    for _ in range(steps):
        optimizer.step(net, nn.backprop(net, X, Y, nn.cross_entropy), ETA, state)
    return net.parameters


def at(net, parameters):
    """The gradient at other parameters."""
    split = len(net.weights)

    def gradient(X, Y):
        there = nn.Network(parameters[:split], parameters[split:], net.activations)
        return nn.backprop(there, X, Y, nn.cross_entropy).parameters

    return gradient


def test_nesterov_equals_its_two_point_form(problem):
    """Sutskever's: v ← μv - η g(p + μv), p ← p + v. nnlib's network is at p + μv."""
    net, X, Y = problem
    p = [q.copy() for q in net.parameters]
    v = [np.zeros_like(q) for q in p]
    for _ in range(25):
        ahead = [q + MU * u for q, u in zip(p, v, strict=True)]
        g = at(net, ahead)(X, Y)
        v = [MU * u - ETA * s for u, s in zip(v, g, strict=True)]
        p = [q + u for q, u in zip(p, v, strict=True)]
    ahead = [q + MU * u for q, u in zip(p, v, strict=True)]
    for ours, theirs in zip(trained(nn.Nesterov(MU), net, X, Y), ahead, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_momentum_equals_the_weighted_sum_of_all_slopes(problem):
    """v after t steps is -η Σ_s μ^(t-s) g_s."""
    net, X, Y = problem
    p, slopes = [q.copy() for q in net.parameters], []
    for _ in range(25):
        slopes.append(at(net, p)(X, Y))
        for i, q in enumerate(p):
            q -= ETA * sum(MU ** (len(slopes) - 1 - s) * g[i] for s, g in enumerate(slopes))
    for ours, theirs in zip(trained(nn.Momentum(MU), net, X, Y), p, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_adam_equals_algorithm_1_of_kingma_and_ba(problem):
    net, X, Y = problem
    p = [q.copy() for q in net.parameters]
    m, v = [0 * q for q in p], [0 * q for q in p]
    for t in range(1, 26):
        g = at(net, p)(X, Y)
        for i in range(len(p)):
            m[i] = 0.9 * m[i] + (1 - 0.9) * g[i]
            v[i] = 0.999 * v[i] + (1 - 0.999) * g[i] ** 2
            p[i] = p[i] - ETA * (m[i] / (1 - 0.9**t)) / (np.sqrt(v[i] / (1 - 0.999**t)) + 1e-8)
    for ours, theirs in zip(trained(nn.Adam(), net, X, Y), p, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-10)


STEPS, EVERY = 200, 20
RECORDED = json.loads(Path(__file__).with_name("trajectories.json").read_text(encoding="utf-8"))


def pytorchs_path(net, X, Y, name, options):
    """All parameters after every twentieth step of PyTorch's optimiser."""
    torch = pytest.importorskip("torch")
    p = [torch.tensor(q, requires_grad=True) for q in net.parameters]
    optimizer, path = getattr(torch.optim, name)(p, lr=ETA, **options), []
    for step in range(1, STEPS + 1):
        optimizer.zero_grad()
        z = torch.tanh(torch.tensor(X) @ p[0].T + p[2]) @ p[1].T + p[3]
        cost = torch.nn.functional.binary_cross_entropy_with_logits(z, torch.tensor(Y), reduction="sum")
        (cost / len(X)).backward()
        optimizer.step()
        if step % EVERY == 0:
            path.append(torch.cat([q.detach().ravel() for q in p]).tolist())
    return path


@pytest.mark.parametrize("source", ["recorded", "computed"])
@pytest.mark.parametrize(
    ("ours", "name", "options"),
    [
        (nn.SGD(), "SGD", {}),
        (nn.Momentum(MU), "SGD", {"momentum": MU}),
        (nn.Nesterov(MU), "SGD", {"momentum": MU, "nesterov": True}),
        (nn.Adam(), "Adam", {}),
    ],
    ids=repr,
)
def test_the_same_path_as_pytorchs(ours, name, options, source):
    """PyTorch keeps v without η in it: the same while η is constant."""
    rng = np.random.default_rng(0)
    net = nn.Network.random([3, 5, 2], rng=rng, hidden=nn.tanh, dtype=np.float64)
    X, Y = rng.standard_normal((8, 3)), nn.one_hot(rng.integers(0, 2, 8), 2, np.float64)
    theirs = RECORDED[repr(ours)] if source == "recorded" else pytorchs_path(net, X, Y, name, options)
    state = ours.start(net)
    for step in range(1, STEPS + 1):
        ours.step(net, nn.backprop(net, X, Y, nn.cross_entropy), ETA, state)
        if step % EVERY == 0:
            found = np.concatenate([p.ravel() for p in net.parameters])
            np.testing.assert_allclose(found, theirs[step // EVERY - 1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("optimizer", [nn.SGD(), nn.Momentum(), nn.Nesterov(), nn.Adam()], ids=repr)
def test_steps_are_taken_in_place_and_the_state_keeps_float32(rng, optimizer):
    net = nn.Network.random([3, 4, 2], rng=rng)
    arrays, before = net.parameters, [p.copy() for p in net.parameters]
    state = optimizer.start(net)
    kept = list(state)
    grads = nn.backprop(net, rng.random((5, 3)), nn.one_hot([0, 1, 0, 1, 1], 2), nn.cross_entropy)
    slopes = [g.copy() for g in grads.parameters]
    optimizer.step(net, grads, 0.1, state)
    assert all(p is q for p, q in zip(net.parameters, arrays, strict=True))
    assert all(s is t for s, t in zip(state, kept, strict=True))
    assert all((p != b).any() for p, b in zip(net.parameters, before, strict=True))  # biases too
    assert all(np.array_equal(g, s) for g, s in zip(grads.parameters, slopes, strict=True))
    assert {p.dtype for p in net.parameters} == {np.dtype(np.float32)}
    assert {s.dtype for s in state if s.shape != (1,)} <= {np.dtype(np.float32)}


def test_a_step_in_float32_is_computed_in_float32(rng):
    """A rate that no float32 holds is rounded first: bit for bit as with NumPy's own float32."""
    net = nn.Network.random([30, 40, 20], rng=rng)
    grads = nn.backprop(net, rng.random((5, 30)), nn.one_hot([0, 1, 0, 1, 1], 20), nn.cross_entropy)
    expected = [p - np.float32(0.1) * g for p, g in zip(net.parameters, grads.parameters, strict=True)]
    nn.SGD().step(net, grads, 0.1, [])
    assert all(np.array_equal(p, q) for p, q in zip(net.parameters, expected, strict=True))


# Schedules


def test_the_piecewise_schedule_of_matlab():
    """0.005, halved every 5 epochs."""
    rate = nn.StepDecay(0.005, factor=0.5, every=5)
    assert [rate(epoch) for epoch in range(1, 16)] == [0.005] * 5 + [0.0025] * 5 + [0.00125] * 5


def test_schedules_by_hand():
    assert [nn.ExponentialDecay(0.8, factor=0.5)(epoch) for epoch in (1, 2, 3, 4)] == [0.8, 0.4, 0.2, 0.1]
    assert nn.ExponentialDecay(1.0)(3) == pytest.approx(0.9025)
    cosine = [nn.CosineDecay(0.4, epochs=4)(epoch) for epoch in (1, 2, 3, 4, 5, 6)]
    half = math.sqrt(2) / 2
    np.testing.assert_allclose(cosine, [0.4, 0.2 * (1 + half), 0.2, 0.2 * (1 - half), 0, 0], atol=1e-16)


def test_schedules_give_plain_floats_so_that_float32_stays_float32():
    rates = [schedule(1), nn.StepDecay(1), nn.ExponentialDecay(1), nn.CosineDecay(1, epochs=3)]
    rates += [nn.StepDecay(np.float64(0.1)), schedule(np.float32(0.5))]
    assert {type(rate(2)) for rate in rates} == {float}


def test_a_number_becomes_the_schedule_that_always_gives_it():
    assert [schedule(0.3)(epoch) for epoch in (1, 2, 99)] == [0.3] * 3
    rate = nn.StepDecay(0.5)
    assert schedule(rate) is rate


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedule(0), "eta must be finite and greater than 0, but is 0; a rate of 0"),
        (lambda: schedule(-0.1), "a negative one climbs"),
        (lambda: schedule(math.nan), "eta must be finite and greater than 0, but is nan"),
        (lambda: schedule(math.inf), "but is inf"),
        (lambda: schedule("0.1"), "eta must be a number, but is '0.1'"),
        (lambda: schedule(True), "eta must be a number, but is True"),
        (lambda: nn.StepDecay(-1), "eta must be"),
        (lambda: nn.StepDecay(0.1, every=0), "every must be at least 1, but is 0"),
        (lambda: nn.StepDecay(0.1, every=2.5), "every must be a whole number"),
        (lambda: nn.StepDecay(0.1, factor=0), "factor must be finite and greater than 0"),
        (lambda: nn.ExponentialDecay(0), "eta must be"),
        (lambda: nn.ExponentialDecay(0.1, factor=-1), "factor must be"),
        (lambda: nn.CosineDecay(0, epochs=3), "eta must be"),
        (lambda: nn.CosineDecay(0.1, epochs=0), "epochs must be at least 1"),
        (lambda: nn.Momentum(1), "mu must be finite and at least 0 and less than 1, but is 1"),
        (lambda: nn.Momentum(-0.1), "mu must be"),
        (lambda: nn.Nesterov(1.0), "mu must be"),
        (lambda: nn.Adam(beta1=1), "beta1 must be"),
        (lambda: nn.Adam(beta2=1), "beta2 must be"),
        (lambda: nn.Adam(beta2=-1), "beta2 must be"),
        (lambda: nn.Adam(epsilon=0), "epsilon must be finite and greater than 0"),
    ],
)
def test_bad_settings_are_named(make, message):
    with pytest.raises((ValueError, TypeError), match=message):
        make()


def test_settings_show_in_the_repr():
    assert repr(nn.Nesterov(0.5)) == "Nesterov(mu=0.5)"
    assert repr(nn.StepDecay(0.5)) == "StepDecay(eta=0.5, factor=0.5, every=10)"


@pytest.mark.parametrize("optimizer", [nn.SGD(), nn.Momentum(), nn.Nesterov(), nn.Adam()], ids=repr)
def test_a_gradient_of_another_network_is_noticed(rng, optimizer):
    net = nn.Network.random([3, 4, 2], rng=rng)
    grads = nn.backprop(net, rng.random((5, 3)), nn.one_hot([0, 1, 0, 1, 1], 2), nn.cross_entropy)
    del grads.biases[-1]
    with pytest.raises(ValueError, match="zip"):
        optimizer.step(net, grads, 0.1, optimizer.start(net))


@pytest.mark.parametrize("optimizer", [nn.Momentum(), nn.Nesterov(), nn.Adam()], ids=repr)
def test_a_state_that_is_not_the_networks_is_noticed(rng, optimizer):
    net = nn.Network.random([3, 4, 2], rng=rng)
    grads = nn.backprop(net, rng.random((5, 3)), nn.one_hot([0, 1, 0, 1, 1], 2), nn.cross_entropy)
    with pytest.raises(ValueError, match="zip"):
        optimizer.step(net, grads, 0.1, optimizer.start(net)[:-1])


@pytest.mark.parametrize("name", ["beta1", "beta2"])
def test_adams_means_forget_neither_everything_nor_more(name):
    with pytest.raises(ValueError, match=f"{name} must be finite and at least 0 and less than 1"):
        nn.Adam(**{name: -0.1})
    assert nn.Adam(**{name: 0.0})
