"""What is there and what is found: tanh networks fitted to |x| and to ten waves.

Adam, all points at once. For each network the largest error at the points it is trained on, and on a
thousand and one places of the interval. `universal_training` starts from weights from N(0, 1) and biases
0, `universal_own_start` as the waves need it: steep neurons that change sign anywhere on the interval.
"""

import common
import numpy as np

import nnlib as nn

LINE = np.linspace(-1, 1, 1001)[:, None]
STEPS = (5_000, 20_000)
ETA = 0.01
RATES = (0.001, 0.003, 0.01, 0.03)
UNITS = (3, 30)
WAVES = 10
STEEP = 10.0


def waves(x):
    return np.sin(WAVES * np.pi * x)


def usual(units, rng):
    return nn.Network.random(
        [1, units, 1],
        rng=rng,
        hidden=nn.tanh,
        output=nn.identity,
        dtype=np.float64,
        initializer=nn.Normal(),
    )


def steep(units, rng):
    """Weights ten times as large into the hidden layer, and each neuron 0 somewhere on the interval."""
    net = usual(units, rng)
    net.weights[0] *= STEEP
    net.weights[1] /= np.sqrt(units)
    net.biases[0][:] = -net.weights[0][:, 0] * rng.uniform(-1, 1, units)
    return net


def errors(f, points, units, eta, seed, start=usual):
    """Largest errors at the points and on the line after each of the STEPS."""
    x = np.linspace(-1, 1, points)[:, None]
    rng = np.random.default_rng(seed)
    net = start(units, rng)
    found = {"points": [], "line": []}
    data = nn.Dataset(x, f(x))
    for epoch in nn.sgd(net, data, loss=nn.square, rng=rng, batch_size=points, eta=eta, optimizer=nn.Adam()):
        if epoch.number in STEPS:
            for name, at in (("points", x), ("line", LINE)):
                found[name].append(float(np.abs(nn.outputs(net, at) - f(at)).max()))
        if epoch.number == STEPS[-1]:
            break
    return found


def run(seed):
    found = {f"|x|, {units}": errors(np.abs, 50, units, ETA, seed) for units in UNITS}
    return found | {f"waves, {eta}": errors(waves, 200, UNITS[-1], eta, seed) for eta in RATES}


def run_steep(seed):
    return {f"waves, {eta}": errors(waves, 200, UNITS[-1], eta, seed, steep) for eta in RATES[2:]}


EXPERIMENTS = {
    "universal_own_start": common.Experiment(
        {"units": UNITS[-1], "steps": list(STEPS), "eta": list(RATES[2:]), "deviation": STEEP},
        run_steep,
        seeds=range(8),
        band=1.0,
        digits=3,
    ),
    "universal_training": common.Experiment(
        {"units": list(UNITS), "steps": list(STEPS), "eta": ETA, "eta for the waves": list(RATES)},
        run,
        seeds=range(8),
        band=0.3,
        digits=3,
    ),
}


if __name__ == "__main__":
    common.main(EXPERIMENTS)
