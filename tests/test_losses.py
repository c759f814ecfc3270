import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlib as nn

MATCHED = [(nn.identity, nn.square), (nn.sigmoid, nn.cross_entropy), (nn.softmax, nn.log_likelihood)]


def batch(rng, loss, m=6, c=4):
    z = 2 * rng.standard_normal((m, c))
    Y = nn.one_hot(rng.integers(0, c, m), c, np.float64)
    return z, Y


@pytest.mark.parametrize(("f", "loss"), MATCHED, ids=str)
def test_matched_pairs_give_a_minus_y_by_both_routes(rng, f, loss):
    """The short cut a - y, and ∂C/∂a taken back through the activation, agree."""
    z, Y = batch(rng, loss)
    a = f(z)
    np.testing.assert_allclose(loss.delta(f, z, a, Y), a - Y, atol=1e-15)
    np.testing.assert_allclose(f.pullback(z, a, loss.gradient(a, Y)), a - Y, atol=1e-13)
    np.testing.assert_allclose(loss.values(f, z, Y), loss(a, Y), atol=1e-13)


@pytest.mark.parametrize("loss", [nn.square, nn.cross_entropy, nn.log_likelihood], ids=repr)
def test_gradient_is_the_slope(rng, loss):
    _, Y = batch(rng, loss)
    a = rng.uniform(0.1, 0.9, Y.shape)
    h = 1e-6
    for j in range(Y.shape[1]):
        e = h * np.eye(Y.shape[1])[j]
        slope = (loss(a + e, Y) - loss(a - e, Y)) / (2 * h)
        np.testing.assert_allclose(loss.gradient(a, Y)[:, j], slope, atol=1e-7)


def test_worked_values():
    a, Y = np.array([[0.8, 0.2]]), np.array([[1.0, 0.0]])
    np.testing.assert_allclose(nn.square(a, Y), [0.04])
    np.testing.assert_allclose(nn.cross_entropy(a, Y), [-2 * np.log(0.8)])
    np.testing.assert_allclose(nn.log_likelihood(a, Y), [-np.log(0.8)])


LOSSES = [nn.square, nn.cross_entropy, nn.log_likelihood]


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@pytest.mark.parametrize("kind", [bool, np.int8, np.uint8, np.uint64, np.float16, np.float32, list])
def test_targets_of_any_type_and_the_precision_of_the_outputs(loss, kind):
    Y = np.array([[0, 1, 0], [1, 0, 0]])
    given = Y.tolist() if kind is list else Y.astype(kind)
    for dtype in (np.float32, np.float64):
        a = np.array([[0.2, 0.7, 0.1], [0.5, 0.25, 0.25]], dtype)
        for call in (loss, loss.gradient):
            assert call(a, given).dtype == dtype
            np.testing.assert_array_equal(call(a, given), call(a, Y.astype(dtype)))
    assert nn.square([[0, 3]], np.array([[255, 0]], np.uint8)).tolist() == [0.5 * (255**2 + 9)]
    assert nn.square.gradient(np.array([0], np.uint8), [255]).tolist() == [-255]


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@pytest.mark.parametrize(
    ("a", "Y"),
    [((3, 1), (3,)), ((2, 2), (2,)), ((3, 2), (1, 2)), ((3, 2), (3, 1)), ((2,), ()), ((2, 3), (3, 2))],
)
def test_shapes_that_do_not_belong_together_are_refused(loss, a, Y):
    """NumPy would stretch the first four, and give a number."""
    a, Y = np.full(a, 0.5), np.ones(Y)
    for call in (
        lambda: loss(a, Y),
        lambda: loss.gradient(a, Y),
        lambda: loss.values(nn.sigmoid, a, Y),
        lambda: loss.delta(nn.sigmoid, a, a, Y),
    ):
        with pytest.raises(ValueError, match=re.escape(f"but have {a.shape} and {Y.shape}")):
            call()


def test_class_numbers_in_place_of_rows_are_told_how_to_become_rows():
    with pytest.raises(ValueError, match=r"nn\.one_hot\(t, c\) makes rows of class numbers"):
        nn.log_likelihood([[0.2, 0.8], [0.6, 0.4]], np.array([1, 0]))


def test_a_loss_of_ones_own_needs_two_methods(rng):
    """|a - y|: its error is taken back through any activation, and training takes it."""

    class Absolute(nn.losses.Loss):
        name = "absolute"

        def __call__(self, a, Y):
            return np.abs(a - Y).sum(axis=-1)

        def gradient(self, a, Y):
            return np.sign(a - Y)

    net = nn.Network.random([3, 4, 2], rng=rng, hidden=nn.tanh, output=nn.softmax, dtype=np.float64)
    X, Y = rng.standard_normal((6, 3)), rng.random((6, 2))
    slow, fast = nn.numerical_gradients(net, X, Y, Absolute()), nn.backprop(net, X, Y, Absolute())
    for p, q in zip(slow.parameters, fast.parameters, strict=True):
        np.testing.assert_allclose(p, q, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("f", "loss"), MATCHED, ids=str)
def test_extreme_values_give_neither_warning_nor_nan(f, loss, dtype):
    z = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0], [-1e4, -1e4, -1e4]], dtype)
    Y = np.eye(3, dtype=dtype)
    with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise"):
        warnings.simplefilter("error")
        a = f(z)
        values = loss.values(f, z, Y)
        assert values.dtype == dtype
        assert np.isfinite(values).all()
        assert np.isfinite(loss.delta(f, z, a, Y)).all()
        assert not np.isnan(loss(a, Y)).any()
        assert not np.isnan(loss.gradient(a, Y)).any()


def test_a_confident_error_costs_what_it_should():
    """At z = 1e4 with target 0 the cross-entropy is 1e4, though ln(1 - a) is minus infinity."""
    z = np.array([[1e4]], np.float32)
    assert nn.cross_entropy.values(nn.sigmoid, z, np.zeros((1, 1), np.float32))[0] == 1e4
    assert nn.cross_entropy(nn.sigmoid(z), np.zeros((1, 1)))[0] == np.inf
    assert nn.cross_entropy(np.array([[1.0, 0.0]]), np.array([[1.0, 0.0]]))[0] == 0


@given(st.floats(0, 1), st.floats(-30, 30))
def test_cross_entropy_is_least_where_the_output_equals_the_target(y, z):
    Y = np.array([[y]])
    best = nn.cross_entropy(Y.copy(), Y)
    assert nn.cross_entropy.values(nn.sigmoid, np.array([[z]]), Y)[0] >= best[0] - 1e-12


@pytest.mark.parametrize(
    ("loss", "f", "Y", "message"),
    [
        (nn.cross_entropy, nn.softmax, [[0.0, 1.0]], "use nn.log_likelihood"),
        (nn.cross_entropy, nn.relu, [[0.0, 1.0]], "ends in relu"),
        (nn.log_likelihood, nn.sigmoid, [[0.0, 1.0]], "use nn.cross_entropy"),
        (nn.log_likelihood, nn.softmax, [[1.0, 1.0]], "row 0 of Y sums to 2"),
        (nn.cross_entropy, nn.sigmoid, [[0.0, 7.0]], "range from 0 to 7"),
        (nn.cross_entropy, nn.sigmoid, [[-1.0, 1.0]], "range from -1 to 1"),
    ],
)
def test_meaningless_pairs_are_refused(loss, f, Y, message):
    with pytest.raises(ValueError, match=message):
        loss.check(f, np.array(Y))


@pytest.mark.parametrize(
    ("f", "loss"), [(nn.identity, nn.square), (nn.sigmoid, nn.cross_entropy), (nn.softmax, nn.log_likelihood)]
)
def test_one_example_may_be_a_vector(rng, f, loss):
    """The sums go over the last axis, whatever stands before it."""
    z, y = rng.standard_normal(4), np.eye(4)[2]
    assert loss(f(z), y) == pytest.approx(loss(f(z)[None], y[None])[0])
    assert loss.values(f, z, y) == pytest.approx(loss.values(f, z[None], y[None])[0])
    stack, targets = rng.standard_normal((2, 3, 4)), np.broadcast_to(y, (2, 3, 4))
    assert loss(f(stack), targets).shape == loss.values(f, stack, targets).shape == (2, 3)


@pytest.mark.parametrize(
    ("loss", "f", "Y", "message"),
    [
        (nn.log_likelihood, nn.identity, [[0.0, 1.0]], r"the network ends in identity$"),
        (nn.cross_entropy, nn.identity, [[0.0, 1.0]], r"the network ends in identity$"),
        (
            nn.log_likelihood,
            nn.sigmoid,
            [[0.0, 1.0]],
            r"ends in sigmoid; with a sigmoid output use nn.cross_entropy$",
        ),
        (
            nn.cross_entropy,
            nn.softmax,
            [[0.0, 1.0]],
            r"ends in softmax; with a softmax output use nn.log_likelihood$",
        ),
        (
            nn.log_likelihood,
            nn.softmax,
            [[-1.0, 2.0]],
            r"^with log_likelihood the targets must lie between 0 and 1",
        ),
        (
            nn.cross_entropy,
            nn.sigmoid,
            [[-1.0, 2.0]],
            r"^with cross_entropy the targets .* from -1 to 2; use nn.one_hot",
        ),
        (
            nn.log_likelihood,
            nn.softmax,
            [[0.7, 0.6], [0.1, 0.1]],
            r"row 1 of Y sums to 0.2; for several labels",
        ),
        (nn.log_likelihood, nn.softmax, [[1.0, 0.9], [0.6, 0.6]], r"row 0 of Y sums to 1.9"),
    ],
)
def test_refusals_say_what_and_where(loss, f, Y, message):
    with pytest.raises(ValueError, match=message):
        loss.check(f, np.array(Y))
