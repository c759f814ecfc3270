"""The repository's address stands in _config.yml alone; write it wherever else it is needed.

    python tools/address.py           write
    python tools/address.py --check   exit with 1 if something differs from what would be written

It goes into the marked blocks of README.md and of the assignments page, into CITATION.cff and into the set-up
cell at the top of every notebook of the book, which installs nnlib where it is missing and is
silent where it is not.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
import yaml
from notebooks import files, normalise, read, write

from nnbook import pages, run_edition

ROOT = Path(__file__).resolve().parent.parent
TAGS = ["setup", "remove-cell"]

BADGES = """\
[![tests]({url}/actions/workflows/test.yml/badge.svg)]({url}/actions/workflows/test.yml)
[![open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab}/book/run/perceptron.ipynb)
[![open in Binder](https://mybinder.org/badge_logo.svg)]({binder})"""

CLONE = """\
```sh
git clone {url}
cd {name}
```"""

INSTALL = """\
```sh
pip install "nnlib[book] @ git+{url}@{branch}"
```"""

RUN = """\
- Colab: `{colab}/book/run/PAGE.ipynb`, with the page's file name for `PAGE`
- Binder: <{binder}>"""

ASSIGNMENTS = """\
[1 The perceptron]({colab}/assignments/a1_perceptron/student/a1_perceptron.ipynb) (22 points)
: Decisions on paper, the learning rule, where it fails, XOR by hand. \
Read [The perceptron](perceptron) and [XOR](xor) before it.

[2 Gradient descent]({colab}/assignments/a2_gradient_descent/student/a2_gradient_descent.ipynb) (21 points)
: A ball on a curve, three learning rates, and what the curvature says about them. \
Read [Gradient descent](gradient_descent) before it.

[3 Backpropagation]({colab}/assignments/a3_backprop/student/a3_backprop.ipynb) (26 points)
: Forward and backward, one example and a batch, the gradient check, a derivation to finish, \
three bugs to find. Read the pages from [Notation](notation) to \
[Backpropagation with matrices](backprop_vectorised) before it.

[4 Fashion-MNIST]({colab}/assignments/a4_fashion_mnist/student/a4_fashion_mnist.ipynb) (20 points)
: A network of your own, a learning rate that is really the best, and an improvement that is really one. \
Read [Reading digits](mnist) before it."""

COLAB_ASSIGNMENTS = """\
[1 The perceptron]({colab}/assignments/a1_perceptron/student/a1_perceptron.ipynb),
[2 Gradient descent]({colab}/assignments/a2_gradient_descent/student/a2_gradient_descent.ipynb),
[3 Backpropagation]({colab}/assignments/a3_backprop/student/a3_backprop.ipynb),
[4 Fashion-MNIST]({colab}/assignments/a4_fashion_mnist/student/a4_fashion_mnist.ipynb)"""

BLOCKS = {
    "launch": COLAB_ASSIGNMENTS,
    "assignments": ASSIGNMENTS,
    "badges": BADGES,
    "clone": CLONE,
    "install": INSTALL,
    "run": RUN,
}

SETUP = """\
try:
    import nnlib
except ModuleNotFoundError:
    %pip install -q "nnlib[book] @ git+{url}@{branch}"
    import nnlib"""


def address(config: Path) -> dict[str, str]:
    """Read the address, and take apart what the templates need."""
    repository = yaml.safe_load(config.read_text(encoding="utf-8"))["repository"]
    url, branch = repository["url"].rstrip("/"), repository["branch"]
    slug = "/".join(url.split("/")[-2:])
    return {
        "url": url,
        "branch": branch,
        "slug": slug,
        "name": url.rsplit("/", 1)[-1],
        "colab": f"https://colab.research.google.com/github/{slug}/blob/{branch}",
        "binder": f"https://mybinder.org/v2/gh/{slug}/{branch}",
    }


def readme(content: str, parts: dict[str, str]) -> str:
    """Fill the marked blocks of a Markdown text."""
    for name, template in BLOCKS.items():
        begin, end = f"<!-- address: {name} -->", "<!-- end -->"
        block = f"{begin}\n{template.format(**parts)}\n{end}"
        pattern = re.escape(begin) + ".*?" + re.escape(end)
        content = re.sub(pattern, block.replace("\\", r"\\"), content, flags=re.DOTALL)
    return content


def citation(content: str, parts: dict[str, str]) -> str:
    """Put the address into CITATION.cff."""
    return re.sub(r"^repository-code: .*$", f"repository-code: {parts['url']}", content, flags=re.MULTILINE)


def with_setup(notebook: Any, parts: dict[str, str]) -> Any:
    """Put the set-up cell at the top, or bring the one that is there up to date."""
    source = SETUP.format(**parts)
    found = [cell for cell in notebook.cells if "setup" in cell.metadata.get("tags", [])]
    if found:
        cell = found[0]
        cell.source, cell.metadata["tags"] = source, TAGS
    else:
        cell = nbformat.v4.new_code_cell(source, metadata={"tags": TAGS})
    others = [other for other in notebook.cells if other not in found]
    notebook.cells = [cell, *others]
    codes = [other for other in others if other.cell_type == "code"]
    if codes and all(other.execution_count for other in codes):  # the cell shows nothing: count it as run
        for count, code in enumerate([cell, *codes], 1):
            code.execution_count = count
            for output in code.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count
    return normalise(notebook)


def wanted(root: Path) -> Iterator[tuple[Path, str]]:
    """Yield every file that holds the address, with what it should say."""
    parts = address(root / "_config.yml")
    for path in (root / "README.md", root / "book" / "assignments.md"):
        if path.exists():
            yield path, readme(path.read_text(encoding="utf-8"), parts)
    path = root / "CITATION.cff"
    if path.exists():
        yield path, citation(path.read_text(encoding="utf-8"), parts)
    for path in pages.notebooks(root / "book"):
        yield from files(path, with_setup(read(path), parts), root).items()


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write or check; the exit code is 1 if a check finds a difference."""
    parser = argparse.ArgumentParser(description="Write the repository's address where it is needed.")
    parser.add_argument("--check", action="store_true", help="write nothing, exit with 1 on a difference")
    options = parser.parse_args(arguments)
    try:
        stale = [(p, c) for p, c in wanted(root) if not p.exists() or p.read_bytes() != c.encode()]
    except run_edition.Unknown as error:
        print(f"nothing was written: {error}", file=sys.stderr)
        return 1
    for path, content in stale:
        name = path.relative_to(root).as_posix()
        if options.check:
            print(f"{name}: differs; run `python tools/address.py`")
        else:
            write(path, content)
            print(f"{name}: written")
    return bool(options.check and stale)


if __name__ == "__main__":
    sys.exit(main())
