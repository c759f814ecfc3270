import math
import pickle

import numpy as np
import pytest

import nnlib as nn

ACTIVATIONS = [
    nn.identity, nn.sigmoid, nn.tanh, nn.softsign, nn.relu, nn.softplus, nn.softmax, nn.step, nn.leaky_relu,
    nn.Step(at_zero=1), nn.Step(at_zero=0.5), nn.LeakyReLU(slope=0.2),
]  # fmt: skip


def same(one, two):
    return (
        one.activations == two.activations
        and one.dtype == two.dtype
        and all(np.array_equal(p, q) for p, q in zip(one.parameters, two.parameters, strict=True))
    )


@pytest.mark.parametrize(
    ("sizes", "count"),
    [([784, 10], 7_850), ([784, 200, 10], 159_010), ([784, 30, 10], 23_860), ([3072, 2, 1], 6_149)],
)
def test_sizes_shapes_and_parameters_as_the_lectures_count_them(rng, sizes, count):
    net = nn.Network.random(sizes, rng=rng)
    assert net.sizes == sizes
    assert [W.shape for W in net.weights] == list(zip(sizes[1:], sizes[:-1], strict=True))
    assert [b.shape for b in net.biases] == [(n,) for n in sizes[1:]]
    assert net.n_parameters == count
    assert f"{count:,} parameters" in repr(net)
    assert [id(p) for p in net.parameters] == [id(p) for p in net.weights + net.biases]


def test_random_sets_the_activation_of_hidden_layers_and_of_the_last(rng):
    net = nn.Network.random([2, 3, 4, 5], rng=rng, hidden=nn.tanh, output=nn.softmax)
    assert net.activations == [nn.tanh, nn.tanh, nn.softmax]
    assert nn.Network.random([2, 3, 1], rng=rng).activations == [nn.sigmoid, nn.sigmoid]
    assert nn.Network.random([2, 1], rng=rng, hidden=nn.relu).activations == [nn.sigmoid]


def test_xor_by_hand():
    """Linköping's network: both units see x1 + x2, the second less 1; the output is h1 - 2 h2."""
    net = nn.Network([[[1, 1], [1, 1]], [[1, -2]]], [[0, -1], [0]], [nn.relu, nn.identity])
    trace = nn.forward(net, nn.datasets.xor().X)
    assert trace.z[0].tolist() == [[0, -1], [1, 0], [1, 0], [2, 1]]
    assert trace.a[1].tolist() == [[0, 0], [1, 0], [1, 0], [2, 1]]  # (0,1) and (1,0) become one point
    assert trace.z[1].ravel().tolist() == [0, 1, 1, 0]
    assert trace.output is trace.a[-1]
    assert len(trace.a) == 3
    assert trace.masks is None


def test_forward_uses_weights_biases_and_activations_layer_by_layer(rng):
    net = nn.Network.random([3, 5, 2], rng=rng, hidden=nn.tanh, bias_initializer=nn.Normal(), dtype=float)
    X = rng.standard_normal((7, 3))
    (W1, W2), (b1, b2) = net.weights, net.biases
    for x, output in zip(X, nn.forward(net, X).output, strict=True):
        hidden = [math.tanh(sum(W1[j, k] * x[k] for k in range(3)) + b1[j]) for j in range(5)]
        z = [sum(W2[j, k] * hidden[k] for k in range(5)) + b2[j] for j in range(2)]
        np.testing.assert_allclose(output, [1 / (1 + math.exp(-value)) for value in z], atol=1e-14)


def test_one_example_equals_its_row_of_a_batch(rng):
    net = nn.Network.random([4, 6, 3], rng=rng, output=nn.softmax, dtype=np.float64)
    X = rng.standard_normal((50, 4))
    trace = nn.forward(net, X)
    for i in range(50):
        one = nn.forward(net, X[i : i + 1])
        for a, a_one in zip(trace.a, one.a, strict=True):
            np.testing.assert_allclose(a_one[0], a[i], rtol=1e-13)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("f", ACTIVATIONS, ids=repr)
def test_no_step_of_the_way_changes_the_float_type(rng, f, dtype):
    net = nn.Network.random([3, 4, 2], rng=rng, hidden=f, dtype=dtype)
    assert net.dtype == dtype
    trace = nn.forward(net, rng.random((5, 3)))
    assert {array.dtype for array in trace.z + trace.a} == {np.dtype(dtype)}
    grads = nn.backprop(net, rng.random((5, 3)), rng.random((5, 2)), nn.cross_entropy)
    assert {g.dtype for g in grads.parameters} == {np.dtype(dtype)}


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((2, 4)), "X must have 3 columns"),
        (np.zeros(3), r"X\[None, :\]"),
        (np.zeros((0, 3)), "empty"),
        ([[0, np.nan, 0]], r"X\[0, 1\] is nan"),
    ],
)
def test_forward_names_bad_input(rng, X, message):
    with pytest.raises(ValueError, match=message):
        nn.forward(nn.Network.random([3, 2], rng=rng), X)


@pytest.mark.parametrize(
    ("initializer", "variance", "largest"),
    [
        (nn.Normal(), 1, math.inf),
        (nn.Normal(0.3), 0.09, math.inf),
        (nn.LeCun(), 1 / 400, math.inf),
        (nn.UniformHeuristic(), 1 / (3 * 400), 1 / 20),
        (nn.Glorot(), 2 / (400 + 600), math.sqrt(6 / 1000)),
        (nn.He(), 2 / 400, math.inf),
    ],
    ids=repr,
)
def test_initialisers_have_the_mean_and_variance_of_theory(initializer, variance, largest):
    """240,000 draws; mean and variance within four of their standard errors."""
    W = initializer(np.random.default_rng(1), 600, 400)
    assert W.shape == (600, 400)
    kurtosis = 3 if largest == math.inf else 9 / 5  # of the normal and of the uniform distribution
    assert abs(W.mean()) < 4 * math.sqrt(variance / W.size)
    assert abs(W.var() - variance) < 4 * variance * math.sqrt((kurtosis - 1) / W.size)
    assert np.abs(W).max() <= largest
    fourth = (W**4).mean() / W.var() ** 2  # normal or uniform, not merely of the right variance
    assert abs(fourth - kurtosis) < 0.1
    if largest < math.inf:
        assert np.abs(W).max() > 0.999 * largest


def test_a_constant_start():
    assert nn.Constant(0.1)(np.random.default_rng(0), 2, 3).tolist() == [[0.1] * 3] * 2
    assert not nn.Constant()(np.random.default_rng(0), 2, 3).any()


def test_biases_start_at_zero_or_as_asked(rng):
    assert not any(b.any() for b in nn.Network.random([9, 8, 7], rng=rng).biases)
    net = nn.Network.random([5, 3000], rng=rng, bias_initializer=nn.Normal(2.0))
    assert net.biases[0].std() == pytest.approx(2.0, rel=0.06)


def test_both_float_types_start_alike_and_a_seed_decides_the_network():
    def start(seed, **kwargs):
        return nn.Network.random([5, 4, 3], rng=np.random.default_rng(seed), **kwargs)

    assert same(start(1), start(1))
    assert not same(start(1), start(2))
    wide = start(1, dtype=np.float64, bias_initializer=nn.Normal())
    narrow = start(1, dtype=np.float32, bias_initializer=nn.Normal())
    assert same(wide.copy(np.float32), narrow)
    assert not same(wide, narrow.copy(np.float64))


def test_a_network_takes_lists_and_whole_numbers_and_the_wider_of_two_types():
    net = nn.Network([[[1, 2]], [[3]]], [[0], [1]], (nn.relu, nn.identity))
    assert net.dtype == np.float64
    assert isinstance(net.activations, list)
    mixed = nn.Network([np.ones((1, 2), np.float32)], [np.ones(1)], [nn.relu])
    assert {p.dtype for p in mixed.parameters} == {np.dtype(np.float64)}
    narrow = nn.Network([np.ones((1, 2), np.float32)], [np.ones(1, np.float32)], [nn.relu])
    assert narrow.dtype == np.float32


@pytest.mark.parametrize(
    ("weights", "biases", "activations", "message"),
    [
        ([], [], [], "one or more layers, but there are 0, 0 and 0"),
        ([[[1.0]]], [[0.0], [0.0]], [nn.relu], "there are 1, 2 and 1"),
        ([[[1.0]]], [[0.0]], [], "there are 1, 1 and 0"),
        ([[1.0, 2.0]], [[0.0]], [nn.relu], r"weights of layer 1 must have shape \(n_out, n_in\), not \(2,\)"),
        ([np.zeros((2, 0))], [[0.0, 0.0]], [nn.relu], r"not \(2, 0\)"),
        ([[[1.0], [2.0]]], [[0.0]], [nn.relu], r"biases of layer 1 must have shape \(2,\)"),
        ([[[1.0], [2.0]]], [[[0.0], [0.0]]], [nn.relu], r"have \(2, 1\); b.ravel\(\) has shape \(2,\)"),
        ([[[1.0]], [[1.0, 1.0]]], [[0.0]] * 2, [nn.relu] * 2, "layer 2 reads 2 values but layer 1 gives 1"),
        ([[[1.0]]], [[0.0]], ["sigmoid"], "activation of layer 1 must be an object such as nn.sigmoid"),
        ([[[1.0]]], [[0.0]], [np.tanh], "must be an object such as nn.sigmoid"),
        ([[[1.0]]], [[0.0]], [nn.LeakyReLU], "must be an object such as nn.sigmoid"),
    ],
)
def test_what_is_no_network_is_refused(weights, biases, activations, message):
    with pytest.raises((ValueError, TypeError), match=message):
        nn.Network(weights, biases, activations)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": [784]}, "at least one layer"),
        ({"sizes": []}, "at least one layer"),
        ({"sizes": [2, 0, 1]}, r"sizes\[1\] must be at least 1"),
        ({"sizes": [2, 2.5]}, r"sizes\[1\] must be a whole number"),
        ({"rng": 0}, r"rng must be a generator such as np.random.default_rng\(0\), but is 0"),
        ({"rng": np.random.RandomState(0)}, "rng must be a generator"),
        ({"dtype": int}, "dtype must be a float type, but is int64"),
        ({"hidden": "relu"}, "the activation of layer 1 must be an object such as"),
    ],
)
def test_random_names_bad_settings(rng, change, message):
    settings = {"sizes": [2, 2, 1], "rng": rng} | change
    with pytest.raises((ValueError, TypeError), match=message):
        nn.Network.random(settings.pop("sizes"), **settings)


def test_a_copy_shares_nothing(rng):
    net = nn.Network.random([3, 4, 2], rng=rng)
    twin = net.copy()
    assert same(net, twin)
    for p, q in zip(net.parameters, twin.parameters, strict=True):
        assert not np.shares_memory(p, q)
    twin.activations[0] = nn.relu
    twin.weights.pop()
    assert net.activations[0] == nn.sigmoid
    assert len(net.weights) == 2
    wide = net.copy(np.float64)
    assert wide.dtype == np.float64
    wide.weights[0] += 1
    assert not np.array_equal(wide.weights[0], net.weights[0])


@pytest.mark.parametrize("f", ACTIVATIONS, ids=repr)
def test_a_network_can_be_pickled_for_other_processes(rng, f):
    net = nn.Network.random([2, 3, 2], rng=rng, hidden=f)
    assert same(pickle.loads(pickle.dumps(net)), net)
