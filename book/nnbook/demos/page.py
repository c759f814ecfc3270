"""The stored form of a demo: HTML that needs nothing from outside.

Without scripts it is a picture, a sentence and a line. With them,
`static/demo.js` adds controls, keeps their state in the page's address and copies
code; a second script, one for each kind of demo, draws.
"""

from __future__ import annotations

import base64
import html
import json
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

import numpy as np

from nnbook.demos import frames

MOST_BYTES = 400_000
STATIC = files("nnbook.demos") / "static"
STILL = (
    "Here it stands still. It moves in a browser with scripts switched on, "
    "and in Jupyter or Colab when you run the cell."
)


def page(
    kind: str,
    *,
    title: str,
    hint: str,
    sentence: str,
    still: tuple[str, bytes],
    size: tuple[int, int],
    data: dict[str, Any],
    payload: bytes = b"",
) -> str:
    """Write a demo as HTML.

    Parameters
    ----------
    kind : str
        The script that brings it to life: `static/<kind>.js`.
    title, hint, sentence : str
        What it is, what to try, and what the first picture shows.
    still : (str, bytes)
        Type and bytes of the first picture.
    size : (int, int)
        Its width and height, for which the page keeps room.
    data : dict
        For the script: whatever JSON can hold, and arrays, which become float32.
    payload : bytes
        For the script, as they are.
    """
    if not title.strip():
        raise ValueError("a demo needs a title, which names it on the page and in links to it")
    known = sorted(p.name[:-3] for p in STATIC.iterdir() if p.name.endswith(".js") and p.name != "demo.js")
    if kind not in known:
        raise ValueError(f"there is no script called {kind!r}; there are {', '.join(known)}")
    mime, picture = still
    width, height = size
    name = slug(title)
    described = {"title": title, "id": name, **data}
    parts = [
        f'<div class="nn-demo" id="demo-{name}" data-kind="{kind}" role="group" '
        f'aria-label="{_quoted(title)}">',
        f"<style>\n{_static('demo.css')}</style>",
        f'<p class="nn-title">{html.escape(title)}</p>',
        '<div class="nn-stage">'
        f'<img class="nn-picture" width="{width}" height="{height}" alt="{_quoted(sentence)}" '
        f'src="{uri(mime, picture)}"></div>',
        f'<p class="nn-say">{html.escape(sentence)}</p>',
        f'<p class="nn-still">{STILL}</p>',
        '<div class="nn-controls"></div>',
        f'<p class="nn-hint">{html.escape(hint)}</p>' if hint else "",
        f'<script type="application/json" class="nn-data">{_json(described)}</script>',
    ]
    if payload:
        packed = uri("application/x-nn-frames", payload)
        parts.append(f'<script type="text/plain" class="nn-payload">{packed}</script>')
    parts += [f"<script>\n{_static(script)}</script>" for script in ("demo.js", f"{kind}.js")]
    return "\n".join([*filter(None, parts), "</div>"])


class Stored(Protocol):
    """What can be stored in a notebook."""

    def html(self) -> str: ...


def shown(demo: Stored, first: frames.Picture) -> dict[str, str]:
    """What a notebook holds of a demo: the page's form, and its first picture where that is not shown."""
    return {"text/html": demo.html(), "image/png": frames.still(first.pixels), "text/plain": repr(demo)}


def slug(title: str) -> str:
    """Turn a title into a name for addresses.

    >>> slug("Why not centred?"), slug("Décentré")
    ('why-not-centred', 'decentre')
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", title.lower()) if not unicodedata.combining(c))
    return re.sub(r"[^\w]+", "-", plain).strip("-") or "demo"


def uri(mime: str, content: bytes) -> str:
    """Write bytes as a data address."""
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


def array(values: Any) -> dict[str, Any]:
    """Write an array for `demo.array(name)` of the script: little-endian float32, with its shape."""
    numbers = np.ascontiguousarray(values, dtype="<f4")
    return {"shape": list(numbers.shape), "float32": uri("application/x-float32", numbers.tobytes())}


@cache
def _static(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def _quoted(text: str) -> str:
    return html.escape(text, quote=True)


def _json(data: dict[str, Any]) -> str:
    plain = {k: array(v) if isinstance(v, np.ndarray) else v for k, v in data.items()}
    return json.dumps(plain, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
