"""`network.Network` of the lecture notes' first listing, over nnlib.

Sigmoid neurons, the square cost, weights and biases from N(0, 1), plain gradient descent with
mini-batches. Examples are pairs of columns (see mnist_loader).
"""

from nnlib_listings.columns import STEPS, OwnCost, Sigmoids, ours, sigmoid, sigmoid_prime

from nnlib import square


class Network(Sigmoids):
    """A network of sigmoid neurons, layer sizes as given."""

    def __init__(self, sizes):
        super().__init__(sizes)
        self.large_weight_initializer()

    def SGD(self, training_data, epochs, mini_batch_size, eta, test_data=None):  # noqa: N802 (as printed)
        """Train, and print how many test images are right after each epoch."""
        training = self._given(training_data, *STEPS)
        test = None if test_data is None else self._given(test_data, "evaluate")
        for j in self._epochs(training, epochs, mini_batch_size, eta):
            print(f"Epoch {j}" + (" complete" if test is None else f": {self.evaluate(test)} / {len(test)}"))

    @ours
    def evaluate(self, test_data):
        """Count the examples whose largest output is the right one."""
        return self._right(test_data)

    @ours
    def cost_derivative(self, output_activations, y):
        """∂C/∂a of the square cost."""
        return output_activations - y

    def _loss(self):
        if self._untouched("cost_derivative"):
            return square
        return OwnCost(lambda z, a, y: self.cost_derivative(a, y) * sigmoid_prime(z))

    def _functions(self):
        return sigmoid, sigmoid_prime
