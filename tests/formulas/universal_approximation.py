"""The equations of "Can a network do everything?"."""

import itertools
import math

import numpy as np
import oracle
from registry import checks

import nnlib as nn

CURVES = ((lambda x: x * x, 2.0), (lambda x: math.sin(math.pi * x), math.pi), (abs, 1.0))


def sigma(z):
    """The oracle's, for sums of any size."""
    return oracle.sigma(z) if z > -700 else 0.0


def bump(x, w, s, t):
    return sigma(w * (x - s)) - sigma(w * (x - t))


def tower(f, N, w):
    """The sum of N bumps on (−1, 1), written out; the outer edges lie far off."""
    s = [-1 + 2 * i / N for i in range(N + 1)]
    middles = [(a + b) / 2 for a, b in itertools.pairwise(s)]
    s[0], s[-1] = -2.0, 2.0
    return lambda x: sum(f(m) * bump(x, w, s[i], s[i + 1]) for i, m in enumerate(middles))


@checks("universal-bump", r"\sigma\bigl(w (x - s)\bigr) - \sigma\bigl(w (x - s')\bigr) ,")
def a_bump_between_two_edges():
    s, t = -0.3, 0.4
    for x in np.linspace(-1, 1, 41):
        inside = s < x < t
        if min(abs(x - s), abs(x - t)) > 0.01:
            assert abs(bump(x, 1000, s, t) - inside) < 1e-4
    net = nn.Network(
        [[[50.0], [50.0]], [[1.0, -1.0]]], [[-50 * s, -50 * t], [0.0]], [nn.sigmoid, nn.identity]
    )
    for x in np.linspace(-1, 1, 9):
        np.testing.assert_allclose(nn.outputs(net, np.array([[x]])).item(), bump(x, 50, s, t), atol=1e-12)


@checks(
    "universal-tower",
    r"\begin{aligned} g(x) = \sum_{i=1}^{N} f(m_i)\, \bigl[ &\sigma\bigl(w (x - s_{i-1})\bigr) \\ "
    r"&- \sigma\bigl(w (x - s_i)\bigr) \bigr] . \end{aligned}",
)
def bumps_side_by_side_are_one_hidden_layer():
    N, w = 6, 80.0
    for f, _ in CURVES:
        g = tower(f, N, w)
        middles = [-1 + (2 * i + 1) / N for i in range(N)]
        for m in middles:
            assert abs(g(m) - f(m)) < 0.01  # each bar is as high as the function at its middle
        s = np.linspace(-1, 1, N + 1)
        s[0], s[-1] = -2, 2
        jumps = np.diff([f(m) for m in middles], prepend=0, append=0)  # neighbours share an edge
        net = nn.Network(
            [np.full((N + 1, 1), w), jumps[None]], [-w * s, np.zeros(1)], [nn.sigmoid, nn.identity]
        )
        at = np.linspace(-1, 1, 101)
        np.testing.assert_allclose(nn.outputs(net, at[:, None])[:, 0], [g(x) for x in at], atol=1e-9)


@checks("universal-error", r"\max_x\, \lvert f(x) - g(x) \rvert \le \frac{K}{N}")
def bars_miss_by_at_most_the_slope_over_their_number():
    at = np.linspace(-1, 1, 1001)
    for f, K in CURVES:
        for N in (2, 5, 8, 31):
            bars = [f(-1 + (2 * min(int((x + 1) / 2 * N), N - 1) + 1) / N) for x in at]  # w without limit
            assert max(abs(f(x) - y) for x, y in zip(at, bars, strict=True)) <= K / N + 1e-12
            g = tower(f, N, 4000.0)
            assert max(abs(f(x) - g(x)) for x in at) <= K / N + 1e-3
    # for |x| and an even N the bound is met, at 0
    assert abs(tower(abs, 8, 4000.0)(0.0) - 1 / 8) < 1e-9


@checks("universal-bounded", r"\lvert \hat y - c \rvert \le \sum_k \lvert v_k \rvert ,")
def a_tanh_layer_is_bounded():
    rng = np.random.default_rng(0)
    for _ in range(20):
        weights, biases = oracle.random_layers(rng, (2, 4, 1))
        limit = sum(abs(w) for w in weights[1][0])
        for x in 100 * rng.standard_normal((50, 2)):
            _, a = oracle.run(weights, biases, x.tolist(), f=math.tanh)
            y = sum(w * v for w, v in zip(weights[1][0], a[1], strict=True)) + biases[1][0]
            assert abs(y - biases[1][0]) <= limit + 1e-12
    # nothing less would do: one neuron comes as near as one likes
    far = nn.outputs(
        nn.Network([[[1.0]], [[3.0]]], [[0.0], [0.5]], [nn.tanh, nn.identity]), np.array([[30.0]])
    )
    np.testing.assert_allclose(far, 3.5)
