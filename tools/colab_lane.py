"""Run every page as Colab would: nnlib from a wheel, Colab's versions, no repository around.

Builds nnlib's wheel, makes a fresh virtual environment in a temporary folder with the
versions that Colab has, and runs a copy of every notebook there from top to bottom. So it does
with the assignments: each notebook alone in a folder, solved, with its public checks.
The exit code is 0 if all ran, 1 if one failed, 77 if pip has no network.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import notebooks

sys.path.insert(0, str(notebooks.ROOT))
from assignments.marking import building

ROOT = notebooks.ROOT
SKIPPED = 77
VERSIONS = (
    "numpy==2.1.3",
    "matplotlib==3.10.0",
    "ipywidgets==7.7.1",
    "ipython==7.34.0",
    "ipykernel==6.17.1",
    "scikit-learn==1.6.1",
    "pooch",
    "tqdm",
    "nbclient",
    "nbformat",
)
SHIPPED = ("nnlib", "book/listings", "pyproject.toml", "README.md", "LICENSE")

# Otter tells by the name of the shell's class that it is in Colab.
COLAB = """
shell = get_ipython()
shell.__class__ = type("Shell", (type(shell),), {"__module__": "google.colab._shell"})
from otter.check.utils import IPythonInterpreter
assert IPythonInterpreter.COLAB.value.running()
"""

RUN = """
import sys
import warnings

import nbformat
from nbclient import NotebookClient

warnings.simplefilter("ignore")
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=300, kernel_name="python3", record_timing=False).execute()
"""


def main() -> int:
    """Build, install, run; the exit code says how it went."""
    with tempfile.TemporaryDirectory(prefix="colab-") as name:
        folder = Path(name)
        environ = _environ(folder)
        subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True, env=environ)
        python = str(folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
        pip = [python, "-m", "pip", "--disable-pip-version-check"]
        reach = [*pip, "download", "-qq", "--no-deps", "--no-cache-dir", "-d", str(folder / "try"), "pooch"]
        if subprocess.run(reach, cwd=folder, env=environ, check=False).returncode:
            print("skipped: pages under Colab's versions, because pip has no network")
            return SKIPPED
        wheel = _wheel(folder, pip, environ)
        subprocess.run([*pip, "install", "-qq", *VERSIONS], cwd=folder, env=environ, check=True)
        subprocess.run(
            [*pip, "install", "-qq", f"nnlib[book] @ {wheel.as_uri()}"], cwd=folder, env=environ, check=True
        )
        failed = _run(folder, python, environ)
        subprocess.run([*pip, "install", "-qq", building.OTTER], cwd=folder, env=environ, check=True)
        return _assignments(folder, python, environ) or failed


def _environ(folder: Path) -> dict[str, str]:
    """Nothing of this repository or this environment, but the data if it is at hand."""
    environ = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    environ.update(notebooks.QUIET, PYTHONNOUSERSITE="1", JUPYTER_PREFER_ENV_PATH="1")
    del environ["NNLIB_DEMOS"]  # live, with the ipywidgets that Colab has
    environ["IPYTHONDIR"] = str(folder / "ipython")
    if data := environ.get("NNLIB_DATA"):
        environ["NNLIB_DATA"] = str(Path(data).expanduser().resolve())
    return environ


def _wheel(folder: Path, pip: list[str], environ: dict[str, str]) -> Path:
    source = folder / "source"
    source.mkdir()
    for name in SHIPPED:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(path, source / name)
    build = [*pip, "wheel", "-qq", "--no-deps", "-w", str(folder / "wheel"), str(source)]
    subprocess.run(build, cwd=folder, env=environ, check=True)
    shutil.rmtree(source)
    return next((folder / "wheel").glob("nnlib-*.whl"))


def _run(folder: Path, python: str, environ: dict[str, str]) -> int:
    ready, lacking = notebooks.runnable(notebooks.pages())
    script, content = folder / "run.py", folder / "content"
    script.write_text(RUN, encoding="utf-8")
    content.mkdir()
    failed = 0
    for path, lack in lacking.items():
        print(f"skipped: {path.name} needs {', '.join(lack)}", flush=True)
    for path in ready:
        shutil.copy2(path, content / path.name)
        command = [python, str(script), path.name]
        done = subprocess.run(command, cwd=content, env=environ, capture_output=True, text=True, check=False)
        failed += done.returncode != 0
        print(f"{path.name}: {'FAILED' if done.returncode else 'passed'}", flush=True)
        if done.returncode:
            print(done.stderr[-4000:], flush=True)
    print(f"{len(ready) - failed} passed, {failed} failed, {len(lacking)} skipped")
    return bool(failed)


def _assignments(folder: Path, python: str, environ: dict[str, str]) -> int:
    """Do each assignment as a student in Colab would: set-up, right answers, every check."""
    failed = skipped = 0
    for name in building.names():
        assignment = building.read(name)
        if (data := assignment.settings.get("data")) and not notebooks.at_hand(data):
            print(f"skipped: {name} needs {data}", flush=True)
            skipped += 1
            continue
        notebook = building.build(assignment).solution
        notebook.cells[0:0] = [nbformat.v4.new_code_cell(COLAB)]
        for cell in notebook.cells:
            if cell.cell_type == "code" and cell.source.startswith("grader.check"):
                cell.source = f"result = {cell.source}\nassert result.passed_all, result"
        place = folder / name
        place.mkdir()
        nbformat.write(notebook, place / f"{name}.ipynb")
        command = [python, str(folder / "run.py"), f"{name}.ipynb"]
        done = subprocess.run(command, cwd=place, env=environ, capture_output=True, text=True, check=False)
        failed += done.returncode != 0
        print(f"{name}: {'FAILED' if done.returncode else 'passed'}", flush=True)
        if done.returncode:
            print(done.stderr[-4000:], flush=True)
    print(f"{len(building.names()) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
