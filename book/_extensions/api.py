"""`api`: the reference of one module, made from its docstrings.

The argument names the module. Its public names stand in the order of `__all__`, where there is one,
else in that of the source. Docstrings are plain text in NumPy's layout: what reStructuredText would
take for a mark of its own is escaped, names of nnlib's classes become links, and so does the page in
'Derived in "Softmax"'.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from nnbook.pages import listed, title

MODULES = (
    "nnlib.perceptron", "nnlib.activations", "nnlib.network", "nnlib.losses", "nnlib.backpropagation",
    "nnlib.optimizers", "nnlib.regularizers", "nnlib.data", "nnlib.training", "nnlib.storage",
    "nnlib.datasets", "nnlib.viz", "nnlib.progress", "nnlib.estimators", "nnbook.demos", "nnbook.results",
    "nnbook.checking", "nnbook.teaching",
)  # fmt: skip
CODE = re.compile(r"(``.+?``|`[^`]+`)")
DERIVED = re.compile(r'(Derived in) "([^"]+)"')


def public(module: ModuleType) -> list[str]:
    """What a module offers: what `__all__` says, else all that it defines without an underscore."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    names: list[str] = []
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    there = [name for name in names if not name.startswith("_")]
    return [name for name in there if getattr(getattr(module, name), "__module__", "nnlib") != "typing"]


@cache
def classes() -> dict[str, str]:
    """The full name of every public class."""
    modules = {name: importlib.import_module(name) for name in MODULES}
    return {
        name: f"{place}.{name}"
        for place, module in modules.items()
        for name in public(module)
        if inspect.isclass(getattr(module, name))
    }


@cache
def titles(root: Path) -> dict[str, str]:
    """The page that has a title."""
    return {title(path): path.stem for path in listed(root)}


def plain(line: str, root: Path) -> str:
    """Turn a line of a docstring into reStructuredText that says the same."""
    if line.lstrip().startswith((">>>", "...", "===", "---")):
        return line
    pieces = [_code(piece) if k % 2 else _prose(piece, root) for k, piece in enumerate(CODE.split(line))]
    return "".join(pieces)


def _displayed(lines: list[str], root: Path) -> Iterator[str]:
    """Convert a module's docstring: what is set off by indentation stays as it is, line by line."""
    before, inside = "", False
    for line in lines:
        if line.startswith("  ") and not before and not inside:
            inside = True
            yield from ("::", "")
        elif line and not line.startswith("  "):
            inside = False
        yield line if inside else plain(line, root)
        before = line


def _code(piece: str) -> str:
    name = piece.strip("`")
    return f":py:class:`{name} <{classes()[name]}>`" if name in classes() else f"``{name}``"


def _prose(piece: str, root: Path) -> str:
    piece = re.sub(r"(?<=\w)_(?!\w)", r"\\_", re.sub(r"([\\*|])", r"\\\1", piece))

    def page(match: re.Match[str]) -> str:
        name = titles(root).get(match[2])
        return f"{match[1]} :doc:`{match[2]} </book/{name}>`" if name else match[0]

    return DERIVED.sub(page, piece)


class Api(SphinxDirective):
    """The docstring of a module and everything public in it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        module = importlib.import_module(self.arguments[0])
        lines = list(_displayed(inspect.getdoc(module).split("\n"), Path(self.env.srcdir)))
        lines += ["", f".. py:currentmodule:: {module.__name__}"]
        for name in public(module):
            lines += ["", *self._entry(module, name)]
        self.env.note_dependency(str(inspect.getsourcefile(module)))
        box = nodes.container(classes=["api"])
        source = StringList(["```{eval-rst}", *lines, "```"], module.__name__)
        self.state.nested_parse(source, self.content_offset, box)
        return [box]

    def _entry(self, module: ModuleType, name: str) -> list[str]:
        thing, full = getattr(module, name), f"{module.__name__}.{name}"
        if inspect.isclass(thing):
            return [f".. autoclass:: {full}", "   :members:"]
        if inspect.isroutine(thing) or hasattr(thing, "__wrapped__"):
            return [f".. autofunction:: {full}"]
        kind = type(thing)
        if kind.__name__ in classes():
            says = f"An object of the class :py:class:`{kind.__name__} <{classes()[kind.__name__]}>`."
        else:
            says = f"``{thing!r}``"
        return [f".. py:data:: {name}", "", f"   {says}"]


def _docstring(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    lines[:] = [plain(line, Path(app.srcdir)) for line in lines]


def _property(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Undo what napoleon does to a property, whose words before a colon it takes for a type."""
    if what == "property":
        lines[:] = [*(plain(line, Path(app.srcdir)) for line in inspect.getdoc(thing).split("\n")), ""]


def _signature(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, signature: str, returns: str
) -> tuple[str, str] | None:
    """A protocol is not called."""
    return ("", "") if what == "class" and getattr(thing, "_is_protocol", False) else None


def _foreign(app: Sphinx, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """Leave out what another library put into a class of ours."""
    return None if (getattr(thing, "__module__", None) or "nnlib").startswith(("nnlib", "nnbook")) else True


def _signatures(app: Sphinx, page: str, template: str, context: dict[str, Any], document: object) -> None:
    """Write a signature of several lines as lines: Sphinx makes it a list of definitions without terms."""
    context["body"] = re.sub(r"<dt class=\"sig.*?</dt>", _lines, context.get("body", ""), flags=re.DOTALL)


def _lines(match: re.Match[str]) -> str:
    tags = {"<dl>": '<span class="sig-lines">', "<dd>": '<span class="sig-line">'}
    tags |= {"</dl>": "</span>", "</dd>": "</span>"}
    return re.sub("</?d[ld]>", lambda tag: tags[tag[0]], match[0])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    app.add_directive("api", Api)
    app.connect("autodoc-process-docstring", _docstring, priority=400)  # before napoleon
    app.connect("autodoc-process-docstring", _property, priority=600)  # after it
    app.connect("autodoc-process-signature", _signature)
    app.connect("autodoc-skip-member", _foreign)
    app.connect("html-page-context", _signatures)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
