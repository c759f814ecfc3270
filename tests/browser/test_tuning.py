"""The tuning game, on a page of its own: its numbers are the table's, whoever plays it and however."""

import re

import by_itself
import numpy as np
import pytest

from nnbook.demos import tuning_game
from nnbook.demos.tuning import GAME, tuning_says
from nnbook.results import record

ID = "tune-a-network"
TABLE = record("tuning_table")
AXES = [TABLE["settings"][name] for name in ("eta", "lmbda/n", "batch_size", "width")]
TEXTS = [["0.01", "0.03", "0.1", "0.3", "1", "3", "10"], ["0", "1e-5", "1e-4", "1e-3"],
         ["5", "20", "100"], ["10", "30", "100"]]  # fmt: skip
SETTINGS = [(a, b, c, d) for a in AXES[0] for b in AXES[1] for c in AXES[2] for d in AXES[3]]
START = (0.03, 0.0, 20, 30)
GOOD, LARGE, POOR = (0.3, 0.0, 20, 30), (1.0, 1e-5, 5, 100), (10.0, 0.0, 20, 30)
SPENT = [
    START,
    *[GOOD] * 3,
    POOR,
    *[LARGE] * 2,
    (0.3, 1e-5, 5, 100),
    LARGE,
    (0.1, 1e-3, 100, 10),
    START,
    POOR,
]
LOOK = """root => {
  const texts = look => [...root.querySelectorAll(look)].map(e => e.textContent);
  const marks = look => [...root.querySelectorAll(look)].map(e => {
    const {e: x, f: y} = e.transform.baseVal.consolidate().matrix;
    return {x, y, images: Number(e.dataset.images), pointsDown: e.getAttribute("d").endsWith("L0 5Z")};
  });
  const bare = root.cloneNode(true);
  for (const e of bare.querySelectorAll("script, style")) e.remove();
  return {
    bare: bare.outerHTML,
    words: [...bare.querySelectorAll("*")].filter(e => !e.children.length).map(e => e.textContent).join(" "),
    said: root.querySelector(".nn-say").textContent, left: texts(".nn-left"),
    label: root.querySelector("svg").getAttribute("aria-label"),
    columns: [...root.querySelectorAll(".nn-column")].map(g => [...g.children].map(e => e.textContent)),
    framed: root.querySelectorAll("rect.nn-frame").length,
    marks: marks("path.nn-mark:not(.nn-goal)"), goals: marks("path.nn-goal"),
    first: marks("path.nn-first"), rings: root.querySelectorAll("path.nn-ring").length,
    bests: texts("svg text").filter(word => word === "best").length,
    accuracies: texts(".nn-accuracy"), bold: texts(".nn-accuracy.nn-main"),
    same: [...root.querySelectorAll("path.nn-same")].map(
      e => e.getAttribute("d").match(/[\\d.]+/g).map(Number)),
    goal: texts("text.nn-goal"),
    refused: [...root.querySelectorAll(".nn-moves button")].map(b => b.getAttribute("aria-disabled")),
    urged: texts(".nn-urged"),
  };
}"""


def images(which, seed, setting):
    """How many of 10,000 were right, looked up in the file."""
    (found,) = [run[f"{which} accuracy"] for run in TABLE["runs"] if run["seed"] == seed]
    for axis, value in zip(AXES, setting, strict=True):
        found = found[axis.index(value)]
    return round(10_000 * found)


def short(count):
    """Per cent with one decimal, halves up."""
    tenths = (count + 5) // 10
    return f"{tenths // 10}.{tenths % 10}"


def height(count):
    """Where a mark stands: 85 % at 193, 95 % at 43, and what is less at the foot."""
    return 208 if count < 8500 else 193 - (count - 8500) * 0.15


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page that holds the demo and no more."""
    return by_itself.write_page(tmp_path_factory.mktemp("tuning"), "Tuning", tuning_game().html())


class Opened(by_itself.Opened):
    """The demo, how its controls are found, and the game as it should stand."""

    def __init__(self, browser, address, query="", **options):
        super().__init__(browser, address + query, ID, **options)
        self.tries, self.handed_in, self.chosen = [], False, START

    def slider(self):
        return self.root.locator('input[name="eta"]')

    def segment(self, label, k):
        return self.root.locator(f'fieldset:has(legend:text-is("{label}")) label').nth(k)

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    def choose(self, setting):
        """Set everything at once, as the inputs would."""
        self.chosen = setting
        self.root.evaluate(
            """(root, [eta, ...others]) => {
              const input = root.querySelector("input[name=eta]");
              input.value = eta;
              input.dispatchEvent(new Event("input"));
              root.querySelectorAll("fieldset").forEach(
                (f, k) => f.querySelectorAll("input")[others[k]].click());
            }""",
            [axis.index(value) for axis, value in zip(AXES, setting, strict=True)],
        )

    def press(self, name):
        self.root.evaluate(
            "(root, name) => [...root.querySelectorAll('button')].find(b => b.textContent === name).click()",
            name,
        )

    def train(self, *settings):
        for setting in settings:
            self.choose(setting)
            self.press("Train")
            self.tries.append(setting)

    def hand_in(self):
        self.press("Hand in")
        self.handed_in = True

    def holds(self):
        """Whether picture, words and controls are the table's for this game."""
        tries, look = self.tries, self.root.evaluate(LOOK)
        assert look["said"] == tuning_says(tries, self.handed_in, self.chosen)
        seeds = [tries[:k].count(setting) for k, setting in enumerate(tries)]
        found = [images("validation", seed, s) for seed, s in zip(seeds, tries, strict=True)]
        best = found.index(max(found)) if tries else None
        # the marks, their numbers, and the lines between tries of one setting
        assert [mark["images"] for mark in look["marks"]] == found
        assert [mark["pointsDown"] for mark in look["marks"]] == [count < 8500 for count in found]
        places = [(38 + 26 * (k + 0.5), height(count)) for k, count in enumerate(found)]
        np.testing.assert_allclose(
            [(m["x"], m["y"]) for m in look["marks"]], places or np.empty(0), atol=1e-3
        )
        assert look["accuracies"] == [short(count) for count in found]
        assert look["first"] == ([look["marks"][best]] if tries else [])
        assert look["bold"] == ([short(found[best])] if tries else [])
        assert look["rings"] == look["bests"] == bool(tries)
        lines = []
        for k, setting in enumerate(tries):
            if seeds[k]:
                before = max(j for j in range(k) if tries[j] == setting)
                lines.append([*places[before], *places[k]])
        np.testing.assert_allclose(look["same"], lines or np.empty(0), atol=1e-3)
        # the settings beneath, and the chosen one in a frame
        columns = [(k, s, seed) for k, (s, seed) in enumerate(zip(tries, seeds, strict=True), start=1)]
        more = not self.handed_in and len(tries) < 12
        if more:
            seed = tries.count(self.chosen)
            columns.append((len(tries) + 1, self.chosen, seed if seed < 3 else "–"))
        assert look["columns"] == [
            [str(k), *(t[axis.index(v)] for t, axis, v in zip(TEXTS, AXES, s, strict=True)), str(seed)]
            for k, s, seed in columns
        ]
        assert look["framed"] == more
        assert look["left"] == ["handed in" if self.handed_in else f"trainings left: {12 - len(tries)}"]
        listed = ", ".join(f"{count / 100:.2f}" for count in found)
        assert look["label"] == (
            f"Validation accuracies of the tries in per cent: {listed}" if tries else "No try yet"
        )
        # the buttons
        may_train = more and tries.count(self.chosen) < 3
        may_hand_in = bool(tries) and not self.handed_in
        assert look["refused"] == [str(not may).lower() for may in (may_train, may_hand_in)]
        urged = [] if self.handed_in else ["Train" if len(tries) < 12 else "Hand in"]
        assert look["urged"] == urged
        # the test accuracy: that of the best once it is handed in, and none before
        if self.handed_in:
            read = images("test", seeds[best], tries[best])
            (goal,) = look["goals"]
            assert (goal["images"], goal["pointsDown"]) == (read, read < 8500)
            np.testing.assert_allclose(
                (goal["x"], goal["y"]), (places[best][0] + 11, height(read)), atol=1e-3
            )
            assert look["goal"] == ["test", short(read)]
        else:
            assert (look["goals"], look["goal"]) == ([], [])
            assert "test accuracy" not in look["bare"]
            numbers = set(re.findall(r"(?<![\d.])\d+\.\d\d?(?![\d.])", f"{look['words']} {look['label']}"))
            known = {f"{count / 100:.2f}" for count in found} | {short(count) for count in found}
            assert numbers <= known | {text for texts in TEXTS for text in texts}
            assert set(re.findall(r'data-images="(\d+)"', look["bare"])) == set(map(str, found))


@pytest.mark.long
def test_the_numbers_are_those_of_the_table(browser, address):
    rng = np.random.default_rng(5)
    with Opened(browser, address) as opened:
        opened.holds()
        size = opened.root.bounding_box()["height"]
        for _ in range(16):
            few = [SETTINGS[k] for k in rng.choice(len(SETTINGS), 6, replace=False)]
            game = [s for s in few for _ in range(3)]
            for k in rng.permutation(len(game))[: rng.integers(1, 13)]:
                opened.train(game[k])
                opened.holds()
                assert abs(opened.root.bounding_box()["height"] - size) < 1
            opened.choose(few[0])
            opened.holds()
            opened.hand_in()
            opened.holds()
            assert abs(opened.root.bounding_box()["height"] - size) < 1
            opened.press("Reset")
            opened.tries, opened.handed_in, opened.chosen = [], False, START
            opened.holds()


def test_the_first_of_equal_tries_is_the_best(browser, address):
    one, other = (0.01, 0.0, 20, 10), (0.01, 1e-5, 20, 10)
    assert images("validation", 0, one) == images("validation", 0, other)
    with Opened(browser, address) as opened:
        opened.train(one, other)
        opened.holds()
        opened.hand_in()
        opened.holds()
        assert "try 1," in opened.say.inner_text()


def test_a_fourth_training_of_a_setting_is_refused(browser, address):
    with Opened(browser, address) as opened:
        for seed in range(3):
            opened.train(GOOD)
            opened.holds()
            assert f"seed {seed}:" in opened.say.inner_text()
        refusal = "Three seeds are all there is"
        for _ in range(2):
            assert refusal in opened.say.inner_text()
            opened.button("Train").click(force=True)
            opened.holds()
        opened.choose(POOR)
        assert refusal not in opened.say.inner_text()
        opened.holds()
        opened.train(POOR)
        opened.choose(GOOD)
        assert refusal in opened.say.inner_text()
        opened.holds()


def test_twelve_trainings_and_one_look_at_the_test_images(browser, address):
    with Opened(browser, address) as opened:
        opened.button("Hand in").click(force=True)  # nothing to hand in yet
        opened.holds()
        opened.train(*SPENT)
        assert opened.say.inner_text().endswith("No training is left: hand in.")
        opened.holds()
        opened.choose((0.1, 0.0, 5, 100))  # a thirteenth
        opened.button("Train").click(force=True)
        opened.holds()
        opened.button("Hand in").click()
        opened.handed_in = True
        opened.holds()
        said = opened.say.inner_text()
        for name in ("Hand in", "Train"):
            opened.button(name).click(force=True)
            opened.holds()
        opened.choose(LARGE)
        opened.holds()
        assert opened.say.inner_text() == said
        opened.button("Reset").click()
        opened.tries, opened.handed_in, opened.chosen = [], False, START
        opened.holds()
    with Opened(browser, address) as early:  # with trainings left, none can follow
        early.train(GOOD)
        early.hand_in()
        early.choose(LARGE)
        early.button("Train").click(force=True)
        early.holds()


@pytest.mark.parametrize("options", [by_itself.WIDE, by_itself.PHONE], ids=["mouse", "touch"])
def test_every_control_by_mouse_and_touch(browser, address, options):
    with Opened(browser, address, **options) as opened:

        def press(locator, **where):
            locator.tap(**where) if options is by_itself.PHONE else locator.click(**where)

        box = opened.slider().bounding_box()
        for x, eta in ((box["width"] - 8, 10.0), (8, 0.01)):
            press(opened.slider(), position={"x": x, "y": box["height"] / 2})
            opened.chosen = (eta, *START[1:])
            opened.holds()
        for place, label in enumerate(("weight decay λ/n", "mini-batch size m", "hidden neurons"), start=1):
            for k, value in enumerate(AXES[place]):
                press(opened.segment(label, k))
                opened.chosen = (*opened.chosen[:place], value, *opened.chosen[place + 1 :])
                opened.holds()
        for _ in range(2):
            press(opened.button("Train"))
            opened.tries.append(opened.chosen)
            opened.holds()
        press(opened.button("Hand in"))
        opened.handed_in = True
        opened.holds()
        press(opened.button("Reset"))
        opened.tries, opened.handed_in, opened.chosen = [], False, START
        opened.holds()


def test_every_control_by_keyboard(browser, address):
    with Opened(browser, address) as opened:
        keys = {
            "eta": ("ArrowRight", (0.1, 0.0, 20, 30)),
            "decay": ("ArrowRight", (0.1, 1e-5, 20, 30)),
            "m": ("ArrowLeft", (0.1, 1e-5, 5, 30)),
            "width": ("ArrowRight", (0.1, 1e-5, 5, 100)),
            "Train": ("Enter", None),
            "Hand in": ("Space", None),
            "Reset": ("Enter", START),
        }
        for name, (key, chosen) in keys.items():
            opened.tab.keyboard.press("Tab")
            focused = opened.tab.evaluate(
                f"(e => e.type === 'radio' ? e.name.slice('{ID}-'.length) : e.name || e.textContent)"
                "(document.activeElement)"
            )
            assert focused == name
            outline = opened.tab.evaluate(
                "(e => getComputedStyle(e.matches('.nn-segment input') ? e.nextElementSibling : e)"
                ".outlineStyle)(document.activeElement)"
            )
            assert outline == "solid", f"{name}: the focus cannot be seen"
            opened.tab.keyboard.press(key)
            opened.chosen = chosen or opened.chosen
            if name == "Train":
                opened.tries.append(opened.chosen)
            opened.handed_in = name == "Hand in"
            if name == "Reset":
                opened.tries = []
            opened.holds()


def test_the_address_restores_the_setting_and_reset_clears_it(browser, address):
    with Opened(browser, address) as opened:
        opened.train(GOOD)
        opened.choose(LARGE)
        opened.tab.wait_for_function("location.search.includes('width')")
        query = opened.tab.evaluate("location.search + location.hash")
    assert query == f"?{ID}.eta=1&{ID}.decay=1e-5&{ID}.m=5&{ID}.width=100#demo-{ID}"
    with Opened(browser, address, query) as again:
        again.chosen = LARGE
        again.holds()  # a new game
        again.button("Reset").click()
        again.chosen = START
        again.holds()
        again.tab.wait_for_function("location.search + location.hash === ''")
    with Opened(browser, address, f"?{ID}.eta=0.2&{ID}.decay=none&{ID}.m=0&{ID}.width=30.0") as wrong:
        wrong.holds()


@pytest.mark.parametrize(
    ("tries", "handed_in", "chosen"),
    [
        ([], False, START),
        ([GOOD, LARGE, GOOD, POOR, GOOD], False, GOOD),
        ([START, GOOD], True, LARGE),
        (SPENT, False, GOOD),
        (SPENT, True, GOOD),
    ],
    ids=["start", "refused", "early", "spent", "handed in"],
)
def test_copied_code_prints_the_sentence(browser, address, tries, handed_in, chosen, tmp_path):
    with Opened(browser, address, **by_itself.CLIPBOARD) as opened:
        opened.train(*tries)
        opened.choose(chosen)
        if handed_in:
            opened.hand_in()
        opened.holds()
        assert opened.copied_code_prints(tmp_path) == opened.say.inner_text()


def test_targets_are_large_enough_on_a_phone(browser, address):
    with Opened(browser, address, **by_itself.PHONE) as opened:
        targets = opened.root.locator("button, input[type=range], .nn-segment span").all()
        assert len(targets) == 15
        for target in targets:
            box = target.bounding_box()
            assert min(box["width"], box["height"]) >= 44, target.inner_text()


@pytest.mark.long
@pytest.mark.parametrize("options", [by_itself.WIDE, by_itself.PHONE], ids=["wide", "phone"])
def test_nothing_moves_sticks_out_or_is_too_small(browser, address, options):
    """In any state: at first, after each try, and after handing in whichever of the 252."""
    with Opened(browser, address, **options) as opened:
        size = opened.root.bounding_box()["height"]

        def is_well():
            assert opened.sticks_out_or_is_too_small() == []
            assert opened.tab.evaluate("document.documentElement.scrollWidth") <= options["viewport"]["width"]
            assert abs(opened.root.bounding_box()["height"] - size) < 1, opened.say.inner_text()

        is_well()
        for setting in SPENT:
            opened.train(setting)
            is_well()
        opened.hand_in()
        is_well()
        for setting in SETTINGS[:: 1 if options is by_itself.PHONE else 9]:
            opened.press("Reset")
            opened.train(setting)
            opened.hand_in()
            is_well()


@pytest.mark.long
def test_the_labels_of_a_column_never_overlap(browser, address):
    """Whichever is handed in: above and below 85 %, with the test accuracy below, above or the same."""
    closest = sorted(SETTINGS, key=lambda s: images("validation", 0, s) - images("test", 0, s))
    edge = sorted(SETTINGS, key=lambda s: abs(images("validation", 0, s) - 8510))
    with Opened(browser, address) as opened:
        for setting in [*closest[:25], *edge[:25], *SETTINGS[::12]]:
            opened.press("Reset")
            opened.tries, opened.handed_in = [], False
            opened.train(setting)
            opened.hand_in()
            opened.holds()
            overlap = opened.root.evaluate(
                """root => {
                  const parts = [...root.querySelectorAll(".nn-tries text, .nn-mark")].map(e => {
                    const {left, right, top, bottom} = e.getBoundingClientRect();
                    const trim = e.tagName === "text" ? 2 : 0;  // a line is higher than its digits
                    return {words: e.textContent || e.getAttribute("class"), left, right,
                      top: top + trim, bottom: bottom - trim};
                  });
                  const meet = (a, b) => a.left < b.right && b.left < a.right
                    && a.top < b.bottom && b.top < a.bottom;
                  return parts.flatMap((a, i) => parts.slice(i + 1).filter(b => meet(a, b))
                    .map(b => [a.words, b.words]));
                }"""
            )
            assert [pair for pair in overlap if not all("nn-mark" in words for words in pair)] == [], setting


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read_on_both_grounds(browser, address, theme):
    """Serious violations that axe finds, and the contrast of the SVG, which it does not look at."""
    with Opened(browser, address) as opened:
        opened.set_theme(theme)
        for act in (lambda: None, lambda: opened.train(GOOD, GOOD, POOR), opened.hand_in):
            act()
            assert min(opened.contrasts("svg text", theme).values()) >= 4.5
            assert min(opened.contrasts("svg path, svg rect", theme).values()) >= 3
            assert opened.serious_violations() == []


def test_without_scripts_a_picture_and_a_sentence_stand(browser, address):
    with Opened(
        browser, address, java_script_enabled=False, viewport={"width": 390, "height": 844}
    ) as opened:
        picture = opened.root.locator(".nn-picture")
        assert picture.is_visible()
        assert picture.bounding_box()["width"] > 300
        assert picture.get_attribute("alt") == opened.say.inner_text() == tuning_says(GAME)
        assert opened.root.locator(".nn-still").is_visible()
        assert opened.root.locator("svg, input, button").count() == 0
