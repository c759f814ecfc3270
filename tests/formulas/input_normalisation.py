"""The equations of "Scaling the inputs"."""

import statistics
from fractions import Fraction

import numpy as np
from registry import checks

import nnlib as nn


def columns():
    """Training columns of very different sizes, one of them lopsided, and new data that exceed them."""
    rng = np.random.default_rng(0)
    X = np.column_stack([rng.normal(5, 0.1, 20), rng.exponential(300, 20), rng.uniform(-40, -10, 20)])
    return X, X[:4] * 1.5 - 7


@checks("inputs-z", r"x \leftarrow \frac{x - \mu}{s}")
def mean_zero_and_deviation_one():
    X, new = columns()
    scale = nn.z_score(X)
    for k in range(3):
        mu, s = statistics.fmean(X[:, k]), statistics.pstdev(X[:, k])
        column = [(x - mu) / s for x in X[:, k]]
        assert abs(statistics.fmean(column)) < 1e-12
        assert abs(statistics.pstdev(column) - 1) < 1e-12
        np.testing.assert_allclose(scale(X)[:, k], column, atol=1e-12)
        np.testing.assert_allclose(scale(new)[:, k], [(x - mu) / s for x in new[:, k]], atol=1e-12)


@checks("inputs-minmax", r"x \leftarrow \frac{x - \min}{\max - \min}")
def ends_become_zero_and_one_and_shares_stay():
    X, new = columns()
    scale = nn.min_max(X)
    for k in range(3):
        low, high = min(X[:, k]), max(X[:, k])
        column = [(Fraction(x) - Fraction(low)) / (Fraction(high) - Fraction(low)) for x in X[:, k]]
        assert (min(column), max(column)) == (0, 1)
        between = [np.interp(x, [low, high], [0, 1]) for x in X[:, k]]  # a straight line from end to end
        np.testing.assert_allclose([float(c) for c in column], between, atol=1e-12)
        np.testing.assert_allclose(scale(X)[:, k], between, atol=1e-12)
        np.testing.assert_allclose(scale(new)[:, k], [(x - low) / (high - low) for x in new[:, k]])


def line(seed):
    """Inputs with an offset, targets, and the mean square cost of w x + b in plain Python."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(1.5, 0.7, 12).tolist(), rng.standard_normal(12).tolist()

    def cost(w, b):
        return sum((w * xi + b - yi) ** 2 for xi, yi in zip(x, y, strict=True)) / (2 * 12)

    return x, y, cost


def curvatures(x):
    mu, s2 = statistics.fmean(x), statistics.pvariance(x)
    return np.array([[mu**2 + s2, mu], [mu, 1]])


@checks(
    "inputs-hessian",
    r"H = \frac1n \sum_{i=1}^{n} \begin{pmatrix} x_i^2 & x_i \\ x_i & 1 \end{pmatrix} = "
    r"\begin{pmatrix} \mu^2 + s^2 & \mu \\ \mu & 1 \end{pmatrix}",
)
def second_derivatives_of_the_square_cost():
    for seed in range(5):
        x, y, cost = line(seed)
        at, h, H = (0.3, -0.8), 0.1, np.zeros((2, 2))  # exact for a parabola, whatever h
        net = nn.Network([[[at[0]]]], [[at[1]]], [nn.identity])
        data = nn.Dataset(np.array(x)[:, None], np.array(y)[:, None])
        np.testing.assert_allclose(nn.cost(net, data, nn.square), cost(*at))
        for i, u in enumerate(np.eye(2) * h):
            for j, v in enumerate(np.eye(2) * h):
                corners = (
                    cost(*(at + u + v)) - cost(*(at + u - v)) - cost(*(at - u + v)) + cost(*(at - u - v))
                )
                H[i, j] = corners / (4 * h * h)
        sums = sum(np.array([[xi**2, xi], [xi, 1]]) for xi in x) / 12
        np.testing.assert_allclose(sums, H, atol=1e-10)
        np.testing.assert_allclose(curvatures(x), H, atol=1e-10)


@checks("inputs-rate", r"\frac{\kappa - 1}{\kappa + 1} , \qquad \kappa = \frac{h_1}{h_2} .")
def distance_after_a_step_at_the_best_rate():
    for seed in range(5):
        x, y, cost = line(seed)
        small, large = np.linalg.eigvalsh(curvatures(x))
        kappa = large / small
        X, Y = np.array(x)[:, None], np.array(y)[:, None]
        best = np.linalg.lstsq(np.column_stack([X, np.ones(12)]), Y[:, 0], rcond=None)[0]
        assert all(
            cost(*best) < cost(*(best + d)) for d in 0.01 * np.random.default_rng(1).normal(size=(50, 2))
        )
        start = np.array([2.0, -1.0])

        def distances(eta, steps, X=X, Y=Y, best=best, start=start):
            net = nn.Network([[[start[0]]]], [[start[1]]], [nn.identity])
            there = [np.linalg.norm(start - best)]
            rng = np.random.default_rng(0)
            for epoch in nn.sgd(net, nn.Dataset(X, Y), loss=nn.square, batch_size=12, eta=eta, rng=rng):
                there.append(np.hypot(net.weights[0].item() - best[0], net.biases[0].item() - best[1]))
                if epoch.number == steps:
                    break
            return np.array(there)

        at_best = distances(2 / (large + small), 6)
        np.testing.assert_allclose(at_best[1:] / at_best[:-1], (kappa - 1) / (kappa + 1), rtol=1e-7)
        for other in (0.9, 1.05):  # any other rate is slower in the end
            later = distances(other * 2 / (large + small), 150)
            assert later[-1] / later[-2] > (kappa - 1) / (kappa + 1) + 1e-4
