"""`network2.Network` of the lecture notes' other listings, over nnlib.

Another cost, a better start (weights from N(0, 1/n_in), biases from N(0, 1)), an L2 penalty,
and four things to watch. Set `rng` to have the same random numbers again.
"""

import numpy as np
from network import correct, dataset

import nnlib as nn

rng = np.random.default_rng()

QuadraticCost = nn.square
CrossEntropyCost = nn.cross_entropy


class Network:
    """A network of sigmoid neurons, layer sizes as given, with a cost."""

    def __init__(self, sizes, cost=CrossEntropyCost):
        self.num_layers = len(sizes)
        self.sizes = list(sizes)
        self.cost = cost
        self.default_weight_initializer()

    def default_weight_initializer(self):
        """Draw weights from N(0, 1/n_in) and biases from N(0, 1): the better start."""
        self._draw(nn.ScaledNormal())

    def large_weight_initializer(self):
        """Draw weights and biases from N(0, 1): the old start, kept for comparison."""
        self._draw(nn.Normal())

    def _draw(self, weights):
        self.net = nn.Network.random(self.sizes, rng=rng, initializer=weights, bias_initializer=nn.Normal())

    def feedforward(self, a):
        """Give the output for a column of inputs, as a column."""
        return nn.outputs(self.net, np.asarray(a).T).T

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
    ):
        """Train, print what is monitored, and return it epoch by epoch.

        Returns
        -------
        evaluation_cost, evaluation_accuracy, training_cost, training_accuracy : list
            Empty where not monitored. Accuracies are numbers of examples; costs include the
            penalty.
        """
        training = dataset(training_data)
        if evaluation_data is None and (monitor_evaluation_cost or monitor_evaluation_accuracy):
            raise ValueError("evaluation_data is to be monitored, but none was given")
        sets = {"training": training}
        if evaluation_data is not None:
            sets["evaluation"] = dataset(evaluation_data)
        penalty = nn.L2(lmbda)
        wanted = {
            ("evaluation", "cost"): monitor_evaluation_cost,
            ("evaluation", "accuracy"): monitor_evaluation_accuracy,
            ("training", "cost"): monitor_training_cost,
            ("training", "accuracy"): monitor_training_accuracy,
        }
        found = {what: [] for what in wanted}
        settings = {"batch_size": mini_batch_size, "eta": eta, "regularizer": penalty}
        running = nn.sgd(self.net, training, loss=self.cost, rng=rng, **settings)
        for j in range(epochs):
            next(running)
            print(f"Epoch {j} complete")
            for (name, what), values in found.items():
                if not wanted[name, what]:
                    continue
                if what == "cost":
                    values.append(nn.cost(self.net, sets[name], self.cost, penalty))
                    print(f"  cost on {name} data: {values[-1]:.4f}")
                else:
                    values.append(correct(self.net, sets[name]))
                    print(f"  right on {name} data: {values[-1]} / {len(sets[name])}")
        return tuple(found.values())
