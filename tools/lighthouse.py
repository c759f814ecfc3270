"""Measure the built site with Lighthouse, on a phone and on a desk: `python tools/lighthouse.py`.

The landing page and the three heaviest pages of `_build/html` are served from this machine,
compressed, to a Chromium that reaches nothing else. Prints a line for each, and exits with 1 if
one is below the marks, with 77 if npm, Chromium or a network for npm is missing. Leave the machine
alone meanwhile: the phone that Lighthouse imagines is made from this processor's time.
"""

from __future__ import annotations

import functools
import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
PACKAGE = "lighthouse@12.8.2"
SKIPPED = 77
LEAST = {"performance": 60, "accessibility": 100, "best-practices": 95, "seo": 95}  # on a phone
LEAST_ON_A_DESK = {**LEAST, "performance": 90}
HEAVIEST = 3


class Compressed(SimpleHTTPRequestHandler):
    """Serves as a host of static pages does: compressed, to be kept, connections left open."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Send a file."""
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(404)
            return
        body = _compressed(path)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(path))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=31536000" if "?v=" in self.path else "max-age=600")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@functools.cache
def _compressed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes(), 6)


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a folder; its address."""
    handler = functools.partial(Compressed, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def pages(site: Path) -> list[str]:
    """The landing page and the heaviest ones, by what a reader's browser is sent of them."""
    landing = site / "book" / "index.html"
    others = [path for path in (site / "book").glob("*.html") if path != landing]
    heaviest = sorted(others, key=lambda path: len(_compressed(path)), reverse=True)[:HEAVIEST]
    return [path.relative_to(site).as_posix() for path in (landing, *heaviest)]


def measure(address: str, chromium: str, preset: Sequence[str], folder: Path) -> dict[str, object]:
    """Lighthouse's report on a page."""
    report = folder / "report.json"
    flags = (
        "--headless=new --no-sandbox --disable-gpu --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'"
    )
    command = ["npx", "--yes", PACKAGE, address, *preset, "--quiet", "--output=json"]
    subprocess.run(
        [*command, f"--output-path={report}", f"--chrome-flags={flags}"],
        env={**os.environ, "CHROME_PATH": chromium},
        cwd=folder,
        check=True,
    )
    found: dict[str, object] = json.loads(report.read_text(encoding="utf-8"))
    return found


def below(marks: dict[str, int], least: dict[str, int]) -> list[str]:
    """Name what is not good enough."""
    return [f"{name} {marks[name]}, not {least[name]}" for name in least if marks[name] < least[name]]


def main() -> int:
    """Measure and print."""
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next((found for name in names if (found := shutil.which(name))), None)
    if not chromium or not shutil.which("npx"):
        print("skipped: Lighthouse needs Chromium and npm")
        return SKIPPED
    if not SITE.exists():
        print("error: there is no site yet; run `make book`", file=sys.stderr)
        return 1
    there = subprocess.run(["npx", "--yes", PACKAGE, "--version"], capture_output=True, check=False)
    if there.returncode:
        print("skipped: npm cannot fetch Lighthouse")
        return SKIPPED
    failed = False
    with served(SITE) as address, tempfile.TemporaryDirectory() as name:
        for page in pages(SITE):
            for where, preset, least in (
                ("phone", (), LEAST),
                ("desk", ("--preset=desktop",), LEAST_ON_A_DESK),
            ):
                report = measure(f"{address}/{page}", chromium, preset, Path(name))
                marks = {key: round(100 * report["categories"][key]["score"]) for key in least}  # type: ignore[index]
                short = below(marks, least)
                failed = failed or bool(short)
                said = ", ".join(f"{key} {mark}" for key, mark in marks.items())
                print(
                    f"{page} ({where}): {said}" + (f"  BELOW: {'; '.join(short)}" if short else ""),
                    flush=True,
                )
                for audit in report["audits"].values() if short else ():  # type: ignore[attr-defined]
                    if audit["score"] is not None and audit["score"] < 0.9:
                        print(f"  {audit['id']}: {audit['title']} {audit.get('displayValue', '')}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
