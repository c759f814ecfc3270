"""Every number of the ledger is compared with something that exists, and what differs is explained."""

import math
import re
from collections import Counter
from pathlib import Path

import pytest

from nnbook import pages, published
from nnbook.results import record

ROOT = Path(__file__).parents[2]
ENTRIES = published.entries()
LISTED = set(pages.names())
STORED = sorted(p.stem for p in Path(published.__file__).parent.glob("results/*.json") if p.stem != "speed")
COMPARED = [entry for entry in ENTRIES if "result" in entry["ours"]]
TAKES = r"first|last|highest|lowest|epoch \d+|epoch of (highest|lowest)|epoch reaching [\d.]+|entry \d+"
FEWER_SEEDS = {
    "mnist_models": "shows single images and the weights of one network, not how much luck matters",
    "dropout_rates": "chooses learning rates, on validation images, for experiments with three seeds",
    **{f"svm_baseline_{size}": "nothing in it is random" for size in (1000, 5000, 10000)},
}


def named(entry):
    return entry["id"]


def test_ids_are_unique_and_chapters_in_order():
    assert [name for name, times in Counter(map(named, ENTRIES)).items() if times > 1] == []
    chapters = [entry["chapter"] for entry in ENTRIES]
    assert chapters == sorted(chapters)
    assert set(chapters) == {1, 3, 5}


@pytest.mark.parametrize("entry", ENTRIES, ids=named)
def test_fields(entry):
    needed = {"id", "chapter", "setting", "published", "source", "ours"}
    assert needed <= set(entry) <= needed | {"note"}
    assert re.fullmatch(r"[a-z0-9.-]+", entry["id"])
    assert entry["source"] in {"text", "repository data", "memory"}
    for text in (entry["setting"], entry["published"]["what"], entry.get("note", "-")):
        assert text
        assert text == " ".join(text.split())
    number = entry["published"]
    assert {"value", "what"} <= set(number) <= {"value", "what", "unit"}
    assert number.get("unit", "%") == "%"
    assert number["value"] is None or isinstance(number["value"], int | float)
    ours = entry["ours"]
    assert set(ours) in ({"page"}, {"result", "what", "take"})
    assert re.fullmatch(TAKES, ours.get("take", "first"))


@pytest.mark.parametrize("page", sorted({e["ours"]["page"] for e in ENTRIES if "page" in e["ours"]}))
def test_pages_exist(page):
    assert page in LISTED
    assert any((ROOT / "book" / f"{page}{kind}").exists() for kind in (".ipynb", ".md"))


@pytest.mark.parametrize("entry", COMPARED, ids=named)
def test_ours_are_there_and_what_differs_has_a_note(entry):
    row = published.row(entry)
    assert len(row.ours) == len(record(row.result)["runs"]) >= 3
    assert all(map(math.isfinite, row.ours))
    assert row.lowest <= row.mean <= row.highest or math.isclose(row.lowest, row.highest)
    if row.verdict == "differs":
        ours = [f"{value:.4g}" for value in row.ours]
        assert row.note, f"{row.published} was published and ours are {', '.join(ours)}: say why"


@pytest.mark.parametrize("name", STORED)
def test_no_result_rests_on_fewer_than_three_seeds(name):
    assert len(record(name)["runs"]) >= 3 or name in FEWER_SEEDS


def test_no_exception_is_out_of_date():
    assert all(len(record(name)["runs"]) < 3 for name in FEWER_SEEDS)


def test_the_verdict_is_a_matter_of_the_spread(monkeypatch):
    monkeypatch.setattr(published, "results", lambda name, what: [[0.1, 0.90], [0.1, 0.92], [0.1, 0.94]])
    entry = {
        "id": "x",
        "chapter": 1,
        "setting": "s",
        "published": {"value": 97.9, "what": "w", "unit": "%"},
        "source": "text",
        "ours": {"result": "r", "what": "w", "take": "last"},
    }
    row = published.row(entry)
    assert (row.lowest, row.highest) == (90, 94)
    assert row.spread == pytest.approx(2)
    assert row.verdict == "reproduced"  # 94 + 2 · 2 = 98
    for value, verdict in (
        (98.1, "differs"),
        (85.9, "differs"),
        (86.1, "reproduced"),
        (None, "none published"),
    ):
        entry["published"]["value"] = value
        assert published.row(entry).verdict == verdict


def measured(monkeypatch, values, value, unit="%"):
    """Give a row that was published as `value` and whose seeds gave `values`."""
    monkeypatch.setattr(published, "results", lambda name, what: [[v] for v in values])
    return published.row(
        {
            "id": "x",
            "chapter": 1,
            "setting": "s",
            "published": {"value": value, "what": "w", **({"unit": unit} if unit else {})},
            "source": "text",
            "ours": {"result": "r", "what": "w", "take": "last"},
        }
    )


def test_a_range_is_wide_where_nearly_everything_would_pass(monkeypatch):
    wide = measured(monkeypatch, [0.90, 0.92, 0.94], 92.0)
    assert wide.passing == pytest.approx((86, 98))
    assert wide.wide  # 12 points
    assert not measured(monkeypatch, [0.91, 0.92, 0.93], 92.0).wide  # 6 points
    assert not measured(monkeypatch, [0.90, 0.92, 0.94], 50.0).wide  # differs
    assert measured(monkeypatch, [0.90, 0.95, 1.0], 92.0).passing[1] == 100
    assert measured(monkeypatch, [0.01, 0.03, 0.05], 0.03, unit="").wide  # 0 to 0.09
    assert not measured(monkeypatch, [0.02, 0.03, 0.04], 0.07, unit="").wide  # differs
    assert not measured(monkeypatch, [1.0, 1.1, 1.2], 1.1, unit="").wide  # 0.6 apart


@pytest.mark.parametrize(
    ("how", "number"),
    [
        ("first", 3),
        ("last", 2),
        ("highest", 4),
        ("lowest", 1),
        ("epoch 2", 1),
        ("entry 2", 1),
        ("epoch of lowest", 2),
        ("epoch of highest", 3),
        ("epoch reaching 3.5", 3),
    ],
)
def test_what_is_taken_of_a_series(how, number):
    assert published.take(how, [3.0, 1.0, 4.0, 2.0]) == number


def test_an_entry_is_taken_by_its_name_where_there_are_names():
    assert published.take("entry 100", {"50": 0.6, "100": 0.7}) == 0.7


@pytest.mark.parametrize("how", ["epoch 5", "epoch 0", "month 1"])
def test_what_is_not_there_cannot_be_taken(how):
    with pytest.raises(ValueError, match="cannot be taken"):
        published.take(how, [3.0, 1.0, 4.0, 2.0])


def test_a_bound_that_was_not_reached_is_named():
    with pytest.raises(ValueError, match=r"'epoch reaching 4.5': the highest of 4 values is 4"):
        published.take("epoch reaching 4.5", [3.0, 1.0, 4.0, 2.0])


def test_the_ledger_is_printed(capsys):
    rows = published.rows()
    assert published.main(rows) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said] == [row.id for row in rows]
