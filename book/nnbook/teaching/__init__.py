"""Tools for learning the subject rather than for training networks.

`derivation` checks a derivation line by line, and `lectures` holds those of the
five sets of lecture notes, as printed.
"""

from nnbook.teaching.derivation import Model, Report, Verdict

__all__ = ["Model", "Report", "Verdict"]
