"""Shared by all tests: the data sets, read once, or the reason for their absence."""

import os

os.environ.setdefault("MPLBACKEND", "agg")

import numpy as np
import pytest
from hypothesis import settings

import nnlib as nn

collect_ignore_glob = [
    "formulas/[!t]*.py",
    "fuzz/[!t]*.py",
    "reference.py",
]  # imported, not collected for doctests

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")


@pytest.fixture
def rng():
    return np.random.default_rng(20)


@pytest.fixture(scope="session")
def mnist():
    if not nn.datasets.available("mnist"):
        pytest.skip("MNIST is not at hand (set NNLIB_DATA)")
    return nn.datasets.mnist()


@pytest.fixture
def blobs(rng):
    """Three well separated classes of 60 points in the plane."""
    return nn.datasets.blobs(180, classes=3, std=0.1, rng=rng)
