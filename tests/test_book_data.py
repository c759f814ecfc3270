"""The data of the book say where they are wrong, entry and field."""

import pytest

from nnbook import book_data

ERRATUM = """
- id: 7
  course: auburn
  place: Summary
  kind: wrong
  says: one
  correct: two
  shown: read
"""


@pytest.mark.parametrize("name", book_data.NAMES)
def test_every_file_of_data_has_a_schema_and_keeps_it(name):
    assert book_data.read(name)


def test_there_is_no_file_without_a_schema():
    assert sorted(path.stem for path in book_data.FOLDER.glob("*.yml")) == list(book_data.NAMES)


def test_a_good_entry_is_taken():
    assert book_data.parse("errata", ERRATUM.encode())[0]["id"] == 7


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("kind: wrong", "kind: odd", r"entry 1 \(7\), field kind: 'odd' is not one of"),
        ("  says: one\n", "", r"entry 1 \(7\): 'says' is a required property"),
        ("id: 7", "id: seven", r"entry 1 \(seven\), field id: 'seven' is not of type 'integer'"),
        ("shown: read", "shown: read\n  seen: yes", r"entry 1 \(7\): Additional properties .*'seen'"),
        ("says: one", "says: 2024-02-30", "no meaning for"),
        ("says: one", "says: [one, 2]", r"field says: \['one', 2\] is not of type 'string'"),
        ("shown: read", "shown: read\n  sources: []", "field sources"),
        ("says: one", "says: &a one\n  place2: *a", "an alias"),
        ("- id: 7", "id: 7\n- x", "not YAML"),
    ],
)
def test_a_bad_entry_is_named(old, new, message):
    assert old in ERRATUM
    with pytest.raises(book_data.BadData, match=message):
        book_data.parse("errata", ERRATUM.replace(old, new).encode())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "as a whole: None is not of type 'array'"),
        (b"[]", r"as a whole: \[\] should be non-empty"),
        (b"- 3", "entry 1: 3 is not of type 'object'"),
        (b"[" * 5000, "errata.yml holds a value"),
        (b"\xff\xff", "not YAML"),
        (b"&a [*a]", "an alias"),
    ],
)
def test_what_is_no_list_of_entries_is_refused(content, message):
    with pytest.raises(book_data.BadData, match=message):
        book_data.parse("errata", content)
