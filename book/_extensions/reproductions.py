"""`reproductions`: Nielsen's printed numbers beside ours, with verdicts, runs and baselines.

    ```{reproductions} chapter 3      table of the numbers of a chapter
    ```{reproductions} wide           list of those that a wide range makes easy to reproduce
    ```{reproductions} runs           table of the results files: seeds, seconds, machine, versions
    ```{reproductions} baselines      table of the support-vector machine's results
    ```{reproductions} text           the content as Markdown, with {facts} filled in

Everything is read from `book/data/published.yml` by `nnbook.published`, and from `book/nnbook/results`.
The row of a number gets the anchor `published-ID`.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from nnbook import book_data, published
from nnbook import results as stored
from nnbook.results import record

HEADS = {
    "what": ("What", 25),
    "his": ("Nielsen", 13),
    "mean": ("Our mean", 11),
    "range": ("Range", 17),
    "spread": ("s", 10),
    "seeds": ("Seeds", 9),
    "verdict": ("Verdict", 15),
}
RUNS = {
    "file": ("Results", 27),
    "seeds": ("Seeds", 8),
    "seconds": ("Seconds per run", 11),
    "machine": ("Machine", 14),
    "numpy": ("NumPy", 8),
    "nnlib": ("nnlib", 8),
    "arithmetic": ("Arithmetic", 24),
}
BASELINES = {  # class of the column, its name, its share of the width; what was measured
    "size": ("Training images", 22),
    "old-validation": ("Validation, γ = 1/784", 20),
    "new-validation": ("Validation, today’s γ", 20),
    "old-test": ("Test, γ = 1/784", 19),
    "new-test": ("Test, today’s γ", 19),
}
GAMMAS = {"old": "auto, 256", "new": "scale"}
UNMARKED = "text"  # the source that needs no mention


def decimals(row: published.Row) -> int:
    """Decimals of our mean: two for a percentage, one for a count, else one more than he prints."""
    if row.unit == "%":
        return 2
    return 1 if isinstance(row.published, int) else 4


def number(value: float, row: published.Row, places: int) -> str:
    """Write a number down with its unit."""
    return f"{value:,.{places}f}" + (f"\N{NO-BREAK SPACE}{row.unit}" if row.unit else "")


def his(row: published.Row) -> str:
    """The published number as he prints it."""
    if row.published is None:
        return "–"
    if row.page or isinstance(row.published, int):
        return f"{row.published:,}" + (f"\N{NO-BREAK SPACE}{row.unit}" if row.unit else "")
    return number(row.published, row, 2 if row.unit == "%" else 3)


def span(low: float, high: float, row: published.Row, places: int | None = None) -> str:
    """From the lowest to the highest."""
    if places is None:
        places = 0 if decimals(row) == 1 else decimals(row)
    start = "" if low == high else f"{low:,.{places}f}–"
    return start + number(high, row, places)


def files() -> list[str]:
    """Every stored result."""
    every = sorted(path.stem for path in Path(stored.__file__).parent.glob("*.json"))
    return [name for name in every if name != "speed"]  # which `make bench` writes


def baselines() -> list[tuple[int, dict[str, Any]]]:
    """Number of training images and run of each measured support-vector machine."""
    names = [name for name in files() if name.startswith("svm_baseline_")]
    return sorted((record(name)["settings"]["training images"], record(name)["runs"][0]) for name in names)


def in_words(parts: Iterable[str]) -> str:
    """Write a list as in a sentence."""
    *some, last = parts
    return f"{', '.join(some)} and {last}" if some else last


def facts(rows: list[published.Row]) -> dict[str, Any]:
    """What the text of the page may name."""
    verdicts = [row.verdict for row in rows]
    hundred = record("dead_digit_100_quadratic")["runs"]
    sizes = baselines()
    return {
        "all": len(rows),
        "compared": verdicts.count("reproduced") + verdicts.count("differs"),
        "reproduced": verdicts.count("reproduced"),
        "differ": verdicts.count("differs"),
        "on_pages": verdicts.count("computed on the page"),
        "unpublished": verdicts.count("none published"),
        "wide": sum(row.wide for row in rows),
        "differing": "\n".join(
            f"- [{row.what}](#published-{row.id}), {row.setting}: he {his(row)}, we "
            f"{span(row.lowest, row.highest, row)}. {row.note}"
            for row in rows
            if row.verdict == "differs"
        ),
        "hundred_runs": len(hundred),
        "hundred_lost": sum(run["dead digits"][-1] > 0 for run in hundred),
        "svm_sizes": in_words(f"{size:,}" for size, _ in sizes),
        "svm_old": in_words(f"{run['validation']['auto, 256'] / 100:.2f} %" for _, run in sizes),
        "svm_new": in_words(f"{run['validation']['scale'] / 100:.2f} %" for _, run in sizes),
        "svm_255": in_words(f"{run['validation']['auto']:,}" for _, run in sizes),
        "sklearn": sizes[-1][1]["scikit-learn"],
    }


class Reproductions(SphinxDirective):
    """The part of the ledger that the argument names."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        part, _, chapter = self.arguments[0].partition(" ")
        self.env.note_dependency(str(book_data.path("published")))
        for name in files():
            self.env.note_dependency(str(Path(stored.__file__).with_name(f"{name}.json")))
        rows = published.rows()
        if part == "text":
            return self._parsed("\n".join(self.content).format(**facts(rows)))
        if part == "wide":
            return self._parsed("\n".join(self._wide([row for row in rows if row.wide])))
        if part == "chapter":
            return [self._chapter([row for row in rows if row.chapter == int(chapter)])]
        if part == "runs":
            body = nodes.tbody("", *(self._row(RUNS, self._file(name)) for name in files()))
            return [self._table("runs", RUNS, body)]
        if part == "baselines":
            body = nodes.tbody("", *(self._row(BASELINES, self._size(*found)) for found in baselines()))
            return [self._table("baselines", BASELINES, body)]
        raise self.error(f"there is no part {self.arguments[0]!r} of the reproductions")

    def _parsed(self, markdown: str) -> list[nodes.Node]:
        box = nodes.Element()
        self.state.nested_parse(StringList(markdown.split("\n"), "reproductions"), self.content_offset, box)
        return list(box.children)

    def _wide(self, rows: list[published.Row]) -> list[str]:
        """One item for each setting, with what would have passed."""
        items = []
        for setting, group in groupby(rows, key=lambda row: row.setting):
            passing = [
                f"[{row.what}](#published-{row.id}) ({span(*row.passing, row, 0 if row.unit else None)})"
                for row in group
            ]
            items.append(f"- {setting}: {'; '.join(passing)}")
        return items

    def _chapter(self, rows: list[published.Row]) -> nodes.container:
        """A row for each number under one for each setting."""
        body = nodes.tbody()
        for setting, group in groupby(rows, key=lambda row: row.setting):
            title = nodes.entry(classes=["setting"], morecols=len(HEADS) - 1)
            title += self._parsed(setting)
            body += nodes.row("", title)
            for row in group:
                made = self._row(HEADS, self._cells(row), f"verdict-{row.verdict.split()[0]}")
                if row.page:  # nothing of ours to show: what there is to say takes the room
                    made[-1]["morecols"] = len(HEADS) - 3
                    made[:] = [made[0], made[1], made[-1]]
                self._anchor(made, row)
                body += made
        return self._table("published", HEADS, body)

    def _anchor(self, made: nodes.row, row: published.Row) -> None:
        anchor = f"published-{row.id}"
        made["ids"].append(anchor)
        standard: Any = self.env.get_domain("std")
        standard.anonlabels[anchor] = (self.env.docname, anchor)
        standard.labels[anchor] = (self.env.docname, anchor, row.what)

    def _cells(self, row: published.Row) -> dict[str, str]:
        places = decimals(row)
        verdict = row.verdict
        if row.page:
            verdict = f"computed on the page [](/book/{row.page}.ipynb)"
        elif row.wide:
            verdict += ", wide range"
        source = "" if row.source == UNMARKED else f"\n\n({row.source})"
        return {
            "what": row.what + (f"\n\n{row.note}" if row.note else ""),
            "his": his(row) + source,
            "mean": number(row.mean, row, places) if row.ours else "",
            "range": span(row.lowest, row.highest, row) if row.ours else "",
            "spread": f"{row.spread:,.{places}f}" if row.ours else "",
            "seeds": str(len(row.ours)) if row.ours else "",
            "verdict": verdict,
        }

    def _file(self, name: str) -> dict[str, str]:
        document = record(name)
        theme = self.config.html_theme_options
        address = (
            f"{theme['repository_url']}/blob/{theme['repository_branch']}/book/nnbook/results/{name}.json"
        )
        kernels = document["arithmetic"]
        return {
            "file": f"[{name}]({address})",
            "seeds": str(len(document["runs"])),
            "seconds": f"{statistics.fmean(run['seconds'] for run in document['runs']):.1f}",
            "machine": document["machine"],
            "numpy": document["numpy"],
            "nnlib": document["nnlib"],
            "arithmetic": ", ".join([kernels["openblas"] or "unknown", *kernels["simd"]]),
        }

    def _size(self, size: int, run: dict[str, Any]) -> dict[str, str]:
        cells = {"size": f"{size:,}"}
        for head in list(BASELINES)[1:]:
            default, data = head.split("-")
            cells[head] = f"{run[data][GAMMAS[default]]:,}"
        return cells

    def _table(self, name: str, heads: dict[str, tuple[str, int]], body: nodes.tbody) -> nodes.container:
        group = nodes.tgroup(cols=len(heads))
        group += [nodes.colspec(colwidth=width) for _, width in heads.values()]
        head = nodes.row()
        for key, (text, _) in heads.items():
            head += nodes.entry("", nodes.paragraph(text=text), classes=[f"of-{key}"])
        group += [nodes.thead("", head), body]
        table = nodes.table("", group, classes=["reproductions", name, "colwidths-given"])
        return nodes.container("", table, classes=["reproductions-table"])

    def _row(self, heads: dict[str, Any], cells: dict[str, str], name: str = "") -> nodes.row:
        row = nodes.row(classes=[name] if name else [])
        for head in heads:
            cell = nodes.entry(classes=[f"of-{head}"])
            cell += self._parsed(cells[head])
            row += cell
        return row


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("reproductions", Reproductions)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
