import numpy as np
import pytest
import reference

import nnlib as nn

HIDDEN = [nn.identity, nn.sigmoid, nn.tanh, nn.softsign, nn.relu, nn.leaky_relu, nn.softplus, nn.softmax]
KINKED = (nn.relu, nn.leaky_relu)
PAIRS = [(f, nn.square) for f in HIDDEN] + [
    (nn.sigmoid, nn.cross_entropy),
    (nn.softmax, nn.log_likelihood),
]
SEEDS = range(240)


def random_case(seed):
    """A random float64 network, batch and loss; every activation and loss comes up many times."""
    rng = np.random.default_rng(seed)
    depth = 1 + seed % 4
    sizes = rng.integers(1, 8, depth + 1).tolist()
    output, loss = PAIRS[seed % len(PAIRS)]
    if output == nn.softmax:
        sizes[-1] = max(sizes[-1], 2)
    net = nn.Network.random(
        sizes,
        rng=rng,
        output=output,
        initializer=nn.LeCun(),
        bias_initializer=nn.Normal(0.5),
        dtype=np.float64,
    )
    net.activations[:-1] = [HIDDEN[i] for i in rng.integers(0, len(HIDDEN), depth - 1)]
    m = int(rng.integers(1, 10))
    for _ in range(1000):  # kinks are excluded: no pre-activation of a kinked unit near 0
        X = rng.standard_normal((m, sizes[0]))
        trace = nn.forward(net, X)
        if all(np.abs(z).min() > 1e-3 for z, f in zip(trace.z, net.activations, strict=True) if f in KINKED):
            break
    else:
        raise AssertionError("no batch away from the kinks")
    if repr(loss) == "log_likelihood":
        Y = nn.one_hot(rng.integers(0, sizes[-1], m), sizes[-1], np.float64)
    elif repr(loss) == "cross_entropy":
        Y = rng.integers(0, 2, (m, sizes[-1])).astype(np.float64)
    else:
        Y = rng.standard_normal((m, sizes[-1]))
    for W in net.weights:  # L1 has its kink at 0
        W[np.abs(W) < 1e-2] = 0.1
    return net, X, Y, loss, m


def flat(parameters):
    return np.concatenate([p.ravel() for p in parameters])


def distance(a, b):
    """Norm of the difference over the sum of the norms; 0 where both vanish."""
    a, b = flat(a), flat(b)
    total = np.linalg.norm(a) + np.linalg.norm(b)
    return 0.0 if total == 0 else np.linalg.norm(a - b) / total


def penalised(net, grads, regularizer, n):
    if regularizer is None:
        return grads.parameters
    weights = [g + regularizer.gradient(W, n) for g, W in zip(grads.weights, net.weights, strict=True)]
    return [*weights, *grads.biases]


def test_the_cases_cover_what_they_promise():
    cases = [random_case(seed) for seed in SEEDS]
    assert {repr(f) for net, *_ in cases for f in net.activations} == {repr(f) for f in HIDDEN}
    assert {repr(loss) for *_, loss, _ in cases} == {"square", "cross_entropy", "log_likelihood"}
    assert {len(net.weights) for net, *_ in cases} == {1, 2, 3, 4}
    assert {n for net, *_ in cases for n in net.sizes} == set(range(1, 8))
    assert {m for *_, m in cases} == set(range(1, 10))


@pytest.mark.parametrize("seed", SEEDS)
def test_gradient_equals_central_differences_and_autograd(seed):
    net, X, Y, loss, m = random_case(seed)
    regularizer = [None, nn.L2(0.7), nn.L1(0.3)][seed % 3]
    grads = penalised(net, nn.backprop(net, X, Y, loss), regularizer, m)
    penalty = None if regularizer is None else lambda net: regularizer.penalty(net, m)
    numeric = nn.numerical_gradients(net, X, Y, loss, penalty=penalty)
    exact = reference.autograd_gradients(
        net, X, Y, loss, l1=0.3 / m if seed % 3 == 2 else 0.0, l2=0.7 / m if seed % 3 == 1 else 0.0
    )
    assert distance(grads, numeric.parameters) < 1e-6
    assert distance(grads, exact) < 1e-10


@pytest.mark.parametrize("loss", [nn.square, nn.cross_entropy])
@pytest.mark.parametrize("sizes", [[4, 3], [5, 4, 3], [3, 6, 2, 4]])
def test_batch_equals_the_textbook_loop(rng, sizes, loss):
    net = nn.Network.random(sizes, rng=rng, dtype=np.float64, bias_initializer=nn.Normal())
    X, Y = rng.random((8, sizes[0])), nn.one_hot(rng.integers(0, sizes[-1], 8), sizes[-1], np.float64)
    loop = reference.loop_gradients(net.weights, net.biases, X, Y, loss == nn.cross_entropy)
    np.testing.assert_allclose(flat(nn.backprop(net, X, Y, loss).parameters), flat(loop), atol=1e-14)


@pytest.mark.parametrize("sizes", [[4, 3], [5, 4, 3], [3, 6, 2, 4]])
def test_batch_equals_the_jacobian_products_of_notes_000(rng, sizes):
    net = nn.Network.random(sizes, rng=rng, dtype=np.float64, bias_initializer=nn.Normal())
    X, Y = rng.random((8, sizes[0])), rng.random((8, sizes[-1]))
    products = reference.jacobian_gradients(net.weights, net.biases, X, Y)
    np.testing.assert_allclose(flat(nn.backprop(net, X, Y, nn.square).parameters), flat(products), atol=1e-14)


def test_worked_arithmetic():
    """Three neurons in a row, by hand: w = 0.5, -1, 2, b = 0, x = 1, y = 1, identity units, square cost.

    a = 0.5, -0.5, -1; δ³ = -2; δ² = -2·2 = -4; δ¹ = -4·(-1) = 4.
    ∂C/∂w = δ·a of the layer before: 4·1, -4·0.5, -2·(-0.5).
    """
    net = nn.Network([[[0.5]], [[-1.0]], [[2.0]]], [[0.0]] * 3, [nn.identity] * 3)
    trace = nn.forward(net, [[1.0]])
    assert [float(a.item()) for a in trace.a] == [1.0, 0.5, -0.5, -1.0]
    assert [d.item() for d in nn.errors(net, trace, np.array([[1.0]]), nn.square)] == [4.0, -4.0, -2.0]
    grads = nn.backprop(net, [[1.0]], [[1.0]], nn.square)
    assert [g.item() for g in grads.weights] == [4.0, -2.0, 1.0]
    assert [g.item() for g in grads.biases] == [4.0, -4.0, -2.0]


def test_backprop_changes_nothing_and_fresh_results_do_not_share_memory(rng):
    net = nn.Network.random([3, 4, 2], rng=rng)
    before = [p.copy() for p in net.parameters]
    X, Y = rng.random((5, 3)), nn.one_hot([0, 1, 0, 1, 1], 2)
    first = nn.backprop(net, X, Y, nn.cross_entropy)
    kept = [g.copy() for g in first.parameters]
    nn.backprop(net, X + 1, Y, nn.cross_entropy)
    for p, b in zip(net.parameters, before, strict=True):
        np.testing.assert_array_equal(p, b)
    for g, k in zip(first.parameters, kept, strict=True):
        np.testing.assert_array_equal(g, k)


def test_every_layer_has_its_own_mask(rng):
    """Layers of equal size, so that another layer's mask would fit; central differences with these masks."""
    net = nn.Network.random([3, 4, 4, 4, 2], rng=rng, hidden=nn.tanh, dtype=np.float64)
    X, Y = rng.random((6, 3)), nn.one_hot([0, 1, 0, 1, 1, 0], 2, np.float64)
    masks = nn.Dropout(0.5).masks(net, 6, rng)
    trace = nn.forward(net, X, masks)
    grads = nn.gradients(trace, nn.errors(net, trace, Y, nn.cross_entropy))

    def cost():
        return nn.cross_entropy(nn.forward(net, X, masks).output, Y).mean()

    for p, g in zip(net.parameters, grads.parameters, strict=True):
        for place in np.ndindex(p.shape):
            kept, costs = p[place], []
            for step in (1e-5, -1e-5):
                p[place] = kept + step
                costs.append(cost())
            p[place] = kept
            assert abs((costs[0] - costs[1]) / 2e-5 - g[place]) < 1e-8


def test_dropout_masks_enter_the_gradient(rng):
    """A network with a masked neuron has the gradient of the network without that neuron."""
    net = nn.Network.random([3, 4, 2], rng=rng, hidden=nn.tanh, dtype=np.float64)
    X, Y = rng.random((6, 3)), nn.one_hot([0, 1, 0, 1, 1, 0], 2, np.float64)
    mask = np.array([2.0, 0.0, 2.0, 2.0]) * np.ones((6, 1))
    trace = nn.forward(net, X, [mask])
    grads = nn.gradients(trace, nn.errors(net, trace, Y, nn.cross_entropy))
    kept = [0, 2, 3]
    small = nn.Network(
        [net.weights[0][kept], 2 * net.weights[1][:, kept]],
        [net.biases[0][kept], net.biases[1]],
        net.activations,
    )
    expected = nn.backprop(small, X, Y, nn.cross_entropy)
    np.testing.assert_allclose(grads.weights[0][kept], expected.weights[0], atol=1e-14)
    np.testing.assert_allclose(grads.weights[1][:, kept], 2 * expected.weights[1], atol=1e-14)
    assert not grads.weights[0][1].any()
    assert not grads.biases[0][1]


@pytest.mark.parametrize(
    ("X", "Y", "message"),
    [
        (np.zeros((5, 4)), np.zeros((5, 2)), "X must have 3 columns"),
        (np.zeros(3), np.zeros((1, 2)), r"one example is a row of a matrix: X\[None, :\]"),
        (np.zeros((5, 3)), np.zeros(5), "Y must have two dimensions"),
        (np.zeros((5, 3)), np.zeros((5, 3)), "Y must have 2 columns"),
        (np.zeros((5, 3)), np.zeros((4, 2)), "5 and 4 rows"),
        (np.zeros((0, 3)), np.zeros((0, 2)), "is empty"),
        (np.full((5, 3), np.nan), np.zeros((5, 2)), r"X\[0, 0\] is nan"),
        (np.zeros((5, 3)), np.full((5, 2), np.inf), r"Y\[0, 0\] is inf"),
        (np.zeros((1, 1, 3)), np.zeros((1, 2)), r"one example is a row of a matrix: X.reshape\(1, -1\)"),
        (np.zeros((3, 1)), np.zeros((1, 2)), r"one example is a row of a matrix: X.reshape\(1, -1\)"),
        (np.zeros((5, 3)), np.full((5, 2), 2.0), "between 0 and 1"),
        (np.zeros((5, 1, 3)), np.zeros((5, 2)), "flatten"),
        (np.full((5, 3), "a"), np.zeros((5, 2)), "real numbers"),
    ],
)
def test_bad_input_is_named(rng, X, Y, message):
    net = nn.Network.random([3, 4, 2], rng=rng)
    with pytest.raises((ValueError, TypeError), match=message):
        nn.backprop(net, X, Y, nn.cross_entropy)


def test_a_column_is_asked_for_when_one_number_per_example_comes_as_a_vector(rng):
    net = nn.Network.random([3, 1], rng=rng, output=nn.identity)
    with pytest.raises(ValueError, match=r"Y\[:, None\] has shape \(5, 1\)"):
        nn.backprop(net, np.zeros((5, 3)), np.zeros(5), nn.square)


def test_numerical_gradients_are_computed_in_float64_with_steps_to_scale():
    """A small network in float32; each parameter moves by 6e-6, a large one by as much of itself."""
    net = nn.Network(np.float32([[[0.5, -300.0]]]), [np.float32([0.25])], [nn.identity])
    X, Y, moved = np.float32([[1.0, 0.01]]), np.float32([[0.3]]), []
    start = [p.astype(float) for p in net.parameters]

    def penalty(other):
        moved.append([q - p for p, q in zip(start, other.parameters, strict=True)])
        return 0.0

    slow = nn.numerical_gradients(net, X, Y, nn.square, penalty=penalty)
    fast = nn.backprop(net.copy(np.float64), X, Y, nn.square)
    for p, q in zip(slow.parameters, fast.parameters, strict=True):
        assert p.dtype == np.float64
        np.testing.assert_allclose(p, q, rtol=1e-8)
    steps = [np.concatenate([part.ravel() for part in one]) for one in moved]
    sizes = [float(np.abs(one).max()) for one in steps]
    np.testing.assert_allclose(sizes, [6e-6, 6e-6, 1.8e-3, 1.8e-3, 6e-6, 6e-6], rtol=1e-6)
    assert [float(one.sum()) > 0 for one in steps] == [True, False] * 3
