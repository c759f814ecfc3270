"""Demos: figures that move, live in a kernel and on a page without one.

`Demo` turns a function that draws into one. `draw_a_digit` lets the reader draw
what a network reads, `notation_reader` names every part of a small one, `softmax_bars`
turns four logits into probabilities, `tuning_game` lets the reader search for good
hyper-parameters; each is a `Script`, as is every demo that needs more than frames:
data from nnlib in, one script of its own, no framework.
"""

from nnbook.demos.demo import Demo
from nnbook.demos.digit import draw_a_digit, prepare, read_digit
from nnbook.demos.notation import notation_reader
from nnbook.demos.parameters import Time
from nnbook.demos.script import Script
from nnbook.demos.softmax import softmax_bars
from nnbook.demos.tuning import tuning_game

__all__ = [
    "Demo",
    "Script",
    "Time",
    "draw_a_digit",
    "notation_reader",
    "prepare",
    "read_digit",
    "softmax_bars",
    "tuning_game",
]
