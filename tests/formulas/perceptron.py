"""The equations of "The perceptron"."""

import itertools

import numpy as np
import sympy
from registry import checks, definition

import nnlib as nn
from nnlib import perceptron

definition("perceptron-neuron", r"f(x) = H(w \cdot x + b)")


def separable(seed, margin=0.1, n=30):
    data = nn.datasets.separable(n, margin, np.random.default_rng(seed))
    return data.X, perceptron.signs(data.t)


@checks("perceptron-margin", r"\gamma = \min_i \frac{s_i (w \cdot x_i + b)}{\lVert w \rVert}")
def margin_is_the_distance_of_the_nearest_point():
    for seed in range(20):
        X, s = separable(seed)
        *_, last = perceptron.rosenblatt(X, s)
        w, b = last.w, last.b
        along = np.array([-w[1], w[0]]) / np.linalg.norm(w)
        foot = -b * w / (w @ w)  # distances to points of the line, measured with a ruler
        line = foot + np.linspace(-5, 5, 200_001)[:, None] * along
        nearest = min(np.linalg.norm(line - x, axis=1).min() for x in X)
        gamma = (s * (X @ w + b)).min() / np.linalg.norm(w)
        np.testing.assert_allclose(gamma, nearest, atol=1e-6)
        np.testing.assert_allclose(perceptron.margin(w, b, X, s), gamma)


@checks(
    "perceptron-raise",
    r"\begin{gathered} s \bigl( (w + \rho s x) \cdot x + (b + \rho s) \bigr) \\ "
    r"= s (w \cdot x + b) + \rho \bigl( \lVert x \rVert^2 + 1 \bigr) , \end{gathered}",
)
def a_correction_raises_the_product():
    w, x = sympy.symbols("w1:4", real=True), sympy.symbols("x1:4", real=True)
    b, rho = sympy.symbols("b rho", real=True)
    for s in (1, -1):
        left = s * (sum((wk + rho * s * xk) * xk for wk, xk in zip(w, x, strict=True)) + b + rho * s)
        dot = sum(wk * xk for wk, xk in zip(w, x, strict=True))
        right = s * (dot + b) + rho * (sum(xk**2 for xk in x) + 1)
        assert sympy.expand(left - right) == 0


@checks(
    "perceptron-gradient",
    r"\begin{aligned} \frac{\partial \ell}{\partial w} &= -\sum_{i \in M} s_i x_i \\ "
    r"\frac{\partial \ell}{\partial b} &= -\sum_{i \in M} s_i \end{aligned}",
)
def gradient_of_the_loss_with_the_mistakes_fixed():
    rng = np.random.default_rng(0)
    for _ in range(20):
        X, s = rng.standard_normal((15, 3)), rng.choice([-1, 1], 15)
        w, b, h = rng.standard_normal(3), rng.standard_normal(), 1e-6
        M = np.flatnonzero(s * (X @ w + b) <= 0)

        def loss(w, b, X=X[M], s=s[M]):
            return -(s * (X @ w + b)).sum()

        np.testing.assert_allclose(loss(w, b), perceptron.perceptron_loss(w, b, X, s))
        slope = [(loss(w + h * e, b) - loss(w - h * e, b)) / (2 * h) for e in np.eye(3)]
        np.testing.assert_allclose(slope, -(s[M][:, None] * X[M]).sum(axis=0), atol=1e-8)
        np.testing.assert_allclose((loss(w, b + h) - loss(w, b - h)) / (2 * h), -s[M].sum(), atol=1e-8)


@checks(
    "perceptron-growth",
    r"\begin{aligned} \lVert v_k \rVert^2 &= \lVert v_{k-1} \rVert^2 \\ "
    r"&\quad + 2 s\, v_{k-1} \cdot \tilde x + \lVert \tilde x \rVert^2 \\ "
    r"&\le \lVert v_{k-1} \rVert^2 + R^2 \end{aligned}",
)
def every_correction_lengthens_v_by_little():
    for seed in range(20):
        X, s = separable(seed)
        lifted = np.column_stack([X, np.ones(len(X))])
        R = np.linalg.norm(lifted, axis=1).max()
        v = [np.append(step.w, step.b) for step in perceptron.rosenblatt(X, s)]
        for before, after in itertools.pairwise(v):
            sx = after - before  # = s x̃
            np.testing.assert_allclose(after @ after, before @ before + 2 * before @ sx + sx @ sx)
            assert before @ sx <= 0
            assert after @ after <= before @ before + R**2 + 1e-9


@checks("perceptron-novikoff", r"k \le \left( \frac{R}{\tilde\gamma} \right)^2")
def corrections_stay_below_the_bound():
    """γ of any unit vector that separates gives a bound; the largest of many is taken, for a sharp one."""
    for seed in range(40):
        X, s = separable(seed, margin=0.05 + 0.005 * seed)
        lifted = np.column_stack([X, np.ones(len(X))])
        steps = list(perceptron.rosenblatt(X, s))
        candidates = np.random.default_rng(seed).standard_normal((20_000, 3))
        candidates = np.vstack([candidates, np.append(steps[-1].w, steps[-1].b)])
        candidates /= np.linalg.norm(candidates, axis=1, keepdims=True)
        gamma = (candidates @ (s[:, None] * lifted).T).min(axis=1).max()
        assert gamma > 0
        k = steps[-1].number
        assert k <= (np.linalg.norm(lifted, axis=1).max() / gamma) ** 2
    a_case_that_needs_nearly_the_whole_bound()


def a_case_that_needs_nearly_the_whole_bound():
    """x_i = 10 e_i with alternating signs: 20 corrections where the bound allows 20.2."""
    n = 20
    X, s = 10 * np.eye(n), np.where(np.arange(n) % 2, 1, -1)
    *_, last = perceptron.rosenblatt(X, s)
    u = np.append(s / np.sqrt(n), 0)  # of length 1, and s_i u·(x_i, 1) = 10/√n for all i
    bound = (np.sqrt(101) / (s * (np.column_stack([X, np.ones(n)]) @ u)).min()) ** 2
    assert last.number == 20
    assert 20 <= bound < 20.3


@checks("perceptron-rule", r"w \leftarrow w + \rho\, s\, x, \qquad b \leftarrow b + \rho\, s")
def the_library_takes_the_step_that_is_printed():
    rng = np.random.default_rng(0)
    for _ in range(50):
        x, w, b, rho = (
            rng.standard_normal(3),
            rng.standard_normal(3),
            rng.standard_normal(),
            rng.uniform(0.1, 2),
        )
        s = -np.sign(w @ x + b)  # a mistake for certain
        _, step = itertools.islice(perceptron.rosenblatt(x[None], np.array([s]), rho=rho, w=w, b=b), 2)
        np.testing.assert_allclose(step.w, [w[k] + rho * s * x[k] for k in range(3)])
        np.testing.assert_allclose(step.b, b + rho * s)


@checks("perceptron-loss", r"\ell(w, b) = -\sum_{i \in M} s_i (w \cdot x_i + b)")
def the_loss_adds_up_how_far_wrong_the_mistakes_are():
    rng = np.random.default_rng(0)
    for _ in range(50):
        X, s, w, b = rng.standard_normal((9, 2)), rng.choice([-1, 1], 9), rng.standard_normal(2), rng.normal()
        total = 0.0
        for x, sign in zip(X, s, strict=True):
            side = w[0] * x[0] + w[1] * x[1] + b
            if (side > 0) != (sign > 0):  # on the wrong side: the distance, times the length of w
                total += abs(side)
        np.testing.assert_allclose(perceptron.perceptron_loss(w, b, X, s), total)
        M = np.flatnonzero(s * (X @ w + b) < 0)
        np.testing.assert_allclose(-sum(s[i] * (w @ X[i] + b) for i in M), total, atol=1e-12)


def cycle(rho, epsilon):
    """N > 1 of the second equation, by SymPy."""
    N = sympy.Symbol("N")
    s = 2 * rho
    return sympy.nsolve(
        s**2 / (1 + N) ** 2 + s**2 * epsilon**2 / (N - 1) ** 2 - 1, N, (1 + epsilon * s / 10, s + 10),
        solver="bisect", prec=50, verify=False,
    )  # fmt: skip


@checks(
    "perceptron-cycle",
    r"\begin{gathered} w = \left( \pm \frac{2\rho}{1 + N},\; \frac{2\rho\, \varepsilon}{N - 1} \right) \\"
    r"\frac{4\rho^2}{(1 + N)^2} + \frac{4\rho^2 \varepsilon^2}{(N - 1)^2} = 1 \end{gathered}",
)
def two_directions_return_to_each_other():
    """One step of the printed rule takes each point to the other, to 25 digits."""
    for rho, epsilon in [("1", "0.01"), ("0.1", "0.01"), ("0.02", "0.01"), ("1", "0.1"), ("0.5", "0.3")]:
        rho, epsilon = sympy.Rational(rho), sympy.Rational(epsilon)
        N, s = cycle(rho, epsilon), 2 * rho
        assert N > 1
        for sign in (1, -1):
            w = (sign * s / (1 + N), s * epsilon / (N - 1))
            points = [((1, epsilon), 1), ((-1, epsilon), 1), ((1, -epsilon), -1), ((-1, -epsilon), -1)]
            wrong = [(x, t) for x, t in points if t * (w[0] * x[0] + w[1] * x[1]) < 0]
            assert len(wrong) == 2
            moved = [w[k] + rho * sum(t * x[k] for x, t in wrong) for k in (0, 1)]
            length = sympy.sqrt(moved[0] ** 2 + moved[1] ** 2)
            assert sum(t for _, t in wrong) == 0  # b stays 0
            assert abs(length - N) < sympy.Float("1e-25", 50)
            assert abs(moved[0] / length + w[0]) < sympy.Float("1e-25", 50)
            assert abs(moved[1] / length - w[1]) < sympy.Float("1e-25", 50)


@checks("perceptron-cycle-rho", r"\rho > \frac{\varepsilon}{(1 - \varepsilon^2) \sqrt{1 + \varepsilon^2}} .")
def the_cycle_exists_above_this_rho_and_not_below():
    """Both points are wrong when s/(1+N) > ε · sε/(N-1); the bound is where that becomes an equality."""
    for epsilon in (0.01, 0.1, 0.3):
        bound = epsilon / ((1 - epsilon**2) * np.sqrt(1 + epsilon**2))
        for factor, exists in [(1.001, True), (1.5, True), (0.999, False)]:
            rho = factor * bound
            s, low, high = 2 * rho, 1.0, 1e6
            for _ in range(200):
                N = (low + high) / 2
                value = (s / (1 + N)) ** 2 + (s * epsilon) ** 2 / max((N - 1) ** 2, 1e-300)
                low, high = (N, high) if value > 1 else (low, N)
            both_wrong = s / (1 + N) > epsilon * s * epsilon / (N - 1)
            assert both_wrong == exists, (epsilon, factor)
