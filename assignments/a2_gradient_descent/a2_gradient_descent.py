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
#     assignment: a2_gradient_descent
#     title: 'Assignment 2: gradient descent'
#     cell_seconds: 20
#     call_seconds: 5
#     seconds: 120
#     without: [nnlib, sympy, autograd, torch, tensorflow, keras, jax, .polyder, .deriv, .derivative, .gradient, .jacobian, 1j]
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: a2_gradient_descent
# init_cell: false
# export_cell: false
# check_all_cell: false
# show_question_points: true
# tests:
#   ok_format: false
#   files: true
# generate:
#   pdf: false
#   show_stdout: false
#   show_hidden: false

# %% [markdown]
# # Assignment 2: gradient descent
#
# A ball is put on a hilly curve at $x = 0$ and let go. Where does it stop, and how fast does it
# get there? You will write gradient descent for polynomials, run it on
#
# $$f(x) = \tfrac14 x^4 - 3x^3 + 7x - 5$$
#
# with three learning rates, and find out from the curvature of $f$ why one of them is the best.
#
# *After Assignment 6, Question 1, of the San José State notes.*
#
# **How it works.** Replace every `...` by your own code or text. After each question run its
# `grader.check` cell. It looks at the form of your answer and at what can be tested without
# giving the answer away; **hidden checks decide on the points**, with other polynomials and other
# numbers. "Passed" therefore means "nothing wrong so far". Use NumPy and Matplotlib alone.
#
# **Handing in.** *Kernel → Restart and run all*, save, download this notebook (`.ipynb`) and hand
# in that one file.

# %%
# SET-UP

# %%
import matplotlib.pyplot as plt
import numpy as np

# %% [markdown]
# A polynomial is stored as its coefficients, highest power first. So $f$ is

# %%
c = np.array([1 / 4, -3, 0, 7, -5])


def f(c, x):
    """Value of the polynomial with coefficients c at x (a number or an array)."""
    return np.polyval(c, x)


f(c, 0.0)

# %% [markdown]
# ## Question 1: the slope
#
# Write `slope(c, x)`, the derivative $f'(x)$ of the polynomial with coefficients `c`, at a number
# or at every number of an array `x`. It must work for any degree. (`np.polyder` does this; write
# it yourself.)

# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 2

# %% [raw]
# # BEGIN SOLUTION

# %%
def slope(c, x):
    """Derivative of the polynomial with coefficients c at x, in the shape of x."""
    # BEGIN SOLUTION
    powers = np.arange(len(c) - 1, 0, -1)
    return np.polyval(powers * np.asarray(c)[:-1], x)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_slope_is_the_limit_of_differences(env):
    import numpy as np
    from nnbook.checking import ask
    for p in ([2.0, -1.0, 3.0], [1.0, 0.0, -2.0, 1.0]):
        x = 1.5
        near = (np.polyval(p, x + 1e-5) - np.polyval(p, x - 1e-5)) / 2e-5
        answer = ask(env, "slope", np.array(p), x).has_shape(())
        slips = {
            "That is the value of the polynomial, not its slope.": np.polyval(p, x),
            "That is the slope times x: each power has to go down by one.": near * x,
        }
        answer.agrees(near, slips, hint="Compare with (f(x + h) − f(x − h)) / 2h for a small h.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 2
""" # END TEST CONFIG
def test_slope_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(c=[0.5, -2.0, 1.0, 3.0, -1.0], x=[-1.2, 0.0, 0.7, 2.5], short=[3.0, -4.0])
    for p in (v.c, v.short):
        p, x = np.array(p), np.array(v.x)
        right = np.polyval(np.polyder(p), x)
        ask(env, "slope", p, x).agrees(right, {
            "That is the value of the polynomial, not its slope.": np.polyval(p, x),
            "That is the slope times x: each power has to go down by one.": right * x,
            "The powers went down, but did not come in front as factors.": np.polyval(p[:-1], x),
            "That is the second derivative.": np.polyval(np.polyder(p, 2), x),
            "The coefficients are read from the wrong end: the highest power comes first.": np.polyval(np.polyder(p[::-1]), x),
        }, hint="Differentiate term by term: c xⁿ becomes n c xⁿ⁻¹, and the constant goes.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 2: the descent
#
# Write `descend(c, start, eta, steps)`. It starts at `start`, takes `steps` steps
#
# $$x \leftarrow x - \eta f'(x)$$
#
# and returns the array of all points visited, the start included: `steps + 1` numbers.

# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 3

# %% [raw]
# # BEGIN SOLUTION

# %%
def descend(c, start, eta, steps):
    """Points visited by gradient descent, shape (steps + 1,)."""
    # BEGIN SOLUTION
    x = [start]
    for _ in range(steps):
        x.append(x[-1] - eta * slope(c, x[-1]))
    return np.array(x)
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_the_first_steps(env):
    import numpy as np
    from nnbook.checking import ask, expect
    p = np.array([1.0, 0.0, 0.0])
    answer = ask(env, "descend", p, 3.0, 0.1, 30)
    answer.has_shape((31,), {
        (30,): "30 steps make 31 points: the start is one of them.",
        (): "That is a single number; asked are all points on the way, the start first and where it ends last.",
    }).is_finite()
    expect(answer.came[0] == 3.0, "The first of the points should be the start.")
    expect(abs(answer.came[-1]) < 3.0, "On x², from 3, the points should come closer to 0; yours go away: look at the sign of the step, and is slope right (Question 1)?")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 3
""" # END TEST CONFIG
def test_descend_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(c=[0.25, -1.0, -1.0, 2.0, 0.5], start=0.3, eta=0.04, steps=12)
    p = np.array(v.c)
    s = np.polyder(p)

    def path(step, start=v.start):
        x = [start]
        for k in range(v.steps):
            x.append(step(x[-1], k))
        return np.array(x)

    right = path(lambda x, k: x - v.eta * np.polyval(s, x))
    first = np.polyval(s, v.start)
    ask(env, "descend", p, v.start, v.eta, v.steps).agrees(right, {
        "The step goes uphill: x ← x − η f′(x), with a minus.": path(lambda x, k: x + v.eta * np.polyval(s, x)),
        "The start is missing from the points.": right[1:],
        "One step is missing: the start and `steps` steps make steps + 1 points.": right[:-1],
        "The step uses f where it should use f′.": path(lambda x, k: x - v.eta * np.polyval(p, x)),
        "Those are the values f(x); asked are the points x.": np.polyval(p, right),
        "The slope is always that of the start: compute it anew at each point.": path(lambda x, k: x - v.eta * first),
        "The learning rate is left out: the step is η f′(x).": path(lambda x, k: x - np.polyval(s, x)),
        "The points come in the wrong order: the start is the first.": right[::-1],
        "Those are the changes from point to point; asked are the points.": np.append(np.diff(right), 0),
    }, hint="Work out the first step by hand and compare.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 3: the minimum near 0
#
# Run your `descend` on $f$ from $x = 0$ until it stands still. Store the point in `x_min`, the
# value there in `f_min` (both to at least six decimals), and the second derivative
# $f''(x_{\min})$, the curvature, in `curvature` (to at least three).

# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 3

# %% [raw]
# # BEGIN SOLUTION

# %%
x_min = descend(c, 0.0, 0.05, 100)[-1]  # SOLUTION
f_min = f(c, x_min)  # SOLUTION
curvature = slope([1.0, -9.0, 0.0, 7.0], x_min)  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_x_min_is_a_stationary_point(env):
    from nnbook.checking import expect, look
    import numpy as np
    p = np.array([1 / 4, -3, 0, 7, -5])
    for name in ("x_min", "f_min", "curvature"):
        look(env, name).has_shape(()).is_finite()
    x = float(look(env, "x_min"))
    s = (np.polyval(p, x + 1e-5) - np.polyval(p, x - 1e-5)) / 2e-5
    expect(abs(s) < 3e-5, f"x_min is {x:.6g}, and the slope of f there is {s:.3g}, not 0: take more steps, or look at the slope.")
    bend = (np.polyval(p, x + 1e-3) - 2 * np.polyval(p, x) + np.polyval(p, x - 1e-3)) / 1e-6
    expect(bend > 0, f"x_min is {x:.6g}. The slope of f is 0 there, but f bends downwards: that is a maximum.")
    low, curvature = float(look(env, "f_min")), float(look(env, "curvature"))
    expect(abs(low - np.polyval(p, x)) < 2e-6, f"f_min is {low:.7g}, which is not the value of f at your x_min.")
    expect(abs(curvature - bend) < 1e-4 * (1 + bend), f"curvature is {curvature:.6g}, which is not the second derivative of f at your x_min: compare with (f(x + h) − 2 f(x) + f(x − h)) / h².")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_x_min_hidden(env):
    import numpy as np
    from nnbook.checking import look
    p = np.array([1 / 4, -3, 0, 7, -5])
    far, top, right = sorted(np.roots(np.polyder(p)).real)[::-1]
    look(env, "x_min").agrees(right, {
        "That is the other minimum, far to the right. From 0 with a small learning rate the descent goes left.": far,
        "That is the maximum between the minima: f′ is 0 there too, but f″ is negative.": top,
        "That is the start.": 0.0,
        "That is the value of f there, not the point.": np.polyval(p, right),
    }, rtol=0, atol=2e-6, hint="Is f′ zero there to six decimals?")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_f_min_hidden(env):
    import numpy as np
    from nnbook.checking import look
    p = np.array([1 / 4, -3, 0, 7, -5])
    far, top, right = sorted(np.roots(np.polyder(p)).real)[::-1]
    look(env, "f_min").agrees(np.polyval(p, right), {
        "That is the value at the other minimum, far to the right.": np.polyval(p, far),
        "That is the value at the maximum between the minima.": np.polyval(p, top),
        "That is the value at the start, f(0).": p[-1],
        "That is the point, not the value of f there.": right,
        "The constant term of f is left out.": np.polyval(p, right) - p[-1],
    }, rtol=0, atol=2e-6, hint="Is x_min right, and is f_min f(c, x_min)?")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_curvature_hidden(env):
    import numpy as np
    from nnbook.checking import look
    p = np.array([1 / 4, -3, 0, 7, -5])
    far, top, right = sorted(np.roots(np.polyder(p)).real)[::-1]
    second = np.polyder(p, 2)
    look(env, "curvature").agrees(np.polyval(second, right), {
        "That is the curvature at the other minimum, far to the right.": np.polyval(second, far),
        "That is the curvature at the maximum.": np.polyval(second, top),
        "That is f‴, one derivative too many.": np.polyval(np.polyder(p, 3), right),
        "That is f″ at 0, or f′ at the minimum: at the minimum f′ is 0, but f″ is not.": 0.0,
    }, rtol=1e-4, atol=1e-4, hint="Differentiate f twice and put x_min in.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 4: three learning rates
#
# How many steps does each of the rates 0.01, 0.05 and 0.1 need from $x = 0$ until
# $|f(x) - f(x_{\min})| < 10^{-6}$ for the first time? Write `steps_needed(c, start, eta, goal)`,
# which returns that number for the value `goal` $= f(x_{\min})$ (the start counts as 0 steps;
# if it is not reached in 1,000 steps, return 1000), and put the rate that needs fewest in
# `best_rate`.

# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 3

# %% [raw]
# # BEGIN SOLUTION

# %%
def steps_needed(c, start, eta, goal):
    """Number of steps until |f - goal| < 1e-6 for the first time, at most 1000."""
    # BEGIN SOLUTION
    x = start
    for step in range(1000):
        if abs(f(c, x) - goal) < 1e-6:
            return step
        x = x - eta * slope(c, x)
    return 1000
    # END SOLUTION


best_rate = 0.05  # SOLUTION

# %% [raw]
# # END SOLUTION

# %%
for eta in (0.01, 0.05, 0.1):
    print(eta, steps_needed(c, 0.0, eta, f_min))

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_steps_needed_on_a_parabola(env):
    import numpy as np
    from nnbook.checking import ask, expect, look
    p = np.array([1.0, 0.0, 0.0])
    zero = ask(env, "steps_needed", p, 0.0, 0.1, 0.0).has_shape(())
    expect(float(zero) == 0, f"From the minimum itself 0 steps are needed; yours gives {float(zero):g}.")
    one = ask(env, "steps_needed", p, 3.0, 0.5, 0.0).has_shape(())
    expect(float(one) == 1, f"On x² with η = ½ a single step reaches 0 exactly; yours gives {float(one):g}. Is slope right (Question 1)?")
    never = ask(env, "steps_needed", p, 3.0, 1e-6, 0.0).has_shape(())
    expect(float(never) == 1000, f"With η = 10⁻⁶ the minimum of x² is not reached from 3 in 1,000 steps; then asked is 1000, and yours gives {float(never):g}.")
    rate = float(look(env, "best_rate").has_shape(()))
    expect(rate in (0.01, 0.05, 0.1), f"best_rate is {rate:g}; it should be one of 0.01, 0.05 and 0.1.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 2
""" # END TEST CONFIG
def test_steps_needed_hidden(env):
    import numpy as np
    from nnbook.checking import ask, given
    v = given(c=[0.25, -2.0, 0.0, 5.0, -3.0], start=0.0, rates=[0.01, 0.05, 0.1])
    ask(env, "steps_needed", np.array([1.0, 0.0, 0.0]), 3.0, 1e-6, 0.0).agrees(1000, {}, rtol=0, atol=0.1, hint="Where the goal is not reached in 1,000 steps, asked is 1000.")
    p = np.array(v.c)
    s = np.polyder(p)
    lowest = v.start
    for _ in range(100_000):
        lowest = lowest - 0.001 * np.polyval(s, lowest)
    goal = np.polyval(p, lowest)
    for eta in v.rates:
        x = [v.start]
        while abs(np.polyval(p, x[-1]) - goal) >= 1e-6 and len(x) <= 1000:
            x.append(x[-1] - eta * np.polyval(s, x[-1]))
        n = len(x) - 1
        near = next((k for k, at in enumerate(x) if abs(at - lowest) < 1e-6), -1)
        below = next((k for k, at in enumerate(x) if np.polyval(p, at) - goal < 1e-3), 1000)
        ask(env, "steps_needed", p, v.start, eta, goal).agrees(n, {
            "That is the limit of 1000 steps, so the goal was never reached. Is slope right (Question 1), and is the distance the absolute value of the difference?": 1000,
            "One too many: points are counted, not steps, or the test comes after the step.": n + 1,
            "One too few: is the last step counted?": n - 1,
            "The distance in x is compared with the limit, not that of the values f.": near,
            "The limit is 1e-6, not 1e-3.": below,
        }, rtol=0, atol=0.1, hint="Print |f(x) − goal| step by step for this rate and count.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_best_rate_hidden(env):
    from nnbook.checking import look
    look(env, "best_rate").agrees(0.05, {
        "The largest rate is not the fastest here: it jumps over the minimum to and fro.": 0.1,
        "The smallest rate is not the most exact, only the slowest.": 0.01,
        "That is 1/f″ at the minimum, the best of all rates; asked is the best of the three.": 1 / 17.3127,
        "That is the number of steps, not the rate.": 6,
    }, rtol=1e-3, hint="Which of the three numbers that the loop printed is the smallest?")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 5: step size and curvature
#
# Near its minimum a smooth function looks like a parabola, $\tfrac12 k (x - x_{\min})^2$, whose
# second derivative is $k$ everywhere. One step of gradient descent on that parabola multiplies the
# distance from the minimum by a number that depends on $\eta$ and $k$ alone. Write three functions:
#
# - `factor(eta, k)`: that number, with its sign;
# - `fastest(k)`: the learning rate that reaches the minimum in one step;
# - `largest(k)`: the learning rate from which on the descent no longer converges.

# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 3

# %% [raw]
# # BEGIN SOLUTION

# %%
def factor(eta, k):
    """What one step multiplies the distance from the minimum by."""
    return 1 - eta * k  # SOLUTION


def fastest(k):
    """The learning rate that needs a single step."""
    return 1 / k  # SOLUTION


def largest(k):
    """The learning rate from which on the descent does not converge."""
    return 2 / k  # SOLUTION

# %% [raw]
# # END SOLUTION

# %%
for eta in (0.01, 0.05, 0.1):  # compare with what you found
    print(eta, factor(eta, curvature))

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_they_are_numbers(env):
    from nnbook.checking import ask, expect
    ask(env, "factor", 0.1, 3.0).has_shape(()).is_finite()
    a = ask(env, "fastest", 3.0).has_shape(()).is_finite()
    b = ask(env, "largest", 3.0).has_shape(()).is_finite()
    expect(0 < float(a) < float(b), f"fastest(3) is {float(a):g} and largest(3) is {float(b):g}; expected is 0 < fastest < largest.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_factor_hidden(env):
    from nnbook.checking import ask, given
    v = given(eta=0.3, k=5.0)
    right = 1 - v.eta * v.k
    ask(env, "factor", v.eta, v.k).agrees(right, {
        "That is the size of the factor; its sign says whether the descent jumps over the minimum.": abs(right),
        "That is the step over the distance; what is left of the distance is 1 minus that.": v.eta * v.k,
        "The sign in the middle is wrong: the step goes towards the minimum.": 1 + v.eta * v.k,
        "That is 1 − η: the slope of ½ k x² is k x.": 1 - v.eta,
        "That is for k x², whose second derivative is 2k.": 1 - 2 * v.eta * v.k,
    }, hint="Put the slope k (x − x_min) into x − η f′(x), and subtract x_min.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_fastest_hidden(env):
    from nnbook.checking import ask, given
    v = given(k=5.0)
    ask(env, "fastest", v.k).agrees(1 / v.k, {
        "That is the limit of convergence: there the factor is −1, not 0.": 2 / v.k,
        "That is for k x²; the parabola is ½ k x².": 1 / (2 * v.k),
        "The larger the curvature, the smaller the step: it is the other way round.": v.k,
        "Not the root of it.": v.k**-0.5,
    }, hint="For which η is factor(eta, k) zero?")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_largest_hidden(env):
    from nnbook.checking import ask, given
    v = given(k=5.0)
    ask(env, "largest", v.k).agrees(2 / v.k, {
        "That is the fastest rate, where the factor is 0; beyond it the descent jumps over the minimum and still converges.": 1 / v.k,
        "That is four times the fastest rate: the factor there is −3.": 4 / v.k,
        "The larger the curvature, the smaller the step: it is the other way round.": v.k / 2,
        "Not the root of it.": (2 / v.k) ** 0.5,
    }, hint="For which η is factor(eta, k) equal to −1?")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 6: just beyond the limit
#
# Predict first, then try: what does the descent on $f$ from $x = 0$ do in the long run with
# $\eta = 0.12$? Store the number of the right sentence in `beyond`.
#
# 1. It converges to the minimum you found.
# 2. It jumps to and fro between two points for ever.
# 3. It grows without bound.
# 4. It leaves for the other minimum and converges there.

# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 1

# %% [raw]
# # BEGIN SOLUTION

# %%
beyond = 2  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_beyond_is_one_of_the_four(env):
    from nnbook.checking import expect, look
    number = float(look(env, "beyond").has_shape(()))
    expect(number in (1, 2, 3, 4), f"beyond is {number:g}; it should be the number of a sentence: 1, 2, 3 or 4.")

# %%
""" # BEGIN TEST CONFIG
hidden: true
points: 1
""" # END TEST CONFIG
def test_beyond_hidden(env):
    from nnbook.checking import look
    look(env, "beyond").agrees(2, {
        "η = 0.12 is larger than 2/f″ at the minimum: near it, each step leads further away.": 1,
        "On a parabola it would grow without bound. f is a parabola only close to its minimum.": 3,
        "The hill between the minima is not reached: print a few hundred points.": 4,
        "That is none of the four sentences.": 0,
    }, rtol=0, atol=0.1, hint="Run descend(c, 0.0, 0.12, 500) and look at the last ten points.")

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 7: the picture
#
# Plot, for each of the three rates, the distance $f(x) - f(x_{\min})$ against the number of steps,
# for at least 30 steps, in one figure with a logarithmic vertical axis, named axes and labelled
# curves. *(This is marked by a person.)*

# %% [raw]
# # BEGIN QUESTION
# name: q7
# points: 3
# manual: true

# %% [raw]
# # BEGIN SOLUTION

# %%
# BEGIN SOLUTION
goal = f(c, x_min)
for eta in (0.01, 0.05, 0.1):
    distance = f(c, descend(c, 0.0, eta, 40)) - goal
    plt.semilogy(np.maximum(distance, 1e-16), label=f"η = {eta}")
plt.xlabel("step")
plt.ylabel("f(x) − f(x_min)")
plt.legend()
plt.show()
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown]
# ## Question 8: which rate is the best, and why?
#
# What is the local minimum value, which of the three rates is the best, and why that one? Use the
# curvature, and say what the other two do wrong. Five sentences are enough. *(This is marked by a
# person.)*

# %% [raw]
# # BEGIN QUESTION
# name: q8
# points: 3
# manual: true

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# **Solution.** The local minimum value is $-8.97751$, at $x = -0.84329$. The best of the three is
# $0.05$ (6 steps, against 46 and 20). The curvature there is $17.31$, so that one step multiplies
# a small distance by $1 - 17.31\,\eta$: $0.83$ for $0.01$, $0.13$ for $0.05$, $-0.73$ for $0.1$.
# The first creeps; the last jumps over the minimum each time. The best rate of all would be
# $1/17.31 = 0.0578$; from $0.1155$ on the descent no longer converges to the minimum.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION
