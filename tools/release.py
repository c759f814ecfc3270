"""Make a release of the version that the repository is at.

    python tools/release.py            say what is missing for it
    python tools/release.py dist       also write the wheel and notes.md into the folder dist

A version is released once: `nnlib.__version__`, CITATION.cff, the heading of CHANGELOG.md with
the day, and the set-up cells of the assignments must name it. Then tag the commit `v` + version
and push the tag; the workflow `release` runs this, tests, and publishes what it wrote.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent


def version(root: Path) -> str:
    """The version in nnlib/__init__.py."""
    found = re.search(r'__version__ = "(.+)"', (root / "nnlib" / "__init__.py").read_text(encoding="utf-8"))
    if not found:
        raise ValueError('nnlib/__init__.py does not say `__version__ = "…"`')
    return found[1]


def notes(changelog: str, wanted: str) -> tuple[str, str]:
    """What the changelog says of a version, and the day or word in its heading.

    Raises
    ------
    ValueError
        If it has no section for that version.
    """
    found = re.search(rf"(?ms)^## {re.escape(wanted)} \((.+?)\)\n(.*?)(?=^## |\Z)", changelog)
    if not found:
        raise ValueError(f"CHANGELOG.md has no section `## {wanted} (year-month-day)`")
    return found[2].strip(), found[1]


def missing(root: Path, tag: str | None = None) -> list[str]:
    """Name what is to be done before this version can be released."""
    wanted = version(root)
    faults = []
    if tag is not None and tag != f"v{wanted}":
        faults.append(f"the tag is {tag}, and nnlib.__version__ asks for v{wanted}")
    cited = yaml.safe_load((root / "CITATION.cff").read_text(encoding="utf-8"))["version"]
    if cited != wanted:
        faults.append(f"CITATION.cff is of version {cited}, not {wanted}")
    try:
        said, day = notes((root / "CHANGELOG.md").read_text(encoding="utf-8"), wanted)
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
            faults.append(f"CHANGELOG.md says ({day}) after {wanted}, not the day of the release")
        if not said:
            faults.append(f"CHANGELOG.md says nothing of {wanted}")
    except ValueError as fault:
        faults.append(str(fault))
    for path in sorted((root / "assignments").glob("a*/student/*.ipynb")):
        if f"@v{wanted}" not in path.read_text(encoding="utf-8"):
            faults.append(f"{path.name} installs another version: run `python -m assignments build`")
    return faults


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Check, and write if a folder is named; the exit code is 1 if something is missing."""
    parser = argparse.ArgumentParser(description="Make a release of the version the repository is at.")
    parser.add_argument("folder", nargs="?", type=Path, help="where the wheel and notes.md go")
    parser.add_argument("--tag", help="the tag that is being released; it must be that of the version")
    options = parser.parse_args(arguments)
    faults = missing(root, options.tag)
    for fault in faults:
        print(fault)
    if faults:
        return 1
    if options.folder:
        import colab_lane
        import lanes

        options.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as name:
            wheel = colab_lane.build(Path(name), [sys.executable, "-m", "pip"], lanes.environ(Path(name)))
            shutil.move(wheel, options.folder / wheel.name)
        said, _ = notes((root / "CHANGELOG.md").read_text(encoding="utf-8"), version(root))
        (options.folder / "notes.md").write_text(said + "\n", encoding="utf-8")
    print(f"version {version(root)} is ready")
    return 0


if __name__ == "__main__":
    sys.exit(main())
