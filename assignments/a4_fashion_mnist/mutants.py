"""Wrong solutions of Assignment 4."""

from assignments.marking.mutants import Mutant

TRAIN = """
def {name}(X, Y, rng):
    net = nn.Network.random([X.shape[1], 100, 10], rng=rng)
    nn.train(net, nn.Dataset(X, Y), loss=nn.cross_entropy, epochs={epochs}, batch_size=300, eta={eta}, rng=rng)
    return {result}
"""


def train(name: str = "train", eta: float = 0.5, epochs: int = 25, result: str = "") -> str:
    """Write a training function with something changed."""
    predict = "lambda images: nn.forward(net, images).output.argmax(axis=1)"
    return TRAIN.format(name=name, eta=eta, epochs=epochs, result=result or predict)


GUESS = "def {}(X, Y, rng):\n    return lambda images: rng.integers(10, size=len(images))"

MUTANTS = [
    Mutant("q1", train(eta=0.03), 4, "a network that has hardly begun"),
    Mutant("q1", train(result="lambda images: nn.forward(net, images).output"), 4, "take the argmax"),
    Mutant("q1", train(result="0.84"), 4, "expected is a function"),
    Mutant("q1", GUESS.format("train"), 4, "little better than guessing"),
    Mutant("q1", train(eta=0.1), 4, "points less than such a network reaches"),
    Mutant("q1", "def train(X, Y):\n    return lambda images: 0", 4, "it raised TypeError"),
    Mutant("q2", "best_rate = 0.5", 1, "but the largest of your accuracies"),
    Mutant(
        "q2",
        "rates, accuracies, best_rate = [1e-4, 5e-4, 1e-3, 5e-3, 1e-2], [11, 30, 47, 66, 81], 1e-2",
        1,
        "Extend the grid upwards",
    ),
    Mutant("q2", "accuracies = [a / 100 for a in accuracies]", 1, "in percent"),
    Mutant("q2", "accuracies = [a + 12 for a in accuracies]", 1, "was it measured on the training images?"),
    Mutant(
        "q2",
        "rates, accuracies, best_rate = [1, 2, 5, 10, 20], [84, 83, 80, 70, 40], 1",
        1,
        "Extend the grid downwards",
    ),
    Mutant("q3", "test_accuracy = 0.856", 1, "a share, not a percentage"),
    Mutant("q3", "test_accuracy = 99.1", 1, "was it measured on the training images?"),
    Mutant("q3", "test_accuracy = 11.0", 1, "less than such a network reaches"),
    Mutant("q3", "seconds = 6000 * 1000", 1, "was it milliseconds?"),
    Mutant("q3", "seconds = 0.0", 1, "too few for any training"),
    Mutant("q4", train("train_better", eta=0.1), 5, "0.30 is where the points begin"),
    Mutant("q4", GUESS.format("train_better"), 5, "worse than the plain network"),
    Mutant(
        "q4",
        train("train_better", result="lambda images: nn.forward(net, images).output"),
        5,
        "take the argmax",
    ),
    Mutant(
        "q4",
        "def train_better(X, Y, rng):\n    return lambda images: images[:, 0] * np.nan",
        5,
        "from 0 to 9",
    ),
]
