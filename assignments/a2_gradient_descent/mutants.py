"""Wrong solutions of Assignment 2."""

from assignments.marking.mutants import Mutant

SLOPE = "def slope(c, x):\n    c = np.asarray(c, dtype=float)\n    n = np.arange(len(c) - 1, -1, -1)\n    return {}"

DESCEND = """
def descend(c, start, eta, steps):
    x = [start]
    for k in range({steps}):
        x.append({step})
    return np.array({result})
"""


def descend(step: str = "x[-1] - eta * slope(c, x[-1])", steps: str = "steps", result: str = "x") -> str:
    """Write the descent with one thing changed."""
    return DESCEND.format(step=step, steps=steps, result=result)


STEPS = """
def steps_needed(c, start, eta, goal):
    x = start
    for step in range(1000):
        {first}
        if {test}:
            return step{more}
        {last}
    return 1000
"""


def steps_needed(test: str = "abs(f(c, x) - goal) < 1e-6", more: str = "", *, after: bool = False) -> str:
    """Write the count with one thing changed."""
    move = "x = x - eta * slope(c, x)"
    return STEPS.format(test=test, more=more, first=move if after else "pass", last="pass" if after else move)


MUTANTS = [
    Mutant(
        "q1",
        SLOPE.format("np.polyval(c, x)"),
        2,
        "the value of the polynomial, not its slope",
        {"q2": 3, "q4": 2},
    ),
    Mutant(
        "q1", SLOPE.format("np.polyval(n * c, x)"), 2, "each power has to go down by one", {"q2": 3, "q4": 2}
    ),
    Mutant(
        "q1", SLOPE.format("np.polyval(c[:-1], x)"), 2, "did not come in front as factors", {"q2": 3, "q4": 2}
    ),
    Mutant(
        "q1",
        "def slope(c, x):\n    return sum(k * a * x ** (k - 1.0) for k, a in enumerate(c) if k)",
        2,
        "read from the wrong end",
        {"q2": 3, "q4": 2},
    ),
    Mutant("q1", SLOPE.format("-np.polyval((n * c)[:-1], x)"), 2, "the wrong sign", {"q2": 3, "q4": 2}),
    Mutant(
        "q1",
        SLOPE.format("print(np.polyval((n * c)[:-1], x))"),
        2,
        "a function that does not reach a `return` gives None",
        {"q2": 3, "q4": 2},
    ),
    Mutant("q2", descend("x[-1] + eta * slope(c, x[-1])"), 3, "The step goes uphill"),
    Mutant("q2", descend(result="x[1:]"), 3, "The start is missing from the points."),
    Mutant("q2", descend(steps="steps - 1"), 3, "One step is missing"),
    Mutant("q2", descend(result="x[-1]"), 3, "asked are all points on the way"),
    Mutant("q2", descend(result="x[::-1]"), 3, "The points come in the wrong order"),
    Mutant("q2", descend("x[-1] - eta * f(c, x[-1])"), 3, "The step uses f where it should use f′."),
    Mutant("q2", descend("x[-1] - eta * slope(c, start)"), 3, "The slope is always that of the start"),
    Mutant("q2", descend(result="f(c, np.array(x))"), 3, "Those are the values f(x)"),
    Mutant("q3", "x_min = max(np.roots([1, -9, 0, 7]).real)", 1, "the other minimum, far to the right"),
    Mutant("q3", "x_min = sorted(np.roots([1, -9, 0, 7]).real)[1]", 1, "the maximum between the minima"),
    Mutant("q3", "f_min = -5.0", 1, "the value at the start"),
    Mutant("q3", "f_min = x_min", 1, "That is the point, not the value of f there."),
    Mutant("q3", "curvature = 0.0", 1, "at the minimum f′ is 0, but f″ is not"),
    Mutant("q3", "curvature = slope([3.0, -18.0, 0.0], x_min)", 1, "one derivative too many"),
    Mutant("q4", steps_needed(more=" + 1"), 2, "One too many"),
    Mutant("q4", steps_needed(after=True), 2, "One too few"),
    Mutant("q4", steps_needed("f(c, x) - goal < 1e-3"), 2, "The limit is 1e-6, not 1e-3."),
    Mutant("q4", steps_needed("f(c, x) < goal - 1"), 2, "That is the limit of 1000 steps"),
    Mutant("q4", "best_rate = 0.1", 1, "The largest rate is not the fastest here"),
    Mutant("q4", "best_rate = 0.01", 1, "only the slowest"),
    Mutant("q4", "best_rate = 6", 1, "That is the number of steps, not the rate."),
    Mutant("q5", "def factor(eta, k): return abs(1 - eta * k)", 1, "its sign says whether"),
    Mutant("q5", "def factor(eta, k): return eta * k", 1, "1 minus that"),
    Mutant("q5", "def fastest(k): return 2 / k", 1, "That is the limit of convergence"),
    Mutant("q5", "def fastest(k): return k", 1, "the other way round"),
    Mutant("q5", "def largest(k): return 1 / k", 1, "That is the fastest rate"),
    Mutant("q5", "def largest(k): return 4 / k", 1, "four times the fastest rate"),
    Mutant("q6", "beyond = 1", 1, "each step leads further away"),
    Mutant("q6", "beyond = 3", 1, "f is a parabola only close to its minimum"),
    Mutant("q6", "beyond = 4", 1, "The hill between the minima is not reached"),
    Mutant("q6", "beyond = 7", 1, "the number of a sentence"),
]
