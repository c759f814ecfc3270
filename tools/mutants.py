"""Change the core of nnlib line by line and see whether its tests notice: mutation testing.

    python tools/mutants.py                  every mutant, a quarter of an hour on two cores
    python tools/mutants.py losses data      those of two modules

mutmut makes the mutants, in a copy of the library with the unit tests of its core. A mutant that no
test fails is a gap in the tests, or means the same as the original: then it stands in
`tests/equivalent_mutants.yml` with the reason. The rest may be one in twenty; they are printed.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
EQUIVALENT = ROOT / "tests" / "equivalent_mutants.yml"
MODULES = (
    "_check", "perceptron", "activations", "network", "losses", "backpropagation", "optimizers",
    "regularizers", "data", "storage", "training",
)  # fmt: skip
TESTS = (*MODULES[1:], "mathematics", "viz")
BESIDE = ("conftest.py", "reference.py", "trajectories.json")
STACK = "points_to_who_called_it"  # of tests that count calls, to which mutmut adds its own
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # others would not outlive a fork
LEAST = 0.95
SURVIVED, NOBODY_ASKED = 0, 33  # exit codes of mutmut


@dataclass(frozen=True)
class Change:
    """What a mutant changes: the module, the lines before and after."""

    module: str
    was: str
    becomes: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the mutants, run them, sum up; the exit code is 1 if too many live."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "modules", nargs="*", choices=[*MODULES, []], help="of the core; all if none is named"
    )
    modules = parser.parse_args(arguments).modules or MODULES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, modules)
        environ = {**os.environ, **ONE_THREAD}
        mutmut = str(Path(sys.executable).parent / "mutmut")
        ran = subprocess.run([mutmut, "run"], cwd=folder, env=environ, check=False)
        codes = exit_codes(folder)
        if ran.returncode or not codes or None in codes.values():
            print("mutmut did not come to its end", file=sys.stderr)
            return 1
        living = [mutant for mutant, code in codes.items() if code in (SURVIVED, NOBODY_ASKED)]
        changes = [change(folder, mutant) for mutant in living]
    return verdict(changes, len(codes), listed())


def prepare(folder: Path, modules: Sequence[str]) -> None:
    """Copy the library and the unit tests of its core, and tell mutmut what to change."""
    shutil.copytree(ROOT / "nnlib", folder / "nnlib", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "tests").mkdir()
    for file in (*BESIDE, *(f"test_{name}.py" for name in TESTS)):
        shutil.copy(ROOT / "tests" / file, folder / "tests")
    changed = ", ".join(f'"nnlib/{module}.py"' for module in modules)
    (folder / "pyproject.toml").write_text(
        f"""[tool.mutmut]
source_paths = ["nnlib"]
only_mutate = [{changed}]
pytest_add_cli_args = ["-p", "no:cacheprovider", "-q", "-m", "not slow and not long", "-k", "not {STACK}"]
pytest_add_cli_args_test_selection = ["tests"]
use_git_change_detection = false
track_dependencies = false

[tool.pytest.ini_options]
addopts = "--import-mode=importlib"
filterwarnings = ["error"]
pythonpath = [".", "tests"]
markers = ["slow", "long"]
""",
        encoding="utf-8",
    )


def exit_codes(folder: Path) -> dict[str, int | None]:
    """What became of each mutant, by its name."""
    found: dict[str, int | None] = {}
    for path in sorted((folder / "mutants").rglob("*.py.meta")):
        found |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def change(folder: Path, mutant: str) -> Change:
    """Read off what a mutant changes."""
    mutmut = str(Path(sys.executable).parent / "mutmut")
    shown = subprocess.run([mutmut, "show", mutant], cwd=folder, capture_output=True, text=True, check=True)
    lines = [line for line in shown.stdout.splitlines() if not line.startswith(("---", "+++"))]
    was, becomes = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return Change(mutant.split(".")[1], was, becomes)


def listed() -> dict[Change, str]:
    """The mutants that are known to mean the same, each with the reason."""
    entries = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or []
    return {Change(e["module"], e["was"], e["becomes"]): e["why"] for e in entries}


def verdict(living: Sequence[Change], count: int, known: dict[Change, str]) -> int:
    """Print who lives without a reason; return 1 if they are more than one in twenty."""
    same = [mutant for mutant in living if mutant in known]
    gaps = [mutant for mutant in living if mutant not in known]
    for gap in gaps:
        print(f"\n{gap.module}\n  - {gap.was}\n  + {gap.becomes}")
    killed, counted = count - len(living), count - len(same)
    print(f"\n{killed} of {counted} mutants were noticed ({killed / counted:.1%}); {len(same)} mean the same")
    return int(killed < LEAST * counted)


if __name__ == "__main__":
    sys.exit(main())
