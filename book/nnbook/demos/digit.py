"""Draw a digit: what a network trained on MNIST makes of a reader's own handwriting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

from nnbook.demos import page, source
from nnbook.demos.script import Script
from nnlib import viz
from nnlib._check import Array, matrix
from nnlib.activations import sigmoid
from nnlib.data import Dataset
from nnlib.network import Network, forward

SIDE, BOX, CENTRE = 28, 20, 14.5
MOST_SHIFT = 8
FIRST = 7  # the digit shown first


def prepare(ink: Array) -> Array:
    """Scale and centre a drawing, as the makers of MNIST did.

    The ink is cut out, scaled so that the longer side measures 20 pixels, each pixel
    the mean of the area it covers, and put into 28 × 28 pixels with its centre of mass in
    the pixel right of and below the middle. The images of MNIST already are so: this
    leaves 69,982 of the 70,000 as they are. Of the other 18, 16 are 19 pixels long, not 20.

    Parameters
    ----------
    ink : ndarray of shape (height, width)
        From 0 (paper) to 1 (ink), with at least one value above 0.

    Returns
    -------
    ndarray of shape (28, 28)
        Multiples of 1/255, as in the files.
    """
    ink = matrix("ink", ink, dtype=np.float64)
    rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        raise ValueError("ink must hold a drawing, but every value is 0")
    part = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(part.shape)
    height, width = (max(1, int(np.floor(n * scale + 0.5))) for n in part.shape)
    small = _shares(part.shape[0], height) @ part @ _shares(part.shape[1], width).T
    image = np.zeros((SIDE, SIDE))
    top = _offset(small.sum(axis=1))
    left = _offset(small.sum(axis=0))
    image[top : top + height, left : left + width] = small
    return np.floor(255 * image + 0.5) / 255


def _shares(old: int, new: int) -> Array:
    """How much of each old interval belongs to each new one; (new, old), rows sum to 1."""
    edges = np.linspace(0, old, new + 1)
    low = np.maximum(edges[:-1, None], np.arange(old))
    high = np.minimum(edges[1:, None], np.arange(1, old + 1))
    return np.maximum(high - low, 0) * (new / old)


def _offset(mass: Array) -> int:
    """Where to put a row of masses so that their centre comes to lie in pixel 14."""
    centre = mass @ (np.arange(len(mass)) + 0.5) / mass.sum()
    return int(np.clip(np.floor(CENTRE - centre + 0.5), 0, SIDE - len(mass)))


def read_digit(net: Network, image: Array) -> str:
    """Say what a network reads in an image, as the demo does.

    Parameters
    ----------
    image : ndarray of shape (28, 28)
    """
    output = forward(net, np.reshape(image, (1, -1)).astype(net.dtype)).output[0]
    return _sentence(output)


def _sentence(output: Array) -> str:
    best, next_best = np.argsort(-output, kind="stable")[:2]
    return (
        f"Read as {best}, with an output of {output[best]:.2f}; "
        f"next comes {next_best}, with {output[next_best]:.2f}."
    )


def draw_a_digit(
    train: Callable[[], Network], net: Network, examples: Dataset, *, title: str = "Draw a digit"
) -> Script:
    """A canvas to draw on, and a network of one hidden layer that reads what is drawn.

    Parameters
    ----------
    train : function
        Trains the network; "copy as code" copies it. It must depend on nothing but modules,
        constants and functions written beside it.
    net : Network
        What `train` returned: [784, n, 10], every activation a sigmoid.
    examples : Dataset
        Digits to choose from where drawing is not possible: the first of each class is shown.
    """
    if net.sizes[0] != SIDE**2 or net.sizes[-1] != 10 or len(net.sizes) != 3:
        raise ValueError(f"net must be [784, n, 10], but is {list(net.sizes)}")
    if any(f != sigmoid for f in net.activations):
        raise ValueError(f"every activation of net must be sigmoid, but they are {net.activations}")
    if examples.t is None or len(np.unique(examples.t)) != 10:
        raise ValueError("examples must hold each of the ten digits, with their labels")
    chosen = [int(np.flatnonzero(examples.t == k)[0]) for k in range(10)]
    image = examples.X[chosen[FIRST]]
    with plt.rc_context():
        viz.use_style()
        figure, ax = plt.subplots()
        viz.reading(net, image[None], ax)
        read = int(forward(net, image[None]).output.argmax())
        demo = Script(
            "draw_a_digit",
            title=title,
            hint="Draw with the mouse or a finger. Then leave it where you drew it, and move it right.",
            still=figure,
            sentence=f"A {FIRST} from the test images, the hidden neurons it excites, and the "
            f"outputs: read as {read}.",
            program=source.program(train, imports=("import numpy as np", "from nnbook import demos")),
            train=train.__name__,
            parameters=_controls(),
            weights0=net.weights[0],
            weights1=net.weights[1],
            biases0=net.biases[0],
            biases1=net.biases[1],
            examples=page.uri(
                "application/x-uint8", np.round(255 * examples.X[chosen]).astype(np.uint8).tobytes()
            ),
        )
        plt.close(figure)
    return demo


def _controls() -> list[dict[str, Any]]:
    shifts = range(-MOST_SHIFT, MOST_SHIFT + 1)
    return [
        {"name": "digit", "label": "digit", "kind": "choice", "start": FIRST + 1,
         "texts": ["drawn", *map(str, range(10))]},
        {"name": "uncentred", "label": "leave it where I drew it", "kind": "switch", "start": 0,
         "texts": ["off", "on"]},
        {"name": "right", "label": "move right", "kind": "number", "start": MOST_SHIFT,
         "texts": [f"{k}".replace("-", "−") for k in shifts]},
    ]  # fmt: skip
