"""Run every script of a folder, one after the other: `python tools/run_scripts.py book/experiments`.

`common.py` and names that begin with an underscore are not scripts. All run, whatever
happens to one; the exit code is 1 if one failed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def scripts(folder: Path) -> list[Path]:
    """List the scripts of a folder, in alphabetical order."""
    return [p for p in sorted(folder.glob("*.py")) if p.name != "common.py" and not p.name.startswith("_")]


def main() -> int:
    """Run them; the exit code is 1 if one failed."""
    parser = argparse.ArgumentParser(description="Run every script of a folder.")
    parser.add_argument("folder", type=Path)
    found = scripts(ROOT / parser.parse_args().folder)
    failed = []
    for path in found:
        print(f"--- {path.relative_to(ROOT)}", flush=True)
        start = time.perf_counter()
        if subprocess.run([sys.executable, str(path)], cwd=ROOT, check=False).returncode:
            failed.append(path.name)
        print(f"{time.perf_counter() - start:.0f} s", flush=True)
    print(
        f"{len(found) - len(failed)} scripts ran" + (f", these failed: {', '.join(failed)}" if failed else "")
    )
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
