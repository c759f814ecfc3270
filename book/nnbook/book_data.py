"""The YAML files of `book/data`, each checked against its schema in `book/data/schemas`.

Errata, coverage, derivations, notations and published numbers feed pages, tests and tools; all of
them read the files here, so that a slip is said once, with the entry it is in.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

# What pages read as they run, in Colab too, must be in the wheel: pyproject.toml puts it beside this
# file, from the one place where it is written. What only builds the site is not, nor are the schemas:
# the tests have held the files to them before there was a wheel.
INSTALLED = Path(__file__).resolve().parent / "data"
FOLDER = INSTALLED if INSTALLED.is_dir() else INSTALLED.parents[1] / "data"
NAMES = tuple(sorted(path.stem for path in (FOLDER / "schemas").glob("*.json")))


class BadData(ValueError):
    """A file of data that cannot be used; the text says where and why."""


class _Plain(yaml.SafeLoader):
    """YAML without anchors and aliases, with which a small file can stand for a huge one."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias (*name) is not allowed here; write the value out")
        return super().compose_node(parent, index)


def path(name: str) -> Path:
    """Where a file of data lies."""
    return FOLDER / f"{name}.yml"


def read(name: str) -> list[dict[str, Any]]:
    """The entries of a file.

    Raises
    ------
    BadData
        If it is not YAML, or an entry is not as its schema says.
    """
    return parse(name, path(name).read_bytes())


def parse(name: str, content: bytes) -> list[dict[str, Any]]:
    """The entries that bytes hold, checked as those of the file of that name."""
    try:
        entries = yaml.load(content, _Plain)
    except yaml.YAMLError as error:
        raise BadData(f"{name}.yml is not YAML: {' '.join(str(error).split())}") from error
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise BadData(f"{name}.yml holds a value that YAML has no meaning for: {error}") from error
    if FOLDER == INSTALLED:
        return entries
    from jsonschema.exceptions import best_match

    try:
        found = best_match(_validator(name).iter_errors(entries))
    except RecursionError:
        raise BadData(f"{name}.yml is nested too deeply") from None
    if found is not None:
        raise BadData(f"{name}.yml, {_where(entries, found)}: {found.message[:400]}")
    return entries


@cache
def _validator(name: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    schema = json.loads((FOLDER / "schemas" / f"{name}.json").read_text(encoding="utf-8"))
    return Draft202012Validator(schema)


def _where(entries: Any, error: ValidationError) -> str:
    """Name the entry, by number and by its id or role, and the field."""
    place = list(error.absolute_path)
    if not place:
        return "as a whole"
    entry = entries[place[0]]
    called = str(entry.get("id", entry.get("role", "")))[:60] if isinstance(entry, dict) else ""
    inside = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in place[1:])[:200]
    return (
        f"entry {place[0] + 1}{f' ({called})' if called else ''}{f', field {inside[1:]}' if inside else ''}"
    )
