"""Every source is complete, and is cited."""

import json
import re
from pathlib import Path

import pytest

pybtex = pytest.importorskip("pybtex.database")
book_data = pytest.importorskip("nnbook.book_data")

BOOK = Path(__file__).parents[2] / "book"
ENTRIES = pybtex.parse_file(str(BOOK / "references.bib")).entries
NEEDED = {
    "article": {"title", "journal", "year", "volume", "pages", "doi|url"},
    "inproceedings": {"title", "booktitle", "year", "pages|url"},
    "book": {"title", "publisher", "year", "address|url"},
    "misc": {"title", "year", "url"},
}


def cited():
    found = set()
    for page in BOOK.glob("*.ipynb"):
        for cell in json.loads(page.read_text(encoding="utf-8"))["cells"]:
            for keys in re.findall(r"\{cite(?::\w)?\}`([^`]+)`", "".join(cell["source"])):
                found |= {key.strip() for key in keys.split(",")}
    for page in BOOK.glob("*.md"):
        for keys in re.findall(r"\{cite(?::\w)?\}`([^`]+)`", page.read_text(encoding="utf-8")):
            found |= {key.strip() for key in keys.split(",")}
    for erratum in book_data.read("errata"):
        found |= set(erratum.get("sources", []))
    return found


@pytest.mark.parametrize("key", ENTRIES)
def test_source_is_complete(key):
    entry = ENTRIES[key]
    assert entry.persons.get("author"), f"{key} has no author"
    held = set(entry.fields)
    for needed in NEEDED[entry.type]:
        assert held & set(needed.split("|")), f"{key} has no {needed}"
    assert re.fullmatch(r"(18|19|20)\d\d", entry.fields["year"])
    assert key.endswith(entry.fields["year"]), f"{key} is of {entry.fields['year']}"
    first = entry.persons["author"][0].last_names[0].lower()
    assert key.startswith(first[:5].lower()), f"{key} is by {first}"
    if "pages" in held:
        begin, end = re.fullmatch(r"(\d+)--(\d+)", entry.fields["pages"]).groups()
        assert int(begin) < int(end)
    if "doi" in held:
        assert re.fullmatch(r"10\.\d{4,}/\S+", entry.fields["doi"])


def test_sources_are_cited_and_citations_have_a_source():
    assert cited() == set(ENTRIES)
