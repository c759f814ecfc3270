"""Numbers and arrays as JSON: all that passes between the checks and a student's kernel.

This file is read by both sides. In the sandbox it runs next to the student's code, which may
change it at will; so the grader's side trusts nothing that comes back: it rebuilds numbers,
arrays and lists of them from plain JSON, within fixed limits, and takes everything else for
what it says it is, the name of a type. Nothing is ever unpickled.
"""

from __future__ import annotations

import base64
import binascii
import builtins
import json
import math
import os
import re
from collections.abc import Callable
from typing import Any

import numpy as np

MIME = "application/vnd.nnlib.answer+json"
DTYPES: tuple[str, ...] = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
DTYPES += ("float16", "float32", "float64")
MOST_BYTES = 4_000_000
MOST_ITEMS = 1_000
DEEPEST = 3
INLINE = 65_536  # larger arguments travel as .npy files
KNOWN = (
    re.compile(  # what `encode` says of what it cannot encode; other words could be taken for the grader's
        r"None|the dots|a huge int|a list of [\d,]{1,20} things|an array of dtype [\w\[\]<>|]{1,40}"
        r"|an array of [\d,]{1,20} bytes \(at most [\d,]{1,20} are taken\)|a [^\W\d]\w{0,60}"
    )
)
FOLDER = os.environ.get("NNLIB_EXCHANGE", "/exchange")


class Unusable:
    """Something a student's name stands for that is neither a number nor an array."""

    def __init__(self, kind: str):
        self.kind = kind


class Failure(Exception):
    """What a student's function raised."""

    def __init__(self, kind: str, text: str):
        super().__init__(f"{kind}: {text}" if text else kind)
        self.kind, self.text = kind, text


def encode(value: Any, depth: int = 0) -> Any:
    """Turn a number, an array or a list of such into JSON; name the type of anything else."""
    if value is None or value is Ellipsis:
        return {"unusable": "None" if value is None else "the dots"}
    if isinstance(value, bool | np.bool_):
        return {"bool": bool(value)}
    if isinstance(value, int | np.integer):
        return {"int": str(int(value))} if abs(int(value)) < 2**63 else {"unusable": "a huge int"}
    if isinstance(value, float | np.floating):
        return {"float": repr(float(value))}
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f" and value.itemsize > 8:  # longdouble, of another size elsewhere
            value = value.astype(float)
        if value.dtype.name not in DTYPES:
            return {"unusable": f"an array of dtype {value.dtype}"}
        data = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
        if data.nbytes > MOST_BYTES:
            return {"unusable": f"an array of {data.nbytes:,} bytes (at most {MOST_BYTES:,} are taken)"}
        text = base64.b64encode(data.tobytes()).decode()
        return {"array": [value.dtype.name, list(value.shape), text]}
    if isinstance(value, list | tuple) and depth < DEEPEST:
        if len(value) > MOST_ITEMS:
            try:
                return encode(np.asarray(value, dtype=float), depth + 1)
            except (TypeError, ValueError):
                return {"unusable": f"a list of {len(value):,} things"}
        return {"list": [encode(item, depth + 1) for item in value]}
    return {"unusable": f"a {type(value).__name__}"[:80]}


def decode(tree: Any, depth: int = 0) -> Any:
    """Rebuild what `encode` made; whatever does not fit raises ValueError."""
    if not (isinstance(tree, dict) and len(tree) == 1) or depth > DEEPEST + 1:
        raise ValueError("an answer that is no answer")
    ((kind, content),) = tree.items()
    if kind == "bool" and isinstance(content, bool):
        return content
    if kind == "int" and isinstance(content, str) and len(content) < 24:
        return int(content)
    if kind == "float" and isinstance(content, str) and len(content) < 40:
        return float(content)
    if kind == "unusable" and isinstance(content, str):
        return Unusable(content if KNOWN.fullmatch(content) else "something that is no number")
    if kind == "error" and isinstance(content, list) and len(content) == 2:
        return Failure(str(content[0])[:80], str(content[1])[:500])
    if kind == "list" and isinstance(content, list) and len(content) <= MOST_ITEMS:
        return [decode(item, depth + 1) for item in content]
    if kind == "array" and isinstance(content, list) and len(content) == 3:
        return _array(*content)
    raise ValueError("an answer that is no answer")


def _array(dtype: Any, shape: Any, text: Any) -> np.ndarray:
    if dtype not in DTYPES or not isinstance(text, str) or not isinstance(shape, list) or len(shape) > 8:
        raise ValueError("an array that is no array")
    if not all(type(n) is int and 0 <= n <= MOST_BYTES for n in shape):
        raise ValueError("an array with an impossible shape")
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("an array that is no array") from error
    kind = np.dtype(dtype).newbyteorder("<")
    if len(data) > MOST_BYTES or len(data) != kind.itemsize * math.prod(shape):
        raise ValueError("an array whose data do not fit its shape")
    return np.frombuffer(data, dtype=kind).reshape(shape).astype(dtype)


# ---- what runs beside the student's code --------------------------------------------------


class _Reply:
    def __init__(self, tree: Any):
        self.tree = tree

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        return {MIME: self.tree, "text/plain": ""}


_functions: dict[str, Callable[..., Any]] = {}


def _argument(tree: Any) -> Any:
    ((kind, content),) = tree.items()
    if kind == "file":
        return np.load(f"{FOLDER}/{content}", allow_pickle=False)
    if kind == "rng":
        return np.random.default_rng(int(content))
    return decode(tree)


def answer(namespace: dict[str, Any], request: str) -> _Reply:
    """Look a name up, or call a function, and make JSON of what comes."""
    asked = json.loads(request)
    try:
        name = asked["name"]
        value = _functions[name] if name in _functions else namespace.get(name, _functions)
        if value is _functions:
            return _Reply({"missing": True})
        if "arguments" in asked:
            if not callable(value):
                return _Reply({"error": ["TypeError", f"{name} is a {type(value).__name__}, not a function"]})
            value = value(*[_argument(tree) for tree in asked["arguments"]])
        if callable(value) and not isinstance(value, np.generic | np.ndarray):
            if "arguments" in asked:
                name = f"what {name} returned ({len(_functions)})"
                _functions[name] = value
            return _Reply({"function": name})
        return _Reply(encode(value))
    except builtins.BaseException as error:  # SystemExit and KeyboardInterrupt too
        return _Reply({"error": [type(error).__name__, str(error)[:500]]})
