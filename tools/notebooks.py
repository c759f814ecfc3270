"""The notebooks of the book: run them and store what they show, the same every time.

    python tools/notebooks.py [file ...]          run, store the outputs (default: all of book/)
    python tools/notebooks.py --tidy [file ...]   bring into normal form, run nothing
    python tools/notebooks.py --check [file ...]  exit with 1 if one is not in normal form
    python tools/notebooks.py --changed           list those that differ from the last commit

In normal form a notebook holds nothing that changes by itself: cell ids come from what the
cells say, metadata is what the book uses and no more, and outputs carry no timings, memory
addresses, progress bars, widget views or paths of the machine they were made on.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import nbformat

from nnbook import pages, run_edition
from nnlib.storage import whole

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "book"

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python"}
CELL_METADATA = ("mystnb", "nnlib", "tags")
WIDGET = "application/vnd.jupyter.widget-view+json"
CALLS = {"mnist": r"datasets\.mnist\(", "fashion-mnist": r"datasets\.fashion_mnist\("}
PATHS = ((re.escape(str(ROOT)) + r"/", ""), (r"/tmp/ipykernel_\d+/\d+\.py", "<cell>"))


def read(path: Path) -> Any:
    """Read a notebook in the current format."""
    return nbformat.read(path, as_version=4)


def needs(notebook: Any) -> list[str]:
    """Name what a notebook cannot run without.

    That is what its metadata says, ``{"nnlib": {"needs": ["mnist"]}}``, and the data sets
    that its code loads.
    """
    declared = set(notebook.metadata.get("nnlib", {}).get("needs", []))
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return sorted(declared | {name for name, call in CALLS.items() if re.search(call, code)})


def at_hand(need: str) -> bool:
    """Whether something a notebook or a test may need is on this machine."""
    if need in CALLS:
        from nnlib.datasets import available

        return available(need)
    if need in PROGRAMS:
        return any(shutil.which(name) for name in PROGRAMS[need])
    return importlib.util.find_spec(need) is not None


PROGRAMS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "bubblewrap": ("bwrap",),
    "node": ("node",),
    "actionlint": ("actionlint",),
}


def runnable(
    paths: Iterable[Path], there: Callable[[str], bool] = at_hand
) -> tuple[list[Path], dict[Path, list[str]]]:
    """Part notebooks into those that can run here and those that lack something, with what."""
    lacking = {path: [need for need in needs(read(path)) if not there(need)] for path in paths}
    return [path for path, lack in lacking.items() if not lack], {p: m for p, m in lacking.items() if m}


def changed(root: Path = ROOT) -> list[Path]:
    """List the notebooks of book/ that differ from the last commit, or all without git."""

    def git(*arguments: str) -> list[str]:
        command = ["git", "-C", str(root), *arguments, "--", "book"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.split("\0")

    try:
        names = [
            *git("diff", "--name-only", "-z", "--relative", "HEAD"),
            *git("ls-files", "--others", "--exclude-standard", "-z"),
        ]
    except (OSError, subprocess.CalledProcessError):
        return pages.notebooks(root / "book")
    return [path for path in pages.notebooks(root / "book") if path.relative_to(root).as_posix() in names]


def normalise(notebook: Any) -> Any:
    """Bring a notebook into normal form, in place, and return it."""
    nnlib = notebook.metadata.get("nnlib")
    notebook.metadata = nbformat.from_dict({"kernelspec": KERNEL, "language_info": LANGUAGE})
    if nnlib:
        notebook.metadata["nnlib"] = nnlib
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    seen: Counter[str] = Counter()
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in CELL_METADATA})
        cell.id = _identifier(cell, seen)
        if cell.cell_type == "code":
            cell.metadata |= _folded(cell.metadata.get("tags", []))
            cell.outputs = [kept for output in cell.outputs if (kept := _cleaned(output)) is not None]
    return notebook


def _folded(tags: Sequence[str]) -> dict[str, Any]:
    """Fold in a notebook what the page hides: its code in JupyterLab, checks of the prose in Colab too."""
    if "prose-check" in tags:
        return {"cellView": "form", "jupyter": {"source_hidden": True}}
    return {"jupyter": {"source_hidden": True}} if "hide-input" in tags else {}


def _identifier(cell: Any, seen: Counter[str]) -> str:
    """Derive an id from what a cell says, and from its place among cells that say the same."""
    if "setup" in cell.metadata.get("tags", []):
        return "setup"
    said = f"{cell.cell_type}\n{cell.source}"
    seen[said] += 1
    return hashlib.sha256(f"{seen[said]}\n{said}".encode()).hexdigest()[:8]


def _cleaned(output: Any) -> Any:
    """Return an output without what changes from run to run; None if nothing is left."""
    if output.output_type == "stream":
        if output.name == "stderr" and ("\r" in output.text or re.search(r"\d+%\|", output.text)):
            return None
        output.text = _steady(output.text)
        return output
    if output.output_type == "error":
        output.traceback = [_steady(line) for line in output.traceback]
        output.evalue = _steady(output.evalue)
        return output
    if output.data.pop(WIDGET, None) is not None and set(output.data) <= {"text/plain"}:
        return None
    for kind, content in output.data.items():
        if isinstance(content, str) and kind in ("text/plain", "text/html", "text/markdown"):
            output.data[kind] = _steady(content)
    output.metadata.pop(WIDGET, None)
    output.metadata.pop("image/png", None)  # its size, which the page decides
    return output


def _steady(text: str) -> str:
    text = re.sub(r"\bat 0x[0-9a-fA-F]+", "at 0x...", text)
    for pattern, replacement in PATHS:
        text = re.sub(pattern, replacement, text)
    return text


def execute(notebook: Any, folder: Path, *, timeout: int = 300) -> Any:
    """Run every cell in a fresh kernel, in place, with `folder` as the working directory."""
    from nbclient import NotebookClient

    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # no warning of what every kernel does
        coalesce_streams=True,  # how output is cut into messages is a matter of chance
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env={**os.environ, **pages.QUIET})
    return notebook


def text(notebook: Any) -> str:
    """Render a notebook as the bytes of its file."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def write(path: Path, content: str) -> bool:
    """Write a text file whole or not at all, and only when it changes; says whether it did."""
    if path.exists() and path.read_bytes() == content.encode():
        return False
    path.parent.mkdir(exist_ok=True)
    with whole(path) as file:
        file.write(content.encode())
    return True


def files(path: Path, notebook: Any, root: Path = ROOT) -> dict[Path, str]:
    """What to write for a notebook in normal form: itself, and for a page its run edition."""
    written = {path: text(notebook)}
    if path.parent == root / "book":
        made = run_edition.edition(notebook, path.stem, run_edition.book(root))
        written[root / pages.RUN / path.name] = text(made)
    return written


def store(path: Path, notebook: Any) -> bool:
    """Write a notebook in normal form, and its run edition; says whether a file changed."""
    changed = [write(place, content) for place, content in files(path, notebook).items()]
    return any(changed)


def refresh(path: Path) -> bool:
    """Run a notebook and store its outputs; says whether a file changed."""
    notebook = execute(normalise(read(path)), path.parent)
    return store(path, normalise(notebook))


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; the exit code is 0 if all went well."""
    parser = argparse.ArgumentParser(description="Refresh the stored outputs of the book's notebooks.")
    parser.add_argument("files", nargs="*", type=Path)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--tidy", action="store_true", help="bring into normal form, run nothing")
    what.add_argument("--check", action="store_true", help="exit with 1 if one is not in normal form")
    what.add_argument("--changed", action="store_true", help="list those that differ from the last commit")
    options = parser.parse_args(arguments)
    if options.changed:
        print(*[path.relative_to(ROOT).as_posix() for path in changed()], sep="\n")
        return 0
    paths: list[Path] = [path.resolve() for path in options.files] or pages.notebooks(BOOK)
    if options.check:
        untidy = [p for p in paths if p.read_text(encoding="utf-8") != text(normalise(read(p)))]
        for path in untidy:
            print(f"{path.name}: not in normal form; run `python tools/notebooks.py --tidy`")
        return bool(untidy)
    if options.tidy:
        try:
            for path in paths:
                if store(path, normalise(read(path))):
                    print(f"{path.name}: tidied")
        except run_edition.Unknown as error:
            print(error, file=sys.stderr)
            return 1
        return 0
    ready, lacking = runnable(paths)
    for path, lack in lacking.items():
        print(f"{path.name}: left as it is, for want of {', '.join(lack)}")
    failed = []
    for path in ready:
        try:
            print(f"{path.name}: {'changed' if refresh(path) else 'as it was'}", flush=True)
        except Exception as error:
            failed.append(path)
            print(f"{path.name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
