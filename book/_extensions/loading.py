"""Pages that are shown soon and do not jump: fewer requests, less to read, sizes known beforehand.

The theme and the extensions bring fifteen style sheets, of which a page uses a tenth. They become one,
without the rules for what is on no page. Scripts wait until the page is there. Pictures say how large
they are, so that what stands below them need not move when they arrive; for formulas `room` does that.
"""

from __future__ import annotations

import hashlib
import html
import posixpath
import re
from collections.abc import Iterable, Set
from pathlib import Path
from typing import Any

import tinycss2
from PIL import Image
from sphinx.application import Sphinx

SHEET = re.compile(
    r'[ \t]*<link\b(?=[^>]*rel="stylesheet")[^>]*href="([./]*)_static/([^"?]+\.css)[^"]*"[^>]*>\n?'
)
SCRIPT = re.compile(r'<script (?=[^>]*src=")(?![^>]*\b(?:defer|async)\b)')
PICTURE = re.compile(r'<img (?![^>]*\bwidth=)[^>]*src="((?:\.\./)*_(?:images|static)/[^"?]+\.png)"')
ADDRESS = re.compile(r"(?<!@import )url\((['\"]?)(?!data:|https?:|/|#)([^'\")]+)\1\)")
IMPORT = re.compile(r"@import (?:url\()?['\"]?([^'\");]+)['\"]?\)?;")
NAME = re.compile(r"[A-Za-z_][\w-]*")
CLASS = re.compile(r"\.((?:[\w-]|\\.)+)")
WITH_ARGUMENTS = re.compile(r":[\w-]+\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
TOGETHER = "site.css"


def _beside(place: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(place, name))


def bundle(folder: Path, names: Iterable[str]) -> str:
    """One style sheet out of several of a folder, in their order; what they point at is found from there."""
    parts = []
    for name in names:
        place = posixpath.dirname(name)
        text = (folder / name).read_text(encoding="utf-8")
        text = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", text)
        text = ADDRESS.sub(lambda found, place=place: f"url({_beside(place, found[2])})", text)
        parts.append(IMPORT.sub(lambda found, place=place: bundle(folder, [_beside(place, found[1])]), text))
    return "\n".join(parts)


def used(sheet: str, names: Set[str]) -> str:
    """The rules of a style sheet that can apply where only these names of classes occur.

    A name that ends in a hyphen stands for all that a script can make of it. What `:not(…)` and its
    like say is not looked at, so a rule is rather kept than lost.

    >>> print(used(".a, .b > p { color: red } @media print { .c { color: blue } }", {"b"}))
    .b > p{color: red }
    """
    beginnings = tuple(name for name in names if name.endswith("-"))

    def can_apply(selector: str) -> bool:
        classes = CLASS.findall(WITH_ARGUMENTS.sub("", selector))
        wanted = [name for written in classes for name in NAME.findall(written)]
        return all(name in names or name.startswith(beginnings) for name in wanted)

    def kept(rules: Iterable[Any]) -> str:
        said = []
        for rule in rules:
            if rule.type == "qualified-rule":
                selectors = [
                    part for part in _at_commas(tinycss2.serialize(rule.prelude).strip()) if can_apply(part)
                ]
                if selectors:
                    said.append(f"{','.join(selectors)}{{{_plain(rule.content)}}}")
            elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports", "layer"):
                inner = kept(_rules(rule.content)) if rule.content is not None else ""
                if inner or rule.content is None:
                    block = ";" if rule.content is None else f"{{{inner}}}"
                    said.append(f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{block}")
            else:
                said.append(rule.serialize())
        return "\n".join(said)

    return kept(_rules(sheet))


def _rules(content: Any) -> list[Any]:
    rules: list[Any] = tinycss2.parse_stylesheet(content, skip_comments=True, skip_whitespace=True)
    return rules


def _plain(content: Iterable[Any]) -> str:
    """Declarations with one space where there were many, and without comments."""
    tokens = [token for token in content if token.type != "comment"]
    return "".join(" " if token.type == "whitespace" else token.serialize() for token in tokens).lstrip()


def _at_commas(selectors: str) -> list[str]:
    """Take a list of selectors apart, not inside brackets."""
    parts, depth = [""], 0
    for letter in selectors:
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def with_sizes(page: str, path: Path) -> str:
    """A page with width and height in every picture's tag that lacks them."""

    def sized(found: re.Match[str]) -> str:
        with Image.open(path.parent / html.unescape(found[1])) as picture:
            width, height = picture.size
        return found[0].replace("<img ", f'<img width="{width}" height="{height}" ', 1)

    return PICTURE.sub(sized, page)


def _finish(app: Sphinx, exception: Exception | None) -> None:
    """Put the pages right that were written in this run, and give all of them the style sheet of now."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    pages = {path: path.read_text(encoding="utf-8") for path in sorted(Path(app.outdir).rglob("*.html"))}
    sheets = {path: SHEET.findall(page) for path, page in pages.items()}
    names = list(dict.fromkeys(name for found in sheets.values() for _, name in found if name != TOGETHER))
    if not names:
        return
    scripts = [
        path.read_text(encoding="utf-8") for path in static.rglob("*.js") if "mathjax" not in path.parts
    ]
    known = {name for text in (*pages.values(), *scripts) for name in NAME.findall(text)}
    text = used(bundle(static, names), known)
    version = hashlib.sha256(text.encode()).hexdigest()[:8]
    (static / TOGETHER).write_text(text, encoding="utf-8")
    for path, page in pages.items():
        first = SHEET.search(page)
        if first is None:
            continue
        link = f'<link rel="stylesheet" href="{first[1]}_static/{TOGETHER}?v={version}">\n'
        page = page[: first.start()] + link + SHEET.sub("", page[first.start() :])
        if path.name != "search.html":  # its own scripts want Sphinx's at once
            page = SCRIPT.sub("<script defer ", page)
        path.write_text(with_sizes(page, path), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("build-finished", _finish, priority=900)  # after the theme has written its colours
    return {"parallel_read_safe": True, "parallel_write_safe": True}
