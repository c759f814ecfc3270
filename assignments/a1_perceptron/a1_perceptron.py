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
#     assignment: a1_perceptron
#     title: 'Assignment 1: the perceptron'
#     cell_seconds: 20
#     call_seconds: 5
#     seconds: 120
#     without: [nnlib, sklearn, torch, tensorflow, keras, jax]
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: a1_perceptron
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
# # Assignment 1: the perceptron
#
# One neuron decides by the side of a line on which a point lies. You will compute a few of its
# decisions on paper, let it learn a line from its mistakes, watch it fail where there is no line,
# and then build by hand the smallest network that does what it cannot.
#
# Throughout, a perceptron with weights $w$ and bias $b$ answers
# $y = H(z)$ with $z = w \cdot x + b$, and **the step function is 1 at zero**: $H(z) = 1$ for
# $z \ge 0$ and $H(z) = 0$ for $z < 0$.
#
# *After the worked examples of the Erlangen notes and the perceptron slides of San José State and
# Auburn, with other numbers.*
#
# **How it works.** Replace every `...` by your own code or text. After each question run its
# `grader.check` cell. It looks at the form of your answer and at what can be tested without
# giving the answer away; **hidden checks decide on the points**, with other weights and other
# points. "Passed" therefore means "nothing wrong so far". Use NumPy and Matplotlib alone.
#
# **Handing in.** *Kernel → Restart and run all*, save, download this notebook (`.ipynb`) and hand
# in that one file.

# %%
# SET-UP

# %%
import matplotlib.pyplot as plt
import numpy as np

# %% [markdown]
# ## Question 1: three perceptrons on paper
#
# Work these out by hand, without code.
#
# |   | input $x$ | weights $w$ | bias $b$ |
# |---|---|---|---|
# | A | (1, 1, 0) | (0.5, −2, 3) | 1.5 |
# | B | (1, 0, 1) | (−1, 4, 0.5) | 0.25 |
# | C | (0, 1, 1) | (3, −1, 0.25) | 1 |
#
# Store the three numbers $z$ in `z_by_hand` and the three answers $y$ in `y_by_hand`, as lists in
# the order A, B, C.

# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 2

# %% [raw]
# # BEGIN SOLUTION

# %%
z_by_hand = [0.0, -0.25, 0.25]  # SOLUTION
y_by_hand = [1, 0, 1]  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_three_numbers_each(env):
    from nnbook.checking import expect, look
    look(env, "z_by_hand").has_shape((3,)).is_finite()
    y = look(env, "y_by_hand").has_shape((3,))
    expect(set(y.came) <= {0.0, 1.0}, "A perceptron answers 0 or 1, nothing else; that is not so in y_by_hand.")
    for name, z, answer in zip("ABC", look(env, "z_by_hand").came, y.came):
        expect(answer == (z >= 0), f"For {name} your z is {z:g} and your answer {answer:g}: these do not fit each other. The answer is 1 for z ≥ 0 and 0 for z < 0.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_z_hidden(env):
    import numpy as np
    from nnbook.checking import look
    x = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 1]])
    w = np.array([[0.5, -2, 3], [-1, 4, 0.5], [3, -1, 0.25]])
    b = np.array([1.5, 0.25, 1])
    s = (w * x).sum(axis=1)
    look(env, "z_by_hand").agrees(s + b, {
        "The bias is left out.": s,
        "The bias is subtracted; it is added.": s - b,
        "All weights are added up; those of the inputs that are 0 do not count.": w.sum(axis=1) + b,
        "Those are the answers y; z is what the step function is applied to.": s + b >= 0,
    }, hint="Multiply entry by entry, add up, add the bias.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_y_hidden(env):
    from nnbook.checking import look
    look(env, "y_by_hand").agrees([1, 0, 1], {
        "A stands exactly on the line, z = 0: here H(0) = 1.": [0, 0, 1],
        "The bias is left out, or subtracted.": [0, 0, 0],
        "The classes are exchanged: 1 is for z ≥ 0.": [0, 1, 0],
        "B has a negative z: its answer is 0.": [1, 1, 1],
    }, hint="Put each z into H.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 2: many points at once
#
# Write `fire(w, b, X)`: the answers, 0 or 1, of a perceptron for every row of `X`. (A matrix product
# does it in one line.)

# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 2

# %% [raw]
# # BEGIN SOLUTION

# %%
def fire(w, b, X):
    """Answers for the rows of X, shape (m, n): an array of zeros and ones, shape (m,)."""
    # BEGIN SOLUTION
    return (np.asarray(X) @ w + b >= 0).astype(int)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_one_answer_for_each_row(env):
    import numpy as np
    from nnbook.checking import ask, expect
    X = np.array([[3.0, 1.0], [0.5, 0.5], [-2.0, 1.0]])
    answer = ask(env, "fire", np.array([2.0, -1.0]), 0.25, X)
    answer.has_shape((3,), {(2,): "One answer for each row of X, not for each column.", (): "One answer for each row of X, not one for all."})
    expect(set(answer.came) <= {0.0, 1.0}, f"A perceptron answers 0 or 1; yours gave {answer.came}.")
    w = np.array([2.0, -1.0])
    sides = ask(env, "fire", w, 0.25, np.array([9 * w, -9 * w])).came
    expect(sides[0] > sides[1], f"w points to the side where the answer is 1; far out on that side yours says {sides[0]:g}, and {sides[1]:g} on the other.")
    for b in (50.0, -50.0):
        near = ask(env, "fire", w, b, X).came
        expect(set(near) == {float(b > 0)}, f"A bias of {b:g} outweighs everything in these three rows, so all answers should be {float(b > 0):g}; yours gave {near}.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 2
""" # END TEST CONFIG
def test_fire_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(w=[1.0, -1.0], b=-1.0, X=[[2.0, 1.0], [3.0, 0.0], [0.0, 3.0], [1.0, 0.0], [1.0, 1.0]])
    w, X = np.array(v.w), np.array(v.X)
    z = X @ w + v.b
    ask(env, "fire", w, v.b, X).agrees(z >= 0, {
        "On the line, z = 0, the answer is 1.": z > 0,
        "The bias is left out.": X @ w >= 0,
        "The bias is subtracted; it is added.": X @ w - v.b >= 0,
        "Those are −1 and 1; asked are 0 and 1.": np.where(z >= 0, 1, -1),
        "Those are the numbers z; the step function is missing.": z,
        "The classes are exchanged: 1 is for z ≥ 0.": z < 0,
    }, hint="Work the rows out by hand.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 3: learning from one mistake
#
# The perceptron rule looks at one example $x$ with its target $t$ (0 or 1), computes the answer
# $y$, and changes, with a learning rate $\rho$ (rho),
#
# $$w \leftarrow w + \rho\,(t - y)\,x, \qquad b \leftarrow b + \rho\,(t - y).$$
#
# Write `update(w, b, x, t, rho)`, which returns the new `w` and the new `b`.

# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 3

# %% [raw]
# # BEGIN SOLUTION

# %%
def update(w, b, x, t, rho):
    """The weights, shape (n,), and the bias after one example."""
    # BEGIN SOLUTION
    y = int(w @ x + b >= 0)
    return w + rho * (t - y) * x, b + rho * (t - y)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_what_is_right_stays(env):
    import numpy as np
    from nnbook.checking import ask, expect
    w, x = np.array([1.0, 2.0]), np.array([1.0, -1.0])
    for t, b in ((1, 3.0), (0, -3.0)):
        new = ask(env, "update", w, b, x, t, 0.5, part=0, label="w").has_shape((2,))
        bias = ask(env, "update", w, b, x, t, 0.5, part=1, label="b").has_shape(())
        expect(bool((new.came == w).all()) and float(bias) == b, f"With t = {t} this example is answered rightly; then neither w nor b changes. Yours changed.")

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_a_mistake_moves_the_line_towards_its_target(env):
    import numpy as np
    from nnbook.checking import ask, expect
    w, x = np.array([1.0, 2.0]), np.array([2.0, -1.0])
    for t, b in ((0, 0.5), (1, -0.5)):
        def change(rho, t=t, b=b):
            new = ask(env, "update", w, b, x, t, rho, part=0, label="w").has_shape((2,)).is_finite()
            bias = ask(env, "update", w, b, x, t, rho, part=1, label="b").has_shape(()).is_finite()
            return new.came - w, float(bias) - b
        dw, db = change(0.1)
        expect(bool(dw.any()), f"With b = {b:g} and t = {t} this example is answered wrongly; then w changes. Yours did not.")
        expect(db != 0, "The example is answered wrongly, and your b stays. It learns like a weight whose input is 1, from the same y as w: the answer before anything has changed.")
        expect(np.allclose(dw, db * x), f"Your b changed by {db:g}, w by {dw}. As b is like a weight with input 1, w has to change by the input times as much: {x} times the change of b.")
        moved = (w + dw) @ x + b + db
        expect((moved - (w @ x + b)) * (2 * t - 1) > 0, f"The answer should become {t}, but your change moved z from {w @ x + b:g} to {moved:g}, away from there.")
        twice = change(0.2)[0]
        expect(np.allclose(twice, 2 * dw), f"Twice the learning rate makes twice the change. Yours was {dw} with ρ = 0.1 and {twice} with ρ = 0.2.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 2
""" # END TEST CONFIG
def test_new_weights_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(w=[0.5, -1.0, 2.0], b=0.25, x=[1.0, 2.0, 0.5], rho=0.3)
    w, x = np.array(v.w), np.array(v.x)
    for sign in (1.0, -1.0):
        z = sign * (w @ x + v.b)
        t, y = int(z < 0), int(z >= 0)
        ask(env, "update", sign * w, sign * v.b, x, t, v.rho, part=0, label="w").agrees(sign * w + v.rho * (t - y) * x, {
            "The change has the wrong sign: it is t − y, the target first.": sign * w - v.rho * (t - y) * x,
            "The learning rate is left out.": sign * w + (t - y) * x,
            "z stands where the answer y belongs.": sign * w + v.rho * (t - z) * x,
            "Nothing has changed, though this answer was wrong.": sign * w,
            "Only the change is returned, not the new weights.": v.rho * (t - y) * x,
            "Missing is the factor x.": sign * w + v.rho * (t - y),
        }, hint="Compute y first, by hand, and put it into the formula.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_new_bias_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(w=[0.5, -1.0, 2.0], b=0.25, x=[1.0, 2.0, 0.5], rho=0.3)
    w, x = np.array(v.w), np.array(v.x)
    for sign in (1.0, -1.0):
        z = sign * (w @ x + v.b)
        t, y, b = int(z < 0), int(z >= 0), sign * v.b
        ask(env, "update", sign * w, b, x, t, v.rho, part=1, label="b").agrees(b + v.rho * (t - y), {
            "The bias has not changed; it learns like a weight whose input is 1, from the answer y before any change.": b,
            "The change has the wrong sign: it is t − y, the target first.": b - v.rho * (t - y),
            "The learning rate is left out.": b + (t - y),
            "z stands where the answer y belongs.": b + v.rho * (t - z),
            "The bias's input is 1, not x.": b + v.rho * (t - y) * x.sum(),
        }, hint="Compute y first, by hand, and put it into the formula.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 4: passes through the data
#
# Write `learn(X, t, rho, passes)`. It starts with all weights and the bias at zero, goes through
# the rows of `X` in their order, applies the rule to each *at once*, and does so `passes` times. It
# returns three things: `w`, `b`, and the array `errors` with the number of wrong answers met in
# each pass (each counted just before the rule is applied to it).

# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 3

# %% [raw]
# # BEGIN SOLUTION

# %%
def learn(X, t, rho, passes):
    """Weights (n,), bias, and the number of errors in each pass, shape (passes,)."""
    # BEGIN SOLUTION
    w, b, errors = np.zeros(X.shape[1]), 0.0, np.zeros(passes)
    for k in range(passes):
        for x, target in zip(X, t):
            errors[k] += int(w @ x + b >= 0) != target
            w, b = update(w, b, x, target, rho)
    return w, b, errors
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_three_things_come_back(env):
    import numpy as np
    from nnbook.checking import ask, expect
    X, t = np.array([[0.0, 2.0], [1.0, 1.5], [2.0, 0.2]]), np.array([1, 1, 0])
    ask(env, "learn", X, t, 0.5, 20, part=0, label="w").has_shape((2,)).is_finite()
    ask(env, "learn", X, t, 0.5, 20, part=1, label="b").has_shape(()).is_finite()
    errors = ask(env, "learn", X, t, 0.5, 20, part=2, label="errors").has_shape((20,), {(60,): "One number for each pass, not for each example."})
    expect(errors.came[-1] == 0, f"A line separates these three points, and 20 passes are plenty; yours still makes {errors.came[-1]:g} errors in the last.")

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_a_pass_is_one_update_after_the_other(env):
    import numpy as np
    from nnbook.checking import ask, expect
    X, t = np.array([[1.0, 0.5], [0.5, 2.0], [-1.0, 0.25], [0.75, -1.0]]), np.array([0, 1, 1, 1])
    w, b, met = np.zeros(2), 0.0, 0
    for x, target in zip(X, t):
        met += float(ask(env, "fire", w, b, x[None]).came.ravel()[0]) != target
        new = ask(env, "update", w, b, x, target, 0.5, part=0, label="w").has_shape((2,)).came
        b = float(ask(env, "update", w, b, x, target, 0.5, part=1, label="b").has_shape(()))
        w = new
    found = [ask(env, "learn", X, t, 0.5, 1, part=k, label=label).came for k, label in enumerate(("w", "b", "errors"))]
    expect(np.allclose(found[0], w) and np.allclose(found[1], b), f"Your update (Question 3), applied by hand to four rows one after the other, starting from zeros, leads to w = {w} and b = {b:g}; one pass of your learn to w = {found[0]} and b = {float(found[1].ravel()[0]):g}.")
    expect(found[2].ravel()[0] == met, f"Your fire (Question 2), asked just before each update, is wrong {met} times in this pass; your errors say {found[2].ravel()[0]:g}.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 3
""" # END TEST CONFIG
def test_learn_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(X=[[0.5, 1.0], [2.0, 0.25], [-1.0, 0.5], [1.0, -1.5], [0.25, 2.0]], t=[0, 1, 0, 1, 1], rho=0.5, passes=4)
    X, t = np.array(v.X), np.array(v.t)

    def run(at_once=True, bias=1.0, strict=False, late=False, begin=0.0, sign=1.0):
        w, b, counts = np.full(X.shape[1], begin), 0.0, []
        for _ in range(v.passes):
            wrong, dw, db = 0, 0.0, 0.0
            for x, target in zip(X, t):
                z = w @ x + b
                e = target - int(z > 0 if strict else z >= 0)
                wrong += e != 0
                dw, db = dw + sign * v.rho * e * x, db + sign * v.rho * e * bias
                if at_once:
                    w, b, dw, db = w + dw, b + db, 0.0, 0.0
            if not at_once:
                w, b = w + dw, b + db
            counts.append(int(((X @ w + b >= 0) != t).sum()) if late else wrong)
        return w, b, np.array(counts)

    slips = {
        "The changes are made at the end of each pass; asked is after each example.": run(at_once=False),
        "The bias does not learn.": run(bias=0.0),
        "On the line, z = 0, the answer is 1; that is where learning starts.": run(strict=True),
        "The errors are counted after the pass; asked is just before each example's change.": run(late=True),
        "The weights start at 1; asked is 0.": run(begin=1.0),
        "The changes have the wrong sign.": run(sign=-1.0),
    }
    right = run()
    apart, sides = np.array([[0.0, 2.0], [1.0, 1.5], [2.0, 0.2]]), np.array([1, 1, 0])
    ask(env, "learn", apart, sides, 0.5, 20, part=2, label="errors").has_shape((20,))
    for part, label in ((0, "w"), (1, "b"), (2, "errors")):
        named = {sentence: value[part] for sentence, value in slips.items()}
        ask(env, "learn", X, t, v.rho, v.passes, part=part, label=label).agrees(right[part], named, hint="Print w and b after each example of the first pass, and follow on paper.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 5: where there is no line
#
# The four points of XOR have the targets
#
# | $x$ | (0, 0) | (0, 1) | (1, 0) | (1, 1) |
# |---|---|---|---|---|
# | $t$ | 0 | 1 | 1 | 0 |
#
# Let your perceptron learn them for 1,000 passes with $\rho = 1$, in this order. Store the number
# of errors met in the last pass in `last_errors`. Then think: of all lines in the plane, how many of
# the four points does the best one get wrong? Store that in `fewest_errors`.

# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 2

# %% [raw]
# # BEGIN SOLUTION

# %%
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
xor = np.array([0, 1, 1, 0])
last_errors = learn(corners, xor, 1.0, 1000)[2][-1]  # SOLUTION
fewest_errors = 1  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_two_counts(env):
    import numpy as np
    from nnbook.checking import ask, expect, look
    for name in ("last_errors", "fewest_errors"):
        number = float(look(env, name).has_shape(()))
        expect(number in (0, 1, 2, 3, 4), f"{name} is {number:g}; of four points 0, 1, 2, 3 or 4 can be wrong.")
    corners, xor = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
    errors = ask(env, "learn", corners, xor, 1.0, 1000, part=2, label="errors")
    met, said = errors.came.ravel()[-1], float(look(env, "last_errors"))
    expect(met == said, f"Your learn, called with the table, 1.0 and 1000, meets {met:g} errors in the last pass, and last_errors is {said:g}.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_last_errors_hidden(env):
    from nnbook.checking import look
    look(env, "last_errors").agrees(4, {
        "0 would mean that it had found a line; there is none.": 0,
        "That is what the best line gets wrong. The rule never rests on it: each correction spoils another point.": 1,
        "Those may be the errors of the line after the last pass; asked are the wrong answers met on the way.": 2,
        "Is the order of the points that of the table, and ρ = 1?": 3,
    }, rtol=0, atol=0.1, hint="It is learn(…)[2][-1].")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_fewest_errors_hidden(env):
    from nnbook.checking import look
    look(env, "fewest_errors").agrees(1, {
        "Then the line would separate the classes: (0,0) and (1,1) on one side, the other two on the other.": 0,
        "A line can do better: cut off a single corner.": 2,
        "That is what the rule meets in a pass, not what the best line gets wrong.": 4,
        "Exchange the classes of such a line, and it gets only one wrong.": 3,
    }, rtol=0, atol=0.1, hint="Draw the four points and try.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 6: how many numbers has a network?
#
# Write `parameters(sizes)`: the number of weights and biases of a network whose layers have the
# given sizes, the input first. Every neuron is connected with every neuron of the layer before and
# has a bias; inputs are not counted as neurons.

# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 2

# %% [raw]
# # BEGIN SOLUTION

# %%
def parameters(sizes):
    """Number of weights and biases of a fully connected network."""
    # BEGIN SOLUTION
    return sum(n * (before + 1) for before, n in zip(sizes, sizes[1:]))
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_one_neuron_with_two_inputs(env):
    from nnbook.checking import ask, expect
    one = ask(env, "parameters", [2, 1]).has_shape(())
    expect(float(one) == 3, f"A neuron with two inputs has two weights and a bias, 3 numbers; yours gives {float(one):g}.")
    both, first, second = (float(ask(env, "parameters", sizes).has_shape(())) for sizes in ([5, 4, 2], [5, 4], [4, 2]))
    expect(both == first + second, f"A network 5-4-2 has the parameters of 5-4 and those of 4-2. Yours gives {both:g} for it, {first:g} and {second:g} for these.")
    twice = float(ask(env, "parameters", [5, 8]).has_shape(()))
    expect(twice == 2 * first, f"Eight neurons have twice the parameters of four. Yours gives {first:g} for 5-4 and {twice:g} for 5-8.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 2
""" # END TEST CONFIG
def test_parameters_hidden(env):
    from nnbook.checking import ask, given
    v = given(sizes=[48, 7, 5, 3])
    s = v.sizes
    weights = sum(a * n for a, n in zip(s, s[1:]))
    ask(env, "parameters", s).agrees(weights + sum(s[1:]), {
        "The biases are left out.": weights,
        "The inputs have got biases too; they are not counted as neurons.": weights + sum(s),
        "One bias for each layer is counted; each neuron has its own.": weights + len(s) - 1,
        "Only the first layer of weights is counted.": s[1] * (s[0] + 1),
        "That is the number of neurons.": sum(s[1:]),
        "The neurons of the last layer have biases too.": weights + sum(s[1:-1]),
    }, rtol=0, atol=0.1, hint="Count layer by layer: each neuron has as many weights as the layer before has neurons, and a bias.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 7: XOR by hand
#
# Find weights and biases of a network of three perceptrons, two in a hidden layer and one behind
# them, that computes XOR:
#
# $$a = H(W_1 x + b_1), \qquad y = H(w_2 \cdot a + b_2).$$
#
# `W1` has shape (2, 2), one row for each hidden neuron; `b1` has shape (2,), `w2` has shape (2,),
# `b2` is a number. There are many right answers; no point should lie exactly on a line.

# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 3

# %% [raw]
# # BEGIN SOLUTION

# %%
W1 = np.array([[1.0, 1.0], [-1.0, -1.0]])  # SOLUTION
b1 = np.array([-0.5, 1.5])  # SOLUTION
w2 = np.array([1.0, 1.0])  # SOLUTION
b2 = -1.5  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_the_network_on_the_four_points(env):
    import numpy as np
    from nnbook.checking import expect, look
    look(env, "W1").has_shape((2, 2)).is_finite()
    look(env, "b1").has_shape((2,), {(2, 1): "Biases are a plain list of two numbers, not a column."}).is_finite()
    look(env, "w2").has_shape((2,), {(1, 2): "The weights of the last neuron are a plain list of two numbers."}).is_finite()
    b2 = float(look(env, "b2").has_shape(()).is_finite())
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    hidden = (X @ look(env, "W1").came.T + look(env, "b1").came >= 0).astype(int)
    y = (hidden @ look(env, "w2").came + b2 >= 0).astype(int)
    wrong = [f"({x[0]}, {x[1]}), where the hidden neurons answer ({a[0]}, {a[1]}) and the last one {out}" for x, a, out, t in zip(X, hidden, y, (0, 1, 1, 0)) if out != t]
    expect(not wrong, f"Your network is wrong at {'; at '.join(wrong)}.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 3
""" # END TEST CONFIG
def test_xor_hidden(env):
    import numpy as np
    from nnbook.checking import Answer, expect, look
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    W1, b1 = look(env, "W1").has_shape((2, 2)).came, look(env, "b1").has_shape((2,)).came
    w2, b2 = look(env, "w2").has_shape((2,)).came, float(look(env, "b2").has_shape(()))
    hidden = X @ W1.T + b1
    last = (hidden >= 0) @ w2 + b2
    answers = Answer("For (0,0), (0,1), (1,0), (1,1) your network answers", last >= 0)
    names = {
        "That is XNOR: right but for the sign of the last neuron.": [1, 0, 0, 1],
        "That is OR: (1,1) should give 0. The second hidden neuron has to stop it.": [0, 1, 1, 1],
        "That is AND.": [0, 0, 0, 1],
        "That is NAND: (0,0) should give 0.": [1, 1, 1, 0],
        "It always says 0.": [0, 0, 0, 0],
        "It always says 1.": [1, 1, 1, 1],
        "With W1 transposed it would be right: row j of W1 holds the weights of hidden neuron j.": ((X @ W1 + b1 >= 0) @ w2 + b2 >= 0) if (((X @ W1 + b1 >= 0) @ w2 + b2 >= 0) == [0, 1, 1, 0]).all() else [9, 9, 9, 9],
    }
    answers.agrees([0, 1, 1, 0], names, hint="Let the first hidden neuron be OR, the second NAND, and the last AND.")
    expect(float(min(abs(hidden).min(), abs(last).min())) > 1e-9, "The answers are right, but a point lies exactly on a neuron's line, where rounding decides: move a bias a little.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 8: the picture
#
# Plot the number of errors against the pass, for 30 passes with $\rho = 1$, in one figure: for the data below, which
# a line separates, and for XOR. Name the axes and label the curves. *(This is marked by a person.)*

# %%
rng = np.random.default_rng(4)
points = rng.uniform(-1, 1, size=(60, 2))
points = points[abs(points @ [1.0, -0.7] + 0.2) > 0.1]
labels = (points @ [1.0, -0.7] + 0.2 > 0).astype(int)

# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 2
# manual: true

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION
plt.plot(range(1, 31), learn(points, labels, 1.0, 30)[2], marker="o", label="separable")
plt.plot(range(1, 31), learn(corners, xor, 1.0, 30)[2], marker="s", label="XOR")
plt.xlabel("pass")
plt.ylabel("errors")
plt.legend()
plt.show()
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 9: exactly one of three
#
# A perceptron with three inputs, each 0 or 1, should fire just when *exactly one* of them is 1.
# Show that none does, for any $w$ and $b$. A few inequalities and one sum are enough. Then look at your
# network of Question 7: where do the four points land in the plane of *your* hidden neurons, and
# why can one neuron tell them apart there? *(This is marked by a person.)*

# %% [raw]
# # BEGIN QUESTION
# name: q9
# points: 3
# manual: true

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# **Solution.** With one input at 1 it fires: $w_1 + b \ge 0$, $w_2 + b \ge 0$, $w_3 + b \ge 0$, which
# add up to $w_1 + w_2 + w_3 + 3b \ge 0$. With none and with all three it is silent: $b < 0$ and
# $w_1 + w_2 + w_3 + b < 0$. Add the first of these twice to the second:
# $w_1 + w_2 + w_3 + 3b < 0$. Both cannot hold. With the weights above, (0,1) and (1,0) both land on
# the hidden point (1,1), (0,0) lands on (0,1) and (1,1) on (1,0); the line through the midpoints
# of (1,1) with the other two has (1,1) alone on one side.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION
