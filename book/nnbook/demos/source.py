"""The code of a function and of everything it uses, as one program that runs by itself.

This is what "copy as code" puts on a reader's clipboard.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import symtable
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

import nnlib


def program(function: Callable[..., Any], *, imports: tuple[str, ...] = ()) -> str:
    """Write a program that defines `function`: imports, constants, helpers, the function.

    Parameters
    ----------
    function : callable
        A function with a name and a source.
    imports : tuple of str
        Lines the program needs besides.

    Raises
    ------
    TypeError
        If it has no source, or uses something that cannot be written as code.
    """
    parts = _Parts(_plain(function).__module__)
    parts.add(getattr(function, "__name__", "draw"), function)
    blocks = ["\n".join(sorted({*parts.imports, *imports}, key=_order))]
    blocks += ["\n".join(parts.constants)] if parts.constants else []
    return "\n\n".join(blocks) + "\n\n\n" + "\n\n\n".join(parts.definitions) + "\n"


class _Parts:
    """What a program is put together from; each definition after those it uses."""

    def __init__(self, module: str) -> None:
        self.module = module
        self.imports: list[str] = []
        self.constants: list[str] = []
        self.definitions: list[str] = []
        self.seen: dict[str, Any] = {}

    def add(self, name: str, function: Callable[..., Any]) -> None:
        plain = _plain(function)
        source = _source(plain)
        self.seen[plain.__name__] = function
        for used in _outside(source):
            if used == plain.__name__:
                continue
            scope = {**plain.__globals__, **inspect.getclosurevars(plain).nonlocals}
            if used not in scope:
                if not hasattr(builtins, used):
                    raise TypeError(f"{name} uses {used!r}, which is not defined")
            elif used not in self.seen:
                self.seen[used] = scope[used]
                self.use(used, scope[used], name)
            elif self.seen[used] is not scope[used]:
                raise TypeError(
                    f"{name} and something it uses mean two different things by {used!r}; rename one"
                )
        self.imports += [f"import {module}" for module in _submodules(source, plain.__globals__)]
        self.definitions.append(source)

    def use(self, name: str, value: Any, user: str) -> None:
        if isinstance(value, ModuleType):
            self.imports.append(_import(name, value))
            return
        home = getattr(value, "__module__", None)
        called = getattr(value, "__name__", name)
        if home == self.module and isinstance(
            inspect.unwrap(value) if callable(value) else value, FunctionType
        ):
            if called not in self.seen or called == name:
                self.add(called, value)
            if called != name:
                self.definitions.append(f"{name} = {called}")
        elif home and getattr(sys.modules.get(home), called, None) is value:
            self.imports.append(f"from {home} import {called}" + (f" as {name}" if called != name else ""))
        elif known := next((n for n in nnlib.__all__ if getattr(nnlib, n) is value), None):
            self.imports.append(f"from nnlib import {known}" + (f" as {name}" if known != name else ""))
        elif (written := _literal(value)) is not None:
            self.constants.append(f"{name} = {written}")
        else:
            raise TypeError(
                f"{user} uses {name!r}, a {type(value).__name__} that copied code would not have; "
                "make it inside draw, or in a function that draw calls"
            )


def _plain(function: Callable[..., Any]) -> FunctionType:
    plain = inspect.unwrap(function) if callable(function) else function
    if not isinstance(plain, FunctionType) or plain.__name__ == "<lambda>":
        kind = type(function).__name__
        raise TypeError(
            f"expected a function written with def, whose code can be copied, but came a {kind}: {function!r}"
        )
    return plain


def _source(function: FunctionType) -> str:
    name = function.__name__
    try:
        source = textwrap.dedent(inspect.getsource(function)).strip()
    except OSError as error:
        raise TypeError(f"the source of {name} cannot be found, so it could not be copied as code") from error
    try:
        (definition,) = ast.parse(source).body
        compile(source, "<source>", "exec")
    except (SyntaxError, ValueError) as error:
        raise TypeError(
            f"the source of {name} cannot stand by itself ({error}), so it could not be copied as code; "
            "write it at the top level of a cell, without nonlocal"
        ) from error
    if getattr(definition, "name", None) != name:
        raise TypeError(
            f"a decorator hides the code of {name}, so it could not be copied; "
            "use functools.wraps in the decorator, or leave it out"
        )
    return source


def _outside(source: str) -> list[str]:
    """Names that a definition takes from outside itself, in order of first use."""
    table = symtable.symtable(source, "<source>", "exec")
    wanted = set(_globals(table))
    names = [n.id for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name)]
    return [name for name in dict.fromkeys(names) if name in wanted]


def _submodules(source: str, scope: dict[str, Any]) -> Iterator[str]:
    """Modules inside modules that a definition reaches by dots alone: os.path of `os.path.join`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            dotted = ast.unparse(node)
            first = dotted.split(".")[0]
            root = scope.get(first)
            inner = isinstance(root, ModuleType) and root.__name__ == first and dotted in sys.modules
            if inner and not hasattr(root, "__getattr__"):
                yield dotted


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        if symbol.is_referenced() and (symbol.is_global() or (top and not symbol.is_assigned())):
            yield symbol.get_name()
    for child in table.get_children():
        yield from _globals(child)


def _import(name: str, module: ModuleType) -> str:
    parent, _, last = module.__name__.rpartition(".")
    if not parent:
        return f"import {last}" + (f" as {name}" if name != last else "")
    return f"from {parent} import {last}" if name == last else f"import {module.__name__} as {name}"


def _order(line: str) -> tuple[bool, bool, str]:
    """Standard library first, nnbook and nnlib last."""
    module = line.split()[1].split(".")[0]
    return module in ("nnbook", "nnlib"), module not in sys.stdlib_module_names, line


def _literal(value: Any) -> str | None:
    """Write a value as code, or None if it cannot be."""
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float) and not math.isfinite(plain):
        return f'float("{plain}")'
    try:
        return repr(plain) if ast.literal_eval(repr(plain)) == plain else None
    except (ValueError, SyntaxError):
        return None
