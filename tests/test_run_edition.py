"""The run editions: each says what its page says, in words that every viewer of notebooks knows."""

import ast
import base64
import io
import re
import symtable

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from nbconvert import HTMLExporter
from PIL import Image
from pybtex.database import parse_string

from nnbook import pages, run_edition

NAMES = [path.stem for path in pages.notebooks()]
RUN = pages.ROOT / pages.RUN
LARGEST = 300_000  # bytes of a notebook
LEFT = {
    "a fence": r":::",
    "a role": r"\{[a-z][\w:+-]*\}`",
    "an option": r"^:[\w-]+:",
    "a target": r"^\([\w-]+\)=",
    "a formula left open": r"\$\$",
    "a link left over": r"\]\(",
    "a substitution": r"\{\{",
}
ANSWER = re.compile(r"^(Right|No)[:.,]")

BOOK = run_edition.Book(
    "https://example.org/",
    {
        "bibliography": "book/bibliography.html",
        "page": "book/page.html",
        "xor": "book/xor.html",
        "xor-do": "book/xor.html#xor-do",
    },
    parse_string(
        """
        @book{minsky, author={Minsky, Marvin and Papert, Seymour}, title={Perceptrons}, year=1969,
              publisher={MIT Press}}
        @article{three, author={Rumelhart, D. and Hinton, G. and Williams, R.}, title={Learning},
                 journal={Nature}, year=1986, doi={10.1038/323533a0}}
        """,
        "bibtex",
    ).entries,
)


def read(name):
    return nbformat.read(RUN / f"{name}.ipynb", as_version=4)


def page(name):
    return nbformat.read(pages.BOOK / f"{name}.ipynb", as_version=4)


def tags(cell):
    return set(cell.metadata.get("tags", []))


def translated(text):
    """A page of one cell, without what is added at its end."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    return run_edition.edition(made, "page", BOOK).cells[0].source


def pixels(picture):
    with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
        return np.asarray(image.convert("RGB"), dtype=float)


def without_pictures(notebook):
    pictures = []
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                pictures.append(pixels(output.data.pop("image/png")))
    return notebook, pictures


def names(code):
    """Names that a cell uses without having bound them itself, and those that it binds."""
    used, bound = set(), set()
    for statement in ast.parse(re.sub(r"^\s*[%!].*$", "", code, flags=re.MULTILINE)).body:
        table = symtable.symtable(ast.unparse(statement), "<cell>", "exec")
        binds = {
            symbol.get_name()
            for symbol in table.get_symbols()
            if symbol.is_assigned() or symbol.is_imported()
        }
        tables = [table]
        while tables:
            inner = tables.pop()
            tables += inner.get_children()
            used |= (
                {
                    symbol.get_name()
                    for symbol in inner.get_symbols()
                    if symbol.is_referenced() and (inner is table or symbol.is_global())
                }
                - binds
                - bound
            )
        bound |= binds
    return used, bound


def drawing(code):
    """Functions of a cell that draw from the page's own generator."""
    statements = ast.parse(re.sub(r"^\s*[%!].*$", "", code, flags=re.MULTILINE)).body
    functions = [one for one in statements if isinstance(one, ast.FunctionDef)]
    return {one.name for one in functions if "rng" in names(ast.unparse(one))[0]}


def test_names_of_a_cell():
    code = (
        "import os\nfor k in n:\n    print(k)\ndef f(a):\n    b = a\n    return b + c\nx = [y for y in f(z)]"
    )
    used, bound = names(code)
    assert used - {"print"} == {"n", "c", "z"}
    assert bound == {"os", "k", "f", "x"}


# ---- the pages' editions


def test_every_page_has_its_run_edition_and_nothing_else_does():
    assert [path.stem for path in pages.notebooks(RUN)] == NAMES


@pytest.fixture(scope="module")
def book():
    return run_edition.book()


@pytest.mark.parametrize("name", NAMES)
def test_it_is_made_of_its_page(name, book):
    wanted, drawn = without_pictures(run_edition.edition(page(name), name, book))
    stored, kept = without_pictures(read(name))
    hint = f"run `python tools/notebooks.py --tidy book/{name}.ipynb`"
    assert [cell.source for cell in stored.cells] == [cell.source for cell in wanted.cells], hint
    assert stored == wanted, hint
    for one, other in zip(drawn, kept, strict=True):  # another Pillow may choose other colours
        assert one.shape == other.shape, hint
        assert abs(one - other).mean() < 2, hint


@pytest.mark.parametrize("name", NAMES)
def test_its_code_is_the_page_s_and_needs_nothing_of_what_is_left_out(name):
    cells = [cell for cell in page(name).cells if cell.cell_type == "code"]
    shown = [cell for cell in cells if "setup" in tags(cell) or "remove-cell" not in tags(cell)]
    codes = [cell for cell in read(name).cells if cell.cell_type == "code"]
    assert [cell.source for cell in codes[1:]] == [cell.source for cell in shown[1:]]
    assert codes[0].source.endswith(shown[0].source)
    left_out, draws = set(), set()
    for cell in cells:
        if "setup" in tags(cell):
            continue
        used, bound = names(cell.source)
        if cell in shown:
            draws |= {"rng", *drawing(cell.source)} if "rng" in used | bound else set()
            assert not used & left_out, cell.source
            left_out -= bound
        else:
            assert "rng" in bound or not used & draws, f"the page's next draws depend on it: {cell.source}"
            left_out |= bound


@pytest.mark.parametrize("name", NAMES)
def test_what_it_shows_was_run_in_order(name):
    cells = [cell for cell in read(name).cells if cell.cell_type == "code"]
    counts = [count if cell.execution_count else None for count, cell in enumerate(cells, 1)]
    assert [cell.execution_count for cell in cells] == counts
    assert not any(cell.outputs for cell in cells if cell.execution_count is None)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_light_and_holds_no_frames(name):
    assert (RUN / f"{name}.ipynb").stat().st_size < LARGEST
    assert "nn-demo" not in nbformat.writes(read(name))


def left_over(soup):
    """What a reader would see of MyST, outside code and formulas."""
    for part in soup.select("pre, code, script, style, svg"):
        part.decompose()
    text = soup.get_text()
    labels = ["a labelled formula"] * bool(re.search(r"^\$\$ ?\([\w-]+\)$", text, re.MULTILINE))
    text = re.sub(r"\$\$.+?\$\$|\$[^$\n]+\$", "", text, flags=re.DOTALL)
    return labels + [name for name, pattern in LEFT.items() if re.search(pattern, text, re.MULTILINE)]


def unfolded(soup):
    """Answers that lie open."""
    return [
        part.get_text()
        for part in soup.select("p")
        if ANSWER.match(part.get_text()) and not part.find_parent("details")
    ]


def folded(name):
    """How many things the page folds."""
    return len(
        re.findall(r"^:{3,}\{(?:dropdown|solution)\}", pages.markdown(pages.BOOK / f"{name}.ipynb"), re.M)
    )


def as_on_github(name):
    viewer = MarkdownIt("gfm-like", {"html": True})
    return "\n".join(viewer.render(c.source) for c in read(name).cells if c.cell_type == "markdown")


def by_nbconvert(name):
    return HTMLExporter().from_notebook_node(read(name))[0]


@pytest.mark.parametrize("rendered", [as_on_github, by_nbconvert])
@pytest.mark.parametrize("name", NAMES)
def test_no_viewer_shows_what_only_the_site_knows(name, rendered):
    soup = BeautifulSoup(rendered(name), "html.parser")
    details = soup.select("details")
    assert len(details) == folded(name)
    assert all(part.select_one("summary").get_text().strip() for part in details)
    assert all(len(part.get_text().strip()) > len(part.select_one("summary").get_text()) for part in details)
    assert not unfolded(soup)
    assert not left_over(soup)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (":::{note}\nx\n:::", "a fence"),
        ("{cite:t}`minsky`", "a role"),
        (":label: x", "an option"),
        ("(here)=", "a target"),
        ("$$\nx\n$$ (label)", "a labelled formula"),
        ("[broken] (x) ](y)", "a link left over"),
    ],
)
def test_what_only_the_site_knows_would_be_noticed(text, found):
    soup = BeautifulSoup(f"<p>{text}</p>".replace("`", "&#96;"), "html.parser")
    assert found in left_over(soup)


def test_an_open_answer_would_be_noticed():
    soup = BeautifulSoup("<p>Right: it is.</p><details><p>No: it is not.</p></details>", "html.parser")
    assert unfolded(soup) == ["Right: it is."]


# ---- the translation


def test_exercise_and_solution():
    text = (
        ":::{exercise} 1. Check\n:label: x\n:nonumber:\n\nHow *many*?\n:::\n\n"
        ":::{solution} x\n:class: dropdown\n\nOne.\n\n$$\n1\n$$ (one)\n:::"
    )
    assert translated(text) == (
        "### Exercise 1. Check\n\nHow *many*?\n\n"
        "<details>\n<summary>Solution</summary>\n\nOne.\n\n$$\n1\n$$\n\n---\n\n</details>"
    )


def test_what_is_folded_stands_apart_from_the_text():
    fold = ":::{dropdown} a\n1\n:::"
    assert translated(f"{fold}\n\n{fold}\n\nText.").endswith("</details>\n<br>\n\nText.")
    assert translated(f"{fold}\n\n{fold}\n\nText.").count("<br>") == 1


def test_quick_question():
    text = (
        "::::{admonition} A quick question\n:class: quick\n\nWhat is\n$x$?\n\n"
        ":::{dropdown} $\\tfrac12$ & $w_2$, `a`\nRight: yes.\n:::\n\n:::{dropdown} 2 < 3\nNo.\n:::\n::::"
    )
    assert translated(text) == (
        "> **A quick question.** Choose, then open.\n> \n> What is\n> $x$?\n\n"
        "<details>\n<summary>½ &amp; w<sub>2</sub>, <code>a</code></summary>\n\n"
        "Right: yes.\n\n---\n\n</details>\n\n"
        "<details>\n<summary>2 &lt; 3</summary>\n\nNo.\n\n---\n\n</details>\n<br>"
    )


def test_links_lead_to_the_site_and_code_and_formulas_stay():
    text = "[`f`](xor), [do](xor-do), [here](#a), [out](https://a.org/x_(y)), `[a](xor)`, $[a](xor)$"
    assert translated(text) == (
        "[`f`](https://example.org/book/xor.html), [do](https://example.org/book/xor.html#xor-do), "
        "[here](https://example.org/book/page.html#a), [out](https://a.org/x_(y)), `[a](xor)`, $[a](xor)$"
    )


def test_without_a_site_links_are_text():
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("See [XOR](xor).")])
    nowhere = run_edition.Book("", BOOK.places, BOOK.sources)
    assert run_edition.edition(made, "page", nowhere).cells[0].source == "See XOR."


def test_citations_name_authors_year_and_link_and_are_listed_at_the_end():
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("{cite:t}`minsky` and {cite:p}`three,minsky`.")]
    )
    text, end = (cell.source for cell in run_edition.edition(made, "page", BOOK).cells)
    nature, press = "https://doi.org/10.1038/323533a0", "https://example.org/book/bibliography.html"
    assert text == (
        f"Minsky and Papert ([1969]({press})) and (Rumelhart et al., [1986]({nature}); "
        f"Minsky and Papert, [1969]({press}))."
    )
    assert end.count("\n- ") == 2
    assert "Perceptrons" in end
    assert "Nature" in end
    assert end.endswith("[This page on the site](https://example.org/book/page.html)")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (":::{warning}\nx\n:::", "warning"),
        (":::{dropdown} x\n:open:\n\ny\n:::", "open"),
        (":::{admonition} x\n:class: tip\n\ny\n:::", "quick question"),
        ("{term}`bias`", "the role term"),
        ("{cite:t}`nobody`", "nobody"),
        ("[x](nowhere)", "nowhere"),
        ("<b>bold</b>", "html_inline"),
        ("<div>\nx\n</div>", "html_block"),
        ("a[^1]\n\n[^1]: note", "footnote"),
        ("![x](y.png)", "image"),
        ("% a remark", "myst_line_comment"),
        ("- a\n\n  :::{note}\n  x\n  :::", "colon_fence"),
        ("{{ x }}", "substitution"),
        ("term\n: what it is", "dl"),
        ('[x](xor "a title")', "a link in another form.*xor"),
        ("[x][1]\n\n[1]: xor", "a link in another form.*xor"),
        ("costs \\$5, see [x](xor), or $z$", "a link in another form.*xor"),
    ],
)
def test_what_is_not_known_is_named(text, named):
    with pytest.raises(run_edition.Unknown, match=named):
        translated(text)


def test_a_page_that_is_not_listed_yet_has_an_edition_without_its_address():
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# New")])
    assert [cell.source for cell in run_edition.edition(made, "draft", BOOK).cells] == ["# New"]


def test_an_unknown_tag_is_named():
    cell = nbformat.v4.new_code_cell("1", metadata={"tags": ["skip"]})
    with pytest.raises(run_edition.Unknown, match=r"page\.ipynb, cell 0: .*skip"):
        run_edition.edition(nbformat.v4.new_notebook(cells=[cell]), "page", BOOK)


def test_a_site_s_address():
    assert pages.published("https://gitlab.com/a/b") == ""
    assert re.fullmatch("https://.*/", pages.site())
