"""Readers of files from outside meet files that nobody wrote on purpose.

`make test` tries a few hundred from Hypothesis; the slow tests let a coverage-guided fuzzer make ten
thousand for each reader.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
spec = importlib.util.spec_from_file_location("fuzz_readers", HERE / "readers.py")
readers = importlib.util.module_from_spec(spec)
sys.modules["fuzz_readers"] = readers
spec.loader.exec_module(readers)
NAMES = sorted(readers.TARGETS)


@pytest.mark.parametrize("name", NAMES)
def test_the_seeds_are_taken(name):
    assert all(readers.TARGETS[name](seed) for seed in readers.TARGETS[name].seeds())


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=150, deadline=1000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(draw=st.randoms(use_true_random=False), changes=st.integers(1, 4))
def test_a_file_with_a_few_changes_is_read_or_refused(name, draw, changes):
    """Bytes replaced, cut out, doubled, or the end cut off, in a file that is good."""
    content = bytearray(draw.choice(readers.TARGETS[name].seeds()))
    for _ in range(changes):
        place, length = draw.randrange(len(content)), draw.choice((1, 1, 1, 4, 16))
        change = draw.choice(("replace", "cut", "double", "end"))
        if change == "replace":
            content[place : place + length] = draw.randbytes(length)
        elif change == "cut":
            del content[place : place + length]
        elif change == "double":
            content[place:place] = content[place : place + length]
        else:
            del content[place:]
        content = content or bytearray(b"\0")
    readers.TARGETS[name](bytes(content))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=50, deadline=1000)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(name, content):
    readers.TARGETS[name](content)


def test_a_finding_is_found(monkeypatch):
    """What a reader raises beyond its documentation is not swallowed."""

    def broken(content):
        raise KeyError(content)

    with pytest.raises(KeyError):
        readers.Target(broken, (ValueError,), list)(b"x")

    def silent(content):
        raise ValueError

    with pytest.raises(AssertionError, match="says nothing"):
        readers.Target(silent, (ValueError,), list)(b"x")


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_ten_thousand_inputs_of_a_guided_fuzzer(name, tmp_path):
    pytest.importorskip("atheris", reason="atheris is not installed")
    command = [sys.executable, str(HERE / "guided.py"), name, "10000", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")
    assert done.returncode == 0, done.stderr[-3000:]
    assert f"{name}: 10000 inputs" in done.stdout
