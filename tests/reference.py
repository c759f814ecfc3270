"""Oracles that share no code with nnlib: the textbook's loop, the lecture's Jacobians, autograd.

All three compute in float64 the gradient of the mean cost over a batch.
"""

import autograd.numpy as anp
import numpy as np
from autograd import grad

FUNCTIONS = {
    "identity": lambda z: z,
    "sigmoid": lambda z: 1 / (1 + anp.exp(-z)),
    "tanh": lambda z: (anp.exp(z) - anp.exp(-z)) / (anp.exp(z) + anp.exp(-z)),
    "softsign": lambda z: z / (1 + anp.abs(z)),
    "relu": lambda z: anp.where(z > 0, z, 0.0),
    "leaky_relu": lambda z: anp.where(z > 0, z, 0.01 * z),
    "softplus": lambda z: anp.log(1 + anp.exp(z)),
    "softmax": lambda z: anp.exp(z) / anp.sum(anp.exp(z), axis=-1, keepdims=True),
    "step": lambda z: anp.where(z > 0, 1.0, 0.0),
}

COSTS = {
    "square": lambda a, Y: 0.5 * anp.sum((a - Y) ** 2),
    "cross_entropy": lambda a, Y: -anp.sum(Y * anp.log(a) + (1 - Y) * anp.log(1 - a)),
    "log_likelihood": lambda a, Y: -anp.sum(Y * anp.log(a)),
}


def name(f):
    return "leaky_relu" if "Leaky" in repr(f) else "step" if "Step" in repr(f) else repr(f)


def autograd_gradients(net, X, Y, loss, l1=0.0, l2=0.0):
    """Gradients by HIPS autograd of the cost written out anew; l1 and l2 are λ/n."""
    functions = [FUNCTIONS[name(f)] for f in net.activations]

    def cost(parameters):
        weights, biases = parameters
        a = X
        for W, b, f in zip(weights, biases, functions, strict=True):
            a = f(anp.dot(a, W.T) + b)
        penalty = sum(l1 * anp.sum(anp.abs(W)) + l2 / 2 * anp.sum(W**2) for W in weights)
        return COSTS[repr(loss)](a, Y) / len(X) + penalty

    weights, biases = grad(cost)((list(net.weights), list(net.biases)))
    return [*weights, *biases]


def sigma(z):
    return 1 / (1 + np.exp(-z))


def loop_gradients(weights, biases, X, Y, cross_entropy):
    """One example at a time on column vectors, sigmoid in every layer, as textbooks write it."""
    dWs = [np.zeros(W.shape) for W in weights]
    dbs = [np.zeros(b.shape) for b in biases]
    for x, y in zip(X, Y, strict=True):
        activations, zs = [x.reshape(-1, 1)], []
        for W, b in zip(weights, biases, strict=True):
            zs.append(np.dot(W, activations[-1]) + b.reshape(-1, 1))
            activations.append(sigma(zs[-1]))
        delta = activations[-1] - y.reshape(-1, 1)
        if not cross_entropy:
            delta = delta * sigma(zs[-1]) * (1 - sigma(zs[-1]))
        for layer in reversed(range(len(weights))):
            dbs[layer] += delta.ravel() / len(X)
            dWs[layer] += np.dot(delta, activations[layer].T) / len(X)
            if layer:
                s = sigma(zs[layer - 1])
                delta = np.dot(weights[layer].T, delta) * s * (1 - s)
    return [*dWs, *dbs]


def jacobian_gradients(weights, biases, X, Y):
    """The route of lecture notes 000: right-to-left products of ∂a^L_j/∂a^l_q, square cost, sigmoids.

    ∂C_i/∂w^l_qr = Σ_j ∂C_i/∂a^L_j · ∂a^L_j/∂a^l_q · σ'(z^l_q) · a^{l-1}_r
    """
    dWs = [np.zeros(W.shape) for W in weights]
    dbs = [np.zeros(b.shape) for b in biases]
    for x, y in zip(X, Y, strict=True):
        a, slopes = [x], []
        for W, b in zip(weights, biases, strict=True):
            a.append(sigma(W @ a[-1] + b))
            slopes.append(a[-1] * (1 - a[-1]))
        jacobian = np.eye(len(y))  # ∂a^L/∂a^L
        for layer in reversed(range(len(weights))):
            local = (a[-1] - y) @ jacobian * slopes[layer]
            dbs[layer] += local / len(X)
            dWs[layer] += np.outer(local, a[layer]) / len(X)
            jacobian = jacobian @ np.diag(slopes[layer]) @ weights[layer]  # one link further in
    return [*dWs, *dbs]
