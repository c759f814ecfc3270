"""Numbers outside the running text are checked like those in it: the page computes with them, or prints them.

Exercises and solutions, quick questions, captions, hints, summaries and the landing page are searched for
numbers. Each must stand in the code of its page, which runs with the tests, or in what that code prints.
"""

import ast
import io
import json
import re
import tokenize

import pytest

from nnbook import pages

PAGES = pages.notebooks()
PLACES = (
    r"^(?P<colons>:{4,})\{admonition\}[^\n]*\n:class: quick\n.*?^(?P=colons)$",  # a quick question
    r"^:::\{(?:exercise|solution)\}.*?^:::$",
    r"^\*[^*\n][^\n]*\*[^\n]*$",  # a caption
    r"^## In three lines$.*?^\*\*Lectures",
)
MARKUP = (
    r"^<!-- minutes.*?^<!-- end -->",  # counted by a test of its own
    r"\bquestion \d|^:+\{grid\}[^\n]*",  # counted, not measured
    r"`[^`]*`|\{[\w:]+\}(?=`)|(?<=\])\([^)\n]*\)",  # code, roles, addresses
    r"^:+\{(?:exercise|solution)\}[^\n]*|^:+\{\w+\}|^:\w+:[^\n]*",  # directives
    r"^\$\$ \([^\n]*|^\(\S+\)=$",  # labels
    r"(?<=[A-Za-z}\])])(?:[_^](?:\{[^{}]*\}|\\\w+|\S))+",  # indices and what is raised above letters
)
HINT = re.compile(r'hint=((?:\s*"[^"\n]*")+)')
NUMBER = re.compile(r"(?<![\w.])(\d{1,3}(?:(?:\{,\}|,)\d{3})+|\d+)(\.\d+)?(?:\^\{?(-?\d+)\}?)?(?!\w)")
SMALL = {"0", "1", "2"}  # too common to be looked for


def said(markdown):
    """Each number with the digits behind its point."""
    for pattern in MARKUP:
        markdown = re.sub(pattern, " ", markdown, flags=re.MULTILINE | re.DOTALL | re.IGNORECASE)
    for whole, rest, power in NUMBER.findall(re.sub(r"\\[dt]?frac(\d)(\d)", r"\1 \2", markdown)):
        text = re.sub(r"\{?,\}?", "", whole) + rest
        if power and text == "10":
            text = f"1e{power}"
        elif power:
            yield power.removeprefix("-"), 0
        if text not in SMALL:
            yield text, max(0, len(rest) - 1)


def literals(code):
    """The numbers in a cell's code, those inside its texts too."""
    code = re.sub(r"^\s*%.*$", "pass", code, flags=re.MULTILINE)
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.NUMBER:
            yield abs(ast.literal_eval(token.string))
        elif token.type == tokenize.STRING:
            yield from map(float, re.findall(r"\d+(?:\.\d+)?", token.string))


def printed(cell):
    for output in cell["outputs"]:
        text = "".join(output.get("text") or output.get("data", {}).get("text/plain", ""))
        yield from (float(n.replace(",", "")) for n in re.findall(r"\d[\d,]*(?:\.\d+)?(?:e[-+]\d+)?", text))


def unchecked(page):
    """The numbers of a page's exercises, captions and so on that its code neither holds nor prints."""
    code = [cell for cell in page["cells"] if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in code]
    held = {float(value) for source in sources for value in literals(HINT.sub("hint=0", source))}
    shown = [value for cell in code for value in printed(cell)]

    def checked(text, digits):
        value = float(text)
        near = (value, value / 100, value * 100)  # shares and per cent
        return any(abs(h - n) <= 1e-9 * max(n, 1e-30) for h in held for n in near) or any(
            abs(round(factor * s, digits) - value) < 1e-9 for s in shown for factor in (1, 100)
        )

    markdown = "\n".join("".join(c["source"]) for c in page["cells"] if c["cell_type"] == "markdown")
    found = [m[0] for place in PLACES for m in re.finditer(place, markdown, re.MULTILINE | re.DOTALL)]
    hints = HINT.findall("\n".join(sources))
    return [text for place in found + hints for text, digits in said(place) if not checked(text, digits)]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_numbers_are_checked(path):
    page = json.loads(path.read_text(encoding="utf-8"))
    if path.stem == "index":  # the landing page as a whole
        for cell in page["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = [f"## In three lines\n{''.join(cell['source'])}\n**Lectures"]
    assert unchecked(page) == []


def page_of(markdown, code="assert 0.26 + 40 * 1e-12 < 5 ** 20 and 3_628_800", text=""):
    cell = {"cell_type": "code", "source": [code], "outputs": [{"text": [text]}]}
    return {"cells": [{"cell_type": "markdown", "source": [markdown]}, cell]}


@pytest.mark.parametrize(
    "place",
    [
        "::::{{admonition}} A quick question\n:class: quick\n\n:::{{dropdown}} {}\nRight: so.\n:::\n::::",
        "::::{{admonition}} A quick question\n:class: quick\n\n:::{{dropdown}} so\nNo: {}.\n:::\n::::",
        ":::{{exercise}} 1. Check\n:label: x-7\n\nTake {} of them.\n:::",
        ":::{{solution}} x-7\n:class: dropdown\n\nIt is {}.\n:::",
        "*Here it is {}.*",
        "## In three lines\n\n- It is {}.\n\n**Lectures.** 7",
    ],
)
def test_a_planted_number_is_found(place):
    planted = {
        "0.37": "0.37",
        "1,234": "1234",
        "$9{,}876$": "9876",
        "$0.42^{10}$": "10",
        "41 %": "41",
        "$10^{-9}$": "1e-9",
    }
    for number, text in planted.items():
        assert text in unchecked(page_of(place.format(number))), number
    known = (
        "0.26",
        "26 %",
        "40",
        "$4.2$ of W^{77}, [Page 5](page#33)",
        "3,628,800",
        "$10^{-12}$",
        "$5^{20}$",
    )
    for number in known:
        assert unchecked(page_of(place.format(number), text="it is 4.18")) == [], number
    assert unchecked(page_of("Prose has 37 checks of its own.")) == []


def test_a_planted_number_in_a_hint_is_found():
    code = 'Demo(f, images=[300], hint="With 300 images: "\n     "which? Not 37.")'
    assert unchecked(page_of("", code)) == ["37"]
