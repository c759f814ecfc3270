import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlib as nn

ELEMENTWISE = [nn.identity, nn.sigmoid, nn.tanh, nn.softsign, nn.relu, nn.leaky_relu, nn.softplus, nn.step]
TRUTH = {  # written with mpmath's 50 digits
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
    "softsign": lambda z: z / (1 + abs(z)),
    "softplus": lambda z: mpmath.log(1 + mpmath.exp(z)),
}
EXTREME = np.array([-1e4, -745.2, -710, -104, -88.8, -40, -1e-30, 0, 1e-30, 40, 88.8, 104, 710, 745.2, 1e4])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("f", ELEMENTWISE, ids=repr)
def test_extreme_values_give_neither_warning_nor_nan(f, dtype):
    z = EXTREME.astype(dtype)
    with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise", divide="raise"):
        warnings.simplefilter("error")
        for values in (f(z), f.prime(z), f.pullback(z, f(z), np.ones_like(z))):
            assert values.dtype == dtype
            assert np.isfinite(values).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_at_extremes(dtype):
    z = np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4], [1e4, 1e4, -1e4]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        a = nn.softmax(z)
        nn.softmax.jacobian(z)
        pulled = nn.softmax.pullback(z, a, np.ones_like(z))
    np.testing.assert_allclose(a, [[1, 0, 0], [1 / 3] * 3, [0.5, 0.5, 0]], rtol=1e-6)
    np.testing.assert_allclose(pulled, 0, atol=1e-7)


@pytest.mark.parametrize("f", TRUTH)
def test_values_against_fifty_digits(f):
    mpmath.mp.dps = 50
    z = np.linspace(-30, 30, 121)
    exact = [float(TRUTH[f](mpmath.mpf(float(x)))) for x in z]
    np.testing.assert_allclose(getattr(nn, f)(z), exact, rtol=2e-15, atol=2e-16)
    slopes = [float(mpmath.diff(TRUTH[f], mpmath.mpf(float(x)))) for x in z]
    np.testing.assert_allclose(getattr(nn, f).prime(z), slopes, rtol=2e-14, atol=4e-16)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_tails_are_exact(dtype):
    """To four units in the last place, as far as numbers are normal; below that sigmoid's 1/∞ is 0."""
    tiny, ulps = np.finfo(dtype).tiny, 4 * np.finfo(dtype).eps
    z = np.linspace(-np.log(1 / tiny), 720, 600).astype(dtype)
    mpmath.mp.dps = 50
    points = [mpmath.mpf(float(x)) for x in z]
    both = [1 / (1 + mpmath.exp(-x)) for x in points]
    rises = [mpmath.exp(-abs(x)) / (1 + mpmath.exp(-abs(x))) ** 2 for x in points]
    for found, exact in [
        (nn.sigmoid(z), both),
        (nn.softplus(z), [mpmath.log1p(mpmath.exp(x)) for x in points]),
        (nn.softplus.prime(z), both),
        (nn.sigmoid.prime(z), rises),
    ]:
        assert found.dtype == dtype
        np.testing.assert_allclose(found.astype(float), np.array(exact, float), rtol=ulps, atol=float(tiny))
    far = np.array([-1e4, -800], dtype)
    assert not nn.sigmoid(far).any()


KINDS = [bool, *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)), "f2", "f4", "f8"]


@pytest.mark.parametrize("f", [*ELEMENTWISE, nn.Step(0.5), nn.LeakyReLU(0.5), nn.softmax], ids=repr)
@pytest.mark.parametrize("kind", KINDS)
def test_numbers_of_any_type_and_shape_mean_what_they_say(f, kind):
    z = np.array([[[0, 1, 2], [1, 0, 3]], [[3, 2, 1], [0, 0, 1]]]).astype(kind)
    if np.dtype(kind).kind in "if":
        z = z - z.dtype.type(2)
    floats = z if z.dtype.kind == "f" else z.astype(float)
    rough = 4e-3 if z.dtype == np.float16 else 4e-7
    for place in [(), 0, (0, 0), (0, 0, 1)]:
        view, exact = z[place], floats[place]
        for what in [f] if f == nn.softmax else [f, f.prime]:
            right = what(exact.astype(float))
            for numbers in (view, view.tolist()):
                found = what(numbers)
                assert found.shape == view.shape
                assert found.dtype == (exact.dtype if numbers is view else float)
                np.testing.assert_allclose(found, right, rtol=rough, atol=rough / 10)


def test_kinks_and_steps_take_the_stated_values():
    z = np.array([-2.0, 0.0, 3.0])
    assert nn.relu(z).tolist() == [0, 0, 3]
    assert nn.relu.prime(z).tolist() == [0, 0, 1]
    assert nn.LeakyReLU(0.1)(z).tolist() == [-0.2, 0, 3]
    assert nn.LeakyReLU(0.1).prime(z).tolist() == [0.1, 0.1, 1]
    assert nn.step(z).tolist() == [0, 0, 1]
    assert nn.Step(at_zero=1)(z).tolist() == [0, 1, 1]
    assert nn.Step(at_zero=0.5)(z).tolist() == [0, 0.5, 1]


@given(st.floats(-50, 50))
def test_identities(z):
    np.testing.assert_allclose(nn.sigmoid(-z), 1 - nn.sigmoid(z), atol=1e-15)
    np.testing.assert_allclose(nn.tanh(z), 2 * nn.sigmoid(2 * z) - 1, atol=1e-15)
    np.testing.assert_allclose(nn.softplus(z) - nn.softplus(-z), z, rtol=1e-14, atol=1e-15)
    assert nn.sigmoid.prime(z) <= 0.25


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=6), st.floats(-100, 100))
def test_softmax_is_a_distribution_and_blind_to_shifts(z, shift):
    z = np.array(z)
    a = nn.softmax(z)
    assert (a >= 0).all()
    np.testing.assert_allclose(a.sum(), 1)
    np.testing.assert_allclose(nn.softmax(z + shift), a, atol=1e-12)


def test_softmax_pullback_is_the_product_with_its_jacobian(rng):
    z, grad = rng.standard_normal((4, 5)), rng.standard_normal((4, 5))
    J = nn.softmax.jacobian(z)  # (4, 5, 5): ∂a_j/∂z_k
    expected = np.einsum("mj,mjk->mk", grad, J)
    np.testing.assert_allclose(nn.softmax.pullback(z, nn.softmax(z), grad), expected, atol=1e-15)
    h = 1e-6
    for k in range(5):
        e = h * np.eye(5)[k]
        slope = (nn.softmax(z + e) - nn.softmax(z - e)) / (2 * h)
        np.testing.assert_allclose(J[:, :, k], slope, atol=1e-9)


def test_two_outputs_of_softmax_are_a_sigmoid_of_the_difference(rng):
    z = rng.standard_normal((10, 2))
    np.testing.assert_allclose(nn.softmax(z)[:, 0], nn.sigmoid(z[:, 0] - z[:, 1]), rtol=1e-14)


def test_readable():
    assert repr([nn.sigmoid, nn.softmax, nn.leaky_relu]) == "[sigmoid, softmax, LeakyReLU(slope=0.01)]"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_of_a_vector_and_of_a_stack(dtype):
    """Along the last axis, in the float type that came, the Jacobian too."""
    z = np.random.default_rng(0).standard_normal((2, 3, 4)).astype(dtype)
    J = nn.softmax.jacobian(z)
    assert J.shape == (2, 3, 4, 4)
    assert J.dtype == nn.softmax(z).dtype == dtype
    np.testing.assert_allclose(J[1, 2], nn.softmax.jacobian(z[1, 2]), rtol=1e-6)
    np.testing.assert_allclose(J.sum(axis=-1), 0, atol=1e-6)
    a, grad = nn.softmax(z), np.ones_like(z).cumsum(axis=-1)
    expected = np.einsum("...jk,...j->...k", J, grad)
    np.testing.assert_allclose(nn.softmax.pullback(z, a, grad), expected, atol=1e-6)
    np.testing.assert_allclose(nn.softmax.pullback(z[0, 0], a[0, 0], grad[0, 0]), expected[0, 0], atol=1e-6)
