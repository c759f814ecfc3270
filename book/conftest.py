"""What `pytest --nbval` of a page needs: the environment its outputs were made in, and the sanitizer."""

import os
from pathlib import Path

from nnbook.pages import QUIET


def pytest_configure(config):
    """Set what was not set by hand; other tests, those of nnbook among them, run as they are."""
    if not config.getoption("nbval", False):
        return
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    if config.getoption("nbval_sanitize_with", None) is None:
        rules = Path(__file__).parents[1] / "tests" / "book" / "sanitize.cfg"
        config.option.nbval_sanitize_with = str(rules)
