"""Wrong solutions of Assignment 4."""

from assignments.marking.mutants import Mutant

TRAIN = """
def {name}(X, Y, rng, eta={eta}):
    net = nn.Network.random([X.shape[1], 100, 10], rng=rng)
    nn.train(net, nn.Dataset(X, Y), loss=nn.cross_entropy, epochs={epochs}, batch_size=300, eta={used}, rng=rng)
    return {result}
"""


NETWORK = "net.weights, net.biases"


def train(
    name: str = "train", eta: float = 0.5, epochs: int = 25, used: str = "eta", result: str = NETWORK
) -> str:
    """Write a training function with something changed."""
    return TRAIN.format(name=name, eta=eta, epochs=epochs, used=used, result=result)


GUESS = """
def {}(X, Y, rng, eta=1.0):
    net = nn.Network.random([784, 100, 10], rng=rng)
    return [W * (1 + eta) for W in net.weights], net.biases
"""

MUTANTS = [
    Mutant("q1", train(eta=0.03), 4, "a network that has hardly begun"),
    Mutant("q1", train(result="[W.T for W in net.weights], net.biases"), 4, "Yours is transposed."),
    Mutant("q1", train(result="net.weights"), 4, "each a list of arrays"),
    Mutant("q1", train(result="lambda images: 0"), 4, "each a list of arrays"),
    Mutant("q1", train(used="0.5"), 0, "use the argument as the learning rate"),
    Mutant("q1", train().replace("100, 10", "100, 50, 10"), 4, "Asked is one hidden layer"),
    Mutant("q1", GUESS.format("train"), 4, "little better than guessing"),
    Mutant("q1", train(eta=0.1), 4, "points less than such a network reaches"),
    Mutant("q1", "def train(X, Y):\n    return [], []", 4, "it raised TypeError"),
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
    Mutant(  # invented: it costs nothing, and the instructor reads of it
        "q2",
        "rates, accuracies, best_rate = [1e-5, 1e-3, 0.1, 1.0, 3.0], [81, 82, 84, 85, 83], 1.0",
        0,
        "Are the numbers measured with this train?",
    ),
    Mutant("q3", "test_accuracy = 0.856", 1, "a share, not a percentage"),
    Mutant("q3", "test_accuracy = 99.1", 1, "was it measured on the training images?"),
    Mutant("q3", "test_accuracy = 11.0", 1, "less than such a network reaches"),
    Mutant("q3", "seconds = 6000 * 1000", 1, "was it milliseconds?"),
    Mutant("q3", "seconds = 0.0", 1, "too few for any training"),
    Mutant("q4", train("train_better", eta=0.1), 5, "0.30 is where the points begin"),
    Mutant("q4", GUESS.format("train_better"), 5, "worse than the plain network"),
    Mutant(
        "q4", train("train_better", result="net.weights[:1], net.biases[:1]"), 5, "should have 10 neurons"
    ),
    Mutant(
        "q4", train("train_better", result="[W * np.nan for W in net.weights], net.biases"), 5, "NaN or inf"
    ),
]
