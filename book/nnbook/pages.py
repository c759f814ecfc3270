"""The pages of the book: which there are, in what order, and what they are called.

The order is that of `_toc.yml`. Everything here reads the repository, which an installed wheel
does not hold.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
RUN = "book/run"  # where the run editions lie
# The environment that outputs are made in: one BLAS thread, because two give other roundings; no progress
# bars, because they show timings; demos as the page shows them, not as live widgets; of Dask only what is
# wrong, not what is slow.
QUIET = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "TQDM_DISABLE": "1",
    "NNLIB_DEMOS": "stored",
    "DASK_LOGGING__DISTRIBUTED": "error",
}


def site(root: Path = ROOT) -> str:
    """Where the book is published, with a slash at the end, or nothing.

    That is `html.baseurl` of `_config.yml`, or GitHub Pages for a repository there.
    """
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    address = config.get("html", {}).get("baseurl") or published(config["repository"]["url"])
    return address and address.rstrip("/") + "/"


def published(repository: str) -> str:
    """Where GitHub Pages puts the site of a repository; nothing for one that is elsewhere.

    >>> published("https://github.com/somebody/a-book")
    'https://somebody.github.io/a-book/'
    """
    found = re.fullmatch(r"https://github\.com/([\w.-]+)/([\w.-]+?)(?:\.git)?/?", repository)
    if found is None:
        return ""
    owner, name = found[1].lower(), found[2]
    return f"https://{owner}.github.io/" + ("" if name.lower() == f"{owner}.github.io" else f"{name}/")


def parts(root: Path = ROOT) -> dict[str, list[str]]:
    """The parts of the table of contents, each with its pages: "Beyond" with "software" and others."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return {
        part["caption"]: [Path(chapter["file"]).name for chapter in part["chapters"]] for part in toc["parts"]
    }


def names(root: Path = ROOT) -> list[str]:
    """Every page, the landing page first."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return [Path(toc["root"]).name, *(name for part in parts(root).values() for name in part)]


def listed(root: Path = ROOT) -> list[Path]:
    """The notebooks among them."""
    return [path for name in names(root) if (path := root / "book" / f"{name}.ipynb").exists()]


def notebooks(folder: Path = BOOK) -> list[Path]:
    """Every notebook in a folder, listed or not yet, in alphabetical order."""
    return sorted(folder.glob("*.ipynb"))


def markdown(path: Path) -> str:
    """The text of a notebook, without its code."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")


def title(path: Path) -> str:
    """The first heading of a notebook."""
    found = re.search(r"^# (.+)$", markdown(path), re.MULTILINE)
    if not found:
        raise ValueError(f"{path.name} has no title")
    return found[1]
