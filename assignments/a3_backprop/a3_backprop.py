# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   nnlib:
#     assignment: a3_backprop
#     title: 'Assignment 3: backpropagation'
#     cell_seconds: 20
#     call_seconds: 5
#     seconds: 120
#     without: [nnlib, sklearn, sympy, autograd, torch, tensorflow, keras, jax, .jacobian, 1j]
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: a3_backprop
# init_cell: false
# export_cell: false
# check_all_cell: false
# tests:
#   ok_format: false
#   files: true
# generate:
#   pdf: false
#   show_stdout: false
#   show_hidden: false

# %% [markdown]
# # Assignment 3: backpropagation
#
# A network that learns with a wrong gradient often learns all the same, only worse, and nothing
# tells you. So this assignment never asks for an accuracy. You will write the forward and the
# backward pass, first for one example and then for a batch, hold them against numerical
# differences, finish a derivation that one of the lecture notes gives up, and find three bugs in
# somebody else's code.
#
# The network has one hidden layer; both layers use the sigmoid; examples are rows.
#
# | | shape | |
# |---|---|---|
# | $x$, $y$ | (n,), (k,) | one example and its target |
# | $W^1$, $b^1$ | (h, n), (h,) | to the hidden layer: $w^1_{ji}$ leads **to** $j$ **from** $i$ |
# | $W^2$, $b^2$ | (k, h), (k,) | to the output layer |
# | $z^1, a^1, z^2, a^2$ | (h,), (h,), (k,), (k,) | $z^1 = W^1x + b^1$, $a^1 = \sigma(z^1)$, and so on |
#
# Superscripts number the layers; they are no powers. The cost of one example is $C = \tfrac12 \lVert a^2 - y \rVert^2$, that of a batch the **mean** over
# its examples. The error of a layer is $\delta^\ell_j = \partial C / \partial z^\ell_j$.
#
# **How it works.** Replace every `...` by your own code or text. After each question run its
# `grader.check` cell. It tests what can be tested without giving the answer away; **hidden checks
# decide on the points**, with other networks. "Passed" therefore means "nothing wrong so far". Use
# NumPy alone: the point is to write what a library would do for you.
#
# **Handing in.** *Kernel → Restart and run all*, save, download this notebook (`.ipynb`) and hand
# in that one file.

# %%
# SET-UP

# %%
import numpy as np


def sigmoid(z):
    """The logistic function, entry by entry."""
    return 1 / (1 + np.exp(-z))

# %% [markdown]
# ## Question 1: forward, one example
#
# Write `forward(x, W1, b1, W2, b2)`, which returns the four arrays `z1, a1, z2, a2`.

# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 3

# %% [raw]
# # BEGIN SOLUTION

# %%
def forward(x, W1, b1, W2, b2):
    """Pre-activations and activations of both layers, for one example."""
    # BEGIN SOLUTION
    z1 = W1 @ x + b1
    a1 = sigmoid(z1)
    z2 = W2 @ a1 + b2
    return z1, a1, z2, sigmoid(z2)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_shapes_and_ranges(env):
    import numpy as np
    from nnbook.checking import ask, expect
    rng = np.random.default_rng(1)
    net = rng.normal(size=4), rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(2, 3)), rng.normal(size=2)
    for part, (label, shape) in enumerate([("z1", (3,)), ("a1", (3,)), ("z2", (2,)), ("a2", (2,))]):
        came = ask(env, "forward", *net, part=part, label=label).has_shape(shape).is_finite().came
        expect(label[0] == "z" or bool(((came > 0) & (came < 1)).all()), f"{label} is {came}; what comes out of a sigmoid lies between 0 and 1.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 3
""" # END TEST CONFIG
def test_forward_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(seed=11, inputs=3, hidden=3, outputs=3)
    rng = np.random.default_rng(v.seed)
    x, W1, b1 = rng.normal(size=v.inputs), rng.normal(size=(v.hidden, v.inputs)), rng.normal(size=v.hidden)
    W2, b2 = rng.normal(size=(v.outputs, v.hidden)), rng.normal(size=v.outputs)

    def s(z):
        return 1 / (1 + np.exp(-z))

    def run(one=W1, two=W2, first=b1, second=b2, hidden=s, last=s):
        z1 = one @ x + first
        a1 = hidden(z1)
        z2 = two @ a1 + second
        return z1, a1, z2, last(z2)

    def same(z):
        return z

    slips = {
        "The biases of the hidden layer are left out.": run(first=0),
        "The biases of the output layer are left out.": run(second=0),
        "The hidden layer has no sigmoid.": run(hidden=same),
        "The output layer has no sigmoid.": run(last=same),
        "That is tanh; asked is the sigmoid.": run(hidden=np.tanh, last=np.tanh),
    }
    if W1.shape[0] == W1.shape[1]:
        slips["W1 is transposed: row j holds the weights to neuron j, so it is W1 @ x."] = run(one=W1.T)
    if W2.shape[0] == W2.shape[1]:
        slips["W2 is transposed: row j holds the weights to neuron j, so it is W2 @ a1."] = run(two=W2.T)
    for part, label in enumerate(("z1", "a1", "z2", "a2")):
        named = {sentence: value[part] for sentence, value in slips.items()}
        ask(env, "forward", x, W1, b1, W2, b2, part=part, label=label).agrees(run()[part], named, hint="Follow a network with one neuron in each layer by hand.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 2: the errors, one example
#
# Write `errors(x, y, W1, b1, W2, b2)`, which runs the example forward and returns `delta1, delta2`,
# the errors of the hidden layer and of the output layer (in Nielsen's book the equations BP2 and BP1). Since $\sigma$ is
# everywhere in it: $\sigma'(z) = \sigma(z)(1 - \sigma(z))$.

# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 4

# %% [raw]
# # BEGIN SOLUTION

# %%
def errors(x, y, W1, b1, W2, b2):
    """The errors of the hidden layer, shape (h,), and of the output layer, shape (k,)."""
    # BEGIN SOLUTION
    _, a1, _, a2 = forward(x, W1, b1, W2, b2)
    delta2 = (a2 - y) * a2 * (1 - a2)
    delta1 = (W2.T @ delta2) * a1 * (1 - a1)
    return delta1, delta2
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_errors_against_differences(env):
    import numpy as np
    from nnbook.checking import ask, expect
    rng = np.random.default_rng(2)
    x, y, W1, b1 = rng.normal(size=4), rng.uniform(size=2), rng.normal(size=(3, 4)), rng.normal(size=3)
    W2, b2 = rng.normal(size=(2, 3)), rng.normal(size=2)

    def s(z):
        return 1 / (1 + np.exp(-z))

    def cost_from(z, layer, through):
        a = s(z) if through else z
        a = s(W2 @ a + b2) if layer == 1 else a
        return ((a - y) ** 2).sum() / 2

    def difference(z, layer, through=True):
        steps = 1e-5 * np.eye(len(z))
        return np.array([cost_from(z + e, layer, through) - cost_from(z - e, layer, through) for e in steps]) / 2e-5

    z1 = W1 @ x + b1
    z2 = W2 @ s(z1) + b2
    shapes = [ask(env, "errors", x, y, W1, b1, W2, b2, part=part, label=f"delta{part + 1}").came.shape for part in (0, 1)]
    expect(shapes != [(2,), (3,)], "The two errors come in the wrong order: asked is delta1, of the hidden layer, and then delta2, of the output layer.")
    for part, layer, z in ((1, 2, z2), (0, 1, z1)):
        answer = ask(env, "errors", x, y, W1, b1, W2, b2, part=part, label=f"delta{layer}")
        slips = {f"The factor σ′(z) of layer {layer} is missing: that is the derivative with respect to the activation.": difference(s(z), layer, False)}
        answer.agrees(difference(z, layer), slips, hint="Compare with (C(z + h) − C(z − h)) / 2h, for one z after the other.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 2
""" # END TEST CONFIG
def test_output_error_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(seed=12, inputs=3, hidden=3, outputs=3)
    rng = np.random.default_rng(v.seed)
    x, y = rng.normal(size=v.inputs), rng.uniform(size=v.outputs)
    W1, b1 = rng.normal(size=(v.hidden, v.inputs)), rng.normal(size=v.hidden)
    W2, b2 = rng.normal(size=(v.outputs, v.hidden)), rng.normal(size=v.outputs)
    a1 = 1 / (1 + np.exp(-(W1 @ x + b1)))
    z2 = W2 @ a1 + b2
    a2 = 1 / (1 + np.exp(-z2))
    prime = a2 * (1 - a2)
    ask(env, "errors", x, y, W1, b1, W2, b2, part=1, label="delta2").agrees((a2 - y) * prime, {
        "The factor σ′(z²) is missing.": a2 - y,
        "The wrong sign: it is a² − y.": (y - a2) * prime,
        "The factor σ′ is there twice.": (a2 - y) * prime**2,
        "σ′ is a (1 − a) with a = σ(z); z itself has been put in for a.": (a2 - y) * z2 * (1 - z2),
        "σ′ has been applied to a², which has been through the sigmoid already.": (a2 - y) / (1 + np.exp(-a2)) * (1 - 1 / (1 + np.exp(-a2))),
        "That is the sum over the outputs; each output has its own error.": np.full(v.outputs, ((a2 - y) * prime).sum()),
    }, hint="BP1: the derivative of C with respect to a², times that of a² with respect to z².")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 2
""" # END TEST CONFIG
def test_hidden_error_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(seed=13, inputs=3, hidden=3, outputs=3)
    rng = np.random.default_rng(v.seed)
    x, y = rng.normal(size=v.inputs), rng.uniform(size=v.outputs)
    W1, b1 = rng.normal(size=(v.hidden, v.inputs)), rng.normal(size=v.hidden)
    W2, b2 = rng.normal(size=(v.outputs, v.hidden)), rng.normal(size=v.outputs)
    z1 = W1 @ x + b1
    a1 = 1 / (1 + np.exp(-z1))
    a2 = 1 / (1 + np.exp(-(W2 @ a1 + b2)))
    d2, prime = (a2 - y) * a2 * (1 - a2), a1 * (1 - a1)
    slips = {
        "The factor σ′(z¹) of the hidden layer is missing.": W2.T @ d2,
        "The factor σ′(z²) of the output layer is missing.": W2.T @ (a2 - y) * prime,
        "The wrong sign: it is a² − y.": -(W2.T @ d2) * prime,
        "σ′ is a (1 − a) with a = σ(z); z itself has been put in for a.": W2.T @ d2 * z1 * (1 - z1),
        "The factor σ′ of the hidden layer is there twice.": W2.T @ d2 * prime**2,
        "σ′ has been applied to a¹, which has been through the sigmoid already.": W2.T @ d2 / (1 + np.exp(-a1)) * (1 - 1 / (1 + np.exp(-a1))),
        "The activation a¹ stands where its slope a¹ (1 − a¹) belongs.": W2.T @ d2 * a1,
        "The error of the output layer is there, not that of the hidden layer: the two come in the wrong order.": d2 if v.hidden == v.outputs else np.zeros(0),
    }
    if v.hidden == v.outputs:
        slips["W2 goes the other way here: the error flows back through the transposed matrix."] = W2 @ d2 * prime
        slips["The weights W2 are missing."] = d2 * prime
    ask(env, "errors", x, y, W1, b1, W2, b2, part=0, label="delta1").agrees((W2.T @ d2) * prime, slips, hint="BP2: δ² back through the weights, times σ′(z¹).")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 3: from errors to gradients, one example
#
# Write `gradients(x, a1, delta1, delta2)`, which returns `dW1, db1, dW2, db2` (Nielsen's BP4 and BP3), each in
# the shape of what it is the derivative with respect to.

# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 2

# %% [raw]
# # BEGIN SOLUTION

# %%
def gradients(x, a1, delta1, delta2):
    """Derivatives of the cost of one example: dW1 (h, n), db1 (h,), dW2 (k, h), db2 (k,)."""
    # BEGIN SOLUTION
    return np.outer(delta1, x), delta1, np.outer(delta2, a1), delta2
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_shapes_of_the_gradients(env):
    import numpy as np
    from nnbook.checking import ask
    rng = np.random.default_rng(3)
    given_in = rng.normal(size=4), rng.uniform(size=3), rng.normal(size=3), rng.normal(size=2)
    for part, (label, shape) in enumerate([("dW1", (3, 4)), ("db1", (3,)), ("dW2", (2, 3)), ("db2", (2,))]):
        ask(env, "gradients", *given_in, part=part, label=label).has_shape(shape, {shape[::-1]: "That is transposed: row j holds what leads to neuron j, as in W."}).is_finite()

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 2
""" # END TEST CONFIG
def test_gradients_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(seed=14, size=3)
    rng = np.random.default_rng(v.seed)
    x, a1 = rng.normal(size=v.size), rng.uniform(size=v.size)
    d1, d2 = rng.normal(size=v.size), rng.normal(size=v.size)
    right = np.outer(d1, x), d1, np.outer(d2, a1), d2
    slips = {
        "That is transposed: row j holds what leads to neuron j.": (right[0].T, None, right[2].T, None),
        "The input of the hidden layer is x, that of the output layer is a1; they are exchanged.": (np.outer(d1, a1), None, np.outer(d2, x), None),
        "The two errors are exchanged.": (np.outer(d2, x), d2, np.outer(d1, a1), d1),
        "The derivative with respect to a bias is the error itself; its input is 1.": (None, d1 * x, None, d2 * a1),
        "The gradient points uphill, along +δ; the minus belongs to the descent.": (-right[0], -d1, -right[2], -d2),
    }
    for part, label in enumerate(("dW1", "db1", "dW2", "db2")):
        named = {sentence: value[part] for sentence, value in slips.items() if value[part] is not None}
        ask(env, "gradients", x, a1, d1, d2, part=part, label=label).agrees(right[part], named, hint="BP4: ∂C/∂w_ji is the error of j times what comes from i.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 4: a whole batch
#
# Write `batch_gradients(X, Y, W1, b1, W2, b2)` for a batch: `X` has shape (m, n) and `Y` has shape
# (m, k). It returns `dW1, db1, dW2, db2`, the derivatives of the **mean** cost of the m examples.
# (Matrix products do it without a loop over the examples.)

# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 4

# %% [raw]
# # BEGIN SOLUTION

# %%
def batch_gradients(X, Y, W1, b1, W2, b2):
    """Derivatives of the mean cost of a batch, in the shapes of W1, b1, W2, b2."""
    # BEGIN SOLUTION
    a1 = sigmoid(X @ W1.T + b1)
    a2 = sigmoid(a1 @ W2.T + b2)
    delta2 = (a2 - Y) * a2 * (1 - a2)
    delta1 = (delta2 @ W2) * a1 * (1 - a1)
    m = len(X)
    return delta1.T @ X / m, delta1.mean(axis=0), delta2.T @ a1 / m, delta2.mean(axis=0)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_batch_against_differences(env):
    import numpy as np
    from nnbook.checking import ask
    rng = np.random.default_rng(4)
    X, Y = rng.normal(size=(6, 4)), rng.uniform(size=(6, 2))
    net = [rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(2, 3)), rng.normal(size=2)]

    def cost():
        a = X
        for W, b in (net[:2], net[2:]):
            a = 1 / (1 + np.exp(-(a @ W.T + b)))
        return ((a - Y) ** 2).sum() / 2 / len(X)

    for part, label in enumerate(("dW1", "db1", "dW2", "db2")):
        parameter, near = net[part], np.zeros(net[part].shape)
        for place in np.ndindex(parameter.shape):
            kept = parameter[place]
            parameter[place] = kept + 1e-5
            up = cost()
            parameter[place] = kept - 1e-5
            near[place] = (up - cost()) / 2e-5
            parameter[place] = kept
        answer = ask(env, "batch_gradients", X, Y, *net, part=part, label=label)
        answer.has_shape(near.shape, {(6, *near.shape): "One gradient for each example; asked is their mean.", (6, near.shape[-1]): "One row for each example is left; asked is the mean over them."})
        answer.agrees(near, n=6, hint="Compare with a loop over your functions for one example.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 4
""" # END TEST CONFIG
def test_batch_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(seed=15, examples=5, inputs=4, hidden=3, outputs=3)
    rng = np.random.default_rng(v.seed)
    m = v.examples
    X, Y = rng.normal(size=(m, v.inputs)), rng.uniform(size=(m, v.outputs))
    W1, b1 = rng.normal(size=(v.hidden, v.inputs)), rng.normal(size=v.hidden)
    W2, b2 = rng.normal(size=(v.outputs, v.hidden)), rng.normal(size=v.outputs)
    a1 = 1 / (1 + np.exp(-(X @ W1.T + b1)))
    a2 = 1 / (1 + np.exp(-(a1 @ W2.T + b2)))

    def back(last=a2 * (1 - a2), hidden=a1 * (1 - a1), through=W2):
        d2 = (a2 - Y) * last
        d1 = (d2 @ through) * hidden
        return d1.T @ X / m, d1.mean(axis=0), d2.T @ a1 / m, d2.mean(axis=0)

    right = back()
    slips = {
        "The factor σ′(z²) of the output layer is missing.": back(last=1.0),
        "The factor σ′(z¹) of the hidden layer is missing.": back(hidden=1.0),
        "W2 is transposed on the way back: with rows of examples it is delta2 @ W2.": back(through=W2.T) if v.hidden == v.outputs else None,
        "The mean is taken over all entries at once; each neuron has its own.": (None, np.full(v.hidden, right[1].mean()), None, np.full(v.outputs, right[3].mean())),
    }
    for part, label in enumerate(("dW1", "db1", "dW2", "db2")):
        named = {sentence: value[part] for sentence, value in slips.items() if value is not None and value[part] is not None}
        ask(env, "batch_gradients", X, Y, W1, b1, W2, b2, part=part, label=label).agrees(right[part], named, n=m, hint="Compare with the mean over your gradients of one example.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 5: the check you should never be without
#
# Write `numerical_dW1(X, Y, W1, b1, W2, b2, eps)`: the derivative of the mean cost with respect to
# every entry of `W1`, by central differences $(C(w + \varepsilon) - C(w - \varepsilon)) / 2\varepsilon$.
# Change one entry at a time, and put it back. Then compare with Question 4 for
# $\varepsilon = 10^{-5}$: they should agree to about ten decimals.

# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 2

# %% [raw]
# # BEGIN SOLUTION

# %%
def numerical_dW1(X, Y, W1, b1, W2, b2, eps):
    """Central differences of the mean cost, in the shape of W1."""
    # BEGIN SOLUTION
    def cost(W):
        a2 = sigmoid(sigmoid(X @ W.T + b1) @ W2.T + b2)
        return ((a2 - Y) ** 2).sum() / 2 / len(X)

    found = np.zeros_like(W1)
    for place in np.ndindex(W1.shape):
        step = np.zeros_like(W1)
        step[place] = eps
        found[place] = (cost(W1 + step) - cost(W1 - step)) / (2 * eps)
    return found
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_shape_of_the_differences(env):
    import numpy as np
    from nnbook.checking import ask
    rng = np.random.default_rng(5)
    net = rng.normal(size=(6, 4)), rng.uniform(size=(6, 2)), rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(2, 3)), rng.normal(size=2)
    ask(env, "numerical_dW1", *net, 1e-3).has_shape((3, 4)).is_finite()

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 2
""" # END TEST CONFIG
def test_differences_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(seed=16, eps=0.4, examples=5)
    rng = np.random.default_rng(v.seed)
    m = v.examples
    X, Y, W1, b1 = rng.normal(size=(m, 3)), rng.uniform(size=(m, 2)), rng.normal(size=(2, 3)), rng.normal(size=2)
    W2, b2 = rng.normal(size=(2, 2)), rng.normal(size=2)

    def cost(W):
        a = 1 / (1 + np.exp(-(1 / (1 + np.exp(-(X @ W.T + b1))) @ W2.T + b2)))
        return ((a - Y) ** 2).sum() / 2 / m

    central, ahead, behind, heaped = (np.zeros(W1.shape) for _ in range(4))
    kept = W1.copy()
    for place in np.ndindex(W1.shape):
        step = np.zeros(W1.shape)
        step[place] = v.eps
        central[place] = (cost(W1 + step) - cost(W1 - step)) / (2 * v.eps)
        ahead[place] = (cost(W1 + step) - cost(W1)) / v.eps
        behind[place] = (cost(W1) - cost(W1 - step)) / v.eps
        heaped[place] = (cost(kept + step) - cost(kept - step)) / (2 * v.eps)
        kept = kept - step
    ask(env, "numerical_dW1", X, Y, W1, b1, W2, b2, v.eps).agrees(central, {
        "That is a one-sided difference, (C(w + ε) − C(w)) / ε, with an error of the order of ε.": ahead,
        "That is a one-sided difference, (C(w) − C(w − ε)) / ε, with an error of the order of ε.": behind,
        "The difference is divided by ε; its two ends are 2ε apart.": 2 * central,
        "The changed entries are not put back: later ones are computed at another place.": heaped,
        "The ½ of the cost is left out.": 2 * central,
    }, n=m, hint="With ε as large as here even a small inexactness shows: it is the formula that is asked.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 6: where the notes got lost
#
# The Edinburgh notes write $\theta^{(l)}_{j,k}$ for the weight **from** neuron $j$ of layer $l$ **to**
# neuron $k$ of layer $l+1$. Going back from the output, they reach layer 3 of a four-layer network
# with $\partial C/\partial z^{(4)}_k$ in hand, want $\partial C/\partial a^{(3)}_j$, write
# $\partial z/\partial\theta \cdot \partial\theta/\partial a$, and stop: "And then I got lost."
#
# Go on from there. Write `one_layer_back(theta3, dz4, z3, a2)`, which returns
# $\partial C/\partial a^{(3)}$, $\partial C/\partial z^{(3)}$ and $\partial C/\partial\theta^{(2)}$.
# Here `theta3` has shape (neurons of layer 3, neurons of layer 4), and the last result has the shape
# (neurons of layer 2, neurons of layer 3). `dz4`, `z3` and `a2` are vectors of one
# example. Layer 3 uses the sigmoid; there are no biases.

# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 3

# %% [raw]
# # BEGIN SOLUTION

# %%
def one_layer_back(theta3, dz4, z3, a2):
    """Derivatives of C with respect to a3, z3 and theta2, in the notation of the Edinburgh notes."""
    # BEGIN SOLUTION
    da3 = theta3 @ dz4
    a3 = sigmoid(z3)
    dz3 = da3 * a3 * (1 - a3)
    return da3, dz3, np.outer(a2, dz3)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_shapes_one_layer_back(env):
    import numpy as np
    from nnbook.checking import ask
    rng = np.random.default_rng(6)
    given_in = rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=3), rng.uniform(size=4)
    for part, (label, shape) in enumerate([("∂C/∂a3", (3,)), ("∂C/∂z3", (3,)), ("∂C/∂θ2", (4, 3))]):
        ask(env, "one_layer_back", *given_in, part=part, label=label).has_shape(shape).is_finite()

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_da3_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(seed=17, size=3)
    rng = np.random.default_rng(v.seed)
    theta, dz4, z3, a2 = rng.normal(size=(v.size, v.size)), rng.normal(size=v.size), rng.normal(size=v.size), rng.uniform(size=v.size)
    ask(env, "one_layer_back", theta, dz4, z3, a2, part=0, label="∂C/∂a3").agrees(theta @ dz4, {
        "θ is transposed: its first index is where the weight comes from, and the sum runs over the second.": theta.T @ dz4,
        "The sum over k is missing: a neuron of layer 3 acts on all of layer 4.": theta[:, 0] * dz4[0],
        "The weights are missing.": np.full(v.size, dz4.sum()),
        "That is an entry-by-entry product with the diagonal; it is a sum over k.": np.diag(theta) * dz4,
        "The factor σ′ belongs to the next step, ∂C/∂z3.": theta @ dz4 * (1 / (1 + np.exp(-z3))) * (1 - 1 / (1 + np.exp(-z3))),
    }, hint="C depends on a3_j through every z4_k, and z4_k contains θ_jk a3_j.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_dz3_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(seed=18, size=3)
    rng = np.random.default_rng(v.seed)
    theta, dz4, z3, a2 = rng.normal(size=(v.size, v.size)), rng.normal(size=v.size), rng.normal(size=v.size), rng.uniform(size=v.size)
    a3 = 1 / (1 + np.exp(-z3))
    ask(env, "one_layer_back", theta, dz4, z3, a2, part=1, label="∂C/∂z3").agrees(theta @ dz4 * a3 * (1 - a3), {
        "The factor σ′(z3) is missing.": theta @ dz4,
        "θ is transposed: its first index is where the weight comes from.": theta.T @ dz4 * a3 * (1 - a3),
        "The factor is σ′(z), not σ(z).": theta @ dz4 * a3,
        "σ′ is a (1 − a) with a = σ(z); z itself has been put in for a.": theta @ dz4 * z3 * (1 - z3),
        "The sum over k is missing.": theta[:, 0] * dz4[0] * a3 * (1 - a3),
    }, hint="a3_j depends on z3_j alone, so one factor is enough.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_dtheta2_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(seed=19, size=3)
    rng = np.random.default_rng(v.seed)
    theta, dz4, z3, a2 = rng.normal(size=(v.size, v.size)), rng.normal(size=v.size), rng.normal(size=v.size), rng.uniform(size=v.size)
    a3 = 1 / (1 + np.exp(-z3))
    dz3 = theta @ dz4 * a3 * (1 - a3)
    ask(env, "one_layer_back", theta, dz4, z3, a2, part=2, label="∂C/∂θ2").agrees(np.outer(a2, dz3), {
        "That is transposed: in this notation the first index is where the weight comes from.": np.outer(dz3, a2),
        "a3 stands where a2 belongs: the weight is multiplied by what comes from layer 2.": np.outer(a3, dz3),
        "The factor σ′(z3) is missing.": np.outer(a2, theta @ dz4),
        "∂C/∂a3 is not needed twice.": np.outer(a2, dz3 * (theta @ dz4)),
        "θ3 is transposed on the way back: its first index is where the weight comes from.": np.outer(a2, theta.T @ dz4 * a3 * (1 - a3)),
    }, hint="z3_k contains θ_jk a2_j.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 7: the derivation, finished
#
# Write the derivation of the three formulas of Question 6 down, in the Edinburgh notation, from
# where the notes stop. Say at each step why it is allowed, and say what is wrong with the factor
# $\partial\theta/\partial a$ on which they stopped. *(This is marked by a person.)*

# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 4
# manual: true

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# **Solution.** The weights do not depend on the activations, so $\partial\theta/\partial a$ is not a
# factor of anything: it is 0, and a chain rule through it says nothing.
#
# $C$ depends on $a^{(3)}_j$ only through the inputs $z^{(4)}_k = \sum_i \theta^{(3)}_{i,k} a^{(3)}_i$ of
# the next layer, and through every one of them. By the chain rule for several variables the paths add
# up: $\partial C/\partial a^{(3)}_j = \sum_k \theta^{(3)}_{j,k}\, \partial C/\partial z^{(4)}_k$, because
# $\partial z^{(4)}_k / \partial a^{(3)}_j = \theta^{(3)}_{j,k}$.
#
# The activation $a^{(3)}_j = \sigma(z^{(3)}_j)$ depends on its own $z$ alone, so
# $\partial C/\partial z^{(3)}_j = \sigma'(z^{(3)}_j)\, \partial C/\partial a^{(3)}_j$.
#
# The weight $\theta^{(2)}_{i,j}$ acts on $C$ only through $z^{(3)}_j$, in which it is multiplied by
# $a^{(2)}_i$: $\partial C/\partial \theta^{(2)}_{i,j} = a^{(2)}_i\, \partial C/\partial z^{(3)}_j$. From
# here the same three steps lead back to layer 2, and so on.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 8: three bugs
#
# Another network: its hidden layer has tanh, its output layer nothing at all (it predicts numbers,
# with the same cost). For it somebody has written the gradients of the mean cost. Three of the
# numbered lines (the number is the comment at the end) are wrong; a network trained with them still
# learns a little.
#
#
# Find them with a gradient check, each parameter by itself. Put the three line numbers into
# `bug_lines`, and write the mended function as `repaired`.

# %%
def buggy(X, Y, W1, b1, W2, b2):  # 1
    m = len(X)  # 2
    z = X @ W1.T + b1  # 3
    h = np.tanh(z)  # 4
    out = h @ W2.T + b2  # 5
    last = out - Y  # 6
    inner = (last @ W2) * (1 - z**2)  # 7
    dW2 = last.T @ h / m  # 8
    dW1 = inner.T @ X / len(X[0])  # 9
    db2 = last.mean()  # 10
    db1 = inner.mean(axis=0)  # 11
    return dW1, db1, dW2, db2  # 12

# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 4

# %% [raw]
# # BEGIN SOLUTION

# %%
bug_lines = [7, 9, 10]  # SOLUTION


def repaired(X, Y, W1, b1, W2, b2):
    """The function above, mended."""
    # BEGIN SOLUTION
    m = len(X)
    h = np.tanh(X @ W1.T + b1)
    last = h @ W2.T + b2 - Y
    inner = (last @ W2) * (1 - h**2)
    return inner.T @ X / m, inner.mean(axis=0), last.T @ h / m, last.mean(axis=0)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_three_line_numbers(env):
    import numpy as np
    from nnbook.checking import ask, expect, look
    lines = look(env, "bug_lines").has_shape((3,)).came
    expect(len(set(lines)) == 3 and all(n in range(1, 13) for n in lines), f"bug_lines is {lines}; expected are three different line numbers from 1 to 12.")
    rng = np.random.default_rng(7)
    net = rng.normal(size=(6, 4)), rng.uniform(size=(6, 2)), rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(2, 3)), rng.normal(size=2)
    for part, (label, shape) in enumerate([("dW1", (3, 4)), ("db1", (3,)), ("dW2", (2, 3)), ("db2", (2,))]):
        ask(env, "repaired", *net, part=part, label=label).has_shape(shape).is_finite()

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_first_line_hidden(env):
    from nnbook.checking import expect, look
    lines = look(env, "bug_lines").has_shape((3,)).came
    expect(7 in lines, f"bug_lines is {lines}. Missing is a line where the derivative of tanh is taken of the wrong thing: dW1 and db1 fail a gradient check, whatever the batch.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_second_line_hidden(env):
    from nnbook.checking import expect, look
    lines = look(env, "bug_lines").has_shape((3,)).came
    expect(9 in lines, f"bug_lines is {lines}. Missing is a line that divides by the wrong number: how many examples are there, and how many inputs?")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_third_line_hidden(env):
    from nnbook.checking import expect, look
    lines = look(env, "bug_lines").has_shape((3,)).came
    expect(10 in lines, f"bug_lines is {lines}. Missing is a line whose result has too few entries, which broadcasting hides in the update.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_repaired_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(seed=20, examples=6)
    rng = np.random.default_rng(v.seed)
    m = v.examples
    X, Y, W1, b1 = rng.normal(size=(m, 4)), rng.uniform(size=(m, 2)), rng.normal(size=(3, 4)), rng.normal(size=3)
    W2, b2 = rng.normal(size=(2, 3)), rng.normal(size=2)
    z = X @ W1.T + b1
    h = np.tanh(z)
    last = h @ W2.T + b2 - Y
    inner, odd = (last @ W2) * (1 - h**2), (last @ W2) * (1 - z**2)
    right = inner.T @ X / m, inner.mean(axis=0), last.T @ h / m, last.mean(axis=0)
    slips = {
        "Line 7 is as it was.": (odd.T @ X / m, odd.mean(axis=0), None, None),
        "Line 9 is as it was.": (inner.T @ X / 4, None, None, None),
        "Lines 7 and 9 are as they were.": (odd.T @ X / 4, None, None, None),
        "Line 10 is as it was: one number for all neurons.": (None, None, None, np.full(2, last.mean())),
        "The derivative of tanh is missing now.": ((last @ W2).T @ X / m, (last @ W2).mean(axis=0), None, None),
        "That is the derivative of the sigmoid; this layer has tanh.": (((last @ W2) * h * (1 - h)).T @ X / m, None, None, None),
    }
    for part, label in enumerate(("dW1", "db1", "dW2", "db2")):
        named = {sentence: value[part] for sentence, value in slips.items() if value[part] is not None}
        ask(env, "repaired", X, Y, W1, b1, W2, b2, part=part, label=label).agrees(right[part], named, n=m, hint="Hold it against your batch_gradients.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION
