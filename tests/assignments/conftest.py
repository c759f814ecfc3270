"""Otter is imported once, before any test: what it imports warns of itself."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import otter.test_files  # noqa: F401
