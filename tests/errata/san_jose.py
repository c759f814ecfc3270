"""San José State."""

import itertools

import autograd.numpy as anp
import numpy as np
import pytest
import reference
import sympy
from autograd import grad
from errata_registry import compare, deep, erratum, slopes

import nnlib as nn
from nnbook.results import record, results
from nnlib import perceptron


@erratum(1)
def scaled_the_rule_cycles_and_unscaled_it_stops():
    epsilon = 0.05
    X = np.array([[1, epsilon], [-1, epsilon], [1, -epsilon], [-1, -epsilon]])
    s = np.array([1, 1, -1, -1])

    def steps(w, scaled, limit=2000):
        """Number of steps until no point is wrong, or None; written out anew."""
        b = 0.0
        for number in range(limit):
            wrong = s * (X @ w + b) <= 0
            if not wrong.any():
                return number
            w, b = w + (s * wrong) @ X, b + (s * wrong).sum()
            if scaled:
                w, b = w / np.linalg.norm(w), b / np.linalg.norm(w)
        return None

    rng = np.random.default_rng(0)
    starts = rng.standard_normal((20, 2))
    starts /= np.linalg.norm(starts, axis=1, keepdims=True)
    assert (s * (X @ [0, 1]) > 0).all()  # separable
    printed = [steps(w, scaled=True) for w in starts]
    assert printed.count(None) > 15
    assert None not in [steps(w, scaled=False) for w in starts]
    for w, stopped in zip(starts, printed, strict=True):  # the library agrees
        taken = sum(1 for _ in itertools.islice(perceptron.renormalised(X, s, w=w), 2001)) - 1
        assert (taken == 2000) == (stopped is None)
        *_, last = perceptron.alternating(X, s, w=w)
        assert perceptron.margin(last.w, last.b, X, s) > 0


@erratum(2)
def with_the_strict_sign_zero_weights_look_solved():
    X = np.array([[0.0, 1], [2, 1], [-1, -2], [1, -1]])
    s = np.array([1, 1, -1, -1])
    w, b = np.zeros(2), 0.0
    fires = np.array([X[i] @ w + b > 0 for i in range(4)])
    errors = np.flatnonzero(fires != (s > 0))  # by the outputs: those that should fire do not
    assert len(errors) == 2
    printed = np.flatnonzero(s * (X @ w + b) < 0)
    corrected = np.flatnonzero(s * (X @ w + b) <= 0)
    assert not set(errors) <= set(printed)
    assert set(errors) <= set(corrected)
    assert list(next(perceptron.rosenblatt(X, s)).mistakes) == list(corrected)


@erratum(3)
def two_lines_with_loss_zero_have_different_margins():
    X, s = np.array([[0.0, 1], [1, 3], [0, -1], [2, -2]]), np.array([1, 1, -1, -1])
    lines = [(np.array([0.0, 1.0]), 0.0), (np.array([0.3, 1.0]), 0.8)]
    assert [perceptron.perceptron_loss(w, b, X, s) for w, b in lines] == [0, 0]
    distances = [min(abs(X @ w + b) / np.linalg.norm(w)) for w, b in lines]
    assert distances[0] > 4 * distances[1] > 0  # both solved, one far better


@erratum(4)
def the_bias_must_be_divided_first():
    rng = np.random.default_rng(0)
    for _ in range(20):
        w, b, X = 3 * rng.standard_normal(2), 2.0, rng.standard_normal((200, 2))
        before = X @ w + b > 0
        b_first, w_first = b / np.linalg.norm(w), w / np.linalg.norm(w)
        assert ((X @ w_first + b_first > 0) == before).all()
        w_other = w / np.linalg.norm(w)
        b_other = b / np.linalg.norm(w_other)
        assert ((X @ w_other + b_other > 0) != before).any()


@erratum(5)
def labels_of_zero_and_one_hide_the_mistakes_of_class_zero():
    rng = np.random.default_rng(0)
    X, t, w, b = rng.standard_normal((200, 3)), rng.integers(0, 2, 200), rng.standard_normal(3), 0.3
    wrong = {i for i in range(200) if (sum(w * X[i]) + b > 0) != (t[i] == 1)}
    assert set(np.flatnonzero(t * (X @ w + b) < 0)) != wrong
    s = 2 * t - 1
    assert set(np.flatnonzero(s * (X @ w + b) < 0)) == wrong
    assert (perceptron.signs(t) == s).all()
    for i in range(200):
        h = float(w @ X[i] + b > 0)
        auburn = w + 0.7 * (t[i] - h) * X[i]
        np.testing.assert_array_equal(auburn, w + 0.7 * s[i] * X[i] if i in wrong else w)


@erratum(10)
def todays_multilayer_perceptron_has_no_steps():
    pytest.importorskip("sklearn")
    from sklearn.neural_network import MLPClassifier

    X, t = np.array([[0.0], [1.0]]), np.array([0, 1])
    assert MLPClassifier().activation == "relu"
    MLPClassifier(activation="relu", solver="lbfgs", max_iter=50).fit(X, t)
    for step in ("step", "heaviside"):
        with pytest.raises(ValueError, match="The 'activation' parameter"):
            MLPClassifier(activation=step).fit(X, t)


@erratum(11)
def the_first_factor_of_the_inner_sum():
    rng = np.random.default_rng(0)
    net = nn.Network.random([3, 3, 2, 2], rng=rng, dtype=np.float64, bias_initializer=nn.Normal())
    x, y = rng.standard_normal(3), rng.random(2)
    truth = reference.autograd_gradients(net, x[None], y[None], nn.square)[0]
    trace = nn.forward(net, x[None])
    a = [v[0] for v in trace.a]
    rate = [None, *(v * (1 - v) for v in a[1:])]
    W = [None, *net.weights]
    printed, corrected = np.zeros((3, 3)), np.zeros((3, 3))
    for q, r, p, j in itertools.product(range(3), range(3), range(2), range(2)):
        rest = rate[2][p] * W[2][p, q] * rate[3][j] * W[3][j, p] * (a[3][j] - y[j])
        printed[q, r] += (rate[1][q] * a[0][q] if p == q else 0) * rest  # ∂a_q/∂w_pq
        corrected[q, r] += rate[1][q] * a[0][r] * rest  # ∂a_q/∂w_qr
    compare(printed=printed, corrected=corrected, truth=truth)


@erratum(12)
def the_table_of_links_costs_as_many_times_more_as_there_are_outputs():
    def gradients(weights, biases, x, y, contract_first):
        a, rate = [x], []
        for W, b in zip(weights, biases, strict=True):
            a.append(reference.sigma(W @ a[-1] + b))
            rate.append(a[-1] * (1 - a[-1]))
        link = (a[-1] - y)[None] if contract_first else np.eye(len(y))
        found, multiplications = [], 0
        for layer in reversed(range(len(weights))):
            local = (link if contract_first else (a[-1] - y) @ link).ravel() * rate[layer]
            found.insert(0, np.outer(local, a[layer]))
            if layer:
                link = (link * rate[layer]) @ weights[layer]
                multiplications += len(link) * weights[layer].size
        return found, multiplications

    rng = np.random.default_rng(0)
    for sizes in ([5, 4, 4, 3], [50, 30, 20, 10]):
        net = nn.Network.random(sizes, rng=rng, dtype=np.float64)
        x, y = rng.standard_normal(sizes[0]), rng.random(sizes[-1])
        slow, many = gradients(net.weights, net.biases, x, y, contract_first=False)
        fast, few = gradients(net.weights, net.biases, x, y, contract_first=True)
        truth = reference.autograd_gradients(net, x[None], y[None], nn.square)
        for layer in range(3):
            np.testing.assert_allclose(slow[layer], truth[layer], atol=1e-14)
            np.testing.assert_allclose(fast[layer], truth[layer], atol=1e-14)
        assert many == sizes[-1] * few


@erratum(15)
def the_sum_has_n_times_the_gradient_of_the_mean():
    rng = np.random.default_rng(0)
    X, t, W = rng.standard_normal((8, 3)), np.array([0, 3, 1, 2, 2, 0, 1, 3]), rng.standard_normal((4, 3))

    def total(W):
        z = anp.dot(X, W.T)
        return anp.sum(anp.log(anp.sum(anp.exp(z), axis=1)) - z[np.arange(8), t])

    net = nn.Network([W], [np.zeros(4)], [nn.softmax])
    mean = nn.backprop(net, X, nn.one_hot(t, 4, dtype=np.float64), nn.log_likelihood).weights[0]
    compare(printed=grad(total)(W), corrected=mean, truth=slopes(lambda W: total(W) / 8, W))
    np.testing.assert_allclose(grad(total)(W), 8 * mean)


@erratum(16)
def the_penalty_for_p_one():
    lmbda, n = 3.0, 10
    w = np.array([[0.5, -2.0, 1.5]])
    slope = slopes(lambda w: lmbda / (2 * n) * np.abs(w).sum(), w)
    compare(printed=lmbda / n * w, corrected=lmbda / (2 * n) * np.sign(w), truth=slope)
    nielsen = slopes(lambda w: lmbda / n * np.abs(w).sum(), w)
    np.testing.assert_allclose(nn.L1(lmbda).gradient(w, n), nielsen, rtol=1e-6)
    np.testing.assert_allclose(2 * slope, nielsen, rtol=1e-6)


@erratum(17)
def decay_per_step_and_per_epoch():
    eta, lmbda, n = 0.5, 5.0, 50_000
    rng = np.random.default_rng(0)
    X, y, w = rng.standard_normal((10, 3)), rng.standard_normal(10), rng.standard_normal(3)
    mean = grad(lambda w: anp.mean((anp.dot(X, w) - y) ** 2) / 2)(w)
    penalised = grad(lambda w: anp.mean((anp.dot(X, w) - y) ** 2) / 2 + lmbda / (2 * n) * anp.sum(w**2))(w)
    np.testing.assert_allclose((1 - eta * lmbda / n) * w - eta * mean, w - eta * penalised)
    shrunk = {}
    for batch in (1, 10):
        net = nn.Network([[[1.0]]], [[0.0]], [nn.identity])
        for _ in range(n // batch):
            nn.L2(lmbda).decay(net, eta, n)
        shrunk[batch] = float(net.weights[0][0, 0])
    assert {batch: round(value, 3) for batch, value in shrunk.items()} == {1: 0.082, 10: 0.779}


@erratum(18)
def without_rescaling_the_next_layer_receives_twice_the_mean():
    rng = np.random.default_rng(0)
    a, w = rng.random(8), rng.standard_normal(8)
    trained_on = np.mean([w @ (np.array(mask) * a) for mask in itertools.product((0, 1), repeat=8)])
    compare(printed=w @ a, corrected=(w / 2) @ a, truth=trained_on)
    np.testing.assert_allclose(w @ a, 2 * trained_on)
    doubled = np.mean([w @ (2 * np.array(mask) * a) for mask in itertools.product((0, 1), repeat=8)])
    np.testing.assert_allclose(doubled, w @ a)


@erratum(19)
def the_start_of_the_biases_hardly_matters():
    last = [np.array(results("start_biases", how))[:, -1] for how in ("normal", "zero", "one")]
    assert all(len(runs) == 5 for runs in last)
    assert (np.min(last).round(3), np.max(last).round(3)) == (0.961, 0.968)
    means = [runs.mean() for runs in last]
    assert np.ptp(means) < 0.002  # less than between the seeds of one of them
    assert np.ptp(means) < min(np.ptp(runs) for runs in last)


@erratum(20)
def the_printed_range_is_not_glorots():
    rng = np.random.default_rng(0)
    printed = nn.UniformHeuristic()(rng, 400, 400)
    glorot = nn.Glorot()(rng, 400, 400)
    assert 0.99 < np.abs(printed).max() * np.sqrt(400) <= 1  # the range on the slide
    compare(
        printed=round(printed.var() * 400, 2), corrected=round(glorot.var() * 400, 2), truth=1.0
    )  # Glorot and Bengio ask for n_in var = n_out var = 1 where both agree
    assert abs(glorot.var() / printed.var() - 3) < 0.05
    uneven = nn.Glorot()(rng, 30, 784)
    assert abs(uneven.var() * (784 + 30) / 2 - 1) < 0.03

    def prime(z):
        return 1 - np.tanh(z) ** 2

    first, last, _ = deep(nn.UniformHeuristic(), np.tanh, prime)
    assert last < 1e-3 * first
    first, last, _ = deep(nn.Glorot(), np.tanh, prime)
    assert last > 0.1 * first


@erratum(21)
def the_printed_number_is_the_variance_by_the_slides_own_notation():
    def literally(rng, n_out, n_in):  # N(mean, variance) as on the slides before
        return rng.standard_normal((n_out, n_in)) * np.sqrt(np.sqrt(2 / n_in))

    rng = np.random.default_rng(0)
    factor = literally(rng, 500, 784).std() / nn.He()(rng, 500, 784).std()
    assert abs(factor - 4.45) < 0.03

    def relu(z):
        return np.maximum(z, 0)

    def prime(z):
        return (z > 0).astype(float)

    first, last, _ = deep(literally, relu, prime)
    assert last > 1e6 * first
    first, last, _ = deep(nn.He(), relu, prime)
    assert 0.3 < last / first < 3  # He et al.: the signal keeps its size


@erratum(22)
def only_the_first_epochs_tell_the_starts_apart():
    printed, meant = (
        100 * np.array(results(f"listing_as_{how}", "test accuracy")) for how in ("printed", "meant")
    )
    assert len(printed) == len(meant) == 5
    assert (printed[:, 0].min().round(1), printed[:, 0].max().round(1)) == (91.6, 92.4)
    assert (meant[:, 0].min().round(1), meant[:, 0].max().round(1)) == (93.2, 94.1)  # all better
    assert printed[:, -1].min() < meant[:, -1].max()
    assert meant[:, -1].min() < printed[:, -1].max()
    assert abs(printed[:, -1].mean() - meant[:, -1].mean()) < 0.3


@erratum(25)
def nan_to_num_replaces_infinity_by_a_number():
    with np.errstate(divide="ignore"):
        cost = -np.log(np.float64(0))
    assert cost == np.inf
    assert np.nan_to_num(cost) == np.finfo(float).max
    z = -800.0  # the output rounds to 0, the cost is 800
    with np.errstate(over="ignore", divide="ignore"):
        replaced = np.nan_to_num(-np.log(1 / (1 + np.exp(-z))))
    truth = float(sympy.log(1 + sympy.exp(sympy.Integer(800))).evalf(30))
    own = nn.cross_entropy.values(nn.sigmoid, np.array([[z]]), np.array([[1.0]]))[0]
    compare(printed=replaced, corrected=own, truth=truth)


@erratum(28)
def a_constant_rate_never_settles():
    def last_epochs(rate, epochs=2000):
        theta, seen, step = 0.9, [], 0
        for epoch in range(1, epochs + 1):
            for target in (1.0, -1.0):  # C_i = ½ (θ - y_i)²: two examples that disagree
                step += 1
                theta -= rate(step) * (theta - target)
                if epoch > epochs - 10:
                    seen.append(theta)
        return np.array(seen)

    constant = last_epochs(lambda _: 0.1)
    assert np.ptp(constant) > 0.1  # to and fro, after 2,000 epochs as at the start
    assert np.ptp(constant[::2]) < 1e-12
    assert np.abs(constant).min() > 0.05  # and never at the minimum, which is 0
    assert np.abs(last_epochs(lambda step: 1 / step)).max() < 1e-3


@erratum(29)
def eta_three_works():
    stored = record("mnist_quadratic")
    settings = stored["settings"]
    assert (settings["sizes"], settings["eta"], settings["batch_size"]) == ([784, 30, 10], 3.0, 10)
    best = [max(run["test accuracy"]) for run in stored["runs"]]
    assert len(best) == 20
    assert 0.945 < np.median(best) < 0.957  # Nielsen: 95.42 %


@erratum(110)
def the_total_needs_a_letter_of_its_own():
    rng = np.random.default_rng(0)
    a, W, b, t = rng.standard_normal(2), rng.standard_normal((3, 2)), rng.standard_normal(3), 1

    def cost(W):
        z = anp.dot(W, a) + b
        return -z[t] + anp.log(anp.sum(anp.exp(z)))

    z = W @ a + b
    output = np.exp(z) / np.exp(z).sum()
    printed, corrected = np.zeros((3, 2)), np.zeros((3, 2))
    for j, k in itertools.product(range(3), range(2)):  # k is the weight's index
        for total, found in (
            (sum(np.exp(z[k]) for _ in range(3)), printed),
            (sum(np.exp(z[m]) for m in range(3)), corrected),
        ):
            over = np.exp(z[j]) * total - np.exp(z[j]) ** 2 if j == t else -np.exp(z[t]) * np.exp(z[j])
            found[j, k] = -1 / output[t] * over / total**2 * a[k]
    compare(printed=printed, corrected=corrected, truth=grad(cost)(W))
