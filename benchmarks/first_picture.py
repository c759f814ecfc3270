"""How soon a page shows its first picture, on a processor four times slower than this one.

Builds the site, takes the heaviest page with two demos and puts a third into it, serves it
from this machine and opens it in Chromium, with an empty cache each time. The first picture
is the first image of the article that is loaded and drawn. Needs Chromium and Playwright.
"""

import functools
import gzip
import http.server
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = 5
SLOWER = 4
LIMIT_SECONDS = 1.5
LIMIT_BYTES = 2.5e6
WATCH = """
window.firstPicture = new Promise(resolve => {
  const look = () => {
    const there = [...document.querySelectorAll(".bd-article img")].some(i => i.complete && i.naturalWidth);
    there ? requestAnimationFrame(() => resolve(performance.now())) : requestAnimationFrame(look);
  };
  look();
});
"""


def crowded(site):
    """Write a page with three demos, and return its path on the site."""
    pages = {path: path.read_text(encoding="utf-8") for path in (site / "book").glob("*.html")}
    demos = {
        p: re.findall(r'<div class="nn-demo".*?</script>\s*</div>', h, re.DOTALL) for p, h in pages.items()
    }
    host = max((p for p in pages if len(demos[p]) == 2), key=lambda p: len(pages[p]))
    third = max((d for p in pages if p != host for d in demos[p]), key=len)
    path = site / "book" / "crowded.html"
    path.write_text(pages[host].replace("</article>", third + "</article>", 1), encoding="utf-8")
    return f"book/{path.name}"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serve without a line for each request."""

    def log_message(self, *_):
        """Say nothing."""


def measure(browser, url):
    """Open a page with an empty cache; return seconds to its first picture and gzipped bytes."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    tab = context.new_page()
    bodies = []
    tab.on("response", lambda r: bodies.append(r) if r.ok else None)
    context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    tab.add_init_script(WATCH)
    tab.goto(url, wait_until="networkidle")
    seconds = tab.evaluate("window.firstPicture") / 1000
    size = sum(len(gzip.compress(response.body(), 6)) for response in bodies)
    context.close()
    return seconds, size


def verdict(value, limit):
    """Met or missed, from unrounded figures."""
    return "met" if value <= limit else "MISSED"


def main():
    """Build, open, print."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        print("skipped: Chromium is not installed")
        return
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder:
        build = [
            str(Path(sys.executable).parent / "jupyter-book"),
            "build",
            "-q",
            "--path-output",
            folder,
            ".",
        ]
        subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        site = Path(folder) / "_build" / "html"
        page = crowded(site)
        handler = functools.partial(Quiet, directory=site)
        with (
            http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
            sync_playwright() as playwright,
        ):
            threading.Thread(target=server.serve_forever, daemon=True).start()
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            runs = [measure(browser, f"http://127.0.0.1:{server.server_port}/{page}") for _ in range(RUNS)]
            browser.close()
            server.shutdown()
    seconds = statistics.median(run[0] for run in runs)
    size = max(run[1] for run in runs)
    print("| page with three demos | measured | limit | |")
    print("|---|---|---|---|")
    print(f"| first picture, {SLOWER}x slower | {seconds:.2f} s (median of {RUNS}) | {LIMIT_SECONDS} s "
          f"| {verdict(seconds, LIMIT_SECONDS)} |")  # fmt: skip
    print(
        f"| transfer, gzipped | {size / 1e6:.2f} MB | {LIMIT_BYTES / 1e6} MB | {verdict(size, LIMIT_BYTES)} |"
    )


if __name__ == "__main__":
    main()
