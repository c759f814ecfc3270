"""`network2.Network` of the lecture notes' other listings, over nnlib.

Another cost, a better start (weights from N(0, 1/n_in), biases from N(0, 1)), an L2 penalty,
four things to watch, early stopping, and files.
"""

import json
from pathlib import Path

import numpy as np
from nnlib_listings.columns import (
    STEPS,
    OwnCost,
    Sigmoids,
    ours,
    pairs,
    sigmoid,
    sigmoid_prime,
    vectorized_result,  # noqa: F401 (as in Nielsen's)
)

import nnlib as nn


class QuadraticCost:
    """½ ‖a - y‖²."""

    @staticmethod
    def fn(a, y):
        """Give the cost of an output a where y is wanted."""
        return _value(nn.square, a, y)

    @staticmethod
    def delta(z, a, y):
        """Give the error of the output layer."""
        return (a - y) * sigmoid_prime(z)


class CrossEntropyCost:
    """-Σ [y ln a + (1 - y) ln(1 - a)]."""

    @staticmethod
    def fn(a, y):
        """Give the cost of an output a where y is wanted: infinite where a is 0 or 1 and wrong."""
        return _value(nn.cross_entropy, a, y)

    @staticmethod
    def delta(z, a, y):  # noqa: ARG004 (as in Nielsen's)
        """Give the error of the output layer."""
        return a - y


def _value(loss, a, y):
    return float(loss(np.reshape(a, (1, -1)), np.reshape(y, (1, -1)))[0])


_LOSSES = {
    (QuadraticCost.fn, QuadraticCost.delta): nn.square,
    (CrossEntropyCost.fn, CrossEntropyCost.delta): nn.cross_entropy,
}


class Network(Sigmoids):
    """A network of sigmoid neurons, layer sizes as given, with a cost: a class or an object."""

    def __init__(self, sizes, cost=CrossEntropyCost):
        if not _is_cost(cost):
            raise TypeError(
                "cost must have fn(a, y) and delta(z, a, y), as network2.CrossEntropyCost has, "
                f"but is {cost!r}"
            )
        super().__init__(sizes)
        self.cost = cost
        self.default_weight_initializer()

    def default_weight_initializer(self):
        """Draw weights from N(0, 1/n_in) and biases from N(0, 1): the better start."""
        self.large_weight_initializer()
        self.weights = [W / np.sqrt(W.shape[1]) for W in self.weights]

    def SGD(  # noqa: N802 (as printed)
        self,
        training_data,
        epochs,
        mini_batch_size,
        eta,
        lmbda=0.0,
        evaluation_data=None,
        monitor_evaluation_cost=False,
        monitor_evaluation_accuracy=False,
        monitor_training_cost=False,
        monitor_training_accuracy=False,
        early_stopping_n=0,
    ):
        """Train, print what is monitored, and return it epoch by epoch.

        With `early_stopping_n` training ends after so many epochs without a better accuracy on the
        evaluation data.

        Returns
        -------
        evaluation_cost, evaluation_accuracy, training_cost, training_accuracy : list
            Empty where not monitored. Accuracies are numbers of examples; costs include the
            penalty.
        """
        watching = ("accuracy", "total_cost")
        examples = pairs(training_data)
        training = self._given(examples, *STEPS)
        sets = {"training": self._examples(training) if self._untouched(*watching) else examples}
        if evaluation_data is not None:
            sets["evaluation"] = self._given(evaluation_data, *watching)
        elif monitor_evaluation_cost or monitor_evaluation_accuracy:
            raise ValueError("evaluation_data is to be monitored, but none was given")
        if early_stopping_n and not monitor_evaluation_accuracy:
            raise ValueError("early_stopping_n needs monitor_evaluation_accuracy=True")
        wanted = {
            ("evaluation", "cost"): monitor_evaluation_cost,
            ("evaluation", "accuracy"): monitor_evaluation_accuracy,
            ("training", "cost"): monitor_training_cost,
            ("training", "accuracy"): monitor_training_accuracy,
        }
        found = {what: [] for what in wanted}
        for j in self._epochs(training, epochs, mini_batch_size, eta, lmbda, len(training)):
            print(f"Epoch {j} complete")
            for (name, what), values in found.items():
                if not wanted[name, what]:
                    continue
                if what == "cost":
                    values.append(self.total_cost(sets[name], lmbda, convert=name == "evaluation"))
                    print(f"  cost on {name} data: {values[-1]:.4f}")
                else:
                    values.append(self.accuracy(sets[name], convert=name == "training"))
                    print(f"  right on {name} data: {values[-1]} / {len(sets[name])}")
            right = found["evaluation", "accuracy"]
            if early_stopping_n and j - right.index(max(right)) >= early_stopping_n:
                break
        return tuple(found.values())

    @ours
    def accuracy(self, data, convert=False):
        """Count the examples that are right. The examples tell whether they hold columns or classes."""
        return self._right(data)

    @ours
    def total_cost(self, data, lmbda, convert=False):
        """Give the mean cost with its penalty. The examples tell whether they hold columns or classes."""
        data, loss, penalty = self._examples(data), self._loss(), nn.L2(lmbda)
        if self._untouched("feedforward") and not isinstance(loss, OwnCost):
            return nn.cost(self.net, data, loss, penalty)
        costs = [
            self.cost.fn(a[:, None], y[:, None]) for a, y in zip(self._outputs(data), data.Y, strict=True)
        ]
        return sum(costs) / len(data) + penalty.penalty(self.net, len(data))

    def save(self, filename):
        """Write the network to a file that `load` reads, in Nielsen's format, whole or not at all."""
        net, path = self.net, Path(filename)
        if not path.absolute().parent.is_dir():
            raise FileNotFoundError(f"there is no folder {path.parent} to save the network in")
        text = json.dumps(
            {
                "sizes": net.sizes,
                "weights": [W.tolist() for W in net.weights],
                "biases": [b[:, None].tolist() for b in net.biases],
                "cost": getattr(self.cost, "__name__", type(self.cost).__name__),
            }
        )
        with nn.storage.whole(path) as file:
            file.write(text.encode())

    def _loss(self):
        return _LOSSES.get((self.cost.fn, self.cost.delta)) or OwnCost(self.cost.delta)

    def _functions(self):
        return sigmoid, sigmoid_prime


def load(filename):
    """Read a network that `save` wrote, ours or Nielsen's. Nothing in the file is executed.

    Raises
    ------
    ValueError
        If the file is damaged, holds something else, or names a cost that this module does not have.
    """
    text = Path(filename).read_bytes()
    try:
        held = json.loads(text)
        name, sizes = held["cost"], held["sizes"]
        weights, biases = ([np.array(p, float) for p in held[key]] for key in ("weights", "biases"))
        if sizes != [weights[0].shape[1], *map(len, biases)]:
            raise ValueError(f"its weights and biases are not those of a network of sizes {sizes}")
        net = Network(sizes)
        net.weights, net.biases, net.cost = weights, biases, globals().get(name)
        net.net  # noqa: B018 (refuses what does not belong together)
    except (KeyError, TypeError, ValueError, IndexError, RecursionError) as error:
        raise ValueError(
            f"{filename} is damaged or was not written by network2: {type(error).__name__}, {error}"
        ) from error
    if not _is_cost(net.cost):
        known = ", ".join(cost for cost, value in globals().items() if _is_cost(value))
        raise ValueError(
            f"{filename} has the cost {name!r}, and network2 knows {known}; "
            "a class of your own is known after network2.MyCost = MyCost"
        )
    return net


def _is_cost(value):
    return callable(getattr(value, "fn", None)) and callable(getattr(value, "delta", None))
