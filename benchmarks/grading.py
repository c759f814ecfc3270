"""How long the grader takes for a course: `python benchmarks/grading.py [NUMBER OF a2] [NUMBER OF a4]`.

Grades typical wrong solutions, one endless one and the right one, as many at a time as there
are cores, and prints the time of each assignment and what 150 would take at that pace.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import nnlib as nn
from assignments.marking import building, examples, grading, sandbox, submissions


def main() -> None:
    """Grade, and print the times."""
    if sandbox.lacking():
        print(f"left out: {sandbox.lacking()}")
        return
    counts = [int(argument) for argument in sys.argv[1:]] or [20, 6]
    for name, count in zip(("a2_gradient_descent", "a4_fashion_mnist"), counts, strict=True):
        if name.startswith("a4") and not nn.datasets.available("fashion-mnist"):
            print("left out: Assignment 4 needs Fashion-MNIST")
            continue
        built = building.build(building.read(name))
        with tempfile.TemporaryDirectory() as folder:
            examples.write(built, Path(folder) / "in", count)
            found = submissions.find(Path(folder) / "in")
            start = time.perf_counter()
            grading.grade_all(
                found,
                built,
                grading.Marks(Path(folder) / "out"),
                workers=os.cpu_count() or 1,
                progress=lambda *_: None,
            )
            minutes = (time.perf_counter() - start) / 60
        pace = f"150 at that pace: {150 * minutes / count:.0f} min"
        print(f"{name}: {count} in {minutes:.1f} min on {os.cpu_count()} cores; {pace}")


if __name__ == "__main__":
    main()
