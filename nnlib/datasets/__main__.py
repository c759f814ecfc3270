"""Fetch data sets before they are needed: `python -m nnlib.datasets [name ...] [--to FOLDER]`.

Without a name, all of them. Files go to the user's cache, or to FOLDER, which NNLIB_DATA
can then point to; a file that is there already is verified, and replaced if it is damaged.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from nnlib.datasets._sources import SOURCES
from nnlib.datasets.download import DataUnavailable, fetch, find_source


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch and verify; the exit code is 0 if everything is at hand, 1 if not."""
    parser = argparse.ArgumentParser(
        prog="python -m nnlib.datasets", description="Fetch and verify data sets."
    )
    parser.add_argument(
        "names", nargs="*", metavar="name", help=f"one of {', '.join(SOURCES)}; none means all"
    )
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="where to, instead of the user's cache")
    options = parser.parse_args(arguments)
    folder = options.to.expanduser().resolve() if options.to else None
    try:
        sources = [find_source(name) for name in options.names or SOURCES]
    except DataUnavailable as error:
        return _fail(error)
    code = 0
    for source in sources:
        try:
            for found in fetch(source, folder=folder):
                print(f"{found.path}: {_story(found.address)}", flush=True)
        except DataUnavailable as error:
            code = _fail(error)
        except KeyboardInterrupt:
            return _fail("interrupted; files already listed are complete, nothing half-written is left")
    if folder and code == 0:
        print(f"set NNLIB_DATA to {folder} to use these files")
    return code


def _story(address: str | None) -> str:
    return f"fetched from {address} and verified" if address else "already there, verified"


def _fail(error: object) -> int:
    print(f"error: {error}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
