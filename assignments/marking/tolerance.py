"""Let a notebook's set-up cells run where not everything is at hand that they ask for.

Notebooks come from Colab, Kaggle, VS Code and JupyterLite: they install packages, mount drives,
choose a way to show figures, and import what the sandbox lacks. None of that is an answer, so none
of it stops a cell: commands for a shell do nothing, magics that fail are passed over, and in place
of what cannot be imported stands a `MissingPackage`. In a cell that imports something, a failing
call or setting (`plt.style.use("seaborn")`) leaves the rest of the cell to be run, too; the cell
counts as failed all the same, with the first exception.
"""

from __future__ import annotations

import ast
from collections.abc import Generator, Iterator
from typing import Any

HOSTS = ("google", "kaggle_secrets", "kaggle_datasets", "piplite", "micropip", "pyodide", "js")
TRY, MAGIC = "__nnlib_try__", "get_ipython"


class MissingPackage:
    """Stands for a package that is not here, and for all that is in it: calls do nothing."""

    def __call__(self, *given: Any, **_: Any) -> Any:
        decorated = len(given) == 1 and callable(given[0])  # `@njit` leaves a function as it is
        return given[0] if decorated else self

    def __getattr__(self, name: str) -> MissingPackage:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __enter__(self) -> MissingPackage:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __await__(self) -> Generator[None, None, MissingPackage]:
        yield from ()
        return self


class Tolerant(ast.NodeTransformer):
    """Wraps the statements of a cell that may fail without stopping it."""

    def visit_Module(self, module: ast.Module) -> ast.Module:
        importing = any(isinstance(node, ast.Import | ast.ImportFrom) for node in module.body)
        body: list[ast.stmt] = []
        for place, node in enumerate(module.body):
            last = place == len(module.body) - 1
            if isinstance(node, ast.Import | ast.ImportFrom) and not _future(node):
                body += [_tried(one, _bound(one)) for one in _one_by_one(node)]
            elif _is_magic(node) or (importing and _is_setting(node) and not (last and _shown(node))):
                body.append(_tried(node))
            else:
                body.append(node)
        module.body = body
        return ast.fix_missing_locations(module)


def _future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _one_by_one(node: ast.Import | ast.ImportFrom) -> Iterator[ast.Import | ast.ImportFrom]:
    """Split `import a, b` and `from a import b, c`: one that is missing leaves the others."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            one: ast.Import | ast.ImportFrom = ast.Import([alias])
        else:
            one = ast.ImportFrom(node.module, [alias], node.level)
        yield ast.copy_location(one, node)


def _bound(node: ast.Import | ast.ImportFrom) -> str:
    """Return the name that an import binds, "" for a star."""
    (alias,) = node.names
    if alias.name == "*":
        return ""
    return alias.asname or (alias.name.split(".")[0] if isinstance(node, ast.Import) else alias.name)


def _is_magic(node: ast.stmt) -> bool:
    """Whether this was a line with `%` or `!`, which IPython has turned into calls."""
    if not isinstance(node, ast.Expr | ast.Assign):
        return False
    calls = (one.func for one in ast.walk(node) if isinstance(one, ast.Call))
    return any(isinstance(called, ast.Name) and called.id == MAGIC for called in calls)


def _is_setting(node: ast.stmt) -> bool:
    """Whether this is a call for its own sake, or sets something inside a thing."""
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets)
    if not isinstance(node, ast.Expr):
        return False
    value = node.value.value if isinstance(node.value, ast.Await) else node.value
    return isinstance(value, ast.Call)


def _shown(node: ast.stmt) -> bool:
    """Whether a cell that ends so shows a value."""
    return isinstance(node, ast.Expr)


def _tried(node: ast.stmt, bound: str = "") -> ast.stmt:
    """Wrap a statement: what it raises is noted, and a name that it should have bound gets a stand-in."""
    noted = ast.parse(f"{TRY}(error, {bound!r}, {_is_magic(node)!r})").body
    handler = ast.ExceptHandler(ast.Name("Exception", ast.Load()), "error", noted)
    return ast.copy_location(ast.Try([node], [handler], [], []), node)


class Noted:
    """Remembers what the statements of a cell raised; the first of it is what became of the cell."""

    def __init__(self, shell: Any):
        self._shell = shell
        self._first: Exception | None = None
        shell.builtin_trap.auto_builtins[TRY] = self
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._end)

    def __call__(self, error: Exception, bound: str, magic: bool) -> None:
        if bound:
            self._shell.user_ns[bound] = MissingPackage()
        host = isinstance(error, ModuleNotFoundError) and (error.name or "").split(".")[0] in HOSTS
        if not (magic or host):
            self._first = self._first or error

    def _begin(self, _: object) -> None:
        self._first = None

    def _end(self, result: Any) -> None:
        if result.success and self._first is not None:
            result.error_in_exec = self._first


def install(shell: Any) -> None:
    """Make a kernel's shell tolerant."""
    Noted(shell)
    shell.ast_transformers.append(Tolerant())
    for name in ("system", "system_raw", "system_piped"):
        setattr(shell, name, lambda _command: None)
    shell.getoutput = lambda *_, **__: []
