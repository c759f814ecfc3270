"""Wrong solutions of Assignment 3."""

from assignments.marking.mutants import Mutant

FORWARD = """
def forward(x, W1, b1, W2, b2):
    z1 = {z1}
    a1 = {a1}
    z2 = {z2}
    return z1, a1, z2, {a2}
"""


def forward(
    z1: str = "W1 @ x + b1", a1: str = "sigmoid(z1)", z2: str = "W2 @ a1 + b2", a2: str = "sigmoid(z2)"
) -> str:
    """Write the forward pass with one thing changed."""
    return FORWARD.format(z1=z1, a1=a1, z2=z2, a2=a2)


ERRORS = """
def errors(x, y, W1, b1, W2, b2):
    z1 = W1 @ x + b1
    a1 = sigmoid(z1)
    z2 = W2 @ a1 + b2
    a2 = sigmoid(z2)
    delta2 = {delta2}
    delta1 = {delta1}
    return {result}
"""


def errors(
    delta2: str = "(a2 - y) * a2 * (1 - a2)",
    delta1: str = "(W2.T @ delta2) * a1 * (1 - a1)",
    result: str = "delta1, delta2",
) -> str:
    """Write the errors with one thing changed."""
    return ERRORS.format(delta2=delta2, delta1=delta1, result=result)


GRADIENTS = "def gradients(x, a1, delta1, delta2):\n    return {}"

BATCH = """
def batch_gradients(X, Y, W1, b1, W2, b2):
    a1 = sigmoid(X @ W1.T + b1)
    a2 = sigmoid(a1 @ W2.T + b2)
    m = len(X)
    delta2 = (a2 - Y){last}
    delta1 = ({back}){hidden}
    return delta1.T @ X / {m}, {db1}, delta2.T @ a1 / {m}, {db2}
"""


def batch(**changed: str) -> str:
    """Write the batch's gradients with something changed."""
    right = {"last": " * a2 * (1 - a2)", "back": "delta2 @ W2", "hidden": " * a1 * (1 - a1)", "m": "m"}
    right |= {"db1": "delta1.mean(axis=0)", "db2": "delta2.mean(axis=0)"}
    return BATCH.format(**{**right, **changed})


NUMERICAL = """
def numerical_dW1(X, Y, W1, b1, W2, b2, eps):
    def cost(W):
        a2 = sigmoid(sigmoid(X @ W.T + b1) @ W2.T + b2)
        return ((a2 - Y) ** 2).sum() / 2{m}

    found = np.zeros_like(W1)
    W = W1.copy()
    for place in np.ndindex(W1.shape):
        step = np.zeros_like(W1)
        step[place] = eps
        found[place] = {difference}
        {after}
    return found
"""


def numerical(
    difference: str = "(cost(W + step) - cost(W - step)) / (2 * eps)",
    m: str = " / len(X)",
    after: str = "pass",
) -> str:
    """Write the numerical gradient with one thing changed."""
    return NUMERICAL.format(difference=difference, m=m, after=after)


BACK = """
def one_layer_back(theta3, dz4, z3, a2):
    a3 = sigmoid(z3)
    da3 = {da3}
    dz3 = {dz3}
    return da3, dz3, {dtheta}
"""


def back(
    da3: str = "theta3 @ dz4", dz3: str = "da3 * a3 * (1 - a3)", dtheta: str = "np.outer(a2, dz3)"
) -> str:
    """Write the step back with one thing changed."""
    return BACK.format(da3=da3, dz3=dz3, dtheta=dtheta)


REPAIRED = """
def repaired(X, Y, W1, b1, W2, b2):
    m = len(X)
    z = X @ W1.T + b1
    h = np.tanh(z)
    last = h @ W2.T + b2 - Y
    inner = (last @ W2) * (1 - {h}**2)
    return inner.T @ X / {m}, inner.mean(axis=0), last.T @ h / m, {db2}
"""

MUTANTS = [
    Mutant("q1", forward(z1="W1 @ x"), 3, "The biases of the hidden layer are left out.", {"q2": 4}),
    Mutant("q1", forward(z1="W1.T @ x + b1"), 3, "W1 is transposed", {"q2": 4}),
    Mutant("q1", forward(a1="z1"), 3, "The hidden layer has no sigmoid.", {"q2": 4}),
    Mutant("q1", forward(a2="z2"), 3, "The output layer has no sigmoid.", {"q2": 4}),
    Mutant("q1", forward(a1="np.tanh(z1)", a2="np.tanh(z2)"), 3, "That is tanh", {"q2": 4}),
    Mutant("q2", errors(delta2="a2 - y"), 4, "The factor σ′(z²) is missing."),
    Mutant("q2", errors(delta2="(y - a2) * a2 * (1 - a2)"), 4, "The wrong sign: it is a² − y."),
    Mutant("q2", errors(delta2="(a2 - y) * z2 * (1 - z2)"), 4, "z itself has been put in for a"),
    Mutant("q2", errors(result="delta2, delta1"), 4, "The two errors come in the wrong order"),
    Mutant("q2", errors(delta1="(W2.T @ delta2) * a1"), 2, "where its slope a¹ (1 − a¹) belongs"),
    Mutant("q2", errors(delta1="W2.T @ delta2"), 2, "The factor σ′(z¹) of the hidden layer is missing."),
    Mutant(
        "q2",
        errors(delta1="(W2 @ delta2) * a1 * (1 - a1)"),
        2,
        "the error flows back through the transposed matrix",
    ),
    Mutant(
        "q3",
        GRADIENTS.format("np.outer(x, delta1), delta1, np.outer(a1, delta2), delta2"),
        2,
        "That is transposed",
    ),
    Mutant(
        "q3",
        GRADIENTS.format("np.outer(delta1, a1), delta1, np.outer(delta2, x), delta2"),
        2,
        "they are exchanged",
    ),
    Mutant(
        "q3",
        GRADIENTS.format("-np.outer(delta1, x), -delta1, -np.outer(delta2, a1), -delta2"),
        2,
        "the minus belongs to the descent",
    ),
    Mutant(
        "q3",
        GRADIENTS.format("np.outer(delta1, x), delta1 * x, np.outer(delta2, a1), delta2 * a1"),
        2,
        "the error itself; its input is 1",
    ),
    Mutant(
        "q4", batch(m="1", db1="delta1.sum(axis=0)", db2="delta2.sum(axis=0)"), 4, "a sum over the 5 examples"
    ),
    Mutant("q4", batch(last=""), 4, "The factor σ′(z²) of the output layer is missing."),
    Mutant("q4", batch(hidden=""), 4, "The factor σ′(z¹) of the hidden layer is missing."),
    Mutant("q4", batch(back="delta2 @ W2.T"), 4, "W2 is transposed on the way back"),
    Mutant("q4", batch(db1="delta1", db2="delta2"), 4, "One row for each example is left"),
    Mutant("q4", batch(last=" * 2 * a2 * (1 - a2)"), 4, "twice the right value"),
    Mutant("q5", numerical("(cost(W + step) - cost(W)) / eps"), 2, "one-sided difference"),
    Mutant("q5", numerical("(cost(W + step) - cost(W - step)) / eps"), 2, "its two ends are 2ε apart"),
    Mutant("q5", numerical(after="W = W - step"), 2, "The changed entries are not put back"),
    Mutant("q5", numerical(m=""), 2, "a sum over the 5 examples"),
    Mutant("q6", back(da3="theta3.T @ dz4"), 3, "θ is transposed"),
    Mutant("q6", back(da3="theta3[:, 0] * dz4[0]"), 3, "The sum over k is missing"),
    Mutant("q6", back(dz3="da3"), 2, "The factor σ′(z3) is missing."),
    Mutant("q6", back(dtheta="np.outer(dz3, a2)"), 1, "in this notation the first index"),
    Mutant("q6", back(dtheta="np.outer(a3, dz3)"), 1, "a3 stands where a2 belongs"),
    Mutant("q8", "bug_lines = [8, 9, 10]", 1, "the derivative of tanh is taken of the wrong thing"),
    Mutant("q8", "bug_lines = [7, 8, 10]", 1, "divides by the wrong number"),
    Mutant("q8", "bug_lines = [7, 9, 11]", 1, "too few entries"),
    Mutant("q8", REPAIRED.format(h="z", m="m", db2="last.mean(axis=0)"), 1, "Line 7 is as it was."),
    Mutant("q8", REPAIRED.format(h="h", m="len(X[0])", db2="last.mean(axis=0)"), 1, "Line 9 is as it was."),
]
