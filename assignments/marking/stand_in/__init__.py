"""What `import otter` finds in the sandbox: the checks run elsewhere, so these do nothing."""

from typing import Any


class Notebook:
    """Answers to every call, and does nothing."""

    def __init__(self, *_: Any, **__: Any):
        pass

    def check(self, *_: Any, **__: Any) -> None:
        """Do nothing; the grader checks after this cell has run, from outside."""

    check_all = export = to_pdf = check
