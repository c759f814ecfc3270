"""Wrong solutions of Assignment 1."""

from assignments.marking.mutants import Mutant

FIRE = """
def fire(w, b, X):
    z = np.asarray(X) @ w + b
    return {}
"""

UPDATE = """
def update(w, b, x, t, rho):
    z = w @ x + b
    y = int(z >= 0)
    return {}
"""

LEARN = """
def learn(X, t, rho, passes):
    w, b, errors = np.zeros(X.shape[1]), 0.0, np.zeros(passes)
    for k in range(passes):
{}
    return w, b, errors
"""

EACH = """
        for x, target in zip(X, t):
            y = int(w @ x + b {compare} 0)
            errors[k] += y != target
            w, b = w {sign} rho * (target - y) * x, b {sign} rho * (target - y) * {bias}
"""

MUTANTS = [
    Mutant("q1", "z_by_hand = [-1.5, -0.5, -0.75]", 1, "The bias is left out."),
    Mutant("q1", "z_by_hand = [3.0, 3.75, 3.25]", 1, "All weights are added up"),
    Mutant("q1", "z_by_hand = [1, 0, 1]", 1, "Those are the answers y"),
    Mutant("q1", "y_by_hand = [0, 0, 1]", 1, "here H(0) = 1"),
    Mutant("q1", "y_by_hand = [0, 1, 0]", 1, "The classes are exchanged"),
    Mutant("q1", "z_by_hand = ['a', 'b', 'c']", 1, "expected is a number or an array of numbers"),
    Mutant("q2", FIRE.format("(z > 0).astype(int)"), 2, "On the line, z = 0, the answer is 1."),
    Mutant("q2", FIRE.format("(z - b >= 0).astype(int)"), 2, "The bias is left out."),
    Mutant("q2", FIRE.format("np.where(z >= 0, 1, -1)"), 2, "Those are −1 and 1"),
    Mutant("q2", FIRE.format("z"), 2, "the step function is missing"),
    Mutant("q2", FIRE.format("int(z[0] >= 0)"), 2, "One answer for each row of X, not one for all."),
    Mutant(
        "q3",
        UPDATE.format("w + rho * (y - t) * x, b + rho * (y - t)"),
        3,
        "wrong sign: it is t − y",
        {"q4": 3},
    ),
    Mutant(
        "q3", UPDATE.format("w + (t - y) * x, b + (t - y)"), 3, "The learning rate is left out.", {"q4": 3}
    ),
    Mutant(
        "q3",
        UPDATE.format("w + rho * (t - z) * x, b + rho * (t - z)"),
        3,
        "z stands where the answer y belongs.",
        {"q4": 3},
    ),
    Mutant("q3", UPDATE.format("w + rho * (t - y) * x, b"), 1, "The bias has not changed", {"q4": 3}),
    Mutant("q3", UPDATE.format("w + rho * (t - y) * x"), 3, "expected are several values", {"q4": 3}),
    Mutant(
        "q4", LEARN.format(EACH.format(compare=">", sign="+", bias="1")), 3, "that is where learning starts"
    ),
    Mutant("q4", LEARN.format(EACH.format(compare=">=", sign="+", bias="0")), 3, "The bias does not learn."),
    Mutant(
        "q4",
        LEARN.format(EACH.format(compare=">=", sign="-", bias="1")),
        3,
        "The changes have the wrong sign.",
    ),
    Mutant(
        "q4",
        LEARN.format(
            "        e = t - (X @ w + b >= 0)\n        errors[k] = (e != 0).sum()\n        w, b = w + rho * e @ X, b + rho * e.sum()"
        ),
        3,
        "The changes are made at the end of each pass",
    ),
    Mutant(
        "q4",
        LEARN.format(
            EACH.format(compare=">=", sign="+", bias="1")
            + "        errors[k] = ((X @ w + b >= 0) != t).sum()"
        ),
        3,
        "The errors are counted after the pass",
    ),
    Mutant("q5", "last_errors = 0", 1, "there is none"),
    Mutant("q5", "last_errors = 1", 1, "what the best line gets wrong"),
    Mutant("q5", "fewest_errors = 0", 1, "Then the line would separate the classes"),
    Mutant("q5", "fewest_errors = 2", 1, "cut off a single corner"),
    Mutant(
        "q6", "def parameters(s): return sum(a * n for a, n in zip(s, s[1:]))", 2, "The biases are left out."
    ),
    Mutant(
        "q6",
        "def parameters(s): return sum(a * n for a, n in zip(s, s[1:])) + sum(s)",
        2,
        "The inputs have got biases too",
    ),
    Mutant(
        "q6",
        "def parameters(s): return sum(a * n + 1 for a, n in zip(s, s[1:]))",
        2,
        "One bias for each layer",
    ),
    Mutant("q6", "def parameters(s): return s[1] * (s[0] + 1)", 2, "Only the first layer"),
    Mutant("q7", "w2, b2 = -w2, 1.5", 3, "That is XNOR"),
    Mutant("q7", "b1 = np.array([-0.5, 9.0])", 3, "That is OR"),
    Mutant("q7", "W1, b1 = np.array([[1.0, 1.0], [1.0, 1.0]]), np.array([-1.5, -1.5])", 3, "That is AND."),
    Mutant("q7", "b2 = 5.0", 3, "It always says 1."),
    Mutant(
        "q7",
        "W1, b1, b2 = np.array([[1.0, -1.0], [-1.0, 1.0]]), np.array([-1.0, -1.0]), -0.5",
        3,
        "exactly on a neuron's line",
    ),
]
