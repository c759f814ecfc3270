"""How a gradient becomes a step, and how the learning rate changes from epoch to epoch.

An optimiser holds its settings; what it remembers between steps is a state that
`start` makes and the training loop keeps. `step` changes the network's
parameters in place: `-=` is the arrow ← of the update rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nnlib import _check
from nnlib._check import Array
from nnlib.backpropagation import Gradients
from nnlib.network import Network

State = list[Array]
Schedule = Callable[[int], float]


class Optimizer:
    """What the training loop needs of an optimiser."""

    def start(self, net: Network) -> State:
        """The state before the first step; nothing to remember, unless a subclass says otherwise."""
        return []

    def step(self, net: Network, grads: Gradients, eta: float, state: State) -> None:
        """Change the parameters and the state in place."""
        raise NotImplementedError


@dataclass(frozen=True)
class SGD(Optimizer):
    """p ← p - η g."""

    def step(self, net: Network, grads: Gradients, eta: float, state: State) -> None:
        """One step against the gradient."""
        for p, g in zip(net.parameters, grads.parameters, strict=True):
            p -= eta * g


@dataclass(frozen=True)
class Momentum(Optimizer):
    """v ← μ v - η g, then p ← p + v: a ball with friction 1 - μ. Derived in "Gradient descent"."""

    mu: float = 0.9

    def __post_init__(self) -> None:
        _check.number("mu", self.mu, at_least=0, below=1)

    def start(self, net: Network) -> State:
        """All velocities zero."""
        return [np.zeros_like(p) for p in net.parameters]

    def step(self, net: Network, grads: Gradients, eta: float, state: State) -> None:
        """Change the velocities, then move."""
        for p, g, v in zip(net.parameters, grads.parameters, state, strict=True):
            v *= self.mu
            v -= eta * g
            p += v


@dataclass(frozen=True)
class Nesterov(Momentum):
    """Momentum with the gradient where the velocity will have carried the parameters.

    The network holds the point looked ahead to, so that the gradient is taken
    there without a second pass: v ← μ v - η g, then p ← p + μ v - η g.
    """

    def step(self, net: Network, grads: Gradients, eta: float, state: State) -> None:
        """Change the velocities, then move on to the next point looked ahead to."""
        for p, g, v in zip(net.parameters, grads.parameters, state, strict=True):
            v *= self.mu
            v -= eta * g
            p += self.mu * v - eta * g


@dataclass(frozen=True)
class Adam(Optimizer):
    """Steps of about η in each parameter, whatever the size of its gradient (Kingma and Ba 2015).

    m ← β₁ m + (1-β₁) g, v ← β₂ v + (1-β₂) g²; both start at zero and are corrected
    for it by 1/(1-βᵗ); p ← p - η m̂ / (√v̂ + ε).
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        _check.number("beta1", self.beta1, at_least=0, below=1)
        _check.number("beta2", self.beta2, at_least=0, below=1)
        _check.number("epsilon", self.epsilon, above=0)

    def start(self, net: Network) -> State:
        """The number of steps, then m and v of every parameter."""
        zeros = [np.zeros_like(p) for p in net.parameters]
        return [np.zeros(1), *zeros, *(z.copy() for z in zeros)]

    def step(self, net: Network, grads: Gradients, eta: float, state: State) -> None:
        """Update both means, then move."""
        state[0] += 1
        t, n = int(state[0][0]), len(net.parameters)
        for p, g, m, v in zip(
            net.parameters, grads.parameters, state[1 : n + 1], state[n + 1 :], strict=True
        ):
            m += (1 - self.beta1) * (g - m)
            v += (1 - self.beta2) * (g * g - v)
            spread = np.sqrt(v / (1 - self.beta2**t)) + self.epsilon
            p -= (eta / (1 - self.beta1**t)) * m / spread


@dataclass(frozen=True)
class StepDecay:
    """η multiplied by `factor` after every `every` epochs (MATLAB's "piecewise").

    >>> rate = StepDecay(0.005, factor=0.5, every=5)
    >>> [rate(epoch) for epoch in (1, 5, 6, 11)]
    [0.005, 0.005, 0.0025, 0.00125]
    """

    eta: float
    factor: float = 0.5
    every: int = 10

    def __post_init__(self) -> None:
        _positive_rate(self.eta)
        _check.number("factor", self.factor, above=0)
        _check.positive_integer("every", self.every)

    def __call__(self, epoch: int) -> float:
        return float(self.eta * self.factor ** ((epoch - 1) // self.every))


@dataclass(frozen=True)
class ExponentialDecay(StepDecay):
    """η multiplied by `factor` after every epoch."""

    factor: float = 0.95
    every: int = 1


@dataclass(frozen=True)
class CosineDecay:
    """Half a cosine from η in the first epoch towards 0 after the last: ½ η (1 + cos(π (e-1)/E))."""

    eta: float
    epochs: int

    def __post_init__(self) -> None:
        _positive_rate(self.eta)
        _check.positive_integer("epochs", self.epochs)

    def __call__(self, epoch: int) -> float:
        done = min(epoch - 1, self.epochs) / self.epochs
        return float(self.eta * (1 + math.cos(math.pi * done)) / 2)


def schedule(eta: float | Schedule) -> Schedule:
    """A number as the schedule that always gives it; a schedule as it is."""
    if callable(eta):
        return eta
    rate = _positive_rate(eta)
    return lambda _: rate


def _positive_rate(eta: float) -> float:
    return _check.number("eta", eta, above=0, hint="; a rate of 0 learns nothing, a negative one climbs")
