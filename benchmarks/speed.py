"""How fast nnlib is beside others, how its time grows, and what it needs: `make bench`.

    python benchmarks/speed.py              a quarter of an hour: everything, median of five
    python benchmarks/speed.py --repeats 1  a look

Writes `book/nnbook/results/speed.json`, which the page "Where the time goes" reads, and
`benchmarks/RESULTS.md`. Contestants take turns in the same run, so that whatever else the
machine does meets all of them. The exit code is 1 if a target is missed.
"""

import argparse
import dataclasses
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from contestants import MAKERS, Contestant, Setting, contestants, inference, loss, network

import nnlib as nn
from nnlib.backpropagation import errors, gradients
from nnlib.data import minibatches
from nnlib.network import propagate

ROOT = Path(__file__).resolve().parent.parent
JSON, MARKDOWN = ROOT / "book" / "nnbook" / "results" / "speed.json", ROOT / "benchmarks" / "RESULTS.md"

SETTINGS = [
    Setting(
        "small steps", (784, 30, 10), 10, False, 0.5,
        {"scikit-learn": 0.35, "PyTorch": 0.25, "textbook loop": 0.15},
    ),
    Setting(
        "Assignment 6", (784, 100, 10), 300, False, 0.5,
        {"scikit-learn": 0.70, "PyTorch": 0.70, "matrix products": 2.2},
    ),
    Setting(
        "Example 6.2", (784, 200, 10), 100, True, 0.1,
        {"scikit-learn": 0.70, "PyTorch": 0.75, "matrix products": 2.2},
    ),
    Setting(
        "wide", (784, 500, 500, 10), 128, True, 0.1,
        {"PyTorch": 1.05, "matrix products": 2.2},
    ),
]  # fmt: skip
EXAMPLES = (1_000, 3_000, 10_000, 30_000, 60_000)
WIDTHS = (10, 30, 100, 300, 1000)
DEPTHS = (1, 2, 3, 4, 5)
BATCHES = (1, 3, 10, 30, 100, 300, 1000)
STEADY = 1.4  # time per example, largest over smallest, where the machine itself wavers by a quarter
LIGHT = 1.3  # peak memory over that of the data
QUICK_IMPORT, QUICK_LOAD = 0.25, 1.0  # seconds

IMPORT = """
import time, numpy
start = time.perf_counter()
import nnlib
print(time.perf_counter() - start)
"""
LOAD = """
import time
import nnlib as nn
nn.datasets
start = time.perf_counter()
nn.datasets.mnist()
print(time.perf_counter() - start)
"""
MEMORY = """
import pathlib
import numpy as np
import nnlib as nn

def status(name):
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024

rng = np.random.default_rng(0)
net = nn.Network.random([784, 100, 10], rng=rng)
before = status("VmRSS")
{data}
kept = sum(a.nbytes for part in parts for a in (part.X, part.Y, part.t))
nn.train(net, parts[0], loss=nn.cross_entropy, epochs=1, batch_size=100, eta=0.5, rng=rng,
         monitor={{"validation": parts[-1]}})
print((status("VmHWM") - before) / kept)
"""


def images(count):
    """MNIST's images, over again if there are not enough, or random numbers of their shape."""
    if nn.datasets.available("mnist"):
        mnist = nn.datasets.mnist()
        X, t = (np.concatenate([getattr(mnist.train, k), getattr(mnist.validation, k)]) for k in "Xt")
        return nn.Dataset.from_labels(X[:count], t[:count], 10)
    rng = np.random.default_rng(0)
    return nn.Dataset.from_labels(rng.random((count, 784), dtype=np.float32), rng.integers(0, 10, count), 10)


def take_turns(running, repeats):
    """Median seconds of each contestant; one turn before the first is not counted."""
    seconds = {name: [] for name in running}
    for turn in range(repeats + 1):
        for name, contestant in running.items():
            start = time.perf_counter()
            contestant.run()
            if turn:
                seconds[name].append(contestant.factor * (time.perf_counter() - start))
    return {name: statistics.median(times) for name, times in seconds.items()}


def parts_of_an_epoch(setting, data, repeats):
    """Seconds for the parts of nnlib's epoch, each summed over the mini-batches; medians."""
    net, rng, the_loss, optimizer = network(setting), np.random.default_rng(0), loss(setting), nn.SGD()
    found = {name: [] for name in ("choosing and copying", "forward", "errors", "gradients", "step")}
    for _ in range(repeats):
        sums = dict.fromkeys(found, 0.0)
        clock = time.perf_counter
        start = clock()
        for X, Y in minibatches(data.X, data.Y, setting.batch_size, rng):
            chosen = clock()
            trace = propagate(net, X)
            forward = clock()
            deltas = errors(net, trace, Y, the_loss)
            backward = clock()
            grads = gradients(trace, deltas)
            summed = clock()
            optimizer.step(net, grads, setting.eta, [])
            end = clock()
            for name, one in zip(
                sums, (chosen - start, forward - chosen, backward - forward, summed - backward, end - summed),
                strict=True,
            ):  # fmt: skip
                sums[name] += one
            start = clock()
        for name, value in sums.items():
            found[name].append(value)
    return {name: statistics.median(values) for name, values in found.items()}


def growth(varied, repeats):
    """Microseconds per example: a list in the order of the settings, which take turns."""
    running, counts = {}, {}
    for key, (setting, data) in varied.items():
        running[key] = contestants(setting, data, ["nnlib"])["nnlib"]
        counts[key] = len(data)
        passes = max(1, 10_000 // len(data))  # so that the shortest is no flicker
        if passes > 1:
            one = running[key].run
            running[key] = Contestant(lambda one=one, passes=passes: [one() for _ in range(passes)])
            counts[key] *= passes
    medians = take_turns(running, repeats)
    return [1e6 * medians[key] / counts[key] for key in varied]


def all_growth(data, repeats):
    """How the time per example depends on the number of examples, width, depth and batch size."""

    def like(*sizes, batch_size=100):
        return Setting("", sizes, batch_size, False, 0.1)

    few = data[:10_000]
    varied = {
        "examples, batches of 10": {
            n: (like(784, 30, 10, batch_size=10), data[:n]) for n in EXAMPLES
        },
        "examples, batches of 100": {n: (like(784, 100, 10), data[:n]) for n in EXAMPLES},
        "width": {n: (like(784, n, 10), few) for n in WIDTHS},
        "depth": {n: (like(784, *[100] * n, 10), few) for n in DEPTHS},
        "batch size": {m: (like(784, 100, 10, batch_size=m), few) for m in BATCHES},
    }  # fmt: skip
    return {name: [list(cases), growth(cases, repeats)] for name, cases in varied.items()}


def in_fresh_processes(program, repeats):
    """Median of the number that a program prints, each time in a Python of its own."""
    command = [sys.executable, "-c", program]
    found = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(repeats)]
    return statistics.median(float(done.stdout) for done in found)


def needs(repeats):
    """Seconds to import and to read MNIST, and the peak of memory over the size of the data."""
    mnist = nn.datasets.available("mnist")
    data = (
        "mnist = nn.datasets.mnist()\nparts = mnist.train, mnist.test, mnist.validation"
        if mnist
        else "parts = [nn.Dataset.from_labels(rng.random((70_000, 784), dtype=np.float32), "
        "rng.integers(0, 10, 70_000), 10)]"
    )
    found = {"import": in_fresh_processes(IMPORT, repeats)}
    if Path("/proc/self/status").exists():
        found["memory"] = in_fresh_processes(MEMORY.format(data=data), repeats)
    if mnist:
        found["load MNIST"] = in_fresh_processes(LOAD, repeats)
    return found


def versions():
    """What was compared, and on what."""
    found = {"Python": platform.python_version(), "NumPy": np.__version__, "nnlib": nn.__version__}
    for name, module in (("scikit-learn", "sklearn"), ("PyTorch", "torch")):
        try:
            found[name] = __import__(module).__version__
        except ImportError:
            continue
    return found


def measure(repeats):
    """Everything, as it is written to the JSON file."""
    data = images(60_000)
    training = data[:50_000]
    epochs = []
    for setting in SETTINGS:
        print(f"{setting} ...", flush=True)
        entry = dataclasses.asdict(setting) | {"said": str(setting)}
        entry["seconds"] = take_turns(contestants(setting, training), repeats)
        entry["parts"] = parts_of_an_epoch(setting, training, repeats)
        epochs.append(entry)
    print("inference, growth, import, memory ...", flush=True)
    return {
        "versions": versions(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "threads": os.environ.get("OPENBLAS_NUM_THREADS", "as many as cores"),
        "data": "MNIST" if nn.datasets.available("mnist") else "random numbers of MNIST's shape",
        "repeats": repeats,
        "epochs": epochs,
        "inference": take_turns(inference(SETTINGS[1], training), repeats),
        "growth": all_growth(data, repeats),
        "needs": needs(repeats),
    }


def verdicts(found):
    """Each target: what, the value, the limit."""
    rows = []
    for entry in found["epochs"]:
        mine = entry["seconds"]["nnlib"]
        for other, limit in entry["targets"].items():
            if other in entry["seconds"]:
                rows.append((f"{entry['said']}: nnlib / {other}", mine / entry["seconds"][other], limit))
    for name, (_, times) in found["growth"].items():
        if name.startswith("examples"):
            rows.append(
                (
                    f"time per example, {name.split(', ')[1]}: largest / smallest",
                    max(times) / min(times),
                    STEADY,
                )
            )
    limits = {"import": QUICK_IMPORT, "memory": LIGHT, "load MNIST": QUICK_LOAD}
    said = {
        "import": "seconds to import nnlib after NumPy",
        "memory": "peak memory / data",
        "load MNIST": "seconds to load MNIST",
    }
    rows += [(said[name], value, limits[name]) for name, value in found["needs"].items()]
    return rows


def table(head, rows):
    """Lines of a Markdown table; all columns but the first to the right."""
    return [
        f"| {' | '.join(head)} |",
        f"|---|{'---:|' * (len(head) - 1)}",
        *(f"| {' | '.join(row)} |" for row in rows),
    ]


def markdown(found):
    """The same for people."""
    names = list(MAKERS)
    told = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    lines = [
        "# Results of `make bench`",
        "",
        f"{told}. {found['machine']}; BLAS threads: {found['threads']}. Data: {found['data']}. "
        f"Medians of {found['repeats']}, taking turns.",
        "",
        "Seconds for one epoch over 50,000 images (the textbook's loop: a tenth of them, multiplied):",
        "",
        *table(
            ["network", *names],
            [
                [e["said"], *(f"{e['seconds'][n]:.3g}" if n in e["seconds"] else "–" for n in names)]
                for e in found["epochs"]
            ],
        ),
        "",
        f"Seconds for what 10,000 images give in {SETTINGS[1].sizes}: "
        + ", ".join(f"{name} {value:.3g}" for name, value in found["inference"].items())
        + ".",
        "",
        "Share of nnlib's epoch:",
        "",
        *table(
            ["network", *found["epochs"][0]["parts"]],
            [
                [e["said"], *(f"{100 * v / sum(e['parts'].values()):.0f} %" for v in e["parts"].values())]
                for e in found["epochs"]
            ],
        ),
        "",
        "Microseconds per example in one epoch:",
        "",
    ]
    for name, (values, times) in found["growth"].items():
        pairs = ", ".join(f"{v:,}: {t:.3g}" for v, t in zip(values, times, strict=True))
        lines.append(f"- {name}: {pairs}")
    lines += [
        "",
        *table(
            ["target", "measured", "at most", ""],
            [
                [what, f"{value:.3g}", f"{limit:g}", "met" if value <= limit else "MISSED"]
                for what, value, limit in verdicts(found)
            ],
        ),
    ]
    return "\n".join(lines) + "\n"


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--repeats", type=int, default=5, help="turns of each contestant (the median is kept)"
    )
    parser.add_argument("--dry", action="store_true", help="print the table and write nothing")
    wanted = parser.parse_args()
    found = json.loads(json.dumps(measure(wanted.repeats)), parse_float=lambda x: float(f"{float(x):.4g}"))
    print(markdown(found))
    if not wanted.dry:
        for path, text in (
            (JSON, json.dumps(found, indent=1, ensure_ascii=False) + "\n"),
            (MARKDOWN, markdown(found)),
        ):
            with nn.storage.whole(path) as file:
                file.write(text.encode())
    return any(value > limit for _, value, limit in verdicts(found))


if __name__ == "__main__":
    sys.exit(main())
