"""The code of a function and of everything it uses, as one program that runs by itself.

This is what "copy as code" puts on a reader's clipboard.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import symtable
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any

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
        self.seen: set[str] = set()

    def add(self, name: str, function: Callable[..., Any]) -> None:
        plain = _plain(function)
        source = _source(name, plain)
        self.seen.add(name)
        for used in _outside(source):
            if used in self.seen or used == plain.__name__:
                continue
            self.seen.add(used)
            scope = {**plain.__globals__, **inspect.getclosurevars(plain).nonlocals}
            if used in scope:
                self.use(used, scope[used], name)
            elif not hasattr(builtins, used):
                raise TypeError(f"{name} uses {used!r}, which is not defined")
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
            self.add(name, value)
        elif home and getattr(sys.modules.get(home), called, None) is value:
            self.imports.append(f"from {home} import {called}" + (f" as {name}" if called != name else ""))
        elif known := next((n for n in nnlib.__all__ if getattr(nnlib, n) is value), None):
            self.imports.append(f"from nnlib import {known}" + (f" as {name}" if known != name else ""))
        elif _is_literal(value):
            self.constants.append(f"{name} = {value!r}")
        else:
            raise TypeError(
                f"{user} uses {name!r}, a {type(value).__name__} that copied code would not have; "
                "make it inside draw, or in a function that draw calls"
            )


def _plain(function: Callable[..., Any]) -> FunctionType:
    plain = inspect.unwrap(function)
    if not isinstance(plain, FunctionType) or plain.__name__ == "<lambda>":
        raise TypeError(
            f"expected a function written with def, whose code can be copied, but came {function!r}"
        )
    return plain


def _source(name: str, function: FunctionType) -> str:
    try:
        return textwrap.dedent(inspect.getsource(function)).strip()
    except OSError as error:
        raise TypeError(f"the source of {name} cannot be found, so it could not be copied as code") from error


def _outside(source: str) -> list[str]:
    """Names that a definition takes from outside itself, in order of first use."""
    table = symtable.symtable(source, "<source>", "exec")
    wanted = set(_globals(table))
    names = [n.id for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name)]
    return [name for name in dict.fromkeys(names) if name in wanted]


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
    """Standard library first, nnlib last."""
    module = line.split()[1].split(".")[0]
    return module == "nnlib", module not in sys.stdlib_module_names, line


def _is_literal(value: Any) -> bool:
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError):
        return False
