import importlib
from pathlib import Path

import pytest
import registry

for module in sorted(Path(__file__).parent.glob("*.py")):
    if module.stem not in ("registry", "test_formulas"):
        importlib.import_module(module.stem)

EQUATIONS = [
    (page.stem, label, latex)
    for page in registry.pages()
    for label, latex in registry.displayed(registry.markdown(page))
]


def test_there_are_equations():
    assert len(EQUATIONS) >= 11


@pytest.mark.parametrize("page", registry.pages(), ids=lambda page: page.stem)
def test_equations_are_displayed_in_the_one_way_that_is_checked(page):
    text = registry.markdown(page)
    assert not registry.OTHER_WAYS.findall(text)
    assert text.count("$$") == 2 * len(registry.displayed(text))


@pytest.mark.parametrize(("page", "label", "latex"), EQUATIONS, ids=[str(e[1]) for e in EQUATIONS])
def test_every_equation_has_a_label_and_the_latex_that_was_checked(page, label, latex):
    assert label, f"an equation on {page} has no label: {latex}"
    assert label in registry.CHECKS, f"no check or definition for {label}"
    assert registry.normal(latex) == registry.normal(registry.CHECKS[label].latex), (
        f"the text of {label} on {page} is not the one that was checked"
    )


def test_labels_are_unique_and_checks_are_shown():
    labels = [label for _, label, _ in EQUATIONS]
    assert len(labels) == len(set(labels))
    assert set(registry.CHECKS) == set(labels)


CHECKED = {label: entry for label, entry in registry.CHECKS.items() if entry.check}


@pytest.mark.parametrize("label", CHECKED)
def test_equation(label):
    CHECKED[label].check()


def test_the_reader_of_pages_notices_what_it_should():
    assert registry.displayed("a\n\n$$\nx = 1\n$$ (one)\n\nb\n\n$$\ny\n$$\n") == [
        ("one", "x = 1"),
        (None, "y"),
    ]
    for other in (
        r"\[ x \]",
        "$$ x $$",
        r"\begin{align} x",
        r"\begin{gather*} x",
        "```{math}\nx",
        "text $$x$$",
    ):
        assert registry.OTHER_WAYS.search(other)
    assert registry.normal(r"a\, = b .") == registry.normal("a=b")
    assert registry.normal("a + b") != registry.normal("a - b")
