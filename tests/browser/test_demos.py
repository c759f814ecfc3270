"""Every demo on every built page, driven by mouse, keyboard and touch with the network cut."""

import base64
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from by_itself import TURN, TURNS, by_turns

from nnbook.demos import frames, prepare
from nnlib import Network, forward, sigmoid

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Stored:
    """A demo as a notebook holds it."""

    page: str
    html: str

    @property
    def data(self):
        return json.loads(re.search(r'class="nn-data">(.*?)</script>', self.html, re.DOTALL)[1])

    @property
    def kind(self):
        return re.search(r'data-kind="(\w+)"', self.html)[1]

    @property
    def frames(self):
        packed = re.search(r'class="nn-payload">data:[^,]*,([^<]*)<', self.html)[1]
        return [hashlib.sha256(body).hexdigest() for _, body in frames.unpack(base64.b64decode(packed))]

    def __str__(self):
        return f"{self.page}-{self.data['id']}"


def stored():
    for path in sorted((ROOT / "book").glob("*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                html = "".join(output.get("data", {}).get("text/html", ""))
                if 'class="nn-demo"' in html:
                    yield Stored(path.stem, html)


DEMOS = list(stored())
FRAMES = [d for d in DEMOS if d.kind == "frames"]
DIGITS = [d for d in DEMOS if d.kind == "draw_a_digit"]


def one_of_each(demos, others=pytest.mark.slow):
    """The first with each set of controls, by turns; the others are marked, slow if not said otherwise.

    What is tried belongs to the script that all demos of a kind share.
    """
    seen, chosen = set(), []
    for demo in demos:
        controls = (demo.kind, frozenset(p["kind"] for p in demo.data["parameters"]))
        first = [] if len(seen) % TURNS == TURN else [pytest.mark.long]
        chosen.append(pytest.param(demo, marks=[others] if controls in seen else first))
        seen.add(controls)
    return chosen


READ = """root => {
  const root_ = document.getElementById(root);
  const state = {};
  for (const input of root_.querySelectorAll("input[type=range]")) state[input.name] = Number(input.value);
  for (const input of root_.querySelectorAll("input[type=checkbox]")) state[input.name] = input.checked;
  for (const set of root_.querySelectorAll("fieldset")) {
    const inputs = [...set.querySelectorAll("input")];
    state[set.querySelector("legend").textContent] = inputs.findIndex(input => input.checked);
  }
  return state;
}"""
SHOWN = """async root => {
  const picture = document.getElementById(root).querySelector(".nn-picture");
  const bytes = await (await fetch(picture.src)).arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [[...hash].map(b => b.toString(16).padStart(2, "0")).join(""), picture.alt];
}"""


MATHJAX = re.compile(r"/mathjax/.*\.js")  # no demo needs it, and it takes most of a page's time


class Opened:
    """A demo in a tab."""

    def __init__(self, browser, address, demo, *, query="", **options):
        options = {"viewport": {"width": 390, "height": 844}, **options}
        self.context = browser.new_context(**options)
        self.tab = self.context.new_page()
        self.problems = []
        inside = (address, "data:")
        self.tab.route("**/*", lambda r: r.continue_() if r.request.url.startswith(inside) else r.abort())
        self.tab.route(MATHJAX, lambda r: r.fulfill(body="", content_type="text/javascript"))
        self.tab.on("pageerror", lambda e: self.problems.append(str(e)))
        self.tab.on("console", lambda m: self.problems.append(m.text) if m.type == "error" else None)
        self.tab.goto(f"{address}book/{demo.page}.html{query}", wait_until="load")
        self.demo, self.data = demo, demo.data
        self.id = f"demo-{self.data['id']}"
        self.root = self.tab.locator(f"#{self.id}")
        self.frames = demo.frames if demo.kind == "frames" else None
        if "#" not in query:
            self.root.scroll_into_view_if_needed()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()
        known = ("THEBE_JS_URL", "theme mode", "status of 404")  # the theme's own; there is no favicon
        assert [p for p in self.problems if not any(k in p for k in known)] == []

    def index(self, p):
        """What a control says, as an index."""
        value = self.tab.evaluate(READ, self.id)[p["label"] if p["kind"] == "choice" else p["name"]]
        return p["texts"].index("on" if value else "off") if p["kind"] == "switch" else value

    def indices(self):
        return [self.index(p) for p in self.data["parameters"]]

    def control(self, p, index=None):
        if p["kind"] == "choice":
            return self.root.locator(f'fieldset:has(legend:text-is("{p["label"]}")) label').nth(index)
        return self.root.locator(f'input[name="{p["name"]}"]')

    def address(self, ready):
        """What follows the page in the address, once its parameters are as expected."""
        for _ in range(100):
            parts = self.tab.evaluate("[...new URLSearchParams(location.search).keys()]")
            if ready(parts):
                return self.tab.evaluate("location.search + location.hash")
            self.tab.wait_for_function("before => location.href !== before", arg=self.tab.url, timeout=5000)
        raise AssertionError(self.tab.url)

    def holds(self, expected):
        """Whether controls, picture, sentence and address all say the same, the expected."""
        assert self.indices() == expected
        parameters = self.data["parameters"]
        for p, index in zip(parameters, expected, strict=True):
            if p["kind"] in ("number", "time"):
                assert self.control(p).get_attribute("aria-valuetext") == p["texts"][index]
                assert (
                    self.root.locator(f'output[for="{self.data["id"]}-{p["name"]}"]').inner_text()
                    == p["texts"][index]
                )
        if self.frames is None:
            return
        frame = 0
        for p, index in zip(parameters, expected, strict=True):
            frame = frame * len(p["texts"]) + index
        self.tab.wait_for_function(
            "([id, frame]) => document.getElementById(id).dataset.frame === frame", arg=[self.id, str(frame)]
        )
        sentence = self.data["sentences"][frame]
        assert self.tab.evaluate(SHOWN, self.id) == [self.frames[frame], sentence]
        assert self.root.locator(".nn-say").inner_text() == sentence


def start(demo):
    return [p["start"] for p in demo.data["parameters"]]


def others(p):
    """Two values to go to: the far end, and one beside the start."""
    last = len(p["texts"]) - 1
    beside = p["start"] + 1 if p["start"] < last else p["start"] - 1
    return dict.fromkeys([0 if p["start"] == last else last, beside])


def test_there_are_demos_of_both_kinds_where_they_should_be():
    assert Counter(d.page for d in FRAMES) == {
        "activations": 1,
        "backprop_by_hand": 2,
        "backprop_derivation": 1,
        "backprop_vectorised": 1,
        "bug_museum": 1,
        "dropout_and_data": 1,
        "gradient_descent": 2,
        "initialisation": 2,
        "input_normalisation": 1,
        "loss_functions": 1,
        "mnist": 1,
        "overfitting": 1,
        "perceptron": 1,
        "sigmoid_neurons": 1,
        "slowdown": 1,
        "software": 1,
        "universal_approximation": 2,
        "xor": 1,
    }
    assert [d.page for d in DEMOS if d.kind == "notation_reader"] == ["notation"]
    assert [d.page for d in DEMOS if d.kind == "softmax"] == ["softmax"]
    assert [d.page for d in DEMOS if d.kind == "tuning_game"] == ["hyperparameters"]
    assert [d.page for d in DIGITS] == ["index", "introduction", "mnist"]
    for page in {d.page for d in DEMOS}:
        names = [d.data["id"] for d in DEMOS if d.page == page]
        assert len(set(names)) == len(names), f"two demos of {page} have the same title"


def test_stored_demos_carry_the_scripts_as_they_are():
    static = ROOT / "book" / "nnbook" / "demos" / "static"
    for demo in DEMOS:
        for name in ("demo.css", "demo.js", f"{demo.kind}.js"):
            assert (static / name).read_text(encoding="utf-8") in demo.html, f"{demo}: run make notebooks"


@pytest.mark.parametrize("demo", one_of_each(DEMOS), ids=str)
def test_by_mouse(browser, address, demo):
    with Opened(browser, address, demo, viewport={"width": 1280, "height": 844}) as opened:
        expected = start(demo)
        opened.holds(expected)
        for k, p in enumerate(demo.data["parameters"]):
            for index in others(p):
                if p["kind"] in ("number", "time"):
                    box = opened.control(p).bounding_box()
                    share = index / (len(p["texts"]) - 1)
                    x = 8 + share * (box["width"] - 16)  # the middle of the thumb
                    opened.control(p).click(position={"x": x, "y": box["height"] / 2})
                elif p["kind"] == "choice":
                    opened.control(p, index).click()
                elif opened.index(p) != index:
                    opened.control(p).click()
                expected[k] = index
                opened.holds(expected)


@pytest.mark.parametrize("demo", one_of_each(DEMOS), ids=str)
def test_by_keyboard(browser, address, demo):
    with Opened(browser, address, demo, viewport={"width": 1280, "height": 844}) as opened:
        expected = start(demo)
        opened.root.evaluate("e => { e.tabIndex = -1; e.focus(); }")
        for _ in range(60):  # everything is reached by the tab key alone
            opened.tab.keyboard.press("Tab")
            focused = opened.tab.evaluate("[document.activeElement.name, document.activeElement.type]")
            for k, p in enumerate(demo.data["parameters"]):
                name = f"{demo.data['id']}-{p['name']}" if p["kind"] == "choice" else p["name"]
                if focused[0] != name or expected[k] != p["start"]:
                    continue
                back = p["start"] == len(p["texts"]) - 1
                key = "Space" if p["kind"] == "switch" else "ArrowLeft" if back else "ArrowRight"
                opened.tab.keyboard.press(key)
                expected[k] = p["start"] + (-1 if back else 1)
                if p["kind"] == "switch":
                    expected[k] = 1 - p["start"]
                opened.holds(expected)
                outline = opened.tab.evaluate(
                    "(e => getComputedStyle(e.matches('.nn-segment input') ? e.nextElementSibling : e)"
                    ".outlineStyle)(document.activeElement)"
                )
                assert outline == "solid", f"{p['name']}: the focus cannot be seen"
        assert all(index != p["start"] for index, p in zip(expected, demo.data["parameters"], strict=True))


@pytest.mark.parametrize("demo", one_of_each(DEMOS), ids=str)
def test_by_touch(browser, address, demo):
    with Opened(browser, address, demo, has_touch=True, is_mobile=True) as opened:
        expected = start(demo)
        for k, p in enumerate(demo.data["parameters"]):
            index = next(iter(others(p)))
            if p["kind"] in ("number", "time"):
                box = opened.control(p).bounding_box()
                x = 8 + index / (len(p["texts"]) - 1) * (box["width"] - 16)
                opened.control(p).tap(position={"x": x, "y": box["height"] / 2})
            else:
                opened.control(p, index).tap()
            expected[k] = index
            opened.holds(expected)


@pytest.mark.parametrize("demo", one_of_each(DEMOS), ids=str)
def test_targets_are_large_enough_on_a_phone(browser, address, demo):
    with Opened(browser, address, demo, has_touch=True, is_mobile=True) as opened:
        targets = opened.root.locator(
            "button:visible, input[type=range], .nn-segment span, .nn-switch label, canvas.nn-canvas"
        )
        assert targets.count() >= 4
        for target in targets.all():
            box = target.bounding_box()
            assert min(box["width"], box["height"]) >= 44, target.inner_text()
        assert opened.tab.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("demo", one_of_each(DEMOS), ids=str)
def test_the_address_restores_the_state_and_reset_clears_it(browser, address, demo):
    with Opened(browser, address, demo) as opened:
        expected = [next(iter(others(p))) for p in demo.data["parameters"]]
        for p, index in zip(demo.data["parameters"], expected, strict=True):
            if p["kind"] in ("number", "time"):
                opened.control(p).fill(str(index))
            else:
                opened.control(p, index).click()
        opened.holds(expected)
        query = opened.address(lambda parts: len(parts) == len(expected))
    assert query.startswith("?")
    assert query.endswith(f"#demo-{demo.data['id']}")
    with Opened(browser, address, demo, query=query) as again:
        again.holds(expected)
        again.tab.wait_for_function(
            "id => Math.abs(document.getElementById(id).getBoundingClientRect().top - 80) < 80", arg=again.id
        )
        again.root.get_by_role("button", name="Reset").click()
        again.holds(start(demo))
        again.tab.wait_for_function("() => location.search + location.hash === ''")
        again.tab.evaluate("location.hash = 'exercises'")
        again.control(p, p["start"]).click() if p["kind"] == "choice" else again.control(p).focus()
        again.root.get_by_role("button", name="Reset").click()
        again.tab.wait_for_timeout(300)  # longer than the address takes to be written
        assert again.tab.evaluate("location.hash") == "#exercises"  # not this demo's to clear


@pytest.mark.parametrize("query", ["?{id}.{name}=nonsense", "?{id}.{name}=", "?{id}.other=1", "?%ff=%00"])
@pytest.mark.parametrize("demo", FRAMES[:1], ids=str)
def test_a_wrong_address_is_ignored(browser, address, demo, query):
    name = demo.data["parameters"][0]["name"]
    with Opened(browser, address, demo, query=query.format(id=demo.data["id"], name=name)) as opened:
        opened.holds(start(demo))


@pytest.mark.parametrize("demo", one_of_each(DEMOS, pytest.mark.long), ids=str)
def test_copied_code_runs_and_says_the_same(browser, address, demo, tmp_path, monkeypatch):
    if demo.kind == "draw_a_digit" or "datasets.mnist" in demo.data["program"]:
        from nnlib.datasets import available

        if not available("mnist"):
            pytest.skip("MNIST is not at hand (set NNLIB_DATA)")
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # as the stored outputs were made
    permissions = ["clipboard-read", "clipboard-write"]
    with Opened(browser, address, demo, permissions=permissions) as opened:
        expected = [next(iter(others(p))) for p in demo.data["parameters"]]
        for p, index in zip(demo.data["parameters"], expected, strict=True):
            if p["kind"] in ("number", "time"):
                opened.control(p).fill(str(index))
            else:
                opened.control(p, 4 if demo.kind == "draw_a_digit" else index).click()
        if demo.kind == "frames":
            opened.holds(expected)
        opened.root.get_by_role("button", name="Copy as code").click()
        opened.root.get_by_role("button", name="Copied").wait_for()
        code = opened.tab.evaluate("navigator.clipboard.readText()")
        sentence = opened.root.locator(".nn-say").inner_text()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said, numbers = (re.sub(r"\d+\.\d\d", "#", s) for s in (done.stdout.strip(), sentence))
    if demo.kind == "frames":
        assert done.stdout.strip() == sentence
    else:  # trained anew, perhaps on another processor: the same reading, not the same third digit
        assert said == numbers


@pytest.mark.parametrize(
    "demo", one_of_each(d for d in FRAMES if any(p["kind"] == "time" for p in d.data["parameters"])), ids=str
)
def test_time_plays_pauses_and_steps(browser, address, demo):
    (k,) = (k for k, p in enumerate(demo.data["parameters"]) if p["kind"] == "time")
    p = demo.data["parameters"][k]
    last = len(p["texts"]) - 1
    expected = start(demo)
    with Opened(browser, address, demo) as opened:
        button = {
            "play": opened.root.get_by_role("button", name=f"play {p['label']}"),
            "pause": opened.root.get_by_role("button", name="pause"),
            "on": opened.root.get_by_role("button", name="one step on"),
            "back": opened.root.get_by_role("button", name="one step back"),
        }
        button["on"].click()
        expected[k] = 1
        opened.holds(expected)
        button["back"].click()
        button["back"].click()  # not below the first
        expected[k] = 0
        opened.holds(expected)
        button["play"].click()
        opened.tab.wait_for_function("e => Number(e.value) >= 2", arg=opened.control(p).element_handle())
        button["pause"].click()
        expected[k] = opened.index(p)
        assert 2 <= expected[k] < last
        opened.holds(expected)
        assert opened.root.locator(".nn-say").get_attribute("aria-live") == "polite"
        button["play"].click()
        assert opened.root.locator(".nn-say").get_attribute("aria-live") == "off"
        button["play"].wait_for()  # it has come to the end and stopped
        expected[k] = last
        opened.holds(expected)
        button["on"].click()
        opened.holds(expected)  # not beyond the last
        button["play"].click()  # from the end it begins anew
        opened.tab.wait_for_function("e => Number(e.value) < 3", arg=opened.control(p).element_handle())
        button["on"].click()  # a step by hand ends the playing
        assert button["play"].is_visible()
        button["play"].click()
        opened.root.get_by_role("button", name="Reset").click()
        opened.holds(start(demo))
        assert button["play"].is_visible()
    with Opened(browser, address, demo, reduced_motion="reduce") as still:
        assert not still.root.locator(".nn-play").is_visible()
        still.root.get_by_role("button", name="one step on").click()
        expected = start(demo)
        expected[k] = 1
        still.holds(expected)


@pytest.mark.long
@pytest.mark.parametrize("demo", by_turns(DEMOS), ids=str)
def test_nothing_jumps_while_the_picture_changes(browser, address, demo):
    with Opened(browser, address, demo) as opened:
        opened.tab.evaluate("document.fonts.ready")
        before = opened.root.bounding_box()
        for p in demo.data["parameters"]:
            for index in range(0, len(p["texts"]), max(1, len(p["texts"]) // 4)):
                if p["kind"] in ("number", "time"):
                    opened.control(p).fill(str(index))
                elif p["kind"] == "choice":
                    opened.control(p, index).click()
                opened.holds(opened.indices())
                box = opened.root.bounding_box()
                assert abs(box["width"] - before["width"]) + abs(box["height"] - before["height"]) < 1


@pytest.mark.parametrize("demo", one_of_each(DEMOS), ids=str)
def test_without_scripts_a_picture_and_its_sentence_stand(browser, address, demo):
    with Opened(browser, address, demo, java_script_enabled=False) as opened:
        picture = opened.root.locator(".nn-picture")
        assert picture.is_visible()
        sentence = opened.root.locator(".nn-say").inner_text()
        assert len(sentence) > 40
        assert picture.get_attribute("alt") == sentence
        assert "moves in a browser with scripts" in opened.root.locator(".nn-still").inner_text()
        assert opened.root.locator("input, button").count() == 0


@pytest.mark.parametrize("demo", one_of_each(FRAMES), ids=str)
def test_pictures_are_turned_for_the_dark(browser, address, demo):
    filters = {}
    for theme in ("light", "dark"):
        with Opened(browser, address, demo, color_scheme=theme) as opened:
            filters[theme] = opened.root.locator(".nn-picture").evaluate("e => getComputedStyle(e).filter")
    assert filters == {"light": "none", "dark": "invert(1) hue-rotate(180deg)"}


# ---- draw a digit


def network(demo):
    data = demo.data
    arrays = {
        name: np.frombuffer(base64.b64decode(value["float32"].split(",")[1]), "<f4").reshape(value["shape"])
        for name, value in data.items()
        if isinstance(value, dict) and "float32" in value
    }
    return Network(
        [arrays["weights0"].copy(), arrays["weights1"].copy()],
        [arrays["biases0"].copy(), arrays["biases1"].copy()],
        [sigmoid, sigmoid],
    )


def reading(opened):
    return {
        name: np.array(opened.root.evaluate(f"root => [...root.reading.{name}]"))
        for name in ("image", "hidden", "output")
    }


def ink(opened):
    """The drawing, from 0 to 1, as it stands on the canvas."""
    alpha = opened.root.locator(".nn-canvas").evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, 280, 280).data].filter((_, k) => k % 4 === 3)"
    )
    return np.array(alpha).reshape(280, 280) / 255


THREE = [
    (0.25, 0.2), (0.4, 0.15), (0.6, 0.2), (0.62, 0.35), (0.5, 0.45), (0.42, 0.47), (0.55, 0.5),
    (0.66, 0.62), (0.6, 0.78), (0.45, 0.85), (0.28, 0.78),
]  # fmt: skip
ONE = [(0.3, 0.1), (0.29, 0.5), (0.28, 0.85)]


def draw(opened, points, touch=None):
    opened.root.locator(".nn-canvas").scroll_into_view_if_needed()
    box = opened.root.locator(".nn-canvas").bounding_box()
    path = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    if touch:

        def send(kind, *spots):
            touch.send(
                "Input.dispatchTouchEvent",
                {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in spots]},
            )

        send("touchStart", path[0])
        for spot in path[1:]:
            send("touchMove", spot)
        send("touchEnd")
        assert opened.root.locator(".nn-canvas").bounding_box() == box, "the page scrolled under the finger"
        return
    opened.tab.mouse.move(*path[0])
    opened.tab.mouse.down()
    for spot in path[1:]:
        opened.tab.mouse.move(*spot, steps=4)
    opened.tab.mouse.up()


def agrees(opened):
    """Whether the page computes what nnlib computes, and shows it."""
    net = network(opened.demo)
    found = reading(opened)
    trace = forward(net, found["image"][None].astype("f4"))
    np.testing.assert_allclose(found["hidden"], trace.a[1][0], atol=1e-4)
    np.testing.assert_allclose(found["output"], trace.output[0], atol=1e-4)
    best = int(found["output"].argmax())
    assert opened.root.get_attribute("data-read") == str(best)
    assert opened.root.locator(".nn-best").inner_text().split()[0] == str(best)
    assert opened.root.locator(".nn-say").inner_text().startswith(f"Read as {best}, ")
    widths = opened.root.locator(".nn-fill").evaluate_all("es => es.map(e => parseFloat(e.style.width))")
    np.testing.assert_allclose(widths, 100 * found["output"], atol=0.01)
    lit = opened.root.locator(".nn-neuron").evaluate_all(
        "es => es.map(e => Number(e.style.getPropertyValue('--a')))"
    )
    np.testing.assert_allclose(lit, found["hidden"], atol=1e-6)
    return found


@pytest.mark.parametrize("demo", DIGITS, ids=str)
def test_every_example_arrives_as_it_is_in_the_files(browser, address, demo):
    examples = np.frombuffer(base64.b64decode(demo.data["examples"].split(",")[1]), np.uint8).reshape(10, 784)
    with Opened(browser, address, demo) as opened:
        digit, uncentred, right = demo.data["parameters"]
        for k in range(10):
            opened.control(digit, k + 1).click()
            found = agrees(opened)
            np.testing.assert_allclose(255 * found["image"], examples[k], atol=1e-6)
        # Moved aside it is centred again, unless that is switched off.
        opened.control(right).fill("13")
        np.testing.assert_allclose(255 * agrees(opened)["image"], examples[9], atol=1e-6)
        opened.control(uncentred).click()
        moved = np.roll(examples[9].reshape(28, 28), 5, axis=1)
        moved[:, :5] = 0
        np.testing.assert_allclose(255 * agrees(opened)["image"], moved.ravel(), atol=1e-6)


@pytest.mark.parametrize("demo", one_of_each(DIGITS, pytest.mark.long), ids=str)
@pytest.mark.parametrize("by", ["mouse", pytest.param("touch", marks=pytest.mark.long)])
def test_a_drawing_is_prepared_and_read_as_nnlib_does(browser, address, demo, by):
    with Opened(browser, address, demo, has_touch=by == "touch", is_mobile=by == "touch") as opened:
        touch = opened.context.new_cdp_session(opened.tab) if by == "touch" else None
        opened.root.get_by_role("button", name="Clear").click()
        assert opened.root.locator(".nn-say").inner_text() == "Nothing is drawn yet."
        draw(opened, THREE, touch)
        drawn = agrees(opened)
        assert opened.root.get_attribute("data-read") == "3"
        np.testing.assert_allclose(drawn["image"].reshape(28, 28), prepare(ink(opened)), atol=1.01 / 255)
        opened.control(demo.data["parameters"][1]).click()
        whole = ink(opened).reshape(28, 10, 28, 10).mean(axis=(1, 3))
        np.testing.assert_allclose(agrees(opened)["image"].reshape(28, 28), whole, atol=1.01 / 255)
        opened.control(demo.data["parameters"][1]).click()
        query = opened.address(lambda parts: {name.split(".")[1] for name in parts} == {"digit", "ink"})
    with Opened(browser, address, demo, query=query) as again:
        np.testing.assert_array_equal(agrees(again)["image"], drawn["image"])
        draw(again, ONE)  # a second stroke is added to the first
        assert (again.tab.evaluate("location.search").count("."), len(agrees(again)["image"])) > (1, 0)
        assert (reading(again)["image"] != drawn["image"]).any()
        again.root.get_by_role("button", name="Clear").click()
        assert again.root.locator(".nn-say").inner_text() == "Nothing is drawn yet."
        assert not reading(again)["image"].any()
        assert again.root.locator(".nn-fill").evaluate_all("es => es.every(e => e.style.width === '0%')")
        draw(again, ONE)
        again.control(demo.data["parameters"][0], 3).click()  # an example replaces the drawing
        again.address(lambda parts: not any(name.endswith(".ink") for name in parts))
        again.control(demo.data["parameters"][0], 0).click()
        assert again.root.get_attribute("data-read") == ""
        again.root.get_by_role("button", name="Reset").click()
        assert again.root.get_attribute("data-read") == "7"
        draw(again, ONE)  # and a stroke over an example begins a drawing
        assert again.indices()[0] == 0
        assert again.root.get_attribute("data-read") == "1"
        one = agrees(again)["image"]
        # Drawn while moved aside, ink lies under the pen, and is centred all the same.
        again.root.get_by_role("button", name="Clear").click()
        again.control(demo.data["parameters"][2]).fill("12")  # four pixels to the right
        draw(again, [(x + 4 / 28, y) for x, y in ONE])
        np.testing.assert_allclose(agrees(again)["image"], one, atol=0.2)
        assert abs(ink(again)[:, :70].sum()) == 0


@pytest.mark.parametrize("demo", DIGITS[:1], ids=str)
def test_a_control_moved_in_the_middle_of_a_stroke_does_no_harm(browser, address, demo):
    digit, _, right = demo.data["parameters"]
    with Opened(browser, address, demo) as opened:
        opened.root.locator(".nn-canvas").scroll_into_view_if_needed()
        box = opened.root.locator(".nn-canvas").bounding_box()
        opened.tab.mouse.move(box["x"] + 60, box["y"] + 60)
        opened.tab.mouse.down()
        opened.tab.mouse.move(box["x"] + 60, box["y"] + 160, steps=5)
        before = reading(opened)["image"]
        opened.control(right).evaluate("e => { e.value = 9; e.dispatchEvent(new Event('input')); }")
        np.testing.assert_array_equal(reading(opened)["image"], before)  # the stroke is still there
        opened.control(digit, 4).locator("input").evaluate("e => e.click()")
        opened.tab.mouse.move(box["x"] + 90, box["y"] + 190, steps=5)  # the pen was put down
        opened.tab.mouse.up()
        assert opened.index(digit) == 4
        agrees(opened)


@pytest.mark.parametrize("ink", ["!!", "A", "%00", "AB.~~", "."])
def test_nonsense_for_a_drawing_is_left_out(browser, address, ink):
    demo = DIGITS[0]
    name = demo.data["id"]
    with Opened(browser, address, demo, query=f"?{name}.digit=drawn&{name}.ink={ink}") as opened:
        assert opened.indices()[0] == 0
        assert opened.root.locator(".nn-say").inner_text()


def test_two_demos_of_the_same_title_go_their_own_ways(browser, address, site):
    """A page that somebody else makes may have them; ours may not."""
    (demo,) = (d for d in FRAMES if d.page == "perceptron")
    broken = demo.html.replace(demo.data["id"], "broken").replace('"parameters":', '"nothing":')
    page = f"<!doctype html><meta charset=utf-8><title>Two</title>{broken}{demo.html}{demo.html}"
    (site / "book" / "two.html").write_text(page, encoding="utf-8")
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(f"{address}book/two.html")
    (site / "book" / "two.html").unlink()
    one, two = (tab.locator(f"#demo-{demo.data['id']}{suffix}") for suffix in ("", "-2"))
    two.get_by_role("button", name="one step on").click()
    tab.wait_for_function("root => root.dataset.frame === '17'", arg=two.element_handle())
    assert one.get_attribute("data-frame") == "16"
    tab.wait_for_function("() => location.search.includes('-2.step=1')")
    # A demo that cannot start stands still, says so, and stops no other.
    still = tab.locator("#demo-broken")
    assert still.locator(".nn-still").is_visible()
    assert still.locator("input").count() == 0
    context.close()


def test_a_browser_that_cannot_open_the_frames_is_told_so(browser, address):
    (demo,) = (d for d in FRAMES if d.page == "perceptron")
    context = browser.new_context()
    tab = context.new_page()
    tab.add_init_script("delete window.DecompressionStream")
    tab.goto(f"{address}book/{demo.page}.html")
    root = tab.locator(f"#demo-{demo.data['id']}")
    assert root.locator(".nn-still").is_visible()
    assert root.locator("input").count() == 0
    context.close()
