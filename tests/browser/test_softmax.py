"""The softmax demo, on a page of its own: its numbers are nnlib's, whoever moves it and however."""

import by_itself
import numpy as np
import pytest

import nnlib as nn
from nnbook.demos import softmax_bars
from nnbook.demos.softmax import softmax_says

ID = "softmax-in-bars"
START = {"z": [2.0, 1.0, 0.0, -1.0], "T": 1.0, "target": 1, "sigmoids": False}
TEMPERATURES = [float(f"{10 ** (k / 20):.2g}") for k in range(-20, 21)]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A page that holds the demo and no more."""
    return by_itself.write_page(tmp_path_factory.mktemp("softmax"), "Softmax", softmax_bars().html())


class Opened(by_itself.Opened):
    """The demo, and how its controls are found."""

    def __init__(self, browser, address, query="", **options):
        super().__init__(browser, address + query, ID, **options)

    def slider(self, name):
        return self.root.locator(f'input[name="{name}"]')

    def target(self, t):
        return self.root.locator('fieldset:has(legend:text-is("target class")) label').nth(t - 1)

    def button(self, name):
        return self.root.get_by_role("button", name=name)

    def put(self, z, T, target, sigmoids):
        """Set everything at once, as the inputs would."""
        values = {f"z{j}": round(10 * v) + 60 for j, v in enumerate(z, start=1)}
        self.root.evaluate(
            """(root, [values, target, sigmoids]) => {
              for (const [name, value] of Object.entries(values)) {
                const input = root.querySelector(`input[name="${name}"]`);
                input.value = value;
                input.dispatchEvent(new Event("input"));
              }
              root.querySelectorAll("input[type=radio]")[target - 1].click();
              const toggle = root.querySelector("input[type=checkbox]");
              if (toggle.checked !== sigmoids) toggle.click();
            }""",
            [{**values, "T": TEMPERATURES.index(T)}, target, sigmoids],
        )

    def reading(self):
        return self.root.evaluate("root => root.reading")

    def written(self, look):
        texts = self.root.locator(f".nn-{look}").all_text_contents()
        return [text.replace("−", "-") for text in texts]

    def holds(self, z, T, target, sigmoids):
        """Whether numbers, bars, words and controls are nnlib's for this state."""
        scaled, y = np.array(z) / T, np.eye(4)[target - 1]
        a = nn.softmax(scaled)
        gradient = nn.log_likelihood.delta(nn.softmax, scaled, a, y) / T
        found = self.reading()
        assert (found["z"], found["T"], found["target"]) == (z, T, target)
        np.testing.assert_allclose(found["a"], a, atol=1e-9)
        np.testing.assert_allclose(found["gradient"], gradient, atol=1e-9)
        np.testing.assert_allclose(found["cost"], nn.log_likelihood.values(nn.softmax, scaled, y), atol=1e-9)
        np.testing.assert_allclose(found["sigmoids"], nn.sigmoid(scaled), atol=1e-9)
        assert abs(sum(found["a"]) - 1) < 1e-12
        assert abs(sum(found["gradient"])) < 1e-12
        # the picture
        for look, values in (("a", a), ("s", nn.sigmoid(scaled)), ("g", gradient)):
            bars = self.root.locator(f"rect.nn-{look}").evaluate_all(
                "es => es.map(e => [e.y.baseVal.value, e.height.baseVal.value])"
            )
            unit = 80 / max(1, 1 / T) if look == "g" else 80
            base = 290 if look == "g" else 126
            np.testing.assert_allclose([h for _, h in bars], unit * np.abs(values), atol=1e-3)
            np.testing.assert_allclose([base - y for y, _ in bars], unit * np.maximum(values, 0), atol=1e-3)
            assert self.written(f"value-{look}") == [f"{v:z.2f}" for v in values]
        assert self.written("sum-a") == ["sum 1.00"]
        assert self.written("sum-g") == ["sum 0"]
        assert self.written("sum-s") == [f"sum {nn.sigmoid(scaled).sum():.2f}"]
        assert self.root.locator(".nn-value-s").first.is_visible() == sigmoids
        assert self.root.locator("rect.nn-true").get_attribute("data-class") == str(target)
        assert self.root.locator(".nn-class.nn-true").text_content() == f"class {target}"
        # words and controls
        assert self.say.inner_text() == softmax_says(z, T, target, sigmoids)
        for j, v in enumerate(z, start=1):
            assert self.slider(f"z{j}").get_attribute("aria-valuetext") == f"{v:.1f}".replace("-", "−")
        assert self.slider("T").get_attribute("aria-valuetext") == f"{T:g}"
        assert self.target(target).locator("input").is_checked()
        assert self.root.get_by_role("switch", name="four sigmoids").is_checked() == sigmoids


def states():
    """Corners, ties, and sixty at random."""
    ends = [[6.0, 6.0, 6.0, 6.0], [-6.0, 6.0, -6.0, -6.0], [6.0, -6.0, 0.1, 0.0], [-6.0, -5.9, -6.0, -6.0]]
    for z in [*ends, [0.0] * 4]:
        for T in (0.1, 2.0, 10.0):
            yield z, T, 1, False
    rng = np.random.default_rng(7)
    for _ in range(60):
        z = (rng.integers(-60, 61, 4) / 10).tolist()
        yield z, float(rng.choice(TEMPERATURES)), int(rng.integers(1, 5)), bool(rng.integers(2))


@pytest.mark.long
def test_the_numbers_are_those_of_nnlib(browser, address):
    with Opened(browser, address) as opened:
        opened.holds(**START)
        height = opened.root.bounding_box()["height"]
        for state in states():
            opened.put(*state)
            opened.holds(*state)
            assert abs(opened.root.bounding_box()["height"] - height) < 1, state


def test_adding_a_constant_changes_nothing(browser, address):
    with Opened(browser, address) as opened:
        before = opened.reading()
        add, take = opened.button("add 1 to all"), opened.button("take 1 from all")
        for by, button in ((1, add), (1, add), (-1, take), (-1, take), (-1, take)):
            z = [v + by for v in opened.reading()["z"]]
            button.click()
            opened.holds(**{**START, "z": z})
            for name in ("a", "gradient", "cost"):
                np.testing.assert_allclose(opened.reading()[name], before[name], atol=1e-12)
        # At the end of a slider there is no room, and the button says so.
        opened.put([5.1, 0.0, 0.0, -5.1], 1.0, 1, False)
        for button in (add, take):
            assert button.get_attribute("aria-disabled") == "true"
            button.click(force=True)
            opened.holds([5.1, 0.0, 0.0, -5.1], 1.0, 1, False)
        opened.put([5.0, 0.0, 0.0, -5.0], 1.0, 1, False)
        add.focus()
        opened.tab.keyboard.press("Enter")
        opened.holds([6.0, 1.0, 1.0, -4.0], 1.0, 1, False)
        assert (add.get_attribute("aria-disabled"), take.get_attribute("aria-disabled")) == ("true", "false")


@pytest.mark.parametrize("options", [by_itself.WIDE, by_itself.PHONE], ids=["mouse", "touch"])
def test_every_control_by_mouse_and_touch(browser, address, options):
    with Opened(browser, address, **options) as opened:

        def press(locator, **where):
            locator.tap(**where) if options is by_itself.PHONE else locator.click(**where)

        state = {**START, "z": [*START["z"]]}
        for name in ("z1", "z2", "z3", "z4", "T"):
            box = opened.slider(name).bounding_box()
            press(opened.slider(name), position={"x": 8, "y": box["height"] / 2})
            if name == "T":
                state["T"] = 0.1
            else:
                state["z"][int(name[1]) - 1] = -6.0
            opened.holds(**state)
        press(opened.button("add 1 to all"))
        state["z"] = [-5.0] * 4
        opened.holds(**state)
        press(opened.button("take 1 from all"))
        state["z"] = [-6.0] * 4
        for t in (2, 3, 4, 1, 3):
            press(opened.target(t))
            state["target"] = t
            opened.holds(**state)
        press(opened.root.get_by_text("four sigmoids", exact=True))
        state["sigmoids"] = True
        opened.holds(**state)
        press(opened.button("Reset"))
        opened.holds(**START)


def test_every_control_by_keyboard(browser, address):
    with Opened(browser, address) as opened:
        state = {**START, "z": [*START["z"]]}
        seen = []
        for _ in range(20):
            opened.tab.keyboard.press("Tab")
            name = opened.tab.evaluate(
                "(e => e.name && e.type !== 'radio' ? e.name : e.type === 'radio' ? 'target' : e.textContent)"
                "(document.activeElement)"
            )
            if name in seen or name == "Reset":
                break
            seen.append(name)
            outline = opened.tab.evaluate(
                "(e => getComputedStyle(e.matches('.nn-segment input') ? e.nextElementSibling : e)"
                ".outlineStyle)(document.activeElement)"
            )
            assert outline == "solid", f"{name}: the focus cannot be seen"
            if name[:1] == "z":
                opened.tab.keyboard.press("ArrowRight")
                state["z"][int(name[1]) - 1] = round(state["z"][int(name[1]) - 1] + 0.1, 1)
            elif name == "T":
                opened.tab.keyboard.press("End")
                state["T"] = 10.0
            elif name == "target":
                opened.tab.keyboard.press("ArrowRight")
                state["target"] = 2
            else:
                opened.tab.keyboard.press("Space")
                by = {"take 1 from all": -1, "add 1 to all": 1}.get(name, 0)
                state["z"] = [round(v + by, 1) for v in state["z"]]
                state["sigmoids"] = name == "sigmoids"
            opened.holds(**state)
        assert seen == [
            "z1", "z2", "z3", "z4", "take 1 from all", "add 1 to all", "T", "target", "sigmoids",
        ]  # fmt: skip


def test_the_address_restores_the_state_and_reset_clears_it(browser, address):
    state = ([-3.4, 6.0, 0.0, 0.1], 0.22, 4, True)
    with Opened(browser, address) as opened:
        opened.put(*state)
        opened.tab.wait_for_function("location.search !== ''")
        query = opened.tab.evaluate("location.search + location.hash")
    assert query.endswith(f"#demo-{ID}")
    with Opened(browser, address, query) as again:
        again.holds(*state)
        again.button("Reset").click()
        again.holds(**START)
        again.tab.wait_for_function("location.search + location.hash === ''")
    with Opened(browser, address, f"?{ID}.z1=7.0&{ID}.T=0&{ID}.target=5&{ID}.sigmoids=maybe") as wrong:
        wrong.holds(**START)


@pytest.mark.parametrize(
    "state", [tuple(START.values()), ([0.0] * 4, 2.0, 3, True), ([-6.0, 6.0, -0.1, 0.0], 0.1, 1, True)]
)
def test_copied_code_prints_the_sentence(browser, address, state, tmp_path):
    with Opened(browser, address, **by_itself.CLIPBOARD) as opened:
        opened.put(*state)
        assert opened.copied_code_prints(tmp_path) == opened.say.inner_text()


def test_targets_are_large_enough_on_a_phone(browser, address):
    with Opened(browser, address, **by_itself.PHONE) as opened:
        targets = opened.root.locator("button, input[type=range], .nn-segment span, .nn-switch label").all()
        assert len(targets) == 14
        for target in targets:
            box = target.bounding_box()
            assert min(box["width"], box["height"]) >= 44, target.inner_text()


@pytest.mark.parametrize("options", [by_itself.WIDE, by_itself.PHONE], ids=["wide", "phone"])
def test_nothing_moves_sticks_out_or_is_too_small(browser, address, options):
    with Opened(browser, address, **options) as opened:
        height = opened.root.bounding_box()["height"]
        for state in [*states()][::4]:
            opened.put(*state)
            assert abs(opened.root.bounding_box()["height"] - height) < 1, state
            assert opened.tab.evaluate("document.documentElement.scrollWidth") <= options["viewport"]["width"]
            assert opened.sticks_out_or_is_too_small() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read_on_both_grounds(browser, address, theme):
    """Serious violations that axe finds, and the contrast of the SVG, which it does not look at."""
    with Opened(browser, address, f"?{ID}.sigmoids=on") as opened:
        opened.set_theme(theme)
        assert min(opened.contrasts("svg text", theme).values()) >= 4.5
        assert min(opened.contrasts("svg rect", theme).values()) >= 3
        assert opened.serious_violations() == []


def test_without_scripts_a_picture_and_a_sentence_stand(browser, address):
    with Opened(
        browser, address, java_script_enabled=False, viewport={"width": 390, "height": 844}
    ) as opened:
        picture = opened.root.locator(".nn-picture")
        assert picture.is_visible()
        assert picture.bounding_box()["width"] > 300
        assert picture.get_attribute("alt") == opened.say.inner_text() == softmax_says(START["z"])
        assert opened.root.locator(".nn-still").is_visible()
        assert opened.root.locator("svg, input, button").count() == 0
