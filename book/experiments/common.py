"""What every experiment shares: five seeds, the settings, and a JSON file for the pages to read.

Each script measures something that takes longer than a page may wait, and writes
`nnlib/results/<name>.json`. `make experiments` runs them all.
"""

import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import nnlib as nn

SEEDS = range(5)
RESULTS = Path(nn.__file__).parent / "results"


@dataclass(frozen=True)
class Experiment:
    """What one results file holds: its settings, and a function from seed to measurements."""

    settings: Mapping[str, Any]
    run: Callable[[int], dict[str, Any]]
    seeds: Sequence[int] = SEEDS


def main(experiments: Mapping[str, Experiment]) -> None:
    """Run every experiment of a script with all its seeds and write the results down."""
    for name, experiment in experiments.items():
        write(name, dict(experiment.settings), experiment.run, experiment.seeds)


def rounded(value: Any) -> Any:
    """Six significant digits are more than any of these numbers deserves."""
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(v) for v in value]
    if isinstance(value, np.ndarray):
        return rounded(value.tolist())
    return float(f"{value:.6g}") if isinstance(value, float) else value


def write(name: str, settings: dict[str, Any], run: Callable[[int], dict[str, Any]], seeds=SEEDS) -> None:
    """Run once per seed and write everything down, whole or not at all."""
    runs = []
    for seed in seeds:
        start = time.perf_counter()
        result = run(seed)
        seconds = time.perf_counter() - start
        runs.append({"seed": seed, "seconds": round(seconds, 1), **rounded(result)})
        print(f"{name}: seed {seed} done in {seconds:.1f} s", file=sys.stderr, flush=True)
    document = {
        "settings": settings,
        "nnlib": nn.__version__,
        "numpy": np.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "runs": runs,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=RESULTS, suffix=".part", delete=False) as file:
        json.dump(document, file, separators=(",", ":"))
        file.write("\n")
    Path(file.name).chmod(0o644)
    Path(file.name).replace(RESULTS / f"{name}.json")
