"""Edinburgh."""

import autograd.numpy as anp
import numpy as np
import pytest
import reference
import sympy
from autograd import grad
from errata_registry import compare, deep, erratum, sigma, sigma_prime, slopes

import nnlib as nn


def example(seed=0):
    """The network of their Figure 5: 4-2-3-1, bias weights in column 0; z[l] sums, a[l] outputs, a_0 = 1."""
    rng = np.random.default_rng(seed)
    theta = [None, *(rng.standard_normal(shape) for shape in ((2, 5), (3, 3), (1, 4)))]
    a = [None, np.concatenate([[1.0], rng.standard_normal(4)])]
    z = [None, None]
    for layer in (1, 2, 3):
        z.append(theta[layer] @ a[layer])
        a.append(np.concatenate([[1.0], sigma(z[-1])]) if layer < 3 else sigma(z[-1]))
    return theta, z, a, 0.0 if seed % 2 else 1.0


def true_gradients(theta, a, y):
    """∂C/∂Θ by autograd, C = ½ (y - ŷ)², in the notes' shapes."""

    def cost(theta):
        v = a[1]
        for T in theta[:-1]:
            v = anp.concatenate([anp.ones(1), 1 / (1 + anp.exp(-anp.dot(T, v)))])
        return 0.5 * (y - 1 / (1 + anp.exp(-anp.dot(theta[-1], v)[0]))) ** 2

    return [None, *grad(cost)(theta[1:])]


@erratum(86)
def the_inner_derivative_is_minus_one():
    y, output = sympy.symbols("y yhat")
    derivative = sympy.diff((y - output) ** 2 / 2, output)
    assert sympy.simplify(derivative - (output - y)) == 0
    assert sympy.simplify(derivative - (y - output)) != 0
    truth = slopes(lambda v: 0.5 * (0.9 - v[0]) ** 2, [0.3])
    compare(printed=[0.9 - 0.3], corrected=[0.3 - 0.9], truth=truth)


@erratum(87)
def the_sum_is_taken_before_the_activation():
    theta, z, a, _ = example()
    compare(printed=sigma(theta[3] @ a[3]), corrected=theta[3] @ a[3], truth=np.log(a[4] / (1 - a[4])))
    truth = slopes(lambda row: row @ a[3], theta[3][0])
    compare(printed=sigma_prime(z[4]) * a[3], corrected=a[3], truth=truth)


@erratum(88)
def the_printed_derivative_is_off_by_minus_sigma_prime():
    for seed in range(4):
        theta, z, a, y = example(seed)
        truth = true_gradients(theta, a, y)[3][0, 1]
        printed = sigma_prime(z[4][0]) ** 2 * (y - sigma(z[4][0])) * a[3][1]
        corrected = (a[4][0] - y) * sigma_prime(z[4][0]) * a[3][1]
        compare(printed=printed, corrected=corrected, truth=truth)
        np.testing.assert_allclose(printed / truth, -sigma_prime(z[4][0]))


@erratum(89)
def the_derivation_can_be_finished():
    for seed in range(4):
        theta, z, a, y = example(seed)
        truth = true_gradients(theta, a, y)
        error = (a[4] - y) * sigma_prime(z[4])
        d_a = np.array([sum(theta[3][k, j] * error[k] for k in range(1)) for j in range(1, 4)])

        def cost(v, theta=theta, y=y):
            return 0.5 * (y - sigma(theta[3][0, 0] + theta[3][0, 1:] @ v)) ** 2

        # as printed, θ does not depend on a, so every term of the sum is zero
        compare(printed=0 * d_a, corrected=d_a, truth=slopes(cost, a[3][1:]))
        d_z = sigma_prime(z[3]) * d_a
        np.testing.assert_allclose(np.outer(d_z, a[2]), truth[2])
        d_z = sigma_prime(z[2]) * (theta[2][:, 1:].T @ d_z)
        np.testing.assert_allclose(np.outer(d_z, a[1]), truth[1])


@erratum(90)
def the_superscripts_are_one_too_high():
    theta, _, a, _ = example()
    for layer in (1, 2):
        with pytest.raises(ValueError, match="mismatch"):
            theta[layer + 1] @ a[layer]
        np.testing.assert_allclose([sigma(row @ a[layer]) for row in theta[layer]], a[layer + 1][1:])
    assert len(theta) == 4  # Θ^(1) to Θ^(3): there is no fourth
    np.testing.assert_allclose([sigma(row @ a[3]) for row in theta[3]], a[4])


@erratum(91)
def the_bias_unit_comes_first():
    theta, _, a, _ = example()
    outputs = a[2][1:]
    assert theta[2].shape == (3, len(outputs) + 1)
    with pytest.raises(ValueError, match="mismatch"):
        theta[2] @ outputs
    own = nn.Network([theta[2][:, 1:]], [theta[2][:, 0]], [nn.sigmoid])
    extended = np.concatenate([[1.0], outputs])
    np.testing.assert_allclose(sigma(theta[2] @ extended), nn.forward(own, outputs[None]).output[0])


@erratum(92)
def the_transpose_makes_a_row():
    theta, _, a, _ = example()
    column = a[1][:, None]
    printed = sigma(theta[1] @ column).T
    corrected = sigma(theta[1] @ column)
    compare(printed=printed, corrected=corrected, truth=a[2][1:, None])
    with pytest.raises(ValueError, match="mismatch"):
        theta[2][:, 1:] @ printed
    assert (theta[2][:, 1:] @ corrected).shape == (3, 1)


@erratum(93)
def the_last_matrix_has_a_bias_column():
    rng = np.random.default_rng(0)
    N_L = 3
    a = np.concatenate([[1.0], rng.random(N_L)])[:, None]
    for K in (1, 5):
        with pytest.raises(ValueError, match="mismatch"):
            rng.standard_normal((K, N_L)) @ a
        theta = rng.standard_normal((K, N_L + 1))
        with pytest.raises(ValueError, match="mismatch"):
            theta.T @ a
        expected = [sum(theta[k, j] * a[j, 0] for j in range(N_L + 1)) for k in range(K)]
        np.testing.assert_allclose((theta @ a).ravel(), expected)


@erratum(97)
def gradient_descent_works_with_several_matrices():
    X, Y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0.0], [1], [1], [0]])
    rng = np.random.default_rng(1)
    net = nn.Network.random([2, 4, 1], rng=rng, dtype=np.float64, initializer=nn.Normal())

    def cost(net):
        hidden = sigma(X @ net.weights[0].T + net.biases[0])
        return 0.5 * np.mean((sigma(hidden @ net.weights[1].T + net.biases[1]) - Y) ** 2)

    before = cost(net)
    for step in range(800):
        grads = nn.numerical_gradients(net, X, Y, nn.square)  # central differences, nothing sent back
        if step % 200 == 0:
            for one, other in zip(
                grads.parameters, nn.backprop(net, X, Y, nn.square).parameters, strict=True
            ):
                np.testing.assert_allclose(one, other, atol=1e-8)
        for p, g in zip(net.parameters, grads.parameters, strict=True):
            p -= 4.0 * g
    assert cost(net) < before / 10
    assert (nn.forward(net, X).output.round() == Y).all()


@erratum(99)
def two_columns_have_no_product():
    theta, a = np.array([[0.5], [-1], [2]]), np.array([[1.0], [0.2], [0.3]])
    with pytest.raises(ValueError, match="mismatch"):
        theta @ a
    np.testing.assert_allclose((theta.T @ a).item(), 0.5 * 1 - 1 * 0.2 + 2 * 0.3)


@erratum(101)
def stored_without_adding_only_the_last_example_counts():
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((6, 3)), rng.random((6, 2))
    net = nn.Network.random([3, 4, 2], rng=rng, dtype=np.float64)
    stored, added = None, 0.0
    for x, y in zip(X, Y, strict=True):
        stored = reference.autograd_gradients(net, x[None], y[None], nn.square)[0]  # overwrites
        added = added + stored / len(X)
    compare(printed=stored, corrected=added, truth=nn.numerical_gradients(net, X, Y, nn.square).weights[0])


@erratum(102)
def relu_vanishes_too():
    def relu(z):
        return np.maximum(z, 0)

    def prime(z):
        return (z > 0).astype(float)

    assert deep(nn.UniformHeuristic(), relu, prime)[2] < 1e-5
    assert 0.2 < deep(nn.He(), relu, prime)[2] < 5
    X = np.random.default_rng(0).random((100, 3))
    net = nn.Network([-np.ones((1, 3)), [[1.0]]], [[-0.1], [0.0]], [nn.relu, nn.identity])
    dead = reference.autograd_gradients(net, X, np.ones((100, 1)), nn.square)
    assert not dead[0].any()  # the unit is negative for all data and learns nothing
    np.testing.assert_array_equal(slopes(lambda z: relu(z).sum(), [-2.0, -0.5]), 0)


@erratum(103)
def the_gradient_adds_up_in_chunks():
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((1000, 5)), rng.random((1000, 2))
    net = nn.Network.random([5, 4, 2], rng=rng, dtype=np.float64)
    truth = reference.autograd_gradients(net, X, Y, nn.square)
    for size in (1, 64, 300):  # rows in memory at a time
        total = [np.zeros_like(p) for p in truth]
        for start in range(0, 1000, size):
            rows = slice(start, start + size)
            found = nn.backprop(net, X[rows], Y[rows], nn.square)
            for t, g in zip(total, [*found.weights, *found.biases], strict=True):
                t += g * len(X[rows]) / 1000
        for t, g in zip(total, truth, strict=True):
            np.testing.assert_allclose(t, g, rtol=1e-10, atol=1e-14)


@erratum(104)
def a_step_gives_no_slope_to_learn_from():
    rng = np.random.default_rng(0)
    X, y, w = rng.standard_normal((20, 3)), rng.integers(0, 2, 20), rng.standard_normal(3)

    def cost(f):
        return slopes(lambda w: np.mean((f(X @ w) - y) ** 2) / 2, w)

    assert not cost(lambda z: np.where(sigma(z) >= 0.5, 1.0, 0.0)).any()
    assert (np.abs(cost(sigma)) > 1e-4).all()


@erratum(105)
def tanh_needs_other_targets():
    z = sympy.symbols("z", real=True)
    logistic = 1 / (1 + sympy.exp(-2 * z))
    assert sympy.simplify(((1 + sympy.tanh(z)) / 2 - logistic).rewrite(sympy.exp)) == 0
    assert sympy.simplify((sympy.tanh(z) - logistic).rewrite(sympy.exp)) != 0
    assert nn.tanh(np.array(-1.0)) < 0  # below both targets 0 and 1
    with np.errstate(invalid="ignore"):
        assert np.isnan(np.log(np.tanh(-1.0)))


@erratum(106)
def the_training_error_can_fall_while_the_other_rises():
    rng = np.random.default_rng(0)
    x, new = rng.uniform(-1, 1, 12), rng.uniform(-1, 1, 2000)
    noise = 0.3 * rng.standard_normal(12)
    errors = {}
    for degree in (3, 10):
        fit = np.polynomial.Polynomial.fit(x, np.sin(3 * x) + noise, degree)
        training = np.mean((fit(x) - np.sin(3 * x) - noise) ** 2)
        errors[degree] = training, np.mean((fit(new) - np.sin(3 * new)) ** 2)
    assert errors[10][0] < errors[3][0] / 2
    assert errors[10][1] > 2 * errors[3][1]


@erratum(108)
def their_theta_is_bias_and_weights_side_by_side():
    theta, _, a, _ = example()
    x = a[1][1:]
    weights, biases = [T[:, 1:] for T in theta[1:]], [T[:, 0] for T in theta[1:]]
    output = nn.forward(nn.Network(weights, biases, [nn.sigmoid] * 3), x[None]).output[0]
    v = a[1]
    for layer in (1, 2, 3):  # θ_{j,k}, from j to k: row k and column j of Θ
        z = [sum(theta[layer][k, j] * v[j] for j in range(len(v))) for k in range(len(theta[layer]))]
        v = np.concatenate([[1.0], sigma(np.array(z))])
    np.testing.assert_allclose(output, v[1:])
    with pytest.raises(ValueError, match="biases of layer 1"):  # read "to j from k", the shapes clash
        nn.Network([theta[1][:, 1:].T], [theta[1][:, 0]], [nn.sigmoid])
