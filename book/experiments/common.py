"""What every experiment shares: five seeds, the settings, and a JSON file for the pages to read.

Each script measures something that takes longer than a page may wait, and names in `EXPERIMENTS`
what it writes to `book/nnbook/results/<name>.json`. `make experiments` runs them all.

    python book/experiments/tuning.py                     run all of it, write the results
    python book/experiments/tuning.py rules_of_thumb 3    one run of one experiment, printed

The last digits depend on the processor, and training amplifies them. So what is written down is
computed as every x86-64 processor with AVX2 can.
"""

import contextlib
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import nnlib as nn

SEEDS = range(5)
RESULTS = Path(__file__).parents[1] / "nnbook" / "results"
CORE = 2  # raised when nnlib adds up in another order: older numbers return within their bands only
PORTABLE = {  # AVX2 and no more, in OpenBLAS's names and NumPy's, new and old
    "openblas": "Haswell",
    "simd": ["X86_V3", "SSSE3", "SSE41", "POPCNT", "SSE42", "AVX", "F16C", "FMA3", "AVX2"],
}


@dataclass(frozen=True)
class Experiment:
    """What one results file holds: its settings, and a function from seed to measurements.

    Attributes
    ----------
    settings, run, seeds
    band : float or mapping from str to float
        How far outside the range of the stored seeds a final value may lie on a processor
        that adds up in another order; with a mapping, by the last name on the way to it.
    digits : int
        Significant digits kept.
    timing : bool
        Whether the numbers are seconds, which no machine repeats.
    """

    settings: Mapping[str, Any]
    run: Callable[[int], dict[str, Any]]
    seeds: Sequence[int] = SEEDS
    band: float | Mapping[str, float] = 0.02
    digits: int = 6
    timing: bool = False


@cache
def mnist() -> Any:
    """MNIST, read when the first run asks for it."""
    return nn.datasets.mnist()


def network(sizes: Sequence[int], rng: np.random.Generator, *, start: str) -> nn.Network:
    """Make sigmoid units with Nielsen's "large" or "scaled" weights; biases from N(0, 1) in both."""
    weights = {"large": nn.Normal(), "scaled": nn.LeCun()}[start]
    return nn.Network.random(sizes, rng=rng, initializer=weights, bias_initializer=nn.Normal())


def wide(rng: np.random.Generator, n_out: int, n_in: int) -> Any:
    """Weights four times Glorot's: the sigmoid's slope in the middle is ¼ where tanh's is 1."""
    return 4 * nn.Glorot()(rng, n_out, n_in)


def centre(net: nn.Network) -> None:
    """Give later layers biases with which z is 0 where all outputs before are the sigmoid's mean, ½."""
    for W, b in zip(net.weights[1:], net.biases[1:], strict=True):
        b[:] = -W.sum(axis=1) / 2


def main(experiments: Mapping[str, Experiment]) -> None:
    """Run every experiment of a script with all its seeds and write the results down.

    With the name of one and a seed on the command line, print that run instead.
    """
    if sys.argv[1:]:
        if len(sys.argv) != 3 or sys.argv[1] not in experiments or not sys.argv[2].isdecimal():
            sys.exit(
                f"error: expected one of {', '.join(experiments)} and a seed, not {' '.join(sys.argv[1:])}"
            )
        name, seed = sys.argv[1:]
        print(json.dumps({"arithmetic": arithmetic(), "run": measured(experiments[name], int(seed))}))
        return
    if platform.machine() == "x86_64" and "OPENBLAS_CORETYPE" not in os.environ:
        env = {**os.environ, **environment(PORTABLE)}  # read when NumPy is imported: start again
        os.execve(sys.executable, [sys.executable, *sys.argv], env)
    for name, experiment in experiments.items():
        write(name, experiment)


def measured(experiment: Experiment, seed: int) -> Any:
    """Run an experiment with one seed, and round what it found."""
    with one_thread():
        return rounded(experiment.run(seed), experiment.digits)


def rounded(value: Any, digits: int = 6) -> Any:
    """Six significant digits are more than any of these numbers deserves."""
    if isinstance(value, dict):
        return {key: rounded(v, digits) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v, digits) for v in value]
    if isinstance(value, np.ndarray):
        return rounded(value.tolist(), digits)
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def one_thread() -> contextlib.AbstractContextManager[Any]:
    """Hold BLAS to one thread, where threadpoolctl is installed: more of them add up in another order."""
    try:
        from threadpoolctl import threadpool_limits
    except ModuleNotFoundError:
        return contextlib.nullcontext()
    return threadpool_limits(1)


def arithmetic() -> dict[str, Any]:
    """What the last digits depend on: kernels of OpenBLAS (None if unknown) and NumPy, and nnlib's core."""
    try:
        from threadpoolctl import threadpool_info
    except ModuleNotFoundError:
        kernels = []
    else:
        kernels = sorted({i["architecture"] for i in threadpool_info() if i["internal_api"] == "openblas"})
    config = np.show_config(mode="dicts")
    simd = config["SIMD Extensions"]["found"]
    return {"openblas": ", ".join(kernels) or None, "simd": simd, "core": CORE}


def environment(wanted: Mapping[str, Any]) -> dict[str, str]:
    """Make the variables with which a new process adds up in the wanted way, if this machine can."""
    beyond = [name for name in arithmetic()["simd"] if name not in wanted["simd"]]
    return {"OPENBLAS_CORETYPE": wanted["openblas"] or "", "NPY_DISABLE_CPU_FEATURES": " ".join(beyond)}


def write(name: str, experiment: Experiment) -> None:
    """Run once per seed and write everything down, whole or not at all."""
    runs = []
    for seed in experiment.seeds:
        start = time.perf_counter()
        result = measured(experiment, seed)
        seconds = time.perf_counter() - start
        runs.append({"seed": seed, "seconds": round(seconds, 1), **result})
        print(f"{name}: seed {seed} done in {seconds:.1f} s", file=sys.stderr, flush=True)
    document = {
        "settings": experiment.settings,
        "nnlib": nn.__version__,
        "numpy": np.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "arithmetic": arithmetic(),
        "runs": runs,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    with nn.storage.whole(RESULTS / f"{name}.json") as file:
        file.write(json.dumps(document, separators=(",", ":")).encode() + b"\n")
