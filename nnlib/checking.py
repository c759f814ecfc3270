"""The old name of `nnbook.checking`, for assignments that were handed out under nnlib 0.2.0.

Their notebooks and the checks packed in them import from here; nothing else should.
"""

from nnbook.checking import Answer, Slip, ask, expect, fetch, given, look, once, unpack

__all__ = ["Answer", "Slip", "ask", "expect", "fetch", "given", "look", "once", "unpack"]
