"""What every page promises, read from the committed notebooks."""

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "book").glob("*.ipynb"))


def cells(page, kind):
    notebook = json.loads(page.read_text(encoding="utf-8"))
    return [c for c in notebook["cells"] if c["cell_type"] == kind]


def tags(cell):
    return set(cell["metadata"].get("tags", []))


def in_toc(node):
    if isinstance(node, dict):
        yield from ([node["file"]] if "file" in node else [])
        yield from ([node["root"]] if "root" in node else [])
        for value in node.values():
            yield from in_toc(value)
    elif isinstance(node, list):
        for value in node:
            yield from in_toc(value)


def test_every_page_is_in_the_table_of_contents():
    listed = set(in_toc(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))))
    there = {f"book/{page.stem}" for page in [*PAGES, *(ROOT / "book").glob("*.md")]}
    assert listed == there


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_page(page):
    code = cells(page, "code")
    assert code
    for cell in code:
        source = "".join(cell["source"])
        outputs = cell["outputs"]
        assert cell["execution_count"] is not None, f"never run: {source}"
        assert all(o["output_type"] != "error" for o in outputs), f"an error is stored: {source}"
        assert not any(o.get("name") == "stderr" for o in outputs), f"a warning is stored: {source}"
        if any("image/png" in o.get("data", {}) for o in outputs):
            alt = cell["metadata"].get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt) > 40, f"a figure says nothing to those who cannot see it: {source}"
        if not tags(cell) & {"remove-cell", "remove-input", "hide-input"}:
            wide = [line for line in source.splitlines() if len(line) > 48]
            assert not wide, f"too wide for a phone: {wide}"
            assert len(source.splitlines()) <= 22


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_what_nbval_does_not_compare_is_asserted(page):
    """A page with a trained number, which differs between processors, asserts a band in a hidden cell."""
    code = cells(page, "code")
    checks = [c for c in code if "prose-check" in tags(c)]
    for cell in checks:
        assert "remove-cell" in tags(cell)
        assert re.search(r"^\s*assert |assert_allclose", "".join(cell["source"]), re.MULTILINE)
    if any("nbval-ignore-output" in tags(c) for c in code):
        assert checks
    known = {
        "nbval-ignore-output", "prose-check", "remove-cell", "remove-input", "hide-input", "setup",
    }  # fmt: skip
    assert set().union(*map(tags, code)) <= known


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_prose(page):
    text = "\n".join("".join(c["source"]) for c in cells(page, "markdown"))
    filler = r"\b(?:clearly|simply|obviously|easy to see|delve|powerful|crucial|journey|TODO|FIXME)\b"
    assert not re.findall(filler, text, re.IGNORECASE)
    american = r"\b(?:color|neighbor|behavior|initializ|regulariz|optimiz|normaliz|center(?!ed by mass))\w*"
    prose = re.sub(r"`[^`]*`|\{[^}]*\}`[^`]*`", "", text)
    assert not re.findall(american, prose)
