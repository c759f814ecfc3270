"""The stored results are what the scripts measure: settings, seeds, and one run of each again.

Where the processor adds up as the one did that wrote a file, the numbers must return. Elsewhere
roundings differ and training amplifies them: there the last number of every series must lie among
those of the stored seeds, give or take what the experiment allows.
"""

import importlib.util
import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnlib as nn
from nnbook.results import record, results

FOLDER = Path(__file__).parents[1] / "book" / "experiments"
SCRIPTS = [
    p.stem for p in sorted(FOLDER.glob("*.py")) if p.name != "common.py" and not p.name.startswith("_")
]
STORED = sorted(p.stem for p in FOLDER.parent.glob("nnbook/results/*.json") if p.stem != "speed")
BEARABLE = 20  # seconds: what is preferred to longer runs, which are left to `make test-all`


def load(name):
    """Import a script; `common` is found beside it."""
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location(f"experiments_{name}", FOLDER / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        common = sys.modules["common"]
    finally:
        sys.path.remove(str(FOLDER))
    return module, common


LOADED = {name: load(name) for name in SCRIPTS}
COMMON = next(iter(LOADED.values()))[1]
EXPERIMENTS = {
    document: experiment
    for module, _ in LOADED.values()
    for document, experiment in module.EXPERIMENTS.items()
}


def test_what_a_caller_changes_the_next_one_does_not_get():
    results("mnist_100", "test accuracy")[0].append(99.0)
    assert 99.0 not in results("mnist_100", "test accuracy")[0]


def sampled(script):
    """A document of a script and one of its runs: others with every version, the same ones in between."""
    draw = random.Random(f"{nn.__version__} {script}")
    documents = sorted(set(LOADED[script][0].EXPERIMENTS) & set(STORED))
    runs = [(name, run) for name in documents for run in record(name)["runs"]]
    bearable = [(name, run) for name, run in runs if run["seconds"] <= BEARABLE]
    quickest = sorted(runs, key=lambda run: run[1]["seconds"])[:3]
    return draw.choice(bearable or quickest) if runs else (None, {"seconds": 0, "seed": None})


def leaves(value, path=(), last=False):
    """List the numbers of a document by their place; with `last` only the last entry of every list."""
    if isinstance(value, dict):
        return {k: v for key, part in value.items() for k, v in leaves(part, (*path, key), last).items()}
    if isinstance(value, list):
        chosen = [(-1, value[-1])] if last and value else enumerate(value)
        return {k: v for place, part in chosen for k, v in leaves(part, (*path, place), last).items()}
    return {path: value}


def shape(value):
    """What a document looks like without its numbers."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shape(part) for part in value]
    return type(value)


def run_again(script, document, stored):
    """Measure one run in a process of its own, in the arithmetic of the document where it can be had.

    Returns what was found, and whether the numbers must be the stored ones.
    """
    wanted = document["arithmetic"]
    env = os.environ | COMMON.environment(wanted)
    command = [sys.executable, f"{FOLDER / script}.py", document["name"], str(stored["seed"])]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    again = json.loads(done.stdout)
    known = wanted["openblas"] is not None
    return again["run"], known and again["arithmetic"] == wanted and document["numpy"] == np.__version__


def compare(again, stored, others, *, same, band, timing):
    """Name every place where a run measured again is not what was stored."""
    if timing or not same:
        if set(again) != set(stored):
            return [f"holds {sorted(again)}, not {sorted(stored)}"]
    elif shape(again) != shape(stored):
        return ["has another shape"]
    if timing:
        return []
    if same:
        old, new = leaves(stored), leaves(again)
        return [f"{k}: {new[k]}, not {old[k]}" for k in old if not close(new[k], old[k])]
    wrong = []
    ends = [leaves(run, last=True) for run in others]
    for place, value in leaves(again, last=True).items():
        known = [end[place] for end in ends if place in end]
        if isinstance(value, str) or value is None or not known:
            continue
        room = allowed(band, place)
        low, high = min(known) - room, max(known) + room
        if not low <= value <= high:
            wrong.append(f"{place}: {value} is not between {low:g} and {high:g}")
    return wrong


def allowed(band, place):
    """How far outside the stored seeds a value may lie: `band`, or what it says of the last name."""
    names = [part for part in place if isinstance(part, str)]
    return band.get(names[-1], 0.02) if isinstance(band, dict) else band


def close(new, old):
    """Equal to five digits, if these are numbers."""
    if isinstance(old, float) or isinstance(new, float):
        return math.isclose(new, old, rel_tol=1e-5, abs_tol=1e-12)
    return new == old


def measured(run):
    """Give a run without what is said about it."""
    return {key: value for key, value in run.items() if key not in ("seed", "seconds")}


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_says_what_it_writes_and_imports_in_a_moment(script):
    experiments = LOADED[script][0].EXPERIMENTS
    assert experiments
    assert all(isinstance(e, COMMON.Experiment) for e in experiments.values())
    ending = 'if __name__ == "__main__":\n    common.main(EXPERIMENTS)\n'
    assert (FOLDER / f"{script}.py").read_text(encoding="utf-8").endswith(ending)


def test_importing_reads_no_images():
    program = (
        f"import sys; sys.path.insert(0, {str(FOLDER)!r}); import nnlib as nn\n"
        "def refuse(*_, **__): raise AssertionError('MNIST was read')\n"
        "nn.datasets.mnist = refuse\n"
        f"for name in {SCRIPTS}: __import__(name)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_every_file_belongs_to_one_experiment():
    names = [document for module, _ in LOADED.values() for document in module.EXPERIMENTS]
    assert sorted(names) == STORED


@pytest.mark.parametrize("name", sorted(EXPERIMENTS))
def test_settings_and_seeds_are_those_of_the_script(name):
    stored, experiment = record(name), EXPERIMENTS[name]
    assert stored["settings"] == json.loads(json.dumps(experiment.settings))
    assert [run["seed"] for run in stored["runs"]] == list(experiment.seeds)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(script, marks=[pytest.mark.slow] * (sampled(script)[1]["seconds"] > BEARABLE))
        for script in SCRIPTS
    ],
)
def test_a_run_gives_again_what_is_stored(script, request):
    if "mnist" in (FOLDER / f"{script}.py").read_text(encoding="utf-8"):
        request.getfixturevalue("mnist")
    name, stored = sampled(script)
    assert name, f"nothing of {script} is stored yet"
    document, experiment = record(name), EXPERIMENTS[name]
    result, same = run_again(script, {"name": name, **document}, stored)
    wrong = compare(
        result,
        measured(stored),
        [measured(run) for run in document["runs"]],
        same=same,
        band=experiment.band,
        timing=experiment.timing,
    )
    assert not wrong, f"{name}, seed {stored['seed']}: " + "; ".join(wrong[:10])


@pytest.mark.parametrize("said", [["nosuch", "3"], ["rules_of_thumb"], ["rules_of_thumb", "three"]])
def test_a_run_that_does_not_exist_is_refused_with_the_names_of_those_that_do(said):
    command = [sys.executable, str(FOLDER / "tuning.py"), *said]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "expected one of tuning_table, rules_of_thumb, rules_of_thumb_seconds and a seed" in done.stderr


STEADY = {"accuracy": [0.5, 0.9, 0.95], "of": {"a": 3.0}, "name": "x"}
RUNS = [STEADY, {"accuracy": [0.4, 0.97], "of": {"a": 4.0}, "name": "y"}]


@pytest.mark.parametrize(
    ("again", "same", "found"),
    [
        (STEADY, True, 0),
        ({**STEADY, "accuracy": [0.5, 0.9, 0.95001]}, True, 1),
        ({**STEADY, "accuracy": [0.5, 0.9001, 0.95]}, True, 1),
        ({**STEADY, "accuracy": [0.5, 0.9]}, True, 1),
        ({**STEADY, "name": "y"}, True, 1),
        ({**STEADY, "accuracy": [0.1, 0.96]}, False, 0),
        ({**STEADY, "accuracy": [0.96, 0.92]}, False, 1),
        ({**STEADY, "of": {"a": 4.01, "b": 9.0}}, False, 0),
        ({**STEADY, "of": {"a": 4.03}}, False, 1),
        ({**STEADY, "of": {"a": float("nan")}}, False, 1),
        ({"accuracy": [0.95]}, False, 1),
    ],
)
def test_the_comparison_sees_what_changed(again, same, found):
    assert len(compare(again, STEADY, RUNS, same=same, band=0.02, timing=False)) == found


def test_of_seconds_only_the_names_are_compared():
    assert not compare({"s": [1.0]}, {"s": [9.0, 8.0]}, [], same=True, band=0.02, timing=True)
    assert compare({"t": [1.0]}, {"s": [9.0, 8.0]}, [], same=True, band=0.02, timing=True)
