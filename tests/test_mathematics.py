"""What must hold of any network, whatever its weights: symmetries and linearity, on random nets."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nnlib as nn
from nnlib.backpropagation import Gradients

PAIRS = [
    (nn.sigmoid, nn.square),
    (nn.sigmoid, nn.cross_entropy),
    (nn.softmax, nn.log_likelihood),
    (nn.softmax, nn.square),
    (nn.identity, nn.square),
]
HIDDEN = [nn.sigmoid, nn.tanh, nn.softsign, nn.softplus, nn.relu, nn.leaky_relu, nn.identity]


@st.composite
def problems(draw, layers=st.integers(1, 4), output=None):
    """A random network in float64, examples and targets that suit its loss."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = [draw(st.integers(1, 6)) for _ in range(draw(layers))]
    f, loss = draw(st.sampled_from([p for p in PAIRS if output in (None, p[0])]))
    net = nn.Network.random(
        [*sizes, draw(st.integers(2, 5))], rng=rng, hidden=draw(st.sampled_from(HIDDEN)), output=f,
        bias_initializer=nn.Normal(), dtype=np.float64,
    )  # fmt: skip
    m = draw(st.integers(1, 12))
    X = rng.standard_normal((m, net.sizes[0]))
    Y = np.eye(net.sizes[-1])[rng.integers(0, net.sizes[-1], m)]
    return net, X, Y, loss, rng


def assert_close(one, two):
    for p, q in zip(one, two, strict=True):
        np.testing.assert_allclose(p, q, rtol=1e-9, atol=1e-11)


@given(problem=problems(layers=st.integers(2, 4)), data=st.data())
def test_hidden_neurons_may_change_places(problem, data):
    """Rows of W and b, and the columns that read them: the same function, and the same gradient moved."""
    net, X, Y, loss, rng = problem
    layer = data.draw(st.integers(0, len(net.weights) - 2))
    order = rng.permutation(len(net.biases[layer]))
    moved = net.copy()
    moved.weights[layer], moved.biases[layer] = net.weights[layer][order], net.biases[layer][order]
    moved.weights[layer + 1] = net.weights[layer + 1][:, order]
    np.testing.assert_allclose(nn.outputs(moved, X), nn.outputs(net, X), rtol=1e-10, atol=1e-12)
    there, here = nn.backprop(moved, X, Y, loss), nn.backprop(net, X, Y, loss)
    here.weights[layer], here.biases[layer] = here.weights[layer][order], here.biases[layer][order]
    here.weights[layer + 1] = here.weights[layer + 1][:, order]
    assert_close(there.parameters, here.parameters)


@given(problem=problems(output=nn.softmax), shift=st.floats(-50, 50))
def test_a_shift_of_all_logits_changes_nothing(problem, shift):
    net, X, Y, loss, _ = problem
    shifted = net.copy()
    shifted.biases[-1] += shift
    np.testing.assert_allclose(nn.outputs(shifted, X), nn.outputs(net, X), rtol=1e-9, atol=1e-12)
    assert_close(nn.backprop(shifted, X, Y, loss).parameters, nn.backprop(net, X, Y, loss).parameters)
    direction = nn.backprop(net, X, Y, loss).biases[-1]
    assert abs(direction.sum()) < 1e-10  # no slope along the shift


@given(problem=problems(), share=st.floats(0, 1))
def test_the_gradient_is_the_mean_over_the_examples(problem, share):
    """One by one, in two unequal parts, in another order: always the same mean."""
    net, X, Y, loss, rng = problem
    whole = nn.backprop(net, X, Y, loss).parameters
    single = [nn.backprop(net, X[i : i + 1], Y[i : i + 1], loss).parameters for i in range(len(X))]
    assert_close(whole, [np.mean(parts, axis=0) for parts in zip(*single, strict=True)])
    cut = min(max(1, round(share * len(X))), len(X) - 1)
    if cut:
        first, second = (
            nn.backprop(net, X[s], Y[s], loss).parameters for s in (slice(cut), slice(cut, None))
        )
        weighted = [(cut * p + (len(X) - cut) * q) / len(X) for p, q in zip(first, second, strict=True)]
        assert_close(whole, weighted)
    order = rng.permutation(len(X))
    assert_close(whole, nn.backprop(net, X[order], Y[order], loss).parameters)
    doubled = nn.backprop(net, np.repeat(X, 2, axis=0), np.repeat(Y, 2, axis=0), loss).parameters
    assert_close(whole, doubled)


@given(problem=problems(output=nn.sigmoid), scale=st.floats(-3, 3))
def test_the_gradient_is_linear_in_the_error_of_the_last_layer(problem, scale):
    """Backwards the network is linear: of α δ₁ + δ₂ the gradient is α times one plus the other."""
    net, X, _, _, rng = problem

    class Given(type(nn.square)):
        def __init__(self, delta):
            object.__setattr__(self, "given", delta)

        def delta(self, f, z, a, Y):
            return self.given

    trace = nn.forward(net, X)
    one, two = rng.standard_normal((2, *trace.output.shape))

    def gradient(delta):
        return nn.gradients(trace, nn.errors(net, trace, trace.output, Given(delta))).parameters

    combined = [scale * p + q for p, q in zip(gradient(one), gradient(two), strict=True)]
    assert_close(gradient(scale * one + two), combined)


@given(problem=problems(), eta=st.floats(1e-4, 10))
def test_a_step_of_gradient_descent_is_in_proportion_to_eta(problem, eta):
    net, X, Y, loss, _ = problem
    grads = nn.backprop(net, X, Y, loss)
    here, there = net.copy(), net.copy()
    nn.SGD().step(here, grads, eta, [])
    nn.SGD().step(there, grads, 2 * eta, [])
    for p, q, start in zip(here.parameters, there.parameters, net.parameters, strict=True):
        np.testing.assert_allclose(q - start, 2 * (p - start), rtol=1e-7, atol=1e-12 * (1 + abs(start).max()))


@given(problem=problems(), scale=st.floats(0.1, 10))
@settings(max_examples=50)
def test_eta_undoes_a_scaling_of_the_cost(problem, scale):
    """Training on c times the cost at η/c takes the same steps, with momentum too."""
    net, X, Y, loss, _ = problem
    for optimizer in (nn.SGD(), nn.Momentum(0.8), nn.Nesterov(0.8)):
        here, there = net.copy(), net.copy()
        states = optimizer.start(here), optimizer.start(there)
        for _ in range(3):
            optimizer.step(here, nn.backprop(here, X, Y, loss), 0.1, states[0])
            grads = nn.backprop(there, X, Y, loss)
            scaled = Gradients([scale * W for W in grads.weights], [scale * b for b in grads.biases])
            optimizer.step(there, scaled, 0.1 / scale, states[1])
        for p, q in zip(here.parameters, there.parameters, strict=True):
            np.testing.assert_allclose(p, q, rtol=1e-7, atol=1e-9)


@given(problem=problems(), chunk=st.integers(1, 5))
def test_measured_in_pieces_the_cost_is_that_of_all(problem, chunk):
    net, X, Y, loss, _ = problem
    data = nn.Dataset(X, Y)
    kept = nn.training._CHUNK
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nn.training, "_CHUNK", chunk)
        pieces, put_out = nn.cost(net, data, loss), nn.outputs(net, X)
    assert kept == nn.training._CHUNK
    np.testing.assert_allclose(pieces, nn.cost(net, data, loss), rtol=1e-12)
    np.testing.assert_allclose(put_out, nn.outputs(net, X), rtol=1e-12, atol=1e-14)


@given(problem=problems(), scale=st.floats(0.1, 10))
def test_scaled_inputs_and_weights_of_the_first_layer_undo_each_other(problem, scale):
    """Why inputs of another unit want another learning rate: their slopes scale the other way."""
    net, X, Y, loss, _ = problem
    other = net.copy()
    other.weights[0] /= scale
    np.testing.assert_allclose(nn.outputs(other, scale * X), nn.outputs(net, X), rtol=1e-9, atol=1e-11)
    here, there = nn.backprop(net, X, Y, loss), nn.backprop(other, scale * X, Y, loss)
    np.testing.assert_allclose(there.weights[0], scale * here.weights[0], rtol=1e-8, atol=1e-10)
    assert_close(there.weights[1:] + there.biases, here.weights[1:] + here.biases)
