"""What the lanes of Colab and of Binder share: the notebooks they run, and where they run them."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
import notebooks

from nnbook import pages

sys.path.insert(0, str(notebooks.ROOT))
from assignments.marking import building

SKIPPED = 77
PACKAGE = re.compile(r"nnlib\[book\] @ [^\"]+")


def arguments(about: str | None, given: Sequence[str] | None) -> int | None:
    """How many notebooks the command line asks for; None for all."""
    parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
    parser.add_argument("--some", type=int, metavar="N", help="no more than N notebooks, from all over")
    some: int | None = parser.parse_args(given).some
    if some is not None and some < 1:
        parser.error(f"--some needs a number from 1 on, not {some}")
    return some


def cases(some: int | None = None) -> Iterator[tuple[str, Any]]:
    """Yield the run edition of every page, then every assignment done right, with its place here.

    What lacks data or a package on this machine is named and left out. A notebook of `cases` has
    no outputs; that of an assignment stops at a check that does not pass.
    """
    ready, lacking = notebooks.runnable(pages.notebooks(notebooks.BOOK))
    for path, lack in lacking.items():
        print(f"skipped: {path.name} needs {', '.join(lack)}", flush=True)
    names = [f"{pages.RUN}/{path.name}" for path in ready]
    for name in building.names():
        if (data := building.read(name).settings.get("data")) and not notebooks.at_hand(data):
            print(f"skipped: {name} needs {data}", flush=True)
        else:
            names.append(f"assignments/{name}/student/{name}.ipynb")
    for name in spread(names, some):
        path = Path(name)
        page = path.parts[0] == "book"
        yield name, _emptied(notebooks.read(notebooks.ROOT / name)) if page else _solved(path.stem)


def spread(names: Sequence[str], some: int | None) -> list[str]:
    """Choose that many of the names, the first, the last and what lies evenly between."""
    if some is None or some >= len(names):
        return list(names)
    return [names[round(place * (len(names) - 1) / max(1, some - 1))] for place in range(some)]


def _emptied(notebook: Any) -> Any:
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _solved(name: str) -> Any:
    notebook = building.build(building.read(name)).solution
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.startswith("grader.check"):
            cell.source = f"result = {cell.source}\nassert result.passed_all, result"
    return _emptied(notebook)


def install_from(notebook: Any, package: str) -> None:
    """Let the set-up cell install nnlib from there, not from the repository's address."""
    found = [cell for cell in notebook.cells if cell.cell_type == "code" and PACKAGE.search(cell.source)]
    if len(found) != 1:
        raise ValueError(f"a notebook has one cell that installs nnlib, and this one has {len(found)}")
    found[0].source = PACKAGE.sub(f"nnlib[book] @ {package}", found[0].source)


def environ(folder: Path) -> dict[str, str]:
    """Nothing of this repository or this environment, but the data if they are at hand; demos live."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    kept |= {**pages.QUIET, "PYTHONNOUSERSITE": "1", "JUPYTER_PREFER_ENV_PATH": "1"}
    kept["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    del kept["NNLIB_DEMOS"]
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        kept[name] = str(folder / "settings" / name)
    if data := kept.get("NNLIB_DATA"):
        kept["NNLIB_DATA"] = str(Path(data).expanduser().resolve())
    return kept


def network(python: str, folder: Path) -> bool:
    """Whether pip can fetch anything."""
    command = [
        python,
        "-m",
        "pip",
        "download",
        "-qq",
        "--no-deps",
        "--no-cache-dir",
        "-d",
        str(folder),
        "pooch",
    ]
    return subprocess.run(command, env=environ(folder), check=False).returncode == 0


def report(runs: Iterable[tuple[str, subprocess.CompletedProcess[str]]]) -> int:
    """Say what became of each run; the exit code is 1 if one failed or none was made."""
    passed = failed = 0
    start = time.perf_counter()
    for name, done in runs:
        wrong = done.returncode != 0
        passed, failed = passed + (not wrong), failed + wrong
        end = time.perf_counter()
        print(f"{name}: {'FAILED' if wrong else 'passed'} after {end - start:.0f} s", flush=True)
        start = end
        if wrong:
            print((done.stdout + done.stderr)[-4000:], flush=True)
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0 or not passed)


def write(notebook: Any, path: Path) -> None:
    """Write a notebook into a folder that may not be there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
