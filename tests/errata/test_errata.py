"""Every erratum on the page is as it says: well formed, sourced, and disproved by a function."""

import importlib.util
import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from nnbook.courses import COURSES

book_data = pytest.importorskip("nnbook.book_data")
docutils_nodes = pytest.importorskip("docutils.nodes")

HERE = Path(__file__).parent
BOOK = HERE.parents[1] / "book"
ENTRIES = book_data.read("errata")
KINDS = {"wrong", "misleading", "slip", "convention", "abandoned", "unconfirmed", "note"}
NEEDED = {"id", "course", "place", "kind", "says", "correct", "shown"}
SPELLING = {
    43: "a missing word, and a footnote's mark that ran into the text",
    70: "Heaviside with a y",
}
KEYS = set(
    re.findall(r"^@\w+\{([^,]+),", (BOOK / "references.bib").read_text(encoding="utf-8"), re.MULTILINE)
)


def load(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


DISPROOFS = load("errata_registry").DISPROOFS
BY_COURSE = {}
for course in COURSES:
    known = set(DISPROOFS)
    load(course.replace("-", "_"))
    BY_COURSE[course] = set(DISPROOFS) - known


@pytest.mark.parametrize("number", sorted(DISPROOFS))
def test_disproof(number):
    DISPROOFS[number]()


def test_what_is_computed_has_a_disproof_in_the_file_of_its_course():
    for course in COURSES:
        computed = {e["id"] for e in ENTRIES if e["shown"] == "computed" and e["course"] == course}
        assert computed == BY_COURSE[course]


def test_every_number_is_there_once_or_is_spelling():
    numbers = [e["id"] for e in ENTRIES]
    assert [n for n, times in Counter(numbers).items() if times > 1] == []
    assert set(range(1, max(numbers) + 1)) - set(numbers) == set(SPELLING)
    assert all(SPELLING.values())


def test_entries_stand_by_course_and_number():
    order = [([*COURSES].index(e["course"]), e["id"]) for e in ENTRIES]
    assert order == sorted(order)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda e: str(e["id"]))
def test_fields(entry):
    assert set(entry) >= NEEDED
    assert set(entry) <= NEEDED | {"sources", "page"}
    assert entry["kind"] in KINDS
    assert entry["shown"] in {"computed", "literature", "read"}
    for field in ("place", "says", "correct"):
        assert isinstance(entry[field], str)
        assert entry[field] == " ".join(entry[field].split())
    text = entry["says"] + " " + entry["correct"]
    assert "$$" not in text
    assert text.count("$") % 2 == 0
    assert "{" not in re.sub(r"\$[^$]*\$|`[^`]*`", "", text)
    sources = entry.get("sources", [])
    assert "sources" not in entry or sources
    assert entry["shown"] != "literature" or sources
    assert set(sources) <= KEYS


def slugs(page):
    """The anchors of a page's headings."""
    path = next(path for path in (BOOK / f"{page}.ipynb", BOOK / f"{page}.md") if path.exists())
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        text = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    text = re.sub(r"^(```|:::).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#{1,3} +(.+?) *$", text, re.MULTILINE)
    return {docutils_nodes.make_id(re.sub(r"[*_`$]|\{\w+\}", "", heading)) for heading in headings}


@pytest.mark.parametrize("target", sorted({e["page"] for e in ENTRIES if "page" in e}))
def test_pages_and_their_headings_exist(target):
    page, _, slug = target.partition("#")
    assert slug in slugs(page)


def test_the_page_counts_right():
    text = (BOOK / "errata.md").read_text(encoding="utf-8")
    assert f"{len(ENTRIES)} entries, of which seven are notes" in text
    assert Counter(e["kind"] for e in ENTRIES)["note"] == 7
    for kind in KINDS:
        assert f"*{kind.capitalize()}*:" in text
