"""The semester plan names every lesson once, after what it needs."""

import re
from pathlib import Path

import book_data
import notebooks
import yaml

ROOT = Path(__file__).resolve().parents[2]
PLAN = book_data.read("plan")
ENTRIES = [entry for week in PLAN for entry in week["pages"]]


def test_every_lesson_stands_in_one_week():
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))["parts"]
    files = [ROOT / chapter["file"] for part in parts[:-1] for chapter in part["chapters"]]
    lessons = [file.name for file in files if file.with_suffix(".ipynb").exists()]
    assert [entry["page"] for entry in ENTRIES] == lessons


def test_what_a_page_needs_comes_before_it_and_is_linked_from_it():
    met = set()
    for entry in ENTRIES:
        assert set(entry["needs"]) <= met, entry["page"]
        met.add(entry["page"])
        notebook = notebooks.read(ROOT / "book" / f"{entry['page']}.ipynb")
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        linked = set(re.findall(r"\]\((\w+)(?:\.ipynb)?(?:#[\w-]+)?\)", text))
        assert set(entry["needs"]) <= linked, f"{entry['page']} does not link {set(entry['needs']) - linked}"


def test_every_assignment_is_handed_out_once_and_due_later():
    said = [week.get("assignments", "") for week in PLAN]
    for number in range(1, 5):
        (out,) = [k for k, text in enumerate(said) if re.search(rf"[Hh]and out Assignment {number}\b", text)]
        (due,) = [k for k, text in enumerate(said) if f"Assignment {number} is due" in text]
        assert out < due
