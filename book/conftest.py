"""What `pytest --nbval` of a page needs: the environment its outputs were made in, and the sanitizer."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import notebooks  # noqa: E402


def pytest_configure(config):
    """Set what was not set by hand."""
    for name, value in notebooks.QUIET.items():
        os.environ.setdefault(name, value)
    if config.getoption("nbval_sanitize_with", None) is None:
        config.option.nbval_sanitize_with = str(ROOT / "tests" / "book" / "sanitize.cfg")
