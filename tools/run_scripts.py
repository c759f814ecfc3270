"""Run every script of a folder, one after the other: `python tools/run_scripts.py book/experiments`.

With `--at-once 2` two run at a time, each with one BLAS thread, and what a script says is printed
whole when it ends; those named by `--alone` wait until they have the machine to themselves.
`common.py` and names that begin with an underscore are not scripts. All run, whatever
happens to one; the exit code is 1 if one failed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

ROOT = Path(__file__).resolve().parent.parent
ONE_THREAD = {f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "MKL", "OMP")}


def scripts(folder: Path) -> list[Path]:
    """List the scripts of a folder, in alphabetical order."""
    return [p for p in sorted(folder.glob("*.py")) if p.name != "common.py" and not p.name.startswith("_")]


def run(path: Path) -> bool:
    """Run a script and let it speak for itself; tell whether it succeeded."""
    print(f"--- {name(path)}", flush=True)
    start = time.perf_counter()
    done = subprocess.run([sys.executable, str(path)], cwd=ROOT, check=False)
    print(f"{time.perf_counter() - start:.0f} s", flush=True)
    return done.returncode == 0


def run_together(paths: Sequence[Path], at_once: int) -> list[bool]:
    """Run several at a time, one BLAS thread each; print what each said when it has ended."""
    lock = Lock()

    def quietly(path: Path) -> bool:
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, str(path)],
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        with lock:
            print(f"--- {name(path)}\n{done.stdout}{time.perf_counter() - start:.0f} s", flush=True)
        return done.returncode == 0

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(quietly, paths))


def name(path: Path) -> Path:
    """Give the path of a script as seen from the top of the repository."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run them; the exit code is 1 if one failed."""
    parser = argparse.ArgumentParser(description="Run every script of a folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--at-once", type=int, default=1, metavar="N", help="run N scripts at a time")
    parser.add_argument("--alone", nargs="*", default=[], metavar="NAME", help="run these by themselves")
    given = parser.parse_args(arguments)
    found = scripts(ROOT / given.folder)
    if unknown := set(given.alone) - {path.name for path in found}:
        parser.error(f"there is no script called {', '.join(sorted(unknown))} in {given.folder}")
    together = [path for path in found if given.at_once > 1 and path.name not in given.alone]
    alone = [path for path in found if path not in together]
    went_well = run_together(together, given.at_once) + [run(path) for path in alone]
    failed = [path.name for path, well in zip(together + alone, went_well, strict=True) if not well]
    print(
        f"{len(found) - len(failed)} scripts ran" + (f", these failed: {', '.join(failed)}" if failed else "")
    )
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
