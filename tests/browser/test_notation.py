"""The notation reader, on a page of its own: what it shows is nnlib's, and what is the same lights up."""

import itertools
import json
import re

import by_itself
import numpy as np
import pytest

import nnlib as nn
from nnbook.demos import notation_reader

KINDS = ["weight", "bias", "sum", "output", "error"]
ID = "read-the-notation"


@pytest.fixture(scope="module", params=[(3, 3, 2), pytest.param((2, 1, 3), marks=pytest.mark.long)], ids=str)
def made(request, tmp_path_factory):
    """A network with its numbers by nnlib, and a page that holds the demo and no more."""
    rng = np.random.default_rng(5)
    sizes = request.param
    weights = [np.round(rng.normal(size=(n, m)) * 2, 1) for m, n in itertools.pairwise(sizes)]
    biases = [np.round(rng.normal(size=n), 2) for n in sizes[1:]]
    net = nn.Network(weights, biases, [nn.sigmoid, nn.sigmoid])
    x, y = np.round(rng.normal(size=(1, sizes[0])), 1), np.eye(sizes[-1])[:1]
    trace = nn.forward(net, x)
    names = {"net": net, "trace": trace, "deltas": nn.errors(net, trace, y, nn.square)}
    html = notation_reader(net, x[0], y[0]).html()
    return net, names, by_itself.write_page(tmp_path_factory.mktemp("notation"), "Notation", html)


class Opened(by_itself.Opened):
    """The demo with the network it shows, and how its parts are found."""

    def __init__(self, browser, made, query="", **options):
        self.net, self.names, address = made
        super().__init__(browser, address + query, ID, **options)

    def away(self):
        self.tab.mouse.move(1, 1)

    def keys(self, within):
        found = self.root.locator(f"{within} [data-key]").evaluate_all("es => es.map(e => e.dataset.key)")
        return list(dict.fromkeys(found))

    def at(self, key, within=".nn-net"):
        """The element to aim at."""
        found = self.root.locator(f'{within} [data-key="{key}"]')
        return found.locator(".nn-hit") if within == ".nn-net" else found

    def aim(self, key):
        """A point on a line of the picture that no neuron and no other line covers."""
        point = self.at(key).evaluate(
            """hit => {
              const line = hit.tagName === "line", box = hit.getBoundingClientRect();
              for (const share of line ? [0.5, 0.35, 0.65, 0.25, 0.75, 0.2, 0.8, 0.15, 0.1, 0.9] : [0.5]) {
                const svg = hit.ownerSVGElement.getScreenCTM(), at = (axis, k) => hit[axis + k].baseVal.value;
                const [x, y] = line ? ["x", "y"].map(a => at(a, 1) + share * (at(a, 2) - at(a, 1))) : [0, 0];
                const point = line ? new DOMPoint(x, y).matrixTransform(svg)
                  : {x: box.x + box.width / 2, y: box.y + box.height / 2};
                const there = document.elementFromPoint(point.x, point.y)?.closest("[data-key]");
                if (there === hit.parentElement) return [point.x, point.y];
              }
              return null;
            }"""
        )
        assert point, f"{key} cannot be pointed at"
        return point

    def controls(self):
        """What the controls say, as a key; an index that is not used is left out."""
        what, layer, to, start = (
            int(field.evaluate("f => [...f.querySelectorAll('input')].findIndex(input => input.checked)"))
            for field in self.root.locator("fieldset").all()
        )
        parts = [KINDS[what], layer, to + 1, *([start + 1] if what == 0 else [])]
        return "-".join(map(str, parts))

    def lit(self):
        return self.root.locator("[data-key].nn-lit").evaluate_all("es => es.map(e => e.dataset.key)")

    def shows(self, key):
        """Whether value, symbol, code and sentence are those of this thing, as nnlib has them."""
        kind, layer, *indices = key.split("-")
        code = self.root.locator(".nn-what code").inner_text()
        value = float(eval(code, dict(self.names)))
        rows = {"net.weights": "weight", "net.biases": "bias", "trace.z": "sum", "trace.a": "output"}
        assert rows.get(code.split("[")[0], "error") == kind
        assert json.loads(code[code.index("[") :].split("]")[0][1:]) == int(layer) - (kind != "output")
        reading = self.root.evaluate("root => root.reading")
        assert reading["key"] == key
        assert abs(reading["exact"] - value) < 1e-6
        rounded = f"{value:.4g}".replace("-", "−")
        symbol = re.sub(r"\s+", " ", self.root.locator(".nn-symbol").text_content())
        letter = {"weight": "w", "bias": "b", "sum": "z", "output": "a", "error": "δ"}[kind]
        assert symbol == f"{letter}{layer}{''.join(indices)} = {rounded}"
        assert self.say.inner_text() == f"{reading['says']} {rounded}."
        shown = set(self.root.locator(f'[data-key="{key}"]').all_text_contents())
        cells = {float(re.sub(r"^[bδ] ", "", text).replace("−", "-")) for text in shown if text}
        assert len(cells) == 1
        assert abs(cells.pop() - value) <= (0.0005 if kind == "error" else 0.005) + 1e-9
        assert set(self.lit()) == {key}


def everything(net):
    for layer, n in enumerate(net.sizes):
        for j in range(1, n + 1):
            yield f"output-{layer}-{j}"
            if layer:
                yield from (f"{kind}-{layer}-{j}" for kind in ("bias", "sum", "error"))
                yield from (f"weight-{layer}-{j}-{k}" for k in range(1, net.sizes[layer - 1] + 1))


def test_every_number_has_one_place_in_the_picture(browser, made):
    with Opened(browser, made) as opened:
        assert sorted(opened.keys(".nn-net")) == sorted(everything(opened.net))


@pytest.mark.parametrize(
    "options",
    [by_itself.WIDE, pytest.param(by_itself.PHONE, marks=pytest.mark.long)],
    ids=["mouse", "touch"],
)
def test_what_is_picked_in_the_picture_is_read_and_lights_up_everywhere(browser, made, options):
    with Opened(browser, made, **options) as opened:
        for key in everything(opened.net):
            opened.root.locator(".nn-net").scroll_into_view_if_needed()
            point = opened.aim(key)
            if options is by_itself.PHONE:
                opened.tab.touchscreen.tap(*point)
            else:
                opened.tab.mouse.click(*point)
                opened.away()
            opened.shows(key)
            assert opened.controls() == key
            assert sorted(opened.lit()) == [key, key], "once in the picture, once in the arrays"
            assert opened.root.locator(".nn-tag.nn-lit").count() == key.startswith("weight")


@pytest.mark.parametrize("layer", [1, 2])
def test_what_is_picked_in_the_arrays_is_read_and_the_arrays_stay(browser, made, layer):
    with Opened(browser, made, f"?{ID}.layer={layer}") as opened:
        before = opened.keys(".nn-arrays")
        expected = {k for k in everything(opened.net) if k.split("-")[1] == str(layer)}
        expected |= {k for k in everything(opened.net) if k.startswith(f"output-{layer - 1}-")}
        assert set(before) == expected
        for key in before:
            opened.at(key, ".nn-arrays").click()
            opened.away()
            opened.shows(key)
            assert opened.controls() == key
            assert opened.keys(".nn-arrays") == before


def test_the_arrays_have_the_shapes_of_nnlib(browser, made):
    with Opened(browser, made) as opened:
        for layer in (1, 2):
            opened.root.locator('fieldset:has(legend:text-is("layer ℓ")) label').nth(layer).click()
            W, a = opened.net.weights[layer - 1], opened.names["trace"].a[layer - 1][0]
            n = f"({len(W)},)"
            written = opened.root.locator(".nn-array small").all_inner_texts()
            assert written == [n, str(W.shape), str(a.shape), n, n, n]
            grid = opened.root.locator(".nn-signed .nn-cell").evaluate_all(
                "es => es.map(e => [...['y', 'x'].map(a => e.getBoundingClientRect()[a]), e.textContent])"
            )
            rows = sorted({round(y) for y, _, _ in grid})
            columns = sorted({round(x) for _, x, _ in grid})
            found = np.full(W.shape, np.nan)
            for y, x, text in grid:
                found[rows.index(round(y)), columns.index(round(x))] = float(text.replace("−", "-"))
            np.testing.assert_allclose(found, W, atol=0.005)


def test_pointing_shows_for_a_while_and_leaves_nothing_behind(browser, made):
    with Opened(browser, made) as opened:
        chosen = opened.controls()
        said = opened.say.inner_text()
        for key in ("sum-1-1", "weight-1-1-1", "output-0-1", "error-2-1"):
            opened.tab.mouse.move(*opened.aim(key))
            opened.shows(key)
            assert opened.controls() == chosen
            opened.away()
            assert opened.say.inner_text() == said
            opened.shows(chosen)
        opened.tab.wait_for_timeout(300)  # longer than the address takes to be written
        assert "?" not in opened.tab.url


def test_the_terms_of_a_sum_are_marked(browser, made):
    with Opened(browser, made, f"?{ID}.what=sum+z") as opened:
        also = opened.root.locator("[data-key].nn-also").evaluate_all("es => es.map(e => e.dataset.key)")
        before = range(1, opened.net.sizes[1] + 1)
        terms = {"bias-2-1", *(f"weight-2-1-{k}" for k in before), *(f"output-1-{k}" for k in before)}
        assert set(also) == terms
        assert opened.root.locator(".nn-formula mark").count() == 0
        opened.tab.mouse.click(*opened.aim("bias-2-1"))
        assert opened.root.locator(".nn-formula mark").all_inner_texts()[0] == "b\n2\n1"


def test_formulas_show_what_nnlib_wrote(browser, made):
    with Opened(browser, made) as opened:
        for item in opened.root.evaluate(
            "root => JSON.parse(root.querySelector('.nn-data').textContent).items"
        ):
            opened.tab.mouse.click(*opened.aim(item["key"]))
            shown = opened.root.locator(".nn-formula").evaluate("e => e.innerHTML")
            shown = shown.replace("<br>", "\n").replace("<mark>", "[").replace("</mark>", "]")
            shown = re.sub(r'<span class="nn-ss"><sup>(.)</sup><sub>(.*?)</sub></span>', r"^\1_\2", shown)
            shown = re.sub(r"<sub>(?:<i>)?(.*?)(?:</i>)?</sub>", r"_\1", shown)
            assert re.sub(r"</?[ib]>", "", shown) == item["formula"]


def ask(opened, name, index):
    opened.root.locator(f'fieldset:has(legend:text-is("{name}")) label').nth(index).click()


def test_what_there_is_not_is_said(browser, made):
    with Opened(browser, made) as opened:
        sizes = opened.net.sizes
        ask(opened, "layer ℓ", 0)
        assert opened.say.inner_text() == "Layer 0 is the input: it has no weights; layer 1 has the first."
        assert (opened.lit(), opened.root.locator(".nn-what code").inner_text()) == ([], "")
        ask(opened, "what", 3)
        opened.shows("output-0-1")
        ask(opened, "layer ℓ", 2)
        if sizes[2] < max(sizes):
            ask(opened, "to j", sizes[2])
            missing = f"There is no neuron {sizes[2] + 1} in layer 2, which has {sizes[2]} neurons."
        else:  # more inputs than hidden neurons
            ask(opened, "what", 0)
            ask(opened, "from k", sizes[1])
            missing = f"There is no neuron {sizes[1] + 1} in layer 1, which has 1 neuron."
        assert opened.say.inner_text() == missing
        assert opened.root.evaluate("root => root.reading") is None
        if sizes[1] > sizes[2]:  # a neuron goes with its layer
            ask(opened, "layer ℓ", 1)
            ask(opened, "to j", sizes[1] - 1)
            opened.away()
            opened.shows(f"output-1-{sizes[1]}")
            ask(opened, "layer ℓ", 2)
            opened.shows(f"output-2-{sizes[2]}")


def test_from_is_idle_unless_a_weight_is_asked_for(browser, made):
    with Opened(browser, made) as opened:
        row = opened.root.locator('fieldset:has(legend:text-is("from k"))')
        for index, kind in enumerate(KINDS):
            ask(opened, "what", index)
            assert ("nn-idle" in row.get_attribute("class")) == (kind != "weight")


def test_the_state_is_in_the_address(browser, made):
    with Opened(browser, made) as opened:
        opened.tab.mouse.click(*opened.aim("sum-1-1"))
        opened.away()
        opened.tab.wait_for_function("location.search !== ''")
        opened.tab.wait_for_timeout(300)
        query = opened.tab.evaluate("location.search + location.hash")
    with Opened(browser, made, query) as again:
        again.shows("sum-1-1")
        again.root.get_by_role("button", name="Reset").click()
        again.shows(f"weight-2-1-{again.net.sizes[1]}")


def test_the_other_courses_write_it_in_their_way(browser, made):
    with Opened(browser, made) as opened:
        table = opened.root.locator(".nn-others")
        assert not table.is_visible()  # off at first
        opened.root.get_by_label("other courses").click()
        k = opened.net.sizes[1]

        def written():
            cells = [row.locator("th, td").all_text_contents() for row in table.locator("tr").all()]
            return {name: symbol for name, symbol, _ in cells}

        assert written() == {
            "San José": f"w21{k}", "Linköping": f"W(2)1{k}", "Auburn": "–",
            "Erlangen": f"w(2)1{k}", "Edinburgh": f"θ(2){k},1",
        }  # fmt: skip
        assert "Only the whole matrix, W[2]." in table.inner_text().replace("\n", "")
        opened.tab.mouse.click(*opened.aim("output-0-1"))
        assert written() == {
            "San José": "a01", "Linköping": "q(0)1", "Auburn": "a1",
            "Erlangen": "z(0)1", "Edinburgh": "a(1)1",
        }  # fmt: skip
        opened.tab.mouse.click(*opened.aim("error-1-1"))
        assert written()["Edinburgh"] == "∂C/∂z(2)1"
        ask(opened, "layer ℓ", 0)
        assert set(written().values()) == {"–"}
        assert "undefined" not in table.inner_text() + table.inner_html()
        assert "NaN" not in table.inner_text()


@pytest.mark.parametrize("kind", [*range(5), "missing"])
def test_copied_code_prints_the_sentence(browser, made, kind, tmp_path):
    query = f"?{ID}.layer=0" if kind == "missing" else ""
    with Opened(browser, made, query, **by_itself.CLIPBOARD) as opened:
        if kind != "missing":
            ask(opened, "what", kind)
        assert opened.copied_code_prints(tmp_path) == opened.say.inner_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("options", [by_itself.WIDE, by_itself.PHONE], ids=["wide", "phone"])
def test_nothing_moves_or_sticks_out(browser, made, options, theme):
    with Opened(browser, made, **options) as opened:
        opened.set_theme(theme)
        height = opened.root.bounding_box()["height"]
        for key in everything(opened.net):
            opened.at(key).dispatch_event("click")
            assert abs(opened.root.bounding_box()["height"] - height) < 1, key
            assert opened.tab.evaluate("document.documentElement.scrollWidth") <= options["viewport"]["width"]
            out = opened.root.evaluate(
                """root => {
                  const inside = root.getBoundingClientRect();
                  return [...root.querySelectorAll(".nn-stage *")].filter(e => {
                    const box = e.getBoundingClientRect();
                    return box.width && (box.left < inside.left - 1 || box.right > inside.right + 1);
                  }).map(e => e.outerHTML.slice(0, 80));
                }"""
            )
            assert out == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("options", "theme"),
    [(by_itself.WIDE, "light"), (by_itself.PHONE, "dark")],
    ids=["wide", "phone"],
)
def test_axe_finds_no_serious_violation(browser, made, options, theme):
    with Opened(browser, made, f"?{ID}.others=on", **options) as opened:
        opened.set_theme(theme)
        for what in range(5):
            ask(opened, "what", what)
            assert opened.serious_violations() == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_can_be_read_on_both_grounds(browser, made, theme):
    """Contrast of text and lines in the SVG, which axe does not look at."""
    ground = by_itself.GROUNDS[theme]
    contrast = by_itself.contrast
    with Opened(browser, made) as opened:
        opened.set_theme(theme)
        colours = opened.root.locator(".nn-net text, .nn-net tspan").evaluate_all(
            "es => es.filter(e => !e.closest('.nn-lit, .nn-tag')).map(e => getComputedStyle(e).fill)"
        )
        for colour in set(colours):
            rgb = tuple(map(int, re.findall(r"\d+", colour)[:3]))
            assert contrast(rgb, ground) >= 4.5, colour
        lit = opened.root.locator(".nn-tag text").evaluate("e => getComputedStyle(e).fill")
        assert contrast(tuple(map(int, re.findall(r"\d+", lit)[:3])), (0xF0, 0xE4, 0x42)) >= 7
        for line in opened.root.locator(".nn-edge .nn-line").all():
            colour, opacity = line.evaluate("e => [getComputedStyle(e).stroke, getComputedStyle(e).opacity]")
            rgb = np.array(re.findall(r"\d+", colour)[:3], dtype=float)
            mixed = float(opacity) * rgb + (1 - float(opacity)) * np.array(ground)
            assert contrast(mixed, ground) >= 2, (colour, opacity)


def test_a_negative_weight_is_dashed_and_its_width_is_its_size(browser, made):
    with Opened(browser, made) as opened:
        for layer, W in enumerate(opened.net.weights, start=1):
            for (j, k), w in np.ndenumerate(W):
                line = opened.root.locator(f'.nn-net [data-key="weight-{layer}-{j + 1}-{k + 1}"] .nn-line')
                style = line.evaluate(
                    "e => [getComputedStyle(e).strokeDasharray, e.getAttribute('stroke-width')]"
                )
                assert (style[0] != "none") == (w < 0)
                assert float(style[1]) == pytest.approx(1 + 3.5 * abs(w) / np.abs(W).max())


def test_without_scripts_a_picture_and_a_sentence_stand(browser, made):
    with Opened(browser, made, java_script_enabled=False, viewport={"width": 390, "height": 844}) as opened:
        picture = opened.root.locator(".nn-picture")
        assert picture.is_visible()
        assert picture.get_attribute("alt") == opened.say.inner_text()
        assert "solid blue line" in opened.say.inner_text()
        assert opened.root.locator("svg, input, button").count() == 0
