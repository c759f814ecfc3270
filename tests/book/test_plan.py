"""The semester plan names every lesson once, after what it needs."""

import re

from nnbook import book_data, pages

PLAN = book_data.read("plan")
ENTRIES = [entry for week in PLAN for entry in week["pages"]]


def test_every_lesson_stands_in_one_week():
    *lessons, _ = pages.parts().values()
    names = [name for part in lessons for name in part if (pages.BOOK / f"{name}.ipynb").exists()]
    assert [entry["page"] for entry in ENTRIES] == names


def test_what_a_page_needs_comes_before_it_and_is_linked_from_it():
    met = set()
    for entry in ENTRIES:
        assert set(entry["needs"]) <= met, entry["page"]
        met.add(entry["page"])
        text = pages.markdown(pages.BOOK / f"{entry['page']}.ipynb")
        linked = set(re.findall(r"\]\((\w+)(?:\.ipynb)?(?:#[\w-]+)?\)", text))
        assert set(entry["needs"]) <= linked, f"{entry['page']} does not link {set(entry['needs']) - linked}"


def test_every_assignment_is_handed_out_once_and_due_later():
    said = [week.get("assignments", "") for week in PLAN]
    for number in range(1, 5):
        (out,) = [k for k, text in enumerate(said) if re.search(rf"[Hh]and out Assignment {number}\b", text)]
        (due,) = [k for k, text in enumerate(said) if f"Assignment {number} is due" in text]
        assert out < due
