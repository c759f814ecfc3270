"""Figures as bytes: the frames of a demo, packed as small as they go.

A frame may be a PNG, a lossless WebP or an SVG. `pack` keeps the smallest, with equal
frames stored once; SVG frames have so much in common that they are deflated together.

The packed form, which `static/frames.js` opens: a byte that names the format, then
32-bit little-endian numbers (the count of frames, the number of the picture that each
shows, the count of pictures, the length of each), then the pictures.
"""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection, PathCollection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image

from nnlib import viz

PNG, WEBP, SVG = 0, 1, 2
COLOURS = 128
TYPES = ("image/png", "image/webp", "image/svg+xml")


class Picture:
    """A figure, rendered when its bytes are wanted; the same figure gives the same bytes."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        width, height = self.figure.get_size_inches() * self.figure.dpi
        return round(width), round(height)

    @cached_property
    def svg(self) -> bytes:
        """As an SVG without date or version: nothing that changes by itself."""
        buffer = io.BytesIO()
        metadata = {"Date": None, "Creator": None, "Format": None, "Type": None}
        with plt.rc_context():
            viz.use_style()
            self.figure.savefig(buffer, format="svg", metadata=metadata)
        return buffer.getvalue()

    @cached_property
    def pixels(self) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Red, green, blue and opacity, 0 to 255; shape (height, width, 4)."""
        with plt.rc_context():
            viz.use_style()
            canvas = FigureCanvasAgg(self.figure)
            canvas.draw()
        return np.asarray(canvas.buffer_rgba()).copy()


def png(pixels: Any, *, optimize: bool = True) -> bytes:
    """Encode pixels without loss."""
    return _encoded(pixels, "PNG", optimize=optimize)


def still(pixels: Any) -> str:
    """Encode pixels as a PNG of few colours, in base64: for what is looked at once, half the bytes."""
    image = Image.fromarray(pixels).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()


def pack(pictures: Sequence[Picture]) -> bytes:
    """Pack frames in the smallest format; `unpack` opens it.

    PNG and WebP are not tried on all where they would take over twice the bytes of SVG,
    judged by the first.
    """
    distinct: dict[bytes, int] = {}
    which = [distinct.setdefault(p.svg, len(distinct)) for p in pictures]
    chosen = [pictures[which.index(k)] for k in range(len(distinct))]
    packed = _container(SVG, which, [p.svg for p in chosen])
    if len(_webp(chosen[0].pixels)) * len(chosen) > 2 * len(packed):
        return packed
    webp = _container(WEBP, which, [_webp(p.pixels) for p in chosen])
    return min(packed, webp, _container(PNG, which, [png(p.pixels) for p in chosen]), key=len)


def unpack(payload: bytes) -> list[tuple[str, bytes]]:
    """Open what `pack` made: the type and the bytes of every frame, in order."""
    kind, body = payload[0], payload[1:]
    if kind == SVG:
        body = zlib.decompress(body)
    frames = struct.unpack_from("<I", body)[0]
    which = struct.unpack_from(f"<{frames}I", body, 4)
    count = struct.unpack_from("<I", body, 4 + 4 * frames)[0]
    lengths = struct.unpack_from(f"<{count}I", body, 8 + 4 * frames)
    start = 8 + 4 * (frames + count)
    ends = start + np.cumsum(lengths)
    return [(TYPES[kind], body[int(ends[k]) - lengths[k] : int(ends[k])]) for k in which]


def data(figure: Figure) -> list[list[Any]]:
    """List the numbers and words a figure shows, to compare without comparing pixels."""
    artists: list[Artist] = list(figure.texts)
    for ax in figure.axes:
        texts = [ax.title, ax.xaxis.label, ax.yaxis.label]
        legend = ax.get_legend()
        artists += [a for a in ax.get_children() if a is not ax.patch]
        artists += [*texts, *(legend.get_texts() if legend else [])]
    return [shown for a in dict.fromkeys(artists) if a.get_visible() and (shown := _shown(a))]


def _shown(artist: Artist) -> list[Any]:
    if isinstance(artist, Text):
        return [artist.get_text()] if artist.get_text() else []
    if isinstance(artist, Line2D):
        return ["line", *_numbers(artist.get_xydata())]
    if isinstance(artist, AxesImage):
        return ["image", *_numbers(artist.get_array())]
    if isinstance(artist, Rectangle):
        return ["bar", *_numbers([*artist.get_xy(), artist.get_width(), artist.get_height()])]
    if isinstance(artist, Collection):
        values = [] if artist.get_array() is None else ["values", *_numbers(artist.get_array())]
        if isinstance(artist, PathCollection):
            return ["points", *_numbers(artist.get_offsets()), *values]
        vertices = [path.vertices for path in artist.get_paths()]
        return ["paths", *_numbers(np.concatenate(vertices)), *values] if vertices else values
    return []


def _numbers(values: Any) -> list[Any]:
    """Shape, and the values, or where there are many their mean and spread, to four digits."""
    array = np.asarray(np.ma.filled(values, 0), dtype=float)
    few = array.ravel()
    if array.size > 24:
        finite = array[np.isfinite(array)]
        few = np.array([finite.mean(), finite.std(), finite.min(), finite.max()]) if finite.size else few[:0]
    written = [float(f"{v:.4g}") + 0.0 if np.isfinite(v) else str(v) for v in few]
    return ["×".join(map(str, array.shape)), *written]


def _webp(pixels: Any) -> bytes:
    return _encoded(pixels, "WEBP", lossless=True, quality=60, method=3)


def _encoded(pixels: Any, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


def _container(kind: int, which: list[int], bodies: list[bytes]) -> bytes:
    head = [len(which), *which, len(bodies), *map(len, bodies)]
    body = struct.pack(f"<{len(head)}I", *head) + b"".join(bodies)
    return bytes([kind]) + (zlib.compress(body, 9) if kind == SVG else body)
