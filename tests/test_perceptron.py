import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import nnlib as nn
from nnlib import perceptron

RULES = [perceptron.rosenblatt, perceptron.alternating, perceptron.renormalised]


def last(steps, most=100_000):
    run = list(itertools.islice(steps, most))
    assert len(run) < most, "did not end"
    return run[-1]


def test_worked_example():
    """Two points on the axis: (1, 0) is class 1, (-1, 0) class 0; by hand the first mistake suffices."""
    X, s = np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([1, -1])
    steps = list(itertools.islice(perceptron.rosenblatt(X, s, rho=0.5), 9))
    assert [step.number for step in steps] == [0, 1, 2]
    assert steps[0].mistakes.tolist() == [0, 1]  # at w = 0, b = 0 every point is on the line
    assert steps[1].w.tolist() == [0.5, 0.0]
    assert steps[1].b == 0.5  # x = -1 now gives 0: on the line, still a mistake
    assert steps[2].w.tolist() == [1.0, 0.0]
    assert steps[2].b == 0.0


def test_alternating_takes_one_gradient_step_on_the_mistakes(rng):
    X, s = rng.standard_normal((20, 3)), rng.choice([-1, 1], 20)
    w, b, rho, h = rng.standard_normal(3), 0.3, 0.01, 1e-7
    start, after = itertools.islice(perceptron.alternating(X, s, rho=rho, w=w, b=b), 2)
    M = start.mistakes

    def loss(w, b):  # with M held fixed
        return -(s[M] * (X[M] @ w + b)).sum()

    slope = [(loss(w + h * e, b) - loss(w - h * e, b)) / (2 * h) for e in np.eye(3)]
    np.testing.assert_allclose(after.w, w - rho * np.array(slope), atol=1e-9)
    np.testing.assert_allclose(after.b, b - rho * (loss(w, b + h) - loss(w, b - h)) / (2 * h), atol=1e-9)
    assert start.loss == pytest.approx(loss(w, b))


@given(st.integers(0, 10_000), st.floats(0.05, 0.3), st.sampled_from([0.01, 0.5, 1.0, 7.0]))
def test_novikoff_bounds_the_mistakes(seed, margin, rho):
    """At most (R/γ)² corrections from w = 0, with R and γ taken in the space that holds the bias too."""
    data = nn.datasets.separable(40, margin, np.random.default_rng(seed))
    s = perceptron.signs(data.t)
    step = last(perceptron.rosenblatt(data.X, s, rho=rho))
    assert len(step.mistakes) == 0
    lifted = np.column_stack([data.X, np.ones(40)])  # (x, 1): then b is a weight
    gamma = _largest_margin(lifted, s)
    assert step.number <= (np.linalg.norm(lifted, axis=1).max() / gamma) ** 2 + 1e-6


def _largest_margin(X, s):
    """The margin of the best homogeneous separator, from scikit-learn's hard-margin support vectors."""
    from sklearn.svm import SVC

    signed = X * s[:, None]  # s x and its mirror image: a separator through the origin
    both = np.vstack([signed, -signed])
    svm = SVC(kernel="linear", C=1e8, tol=1e-6).fit(both, np.repeat([1, -1], len(X)))
    return (signed @ svm.coef_[0]).min() / np.linalg.norm(svm.coef_)


def test_rho_only_scales_the_result_from_a_start_at_zero():
    data = nn.datasets.separable(50, 0.1, np.random.default_rng(3))
    s = perceptron.signs(data.t)
    one = [step.mistakes.tolist() for step in perceptron.rosenblatt(data.X, s, rho=1.0)]
    half = [step.mistakes.tolist() for step in perceptron.rosenblatt(data.X, s, rho=0.5)]
    assert one == half


def test_the_two_label_conventions_make_the_same_correction(rng):
    """ρ s x on a mistake is α (y - h) x with y, h in {0, 1} (Auburn's form)."""
    for _ in range(100):
        x, w, b = rng.standard_normal(4), rng.standard_normal(4), rng.standard_normal()
        y = int(rng.integers(0, 2))
        h = float(nn.step(np.array(x @ w + b)))
        _, *rest = itertools.islice(perceptron.rosenblatt(x[None], perceptron.signs([y]), w=w, b=b), 2)
        moved = rest[0].w - w if rest else np.zeros(4)
        np.testing.assert_allclose(moved, (y - h) * x)


@pytest.mark.parametrize("rho", [1.0, 0.1, 0.02, 0.0101])
def test_the_renormalised_rule_runs_in_a_cycle_of_two_on_separable_data(rho):
    """The counterexample, with the cycle's points computed from its equation."""
    eps = 0.01
    X = np.array([[1, eps], [1, -eps], [-1, -eps], [-1, eps]])
    s = np.array([1, -1, -1, 1])
    assert (s * (X @ [0, 1]) > 0).all()  # a line separates them
    assert rho > eps / ((1 - eps**2) * np.sqrt(1 + eps**2))
    low, high = 1 + 1e-12, 1e9  # N > 1 with (2ρ)²/(1+N)² + (2ρε)²/(N-1)² = 1, by bisection
    for _ in range(200):
        N = (low + high) / 2
        value = (2 * rho / (1 + N)) ** 2 + (2 * rho * eps / (N - 1)) ** 2
        low, high = (N, high) if value > 1 else (low, N)
    w = np.array([2 * rho / (1 + N), 2 * rho * eps / (N - 1)])
    steps = list(itertools.islice(perceptron.renormalised(X, s, rho=rho, w=w), 20))
    for step in steps:
        assert len(step.mistakes) == 2
        np.testing.assert_allclose(step.w, w * [(-1) ** step.number, 1], atol=1e-6)
        assert step.b == pytest.approx(0, abs=1e-9)


def test_renormalising_scales_the_bias_by_the_old_length(rng):
    X, s = np.array([[3.0, 4.0]]), np.array([1])
    _, step = itertools.islice(perceptron.renormalised(X, s, w=np.array([-1.0, 0.0])), 2)
    # w + x = (2, 4), b + 1 = 1; both divided by √20
    np.testing.assert_allclose(step.w, np.array([2, 4]) / np.sqrt(20))
    assert step.b == pytest.approx(1 / np.sqrt(20))


def test_renormalising_a_zero_vector_is_refused():
    X, s = np.array([[1.0, 0.0]]), np.array([1])
    message = "zero vector at step 1 and cannot be renormalised; start from another w or change rho$"
    with pytest.raises(ZeroDivisionError, match=message):
        list(perceptron.renormalised(X, s, w=np.array([-1.0, 0.0])))


def test_xor_never_ends():
    data = nn.datasets.xor()
    s = perceptron.signs(data.t)
    for rule in RULES[:2]:
        assert sum(1 for _ in itertools.islice(rule(data.X, s), 5_000)) == 5_000


def test_a_random_order_reaches_a_solution_too():
    data = nn.datasets.separable(60, 0.1, np.random.default_rng(1))
    step = last(perceptron.rosenblatt(data.X, perceptron.signs(data.t), rng=np.random.default_rng(5)))
    assert perceptron.margin(step.w, step.b, data.X, perceptron.signs(data.t)) > 0


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"s": [0, 1, 1]}, r"signs\(t\) turns classes"),
        ({"s": [1, -1]}, r"has shape \(2,\)"),
        ({"X": np.zeros(3)}, "two dimensions"),
        ({"X": np.full((3, 2), np.nan)}, "is nan"),
        ({"rho": 0}, "rho must be finite and greater than 0"),
        ({"rho": -1}, "rho must be"),
        ({"w": np.zeros(3)}, "one weight per input"),
        ({"b": np.inf}, "b must be finite"),
    ],
)
def test_bad_input_is_named(rule, change, message):
    arguments = {"X": np.zeros((3, 2)), "s": [1, -1, 1], "rho": 1.0} | change
    with pytest.raises((ValueError, TypeError), match=message):
        next(iter(rule(arguments.pop("X"), arguments.pop("s"), **arguments)))


def test_the_margin_is_a_signed_distance():
    """From the line 3x + 4y = 5 the origin is 1 away, (3, 4) is 4 away."""
    w, X = np.array([3.0, 4.0]), np.array([[0.0, 0.0], [3.0, 4.0]])
    assert perceptron.margin(w, -5.0, X, np.array([-1, 1])) == pytest.approx(1)
    assert perceptron.margin(w, -5.0, X, np.array([1, 1])) == pytest.approx(-1)
    assert perceptron.margin(10 * w, -50.0, X[1:], np.array([1])) == pytest.approx(4)


def test_rosenblatts_rule_by_hand():
    """The second example is wrong under the weights that the first has left, and corrects them in turn."""
    X, s = np.array([[1.0, 2.0], [3.0, 1.0], [-1.0, 1.0]]), np.array([1, -1, 1])
    steps = perceptron.rosenblatt(X, s, rho=0.5, w=np.array([0.0, -1.0]), b=0.25)
    found = [(step.number, step.w.tolist(), step.b) for step in itertools.islice(steps, 3)]
    assert found == [(0, [0, -1], 0.25), (1, [0.5, 0], 0.75), (2, [-1, -0.5], 0.25)]


def test_a_random_order_is_another_order():
    data = nn.datasets.separable(60, 0.1, np.random.default_rng(1))
    s = perceptron.signs(data.t)
    ordered, shuffled = (
        last(perceptron.rosenblatt(data.X, s, rng=r)) for r in (None, np.random.default_rng(5))
    )
    assert not np.array_equal(ordered.w, shuffled.w)
    again = last(perceptron.rosenblatt(data.X, s, rng=np.random.default_rng(5)))
    assert np.array_equal(shuffled.w, again.w)


@pytest.mark.parametrize("rule", RULES)
def test_all_rules_start_at_zero_with_rate_one_and_count_their_steps(rule):
    X, s = np.array([[2.0, 1.0], [-1.0, 3.0]]), np.array([1, -1])
    steps = list(itertools.islice(rule(X, s), 3))
    given = list(itertools.islice(rule(X, s, rho=1.0, w=np.zeros(2), b=0.0), 3))
    assert [step.number for step in steps] == [0, 1, 2][: len(steps)]
    assert steps[0].w.tolist() == [0, 0]
    assert steps[0].b == 0
    for one, two in zip(steps, given, strict=True):
        np.testing.assert_array_equal(one.w, two.w)
        assert one.b == two.b


@pytest.mark.parametrize("rule", RULES)
def test_whole_numbers_are_taken_as_real_ones(rule):
    """Also a start in whole numbers, which half a step would otherwise have to fit into."""
    X, s = np.array([[1, 0], [-1, 0]], dtype=np.float32), np.array([1, -1])
    steps = list(itertools.islice(rule(X, s, rho=0.5, w=np.array([-3, 0])), 2))
    assert {step.w.dtype for step in steps} == {np.dtype(np.float64)}


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: perceptron.signs([0, 2]), "^t must hold class numbers from 0 to 1, but one is 2"),
        (lambda: next(perceptron.rosenblatt(np.zeros(3), [1])), "^X must have two dimensions"),
        (lambda: next(perceptron.rosenblatt(np.zeros((1, 1)), [1], w=[np.nan])), "^w must be finite"),
        (
            lambda: next(perceptron.rosenblatt(np.zeros((6, 1)), [0, 1, 2, 3, 4, 5])),
            r"values \[0, 1, 2, 3, 4\]; signs\(t\) turns",
        ),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(ValueError, match=message):
        call()
