"""Run the tests, all to the end, and sum up what passed, what failed and what was skipped.

    python tools/run_tests.py check   style, unit tests without browsers and attacks on the
                                      grader, changed pages: a few minutes
    python tools/run_tests.py test    style, the site, unit tests, every page, a sample under
                                      two more OpenBLAS kernels; where CI is set, as on a
                                      server, also the tests marked long, and two notebooks
                                      each as in Colab and as in Binder
    python tools/run_tests.py all     the same, with the slow tests, everything under three
                                      kernels, mutants of the core, Lighthouse, and every
                                      notebook as in Colab and as in Binder

Nothing needs data or a network once the packages are installed: what lacks something is
skipped, and named at the end.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import notebooks

from nnbook import pages as book_pages

ROOT, BOOK = notebooks.ROOT, notebooks.BOOK
SANITIZE = ROOT / "tests" / "book" / "sanitize.cfg"
KERNELS = ("Haswell", "Sandybridge", "Nehalem")  # every x86-64 processor with AVX2 can run these
SAMPLE = ("tests/test_activations.py", "tests/test_losses.py", "tests/test_backpropagation.py")
PAGES_PER_KERNEL = 2
NOTEBOOKS_PER_LANE = 2
HOSTS = ("colab", "binder")
# Two at a time, each file in one process; in order, as the files with the longest tests come first.
TOGETHER = ("-n", "2", "--dist", "loadscope", "--no-loadscope-reorder")
XUNIT = ("-o", "junit_family=xunit1")  # the one that can hold properties
LEFT_OUT = [  # of `check`
    *(f"--ignore=tests/{name}" for name in ("browser", "assignments/test_attacks.py")),
    "--deselect=tests/test_experiments.py::test_a_run_gives_again_what_is_stored",
]
SKIPPED = 77  # the exit code of a step that lacks what it needs
OPTIONAL = {
    "Chromium": "chromium",
    "bubblewrap": "bubblewrap",
    "Node": "node",
    "actionlint": "actionlint",
    "PyTorch": "torch",
    "MNIST": "mnist",
    "Fashion-MNIST": "fashion-mnist",
}


@dataclass
class Run:
    """What is known of a run so far."""

    lines: list[str] = field(default_factory=list)
    passed: int = 0
    failed: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def step(self, name: str, command: Sequence[str], env: dict[str, str] | None = None) -> bool:
        """Run a command that passes or fails as a whole."""
        start = time.perf_counter()
        code, _ = self._execute(name, command, env)
        if code == SKIPPED:
            self.skipped[name] += 1
        else:
            self.passed, self.failed = self.passed + (code == 0), self.failed + (code != 0)
        result = {0: "passed", SKIPPED: "skipped"}.get(code, f"FAILED (exit code {code})")
        self._note(name, result, start)
        return code == 0

    def pytest(self, name: str, arguments: Sequence[str], env: dict[str, str] | None = None) -> bool:
        """Run pytest, and count test by test."""
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.xml"
            command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *XUNIT, *arguments]
            code, output = self._execute(name, command, env)
            failed = self._count(report)
        closing = [line for line in output if re.match(r"=+ .* in [\d.]+s.* =+$", line)]
        if code and not failed:  # pytest itself broke down
            self.failed += 1
        self._note(name, closing[-1] if closing else f"FAILED (exit code {code})", start)
        return code == 0

    def pages(self, name: str, paths: Sequence[Path], env: dict[str, str] | None = None) -> bool:
        """Run notebooks cell by cell and compare what they show with what is stored."""
        ready, lacking = notebooks.runnable(paths)
        for path, lack in lacking.items():
            self.skipped[f"{path.name} needs {', '.join(lack)}"] += 1
        if not ready:
            self._note(name, "no page to run", time.perf_counter())
            return True
        arguments = [
            *("--nbval", "--nbval-cell-timeout=300", "--nbval-sanitize-with", str(SANITIZE)),
            *("-o", "addopts=", "-o", "filterwarnings=", "-p", "no:cacheprovider"),
            *(TOGETHER if len(ready) > 1 else ()),
            *map(str, ready),
        ]
        return self.pytest(name, arguments, {**book_pages.QUIET, **(env or {})})

    def _execute(
        self, name: str, command: Sequence[str], env: dict[str, str] | None
    ) -> tuple[int, list[str]]:
        print(f"\n--- {name}", flush=True)
        environ = {"PYTHONNOUSERSITE": "1", "JUPYTER_PREFER_ENV_PATH": "1", **os.environ, **(env or {})}
        if data := environ.get("NNLIB_DATA"):  # pages run in their own folder
            environ["NNLIB_DATA"] = str(Path(data).expanduser().resolve())
        environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environ.get("PATH", "")])
        output = []
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="", flush=True)
                output.append(line.rstrip("\n"))
        return process.returncode, output

    def _count(self, report: Path) -> int:
        """Add up a report; return how many tests failed."""
        failed = 0
        for case in ET.parse(report).iter("testcase") if report.exists() else ():
            skip = case.find("skipped")
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
            elif skip is not None and skip.get("type") != "pytest.xfail":
                self.skipped[skip.get("message", "").replace("Skipped: ", "")] += 1
            else:
                self.passed += 1
        self.failed += failed
        return failed

    def _note(self, name: str, result: str, start: float) -> None:
        self.lines.append(f"{name} ({time.perf_counter() - start:.0f} s): {result}")

    def close(self) -> int:
        """Print the summary; return the exit code."""
        print("\n--- summary")
        for line in self.lines:
            print(line)
        for reason, times in sorted(self.skipped.items()):
            print(f"skipped: {reason}" + (f" ({times} times)" if times > 1 else ""))
        absent = [name for name, need in OPTIONAL.items() if not notebooks.at_hand(need)]
        print(f"not on this machine: {', '.join(absent)}" if absent else "nothing optional is missing")
        skipped = sum(self.skipped.values())
        print(f"{self.passed} passed, {self.failed} failed, {skipped} skipped", flush=True)
        return bool(self.failed)


def style(run: Run) -> None:
    """Lint, format, types, spelling."""
    tool = [sys.executable, "-m"]
    run.step("ruff check", [*tool, "ruff", "check", "."])
    run.step("ruff format", [*tool, "ruff", "format", "--check", "."])
    run.step("mypy", [*tool, "mypy"])
    with tempfile.TemporaryDirectory() as folder:
        said = [_words(path, Path(folder)) for path in book_pages.notebooks(BOOK)]
        run.step("codespell", [*tool, "codespell_lib", *_texts(), *said])


def _texts() -> list[str]:
    """List what codespell reads: the files git knows or would add, or everything without git."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ["."]
    return [name for name in listed.splitlines() if (ROOT / name).is_file()] or ["."]


def _words(path: Path, folder: Path) -> str:
    """Write down what a notebook says, without its outputs, for codespell to read."""
    target = folder / f"{path.stem}.md"
    target.write_text("\n\n".join(cell.source for cell in notebooks.read(path).cells), encoding="utf-8")
    return str(target)


def site(run: Run) -> dict[str, str]:
    """Build the site, warnings as errors; return what tells the browser tests where it is."""
    book = str(Path(sys.executable).parent / "jupyter-book")
    shutil.rmtree(ROOT / "_build" / "html", ignore_errors=True)  # with pages that are no more
    built = run.step("site", [book, "build", "-W", "-n", "--keep-going", "."])
    return {"NNLIB_SITE": str(ROOT / "_build" / "html")} if built else {}


def kernels() -> tuple[str, list[str]]:
    """Name the OpenBLAS kernel in use, and those of KERNELS that really can be had instead."""
    code = "import numpy, threadpoolctl as t; print(*[i.get('architecture') for i in t.threadpool_info()])"

    def architecture(wanted: str | None) -> str:
        environ = {**os.environ, **({"OPENBLAS_CORETYPE": wanted} if wanted else {})}
        command = [sys.executable, "-c", code]
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    own = architecture(None)
    return own, [name for name in KERNELS if architecture(name) == name]


def chosen(run: Run, lanes: str) -> list[str]:
    """Say which tests are run: on a server all but the slow ones, elsewhere not the long ones either."""
    if lanes == "all":
        return []
    if os.environ.get("CI"):
        return ["-m", "not slow"]
    run.lines.append(
        "left out: tests marked long, which `CI=true make test` runs, and slow ones (`make test-all`)"
    )
    return ["-m", "not slow and not long"]


def under_other_kernels(run: Run, *, everything: bool) -> None:
    """Run the suite, or a sample of it, under OpenBLAS kernels other than the usual one."""
    own, found = kernels()
    if missing := [name for name in KERNELS if name not in found]:
        run.skipped[f"OpenBLAS kernels that this machine does not offer: {', '.join(missing)}"] += 1
    if not everything:
        found = [name for name in found if name != own][:2]
    every, _ = notebooks.runnable(book_pages.notebooks(BOOK))  # what is lacking was named before
    for place, name in enumerate(found):
        env = {"OPENBLAS_CORETYPE": name}
        sample = [path for path in SAMPLE if (ROOT / path).exists()]
        tests = ["--ignore=tests/browser"] if everything else sample  # a browser does other arithmetic
        run.pytest(f"tests, kernel {name}", ["-m", "not slow", "-p", "no:cacheprovider", *tests], env)
        share = every if everything else every[place :: len(found)]
        stride = 1 if everything else max(1, -(-len(share) // PAGES_PER_KERNEL))
        run.pages(f"pages, kernel {name}", share[::stride], env)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the chosen lanes; the exit code is 0 if nothing failed."""
    parser = argparse.ArgumentParser(description="Run the tests and sum up.")
    parser.add_argument("lanes", choices=["check", "test", "all"])
    lanes = parser.parse_args(arguments).lanes
    run = Run()
    style(run)
    if lanes == "check":
        run.pytest("tests", [*TOGETHER, "-m", "not slow", *LEFT_OUT])
        run.pages("changed pages", notebooks.changed())
        return run.close()
    where = site(run)
    run.pytest("tests", [*TOGETHER, *chosen(run, lanes)], where)
    run.pages("pages", book_pages.notebooks(BOOK))
    under_other_kernels(run, everything=lanes == "all")
    if lanes == "all":
        run.pages("run editions", book_pages.notebooks(ROOT / book_pages.RUN))
        run.step("mutants", [sys.executable, str(ROOT / "tools" / "mutants.py")])
        run.step("Lighthouse", [sys.executable, str(ROOT / "tools" / "lighthouse.py")])
    if lanes == "all" or os.environ.get("CI"):
        some = [] if lanes == "all" else ["--some", str(NOTEBOOKS_PER_LANE)]
        with ThreadPoolExecutor() as both:  # they wait for pip more than they compute
            lane = {host: [sys.executable, str(ROOT / "tools" / f"{host}_lane.py"), *some] for host in HOSTS}
            list(both.map(lambda host: run.step(f"notebooks as in {host.title()}", lane[host]), HOSTS))
    return run.close()


if __name__ == "__main__":
    sys.exit(main())
