"""A demo on a page of its own, opened in a tab that reaches nothing else."""

import random
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnlib as nn

WIDE = {"viewport": {"width": 1280, "height": 1000}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
CLIPBOARD = {**WIDE, "permissions": ["clipboard-read", "clipboard-write"]}
GROUNDS = {"light": (255, 255, 255), "dark": (0x12, 0x12, 0x12)}
TURNS = 6  # without tests marked long every sixth of many alike, others with every version
TURN = random.Random(nn.__version__).randrange(TURNS)
FORMULAS_SET = """async () => {
  for (let turn = 0; window.MathJax && !MathJax.startup?.promise && turn < 1500; turn++)
    await new Promise(done => setTimeout(done, 20));  // until now only the settings are there
  await window.MathJax?.startup.promise;
}"""
DARK = (
    "html[data-theme=dark] { color: #ced6dd; background: #121212; --pst-color-text-base: #ced6dd; "
    "--pst-color-text-muted: #9ca4af; --pst-color-border: #48566b; }"
)


def by_turns(things, turns=3):
    """Mark as slow what has its turn with another version."""
    return [
        thing if place % turns == TURN % turns else pytest.param(thing, marks=pytest.mark.slow)
        for place, thing in enumerate(things)
    ]


def write_page(folder, title, html):
    """Write a page that holds a demo and no more; give its address."""
    path = folder / "page.html"
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
    path.write_text(
        f'<!doctype html><html lang="en">{head}<title>{title}</title><style>{DARK} body {{ margin: 12px; '
        f"font-family: sans-serif; }}</style><main><h1>{title}</h1>{html}</main></html>",
        encoding="utf-8",
    )
    return path.as_uri()


class Opened:
    """The demo in a tab; whoever closes it hears of every error there was."""

    def __init__(self, browser, address, name, **options):
        self.context = browser.new_context(**(options or WIDE))
        self.tab = self.context.new_page()
        self.problems = []
        self.tab.route(re.compile("^(?!file:|data:)"), lambda route: route.abort())
        self.tab.on("pageerror", lambda e: self.problems.append(str(e)))
        self.tab.on("console", lambda m: self.problems.append(m.text) if m.type == "error" else None)
        self.tab.goto(address)
        self.root = self.tab.locator(f"#demo-{name}")
        self.say = self.root.locator(".nn-say")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()
        assert self.problems == []

    def set_theme(self, theme):
        """Have the page light or dark."""
        self.tab.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)

    def copied_code_prints(self, folder):
        """Press "Copy as code", run what was copied, and give what it prints; it must warn of nothing."""
        self.root.get_by_role("button", name="Copy as code").click()
        self.root.get_by_role("button", name="Copied").wait_for()
        code = self.tab.evaluate("navigator.clipboard.readText()")
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.stdout.strip()

    def sticks_out_or_is_too_small(self):
        """Name what of the SVG leaves the demo, and what is written in less than 10.5 pixels."""
        return self.root.evaluate(
            """root => {
              const inside = root.getBoundingClientRect();
              const scale = root.querySelector("svg").getScreenCTM().a;
              return [...root.querySelectorAll("svg *")].filter(e => {
                const box = e.getBoundingClientRect();
                return box.width && (box.left < inside.left || box.right > inside.right
                  || e.tagName === "text" && scale * parseFloat(getComputedStyle(e).fontSize) < 10.5);
              }).map(e => e.outerHTML.slice(0, 80));
            }"""
        )

    def contrasts(self, selector, theme):
        """Contrast with the ground of every colour that these parts of the SVG have, as painted."""
        colours = self.root.locator(selector).evaluate_all(
            """es => es.map(e => {
              const style = getComputedStyle(e), canvas = new OffscreenCanvas(1, 1).getContext("2d");
              canvas.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
              if (canvas.fillStyle === "rgba(0, 0, 0, 0)") canvas.fillStyle = "white";
              canvas.fillRect(0, 0, 1, 1);
              canvas.fillStyle = style.fill === "none" ? style.stroke : style.fill;
              canvas.fillRect(0, 0, 1, 1);
              return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).join();
            })"""
        )
        assert colours
        return {c: contrast([int(k) for k in c.split(",")], GROUNDS[theme]) for c in set(colours)}

    def serious_violations(self):
        """Name what axe-core calls serious or critical on the page."""
        package = pytest.importorskip(
            "axe_playwright_python", reason="axe-playwright-python is not installed"
        )
        self.tab.evaluate(Path(package.__file__).with_name("axe.min.js").read_text(encoding="utf-8"))
        found = self.tab.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        serious = [v for v in found if v["impact"] in ("serious", "critical")]
        return [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in serious]


def contrast(one, other):
    """WCAG's ratio of two colours, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour):
    parts = np.array(colour) / 255
    linear = np.where(parts <= 0.03928, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]
