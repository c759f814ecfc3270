"""Fuzz one target, guided by the code its inputs reach: `python tests/fuzz/guided.py idx 10000 FOLDER`.

Atheris (libFuzzer) makes inputs from the seeds and from those that reached something new. A reader
that raises what it should not, takes more than a second, or makes the process grow by more than
200 MB, ends the run with an exit code other than 0, and the input stays in the folder.
"""

import resource
import sys
import time
from pathlib import Path

import atheris

name, runs, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
with atheris.instrument_imports(
    include=["nnlib", "assignments.marking.submissions", "nnbook", "zipfile", "numpy.lib", "yaml", "json"]
):
    from readers import TARGETS

target = TARGETS[name]
MOST_SECONDS, MOST_BYTES = 1.0, 200 * 2**20
tried = taken = 0
slowest = 0.0
before = 0


def grown() -> int:
    """Bytes by which the process has grown at its peak."""
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before


def once(content: bytes) -> None:
    """One input."""
    global tried, taken, slowest
    start = time.process_time()
    taken += target(content)
    spent = time.process_time() - start
    tried, slowest = tried + 1, max(slowest, spent)
    if spent > MOST_SECONDS:
        raise TimeoutError(f"{spent:.1f} s for {len(content)} bytes")
    if grown() > MOST_BYTES:
        raise MemoryError(f"the process has grown by {grown() / 2**20:.0f} MB")
    if tried == runs:  # libFuzzer itself leaves without a word
        print(
            f"{name}: {tried} inputs, {taken} taken for good, slowest {slowest:.3f} s, "
            f"{grown() / 2**20:.0f} MB more",
            flush=True,
        )


def main() -> None:
    """Write the seeds, warm up, fuzz."""
    global before
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed{number}").write_bytes(seed)
        if not target(seed):
            raise AssertionError(f"seed {number} of {name} is refused")
    before = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    options = [
        f"-runs={runs}",
        "-seed=1",
        "-max_len=4096",
        "-timeout=10",
        f"-artifact_prefix={folder}/",
        "-rss_limit_mb=0",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
