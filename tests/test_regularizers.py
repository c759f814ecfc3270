import numpy as np
import pytest

import nnlib as nn

BOTH = [nn.L1(0.7), nn.L2(0.7)]
N = 5


@pytest.fixture
def net(rng):
    return nn.Network.random([3, 4, 2], rng=rng, dtype=np.float64, bias_initializer=nn.Normal())


def test_worked_values():
    """w = 3, -4 and n = 10: L2 with λ = 2 costs 2/20·25 and slopes 2/10·w; L1 costs 2/10·7."""
    net = nn.Network([[[3.0, -4.0]]], [[100.0]], [nn.identity])
    assert nn.L2(2).penalty(net, 10) == pytest.approx(2.5)
    assert nn.L1(2).penalty(net, 10) == pytest.approx(1.4)
    np.testing.assert_allclose(nn.L2(2).gradient(net.weights[0], 10), [[0.6, -0.8]])
    np.testing.assert_allclose(nn.L1(2).gradient(net.weights[0], 10), [[0.2, -0.2]])
    assert nn.L1(2).gradient(np.zeros((1, 1)), 10) == 0
    nn.L2(2).decay(net, 0.5, 10)  # times 1 - 0.5·2/10
    np.testing.assert_allclose(net.weights[0], [[2.7, -3.6]])
    nn.L1(2).decay(net, 0.5, 10)  # less 0.5·2/10 towards zero
    np.testing.assert_allclose(net.weights[0], [[2.6, -3.5]])
    assert net.biases[0].item() == 100


@pytest.mark.parametrize("regularizer", BOTH, ids=repr)
def test_decay_then_step_is_a_step_on_the_penalised_cost(rng, net, regularizer):
    X, Y = rng.random((N, 3)), nn.one_hot([0, 1, 0, 1, 1], 2, np.float64)
    grads = nn.backprop(net, X, Y, nn.cross_entropy)
    expected = [
        W - 0.3 * (g + regularizer.gradient(W, N)) for W, g in zip(net.weights, grads.weights, strict=True)
    ]
    expected += [b - 0.3 * g for b, g in zip(net.biases, grads.biases, strict=True)]
    regularizer.decay(net, 0.3, N)
    nn.SGD().step(net, grads, 0.3, [])
    for p, q in zip(net.parameters, expected, strict=True):
        np.testing.assert_allclose(p, q, atol=1e-15)


@pytest.mark.parametrize("regularizer", BOTH, ids=repr)
def test_the_gradient_is_the_slope_of_the_penalty_and_biases_cost_nothing(net, regularizer):
    h = 1e-6
    for W in net.weights:
        slope = regularizer.gradient(W, N)
        assert slope.shape == W.shape
        for i in np.ndindex(W.shape):
            kept = W[i]
            W[i] = kept + h
            above = regularizer.penalty(net, N)
            W[i] = kept - h
            below = regularizer.penalty(net, N)
            W[i] = kept
            assert slope[i] == pytest.approx((above - below) / (2 * h), abs=1e-8)
    before = regularizer.penalty(net, N)
    for b in net.biases:
        b += 17
    assert regularizer.penalty(net, N) == before


@pytest.mark.parametrize("regularizer", BOTH, ids=repr)
def test_decay_leaves_biases_alone_and_works_in_place_in_float32(rng, regularizer):
    net = nn.Network.random([3, 4, 2], rng=rng, bias_initializer=nn.Normal())
    weights, biases = list(net.weights), [b.copy() for b in net.biases]
    before = [W.copy() for W in weights]
    regularizer.decay(net, 0.1, N)
    assert all(W is V for W, V in zip(net.weights, weights, strict=True))
    assert all((np.abs(W) < np.abs(B)).mean() > 0.9 for W, B in zip(weights, before, strict=True))
    assert all(np.array_equal(b, c) for b, c in zip(net.biases, biases, strict=True))
    assert net.dtype == np.float32


def test_a_decay_that_would_turn_signs_is_refused(net):
    before = [W.copy() for W in net.weights]
    with pytest.raises(ValueError, match=r"eta \* lmbda / n = 3 \* 5 / 10 is 1.5, more than 1"):
        nn.L2(5).decay(net, 3, 10)
    assert all(np.array_equal(W, B) for W, B in zip(net.weights, before, strict=True))
    nn.L2(5).decay(net, 2, 10)  # exactly 1 leaves nothing of the weights, but no sign turned
    assert not any(W.any() for W in net.weights)


@pytest.mark.parametrize("kind", [nn.L1, nn.L2])
@pytest.mark.parametrize("lmbda", [-1, np.nan, np.inf, "5"])
def test_bad_strengths_are_named(kind, lmbda):
    with pytest.raises((ValueError, TypeError), match="lmbda must be"):
        kind(lmbda)


def test_no_strength_changes_nothing(net):
    before = [W.copy() for W in net.weights]
    for regularizer in (nn.L1(0), nn.L2(0)):
        assert regularizer.penalty(net, N) == 0
        regularizer.decay(net, 0.1, N)
    assert all(np.array_equal(W, B) for W, B in zip(net.weights, before, strict=True))


# Dropout


@pytest.mark.parametrize("rate", [0.2, 0.5, 0.9])
def test_masks_keep_the_expected_activation(rate):
    """Values 0 or 1/(1-rate), mean 1 within four standard errors, in the type of the network."""
    rng = np.random.default_rng(4)
    net = nn.Network.random([3, 100, 50, 2], rng=rng)
    masks = nn.Dropout(rate).masks(net, 2000, rng)
    assert [mask.shape for mask in masks] == [(2000, 100), (2000, 50)]  # hidden layers only
    for mask in masks:
        assert mask.dtype == np.float32
        assert set(np.unique(mask)) == {np.float32(0), np.float32(1 / (1 - rate))}
        spread = np.sqrt(rate / (1 - rate))
        assert abs(mask.mean(dtype=float) - 1) < 4 * spread / np.sqrt(mask.size)
        assert abs((mask == 0).mean() - rate) < 4 * np.sqrt(rate * (1 - rate) / mask.size)
    assert not np.array_equal(masks[0][0], masks[0][1])  # each example drops its own
    assert nn.Dropout(rate).masks(net.copy(np.float64), 1, rng)[0].dtype == np.float64


def test_rate_zero_is_no_dropout(rng):
    net = nn.Network.random([3, 6, 2], rng=rng)
    X = rng.random((4, 3))
    masks = nn.Dropout(0).masks(net, 4, rng)
    assert all((mask == 1).all() for mask in masks)
    assert np.array_equal(nn.forward(net, X, masks).output, nn.forward(net, X).output)


def test_a_network_without_hidden_layer_has_nothing_to_drop(rng):
    net = nn.Network.random([3, 2], rng=rng)
    assert nn.Dropout().masks(net, 4, rng) == []
    assert nn.forward(net, rng.random((4, 3)), []).output.shape == (4, 2)


def test_masks_act_on_hidden_activations_and_spare_input_and_output(rng):
    net = nn.Network.random([3, 6, 5, 2], rng=rng, hidden=nn.tanh)
    X = rng.random((4, 3))
    masks = nn.Dropout(0.5).masks(net, 4, rng)
    trace = nn.forward(net, X, masks)
    for layer in (0, 1):
        np.testing.assert_array_equal(trace.a[layer + 1], np.tanh(trace.z[layer]) * masks[layer])
    np.testing.assert_allclose(trace.a[0], X, rtol=1e-6)
    assert (trace.output > 0).all()
    assert trace.masks is masks


@pytest.mark.parametrize("rate", [1, 1.5, -0.1, np.nan, "half", True])
def test_bad_rates_are_named(rate):
    with pytest.raises((ValueError, TypeError), match="rate must be"):
        nn.Dropout(rate)


def test_a_draw_equal_to_the_rate_survives():
    """So that rate 0 silences nobody: a generator draws 0 now and then, and never 1."""

    class AtTheRate:
        def random(self, shape):
            return np.full(shape, 0.5)

    net = nn.Network.random([3, 4, 2], rng=np.random.default_rng(0))
    assert (nn.Dropout(0.5).masks(net, 2, AtTheRate())[0] == 2).all()


@pytest.mark.parametrize(("kind", "power"), [(nn.L1, 1), (nn.L2, 2)])
def test_the_penalty_of_many_small_weights_is_summed_in_float64(kind, power):
    rng = np.random.default_rng(0)
    W = rng.random((1, 2_000_001)).astype(np.float32)
    net = nn.Network([W], [np.zeros(1, np.float32)], [nn.identity])
    exact = float((W.astype(float) ** power).sum()) / power
    assert kind(1.0).penalty(net, 1) == pytest.approx(exact, rel=1e-9)
