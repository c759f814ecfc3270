"""No term of the glossary is used before the page that introduces it, unless it is linked there."""

import re

import pytest

from nnbook import pages
from nnbook.pages import BOOK

READ = ("One neuron", "Learning", "Learning well", "Beyond")  # the parts that are read in order
# The landing page's cards are links, and its six questions are for those who know the words.
OUTSIDE = [("::::{grid}", "::::"), ("::::::{dropdown}", "::::::"), ("<!-- minutes", "<!-- end -->")]
ASIDE = {"assignments", "teaching", "instructors"}


def prose(page):
    """The text of a page, paragraph by paragraph, without headings, code, formulas and directives' lines."""
    text = pages.markdown(BOOK / f"{page}.ipynb")
    for begin, end in OUTSIDE:
        text = re.sub(f"^{begin}.*?^{end}$", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"\$\$.*?\$\$(?: \([a-z-]+\))?|\$[^$]*\$", "X", text, flags=re.DOTALL)
    text = re.sub(r"(?:\{[\w:]+\})?`[^`]*`|<!--.*?-->", "X", text, flags=re.DOTALL)
    return re.sub(r"^(#|:).*$", "", text, flags=re.MULTILINE)


def in_order():
    parts = pages.parts()
    return ["index", *(name for part in READ for name in parts[part] if name not in ASIDE)]


def glossary():
    """Terms, each with the page that introduces it."""
    text = (BOOK / "glossary.md").read_text(encoding="utf-8")
    body = text.split(":::{glossary}\n")[1].split("\n:::")[0]
    found = {}
    for entry in body.strip().split("\n\n"):
        term, said = entry.split("\n", 1)
        term = term.partition(" (")[0]  # a term with the name of a page has something in brackets
        found[term] = re.findall(r"\]\((\w+)\)", said)[-1]
    return found


TERMS = glossary()
PAGES = {page: prose(page) for page in in_order()}
LINK = r"\[[^\]]*\]\([^)]*\)"
EMPHASIS = r"\*\*[^*\n]+\*\*|(?<!\*)\*[^*\n]+\*(?!\*)"


def pattern(term):
    return rf"(?<![\w-]){re.escape(term)}(?:s|es)?(?![\w-])"


def introduced(text, term):
    """Where a text says the term in bold or italics, or -1."""
    for match in re.finditer(EMPHASIS, text):
        if len(match[0]) < 60 and re.search(pattern(term), match[0], re.IGNORECASE):
            return match.start()
    return -1


def loose(text, term):
    """The first place where a text uses the term outside links and emphasis, with its surroundings."""
    masked = re.sub(f"{LINK}|{EMPHASIS}", lambda m: "·" * len(m[0]), text)
    match = re.search(pattern(term), masked, re.IGNORECASE)
    return (match.start(), text[max(0, match.start() - 60) : match.end() + 30]) if match else (-1, "")


def masked_by_longer(text, term):
    """Blank out longer terms that hold this one: "hidden layer" is no use of "layer"."""
    for other in TERMS:
        if other != term and re.search(pattern(term), other, re.IGNORECASE):
            text = re.sub(pattern(other), lambda m: "·" * len(m[0]), text, flags=re.IGNORECASE)
    return text


@pytest.mark.parametrize("term", TERMS)
def test_term_is_introduced_before_it_is_used(term):
    home = TERMS[term]
    assert home in PAGES, f"{home} is no page of the book"
    for page, text in PAGES.items():
        at = introduced(text, term)
        used, where = loose(masked_by_longer(text, term), term)
        if page == home:
            assert at >= 0, f"{home} does not introduce {term} in bold or italics"
            assert used < 0 or at < used, f"{term} is used on {page} before it is introduced: …{where}…"
            return
        assert used < 0, f"{term} is used on {page}, before {home} introduces it: …{where}…"


def test_the_glossary_is_sorted_and_the_check_can_fail():
    assert list(TERMS) == sorted(TERMS, key=str.lower)
    assert loose("a [neuron](glossary) and a **neuron**", "neuron")[0] < 0
    assert loose("two neurons", "neuron")[0] == 4
    assert introduced("a **weight** of", "weight") == 2
    assert introduced("a weight of", "weight") == -1
    assert loose(masked_by_longer("a hidden layer", "layer"), "layer")[0] < 0
