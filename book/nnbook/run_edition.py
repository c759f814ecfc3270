"""The run edition of a page: the notebook that opens in Colab, Binder, VS Code or on GitHub.

A page is written in MyST, which only the site and JupyterLab with an extension understand. Its run
edition says the same in what every viewer of notebooks shows: CommonMark with tables, formulas
between dollars, and `<details>`. Its code cells are the page's own, without those that only
check. Demos run live there, so of their stored frames only the first is kept. Whatever the
translation does not know is an error that names it.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import html
import io
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
from markdown_it import MarkdownIt
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import DocutilsRenderer
from myst_parser.parsers.mdit import create_md_parser
from PIL import Image
from pybtex.backends.markdown import Backend
from pybtex.database import Entry, parse_file
from pybtex.style.formatting.plain import Style

from nnbook import pages
from nnbook.demos import frames
from nnbook.plain import plain

SETUP = "# Set-up: where nnlib is missing, as in Colab, it is installed, in a minute or less.\n"
ASIDE = {"remove-cell", "prose-check"}  # tags of cells that a reader does not see
FOLDING = {  # tags of cells that are folded, in Colab and in JupyterLab
    "hide-input": {"cellView": "form", "jupyter": {"source_hidden": True}},
    "remove-input": {"cellView": "form", "jupyter": {"source_hidden": True}},
}
KEPT = {"listing", "nbval-ignore-output"}  # tags that the tests read
WIDTH = 48  # of printed text, for it is read on phones

EXTENSIONS = {"amsmath", "colon_fence", "deflist", "dollarmath", "linkify", "substitution"}
AS_WRITTEN = {  # what every viewer shows as it is written
    *("paragraph", "heading", "table", "thead", "tbody", "tr", "th", "td", "hr", "fence", "math_block"),
    *("bullet_list", "ordered_list", "list_item", "blockquote", "inline"),
    *("text", "softbreak", "hardbreak", "code_inline", "math_inline", "link", "em", "strong"),
}
TRANSLATED = {"colon_fence", "math_block_label", "myst_target", "myst_role"}
LABEL = re.compile(r"^\$\$ ?\([\w-]+\)$", re.MULTILINE)
COMMENT = re.compile(r"\s*<!--.*?-->\s*", re.DOTALL)
APART = re.compile(r"</details>(?=\n\n(?!<details>|</details>|<br>))")  # from what is not folded
OPTION = re.compile(r":([\w-]+):[ \t]*(.*)")
SPAN = re.compile(  # what stands in a line: code and formulas, which stay; a role; a link
    r"(?P<code>(?P<ticks>`+)[^`].*?(?P=ticks))|(?P<math>\$[^$]+\$)"
    r"|\{(?P<role>[\w:+-]+)\}`(?P<argument>[^`]*)`"
    r"|\[(?P<text>(?:[^\[\]`$]|`[^`]*`|\$[^$]*\$)+)\]\((?P<target>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)\)",
    re.DOTALL,
)


class Unknown(ValueError):
    """Something in a page that the translation has no words for."""


@dataclass(frozen=True)
class Book:
    """What a page needs of the rest of the book.

    Attributes
    ----------
    site : str
        The address of the site, with a slash at its end; nothing if there is none.
    places : mapping
        For each page and each label its address on the site.
    sources : mapping
        The entries of the bibliography.
    """

    site: str
    places: Mapping[str, str]
    sources: Mapping[str, Entry]


def book(root: Path = pages.ROOT) -> Book:
    """Read what the pages need of the rest of the book."""
    places = {name: f"book/{name}.html" for name in pages.names(root)}
    for path in pages.listed(root):
        for target, label in re.findall(
            r"^(?:\((\S+)\)=|:label: (\S+))$", pages.markdown(path), re.MULTILINE
        ):
            places[target or label] = f"book/{path.stem}.html#{target or label}"
    sources = parse_file(str(root / "book" / "references.bib"), bib_format="bibtex").entries
    return Book(pages.site(root), places, sources)


def edition(page: Any, name: str, book: Book) -> Any:
    """Make the run edition of a page.

    Parameters
    ----------
    page : NotebookNode
        The page, with the outputs that are stored in it.
    name : str
        The name of its file, without the ending.
    book : Book

    Raises
    ------
    Unknown
        The page holds something that cannot be said in plain Markdown; the message names it.
    """
    text = _Text(name, book)
    cells = []
    for place, cell in enumerate(page.cells):
        try:
            if cell.cell_type == "markdown":
                cells.append(_markdown(text.translate(cell.source)))
            elif not ASIDE & (tags := set(cell.metadata.get("tags", []))) or "setup" in tags:
                count = 1 + sum(other.cell_type == "code" for other in cells)
                cells.append(_code(cell, tags - ASIDE, count))
        except Unknown as error:
            raise Unknown(f"{name}.ipynb, cell {place}: {error}") from None
    if end := text.end():
        cells.append(_markdown(end))
    made = nbformat.v4.new_notebook(cells=cells, metadata=copy.deepcopy(page.metadata))
    made.nbformat_minor = 5
    return made


def _markdown(source: str) -> Any:
    identifier = hashlib.sha256(source.encode()).hexdigest()[:8]
    return nbformat.v4.new_markdown_cell(source, id=identifier)


def _code(cell: Any, tags: set[str], count: int) -> Any:
    if unknown := tags - {"setup", "hide-output", *KEPT, *FOLDING}:
        raise Unknown(f"a cell with the tag {min(unknown)}")
    source = SETUP + cell.source if "setup" in tags else cell.source
    made = nbformat.v4.new_code_cell(source, id=cell.id)
    if "hide-output" not in tags:  # else it has not run yet
        made.outputs, made.execution_count = list(_shown(cell.outputs, count)), count
    for tag in sorted(tags & set(FOLDING)):
        made.metadata |= copy.deepcopy(FOLDING[tag])
    if any("nn-demo" in output.get("data", {}).get("text/html", "") for output in cell.outputs):
        tags |= {"nbval-ignore-output"}  # a picture stands for what is shown
    if kept := sorted(tags & KEPT):
        made.metadata["tags"] = kept
    return made


def _shown(outputs: Iterable[Any], count: int) -> Iterator[Any]:
    """Yield outputs of the cell of this number, as they are shown before the reader has run it."""
    for output in copy.deepcopy(outputs):
        data = output.get("data", {})
        if "execution_count" in output:
            output.execution_count = count
        if "image/png" not in data:
            yield output
            continue
        with Image.open(io.BytesIO(base64.b64decode(data["image/png"]))) as picture:
            width, height = picture.size
            data["image/png"] = frames.still(np.asarray(picture.convert("RGB")))
        output.metadata["image/png"] = {"width": width // 2, "height": height // 2}  # as large as on the page
        demo = data.pop("text/html", "")
        yield output
        if demo:
            title, hint = (
                "".join(re.findall(f'<p class="nn-{part}">(.*?)</p>', demo)) for part in ("title", "hint")
            )
            said = html.unescape(f"Run this cell, and “{title}” moves. {hint}".strip())
            yield nbformat.v4.new_output("stream", name="stdout", text=textwrap.fill(said, WIDTH) + "\n")


@cache
def _parser() -> MarkdownIt:
    return create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), DocutilsRenderer)


class _Text:
    """The translation of a page's Markdown; it remembers what the page cites."""

    def __init__(self, page: str, book: Book):
        self.page, self.book = page, book
        self.cited: set[str] = set()

    def translate(self, text: str) -> str:
        """Translate Markdown, block by block."""
        lines = text.split("\n")
        parts, done = [], 0
        tokens = _parser().parse(text)
        for token in tokens:
            _known(token)
        for token in tokens:
            if token.level == 0 and token.map and token.nesting >= 0:
                start, end = token.map
                parts += [*lines[done:start], self._block(token, "\n".join(lines[start:end]))]
                done = end
        translated = "\n".join([*parts, *lines[done:]]).strip()
        for token in _parser().parse(translated):
            _translated(token)
        return APART.sub("</details>\n<br>", translated)

    def _block(self, token: Token, source: str) -> str:
        if token.type == "colon_fence":
            return self._directive(token)
        if token.type == "math_block_label":
            return LABEL.sub("$$", source)
        if token.type in ("myst_target", "html_block"):
            return ""
        return source if token.type in ("fence", "math_block") else self._inline(source)

    def _directive(self, token: Token) -> str:
        name, _, title = token.info.strip().partition(" ")
        lines, options = token.content.strip("\n").split("\n"), {}
        while lines and (found := OPTION.fullmatch(lines[0])):
            options[found[1]] = found[2]
            del lines[0]
        directives = {
            "exercise": self._exercise,
            "solution": self._solution,
            "dropdown": self._dropdown,
            "admonition": self._quick_question,
            "grid": self._grid,
            "grid-item-card": self._card,
        }
        if (name := name.strip("{}")) not in directives:
            raise Unknown(f"the directive {name}")
        written = directives[name](title.strip(), "\n".join(lines).strip(), options)
        if options:  # each takes those that it knows
            raise Unknown(f"the option {min(options)} of the directive {name}")
        return written

    def _exercise(self, title: str, body: str, options: dict[str, str]) -> str:
        options.pop("label", None)
        options.pop("nonumber", None)
        return f"### Exercise {title}\n\n{self.translate(body)}"

    def _solution(self, exercise: str, body: str, options: dict[str, str]) -> str:
        options.pop("class", None)
        return self._dropdown("Solution", body, options)

    def _dropdown(self, title: str, body: str, options: dict[str, str]) -> str:
        inside = f"{self.translate(body)}\n\n---"  # a line, or nothing shows where it ends
        return f"<details>\n<summary>{summary(title)}</summary>\n\n{inside}\n\n</details>"

    def _quick_question(self, title: str, body: str, options: dict[str, str]) -> str:
        """Quote the question, with its answers folded beneath it."""
        if options.pop("class", "") != "quick":
            raise Unknown("an admonition that is no quick question")
        question, colons, answers = body.partition("\n:::")
        asked = f"**{title}.** Choose, then open.\n\n{self.translate(question)}"
        return textwrap.indent(asked, "> ", lambda _: True) + f"\n\n{self.translate(colons + answers)}\n<br>"

    def _grid(self, columns: str, body: str, options: dict[str, str]) -> str:
        options.pop("gutter", None)
        return self.translate(body)

    def _card(self, title: str, body: str, options: dict[str, str]) -> str:
        options.pop("link-type")
        return f"**{self._link(title, options.pop('link'))}.** {self.translate(body)}"

    def _inline(self, source: str) -> str:
        return SPAN.sub(self._span, source)

    def _span(self, found: re.Match[str]) -> str:
        if found["role"]:
            return self._citation(found["role"], found["argument"].split(","))
        if found["target"] is not None:
            return self._link(self._inline(found["text"]), found["target"])
        return found[0]

    def _link(self, text: str, target: str) -> str:
        address = self._address(target)
        return f"[{text}]({address})" if address else text

    def _address(self, target: str) -> str:
        if re.match("https?://", target):
            return target
        if target.startswith("#"):
            place = f"book/{self.page}.html{target}"
        elif target in self.book.places:
            place = self.book.places[target]
        else:
            raise Unknown(f"a link to {target!r}, which is no page and no label")
        return self.book.site and self.book.site + place

    def _citation(self, role: str, keys: list[str]) -> str:
        if role not in ("cite", "cite:t", "cite:p"):
            raise Unknown(f"the role {role}")
        said = []
        for key in keys:
            if key not in self.book.sources:
                raise Unknown(f"the source {key}")
            self.cited.add(key)
            entry = self.book.sources[key]
            inside = f"{authors(entry)} ({{}})" if role == "cite:t" else f"{authors(entry)}, {{}}"
            said.append(inside.format(self._link(entry.fields["year"], self._source(key))))
        return ", ".join(said) if role == "cite:t" else f"({'; '.join(said)})"

    def _source(self, key: str) -> str:
        fields = self.book.sources[key].fields
        if "doi" in fields:
            return f"https://doi.org/{fields['doi']}"
        return str(fields.get("url", "bibliography"))

    def end(self) -> str:
        """What the page cites, and where it stands on the site."""
        style, backend = Style(), Backend()
        entries = style.format_entries([self.book.sources[key] for key in sorted(self.cited)])
        listed = [f"- {entry.text.render(backend)}" for entry in entries]
        site = self._link("This page on the site", self.page) if self.page in self.book.places else ""
        return "\n".join([*(["**Cited.**", "", *listed, ""] if listed else []), site]).strip()


def summary(title: str) -> str:
    r"""Write what stands above something folded, where viewers read HTML and set no formulas.

    >>> summary(r"at $(1, \tfrac12)$, $w_{jk}$, `W.T`")
    'at (1, ½), w<sub>jk</sub>, <code>W.T</code>'
    """

    def formula(found: re.Match[str]) -> str:
        said = plain(re.sub(r"_(?:\{([^{}]*)\}|(\w))", r"⟦\1\2⟧", found[1]))
        return said.replace("-", "−").replace("1/2", "½").replace("1/4", "¼")

    text = html.escape(re.sub(r"\$([^$]+)\$", formula, title), quote=False)
    text = text.replace("⟦", "<sub>").replace("⟧", "</sub>")
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text)


def authors(entry: Entry) -> str:
    """Name an entry's authors by their last names, the first alone if they are more than two."""
    people = entry.persons.get("author") or entry.persons["editor"]
    names = [" ".join([*person.prelast_names, *person.last_names]) for person in people]
    return f"{names[0]} et al." if len(names) > 2 else " and ".join(names)


def _known(token: Token) -> None:
    """Raise Unknown for what is neither translated nor shown everywhere as it is written."""
    kind = token.type.removesuffix("_open").removesuffix("_close")
    if kind == "html_block" and COMMENT.fullmatch(token.content):
        return
    if kind not in AS_WRITTEN and not (kind in TRANSLATED and token.level == 0):
        raise Unknown(f"a {kind}: {token.content[:60]}")
    for child in token.children or []:
        _known(child)


def _translated(token: Token) -> None:
    """Raise Unknown for a link or a role that was written in a way the translation overlooks."""
    if token.type == "myst_role":
        raise Unknown(f"a role in another form: {token.content[:60]}")
    address = str(token.attrs.get("href", "https://"))
    if not re.match("https?://|mailto:", address):
        raise Unknown(f"a link in another form than [text](target): {address}")
    for child in token.children or []:
        _translated(child)
