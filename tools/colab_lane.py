"""Run every page and every solved assignment as Colab would.

    python tools/colab_lane.py            all of them
    python tools/colab_lane.py --some 3   that many

Builds nnlib's wheel and makes a fresh virtual environment with the versions that Colab has
(`tests/colab.txt`), without nnlib. Each notebook lies alone in an empty folder. Its set-up cell,
which has the wheel's address in place of the repository's, must install nnlib and change nothing
that Colab has; all its cells must run; and every control of its demos, live with Colab's
ipywidgets, must change what is shown. An assignment, which has no demo, may change ipywidgets, for
Otter Grader asks for version 8. The exit code is 0 if all did, 1 if one did not, 77 if pip
has no network.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import lanes
import nbformat
from notebooks import ROOT

VERSIONS = ROOT / "tests" / "colab.txt"
BESIDE = ("pooch", "tqdm", "nbclient", "nbformat")  # what Colab has in versions that do not matter
SHIPPED = ("nnlib", "book/nnbook", "book/data", "book/listings", "pyproject.toml", "README.md", "LICENSE")

# Otter tells by the name of the shell's class that it is in Colab.
COLAB = """
shell = get_ipython()
shell.__class__ = type("Shell", (type(shell),), {"__module__": "google.colab._shell"})
"""

# Run in the kernel after everything else; the number of demos is put in.
DRIVE = """
import ipywidgets

live = [
    box for box in list(ipywidgets.Widget.widgets.values())
    if isinstance(box, ipywidgets.VBox) and len(box.children) > 1
    and "nn-live" in getattr(box.children[1], "value", "")
]
assert len(live) == EXPECTED, f"{len(live)} live demos, not EXPECTED"
assert not live or ipywidgets.__version__.startswith("7."), ipywidgets.__version__
for box in live:
    shown = box.children[1]
    rows = [part for row in box.children[2:] for part in getattr(row, "children", (row,))]
    controls = [part for part in rows if hasattr(part, "options") or isinstance(part, ipywidgets.Checkbox)]
    assert controls, box.children[0].value
    for control in controls:
        before, start, seen = shown.value, control.value, set()
        values = [value for _, value in getattr(control, "options", ((0, False), (0, True)))]
        for value in values[:3] + values[-2:]:
            control.value = value
            assert "nn-live" in shown.value, shown.value
            seen.add(shown.value)
        assert len(seen) > 1, f"{control.description} changes nothing in {box.children[0].value}"
        control.value = start
        assert shown.value == before, f"{control.description} does not come back"
"""

# Run by the Python of the lane's environment.
RUN = """
import sys
import warnings

import nbformat
from nbclient import NotebookClient

warnings.simplefilter("ignore")
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=300, kernel_name="python3", record_timing=False).execute()
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, install, run; the exit code says how it went."""
    some = lanes.arguments(__doc__, arguments)
    with tempfile.TemporaryDirectory(prefix="colab-") as name:
        folder = Path(name)
        environ = lanes.environ(folder)
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True, env=environ)
        python = str(folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
        if not lanes.network(python, folder / "try"):
            print("skipped: notebooks under Colab's versions, because pip has no network")
            return lanes.SKIPPED
        pip = [python, "-m", "pip"]
        wheel = build(folder, pip, environ)
        subprocess.run([*pip, "install", "-qq", "-r", str(VERSIONS), *BESIDE], env=environ, check=True)
        return lanes.report(_runs(folder, python, wheel.as_uri(), environ, some))


def build(folder: Path, pip: Sequence[str], environ: dict[str, str]) -> Path:
    """Build nnlib's wheel from nothing but what belongs into it."""
    source = folder / "source"
    source.mkdir()
    for name in SHIPPED:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(path, source / name)
    command = [*pip, "wheel", "-qq", "--no-deps", "-w", str(folder / "wheel"), str(source)]
    subprocess.run(command, cwd=folder, env=environ, check=True)
    shutil.rmtree(source)
    return next((folder / "wheel").glob("nnlib-*.whl"))


def _runs(
    folder: Path, python: str, wheel: str, environ: dict[str, str], some: int | None
) -> Iterator[tuple[str, subprocess.CompletedProcess[str]]]:
    script, pip = folder / "run.py", [python, "-m", "pip"]
    script.write_text(RUN, encoding="utf-8")
    for name, notebook in lanes.cases(some):
        path = folder / "content" / Path(name).stem / Path(name).name
        lanes.install_from(notebook, wheel)
        _as_in_colab(notebook)
        lanes.write(notebook, path)
        subprocess.run([*pip, "uninstall", "-qq", "-y", "nnlib", "otter-grader"], env=environ, check=True)
        subprocess.run([*pip, "install", "-qq", "-r", str(VERSIONS)], env=environ, check=True)
        command = [python, str(script), path.name]
        done = subprocess.run(
            command, cwd=path.parent, env=environ, capture_output=True, text=True, check=False
        )
        changed = [
            line for line in _changed(pip, environ) if name.startswith("book/") or "ipywidgets" not in line
        ]
        if not done.returncode and changed:
            done.returncode, done.stderr = 1, f"the set-up cell changed what Colab has: {changed}"
        yield name, done


def _as_in_colab(notebook: Any) -> None:
    """Let the notebook believe so, and drive its demos at its end."""
    demos = sum(len(re.findall(r"(?m)^Demo\(", c.source)) for c in notebook.cells if c.cell_type == "code")
    cells = nbformat.v4.new_code_cell(COLAB), nbformat.v4.new_code_cell(DRIVE.replace("EXPECTED", str(demos)))
    notebook.cells = [cells[0], *notebook.cells, cells[1]]


def _changed(pip: Sequence[str], environ: dict[str, str]) -> list[str]:
    found = subprocess.run(
        [*pip, "freeze"], env=environ, capture_output=True, text=True, check=True
    ).stdout.split()
    wanted = [line.strip() for line in VERSIONS.read_text(encoding="utf-8").splitlines()]
    return [line for line in wanted if line and not line.startswith("#") and line not in found]


if __name__ == "__main__":
    sys.exit(main())
