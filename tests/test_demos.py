"""Demos: what they refuse, what they store, and the code they copy."""

import base64
import hashlib
import io
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import xml.dom.minidom
import zlib
from fractions import Fraction
from functools import cache
from pathlib import Path

import ipywidgets
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

import nnlib as nn
from nnbook.demos import Demo, Script, Time, draw_a_digit, frames, page, prepare, source
from nnbook.demos.digit import read_digit
from nnlib import viz
from nnlib.activations import sigmoid

SIZE = (2.0, 1.5)


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")
    plt.rcdefaults()


def curve(eta=0.5, shape="line", grid=False, epoch=0):
    fig, ax = plt.subplots(figsize=SIZE)
    x = np.linspace(0, 1, 5)
    ax.plot(x, eta * x if shape == "line" else eta * x**2)
    ax.set_title(f"{epoch}")
    ax.grid(grid)
    return fig, said(eta, shape, grid, epoch)


def said(eta=0.5, shape="line", grid=False, epoch=0):
    return f"A {shape} of slope {eta} after {epoch} epochs, {'with' if grid else 'without'} a grid."


def noise(seed=0):
    rng = np.random.default_rng(seed)
    fig, ax = plt.subplots(figsize=SIZE)
    ax.imshow(rng.random((60, 60, 3)))
    return fig, f"Noise from seed {seed}."


def payload(html):
    return uri_bytes(re.search(r'class="nn-payload">([^<]*)<', html)[1])


def uri_bytes(uri):
    return base64.b64decode(uri.split(",", 1)[1])


def digest(html):
    return hashlib.sha256(html.encode()).hexdigest()


def described(html):
    return json.loads(re.search(r'class="nn-data">(.*?)</script>', html, re.DOTALL)[1])


@pytest.fixture
def demo():
    return Demo(
        curve, title="A curve", eta=[0.1, 0.5], shape=["line", "parabola"], grid=[False, True], epoch=range(3)
    )


# ---- what it refuses


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({}, ValueError, "at least one parameter"),
        ({"epoch": range(0)}, ValueError, "epoch must have at least two values"),
        ({"eta": [0.5]}, ValueError, "at least two values"),
        ({"eta": []}, ValueError, "at least two values"),
        ({"eta": 0.5}, TypeError, "eta must list the values"),
        ({"shape": "line"}, TypeError, "shape must list the values"),
        ({"eta": {"a": 1}}, TypeError, "eta must list the values"),
        ({"eta": [0.1, 0.5, 0.1]}, ValueError, "could not tell apart: 0.1"),
        ({"eta": [0.5, 0.50000001]}, ValueError, "could not tell apart: 0.5"),
        ({"shape": ["line", "line"]}, ValueError, "could not tell apart: line"),
        ({"shape": {"line", "parabola"}}, TypeError, "shape must list the values"),  # a set has no order
        ({"eta": [Fraction(1, 2), Fraction(1)]}, TypeError, "all numbers, all words"),
        ({"epoch": range(10**9)}, ValueError, "epoch has 1000000000 values"),
        ({"epoch": itertools.count()}, ValueError, "epoch has too many values"),
        ({"epoch": Time(itertools.count())}, ValueError, "thin epoch to 160"),
        ({"eta": [0.5, 0.1]}, ValueError, "increasing order"),
        ({"eta": [0.5, float("nan")]}, ValueError, "finite"),
        ({"eta": [0.5, "large"]}, TypeError, "all numbers, all words"),
        ({"eta": [0, True]}, TypeError, "all numbers, all words"),
        ({"shape": ["line", " "]}, TypeError, "all numbers, all words"),
        ({"eta": [0.1, 0.2]}, ValueError, "starts with eta=0.5, which is not among its values"),
        ({"epoch": Time(["line", "parabola"])}, TypeError, "epoch is time and needs numbers"),
        ({"eta": Time([0.1, 0.5]), "epoch": range(3)}, ValueError, "only one parameter can be time"),
        ({"alpha": [1, 2]}, TypeError, "does not take alpha; it takes eta, shape, grid, epoch"),
        ({"epoch": range(161)}, ValueError, "epoch has 161 values, .* 160 frames at most; thin epoch to 160"),
        (
            {"epoch": range(100), "eta": [0.1, 0.5, 1.0]},
            ValueError,
            "100 epoch × 3 eta make 300 frames.*thin epoch from 100 values to 53",
        ),
    ],
)
def test_bad_values_are_named(values, error, message):
    with pytest.raises(error, match=message):
        Demo(curve, title="A curve", **values)


def test_at_most_three_parameters_besides_time():
    def five(a, b, c, d, t):
        return curve()

    two = [0, 1]
    with pytest.raises(ValueError, match="at most 3 parameters besides time, but this one has 4: a, b, c, d"):
        Demo(five, title="Five", a=two, b=two, c=two, d=two, t=range(2))


def test_names_that_look_alike_are_refused():
    def greek(eta, η):
        return curve()

    with pytest.raises(ValueError, match="eta and η would both be shown as 'η'"):
        Demo(greek, title="Greek", eta=[1, 2], η=[1, 2])


def test_a_missing_parameter_is_named():
    def two(eta, mu):
        return curve()

    with pytest.raises(TypeError, match="draw needs mu too"):
        Demo(two, title="Two", eta=[1, 2])


@pytest.mark.parametrize("title", ["", "  ", None])
def test_a_demo_needs_a_title(title):
    with pytest.raises(ValueError, match="title must say"):
        Demo(curve, title=title, eta=[0.1, 0.5])


def raises(k=0):
    raise ZeroDivisionError("no slope")


def forgets_all(k=0):
    curve()


def forgets_figure(k=0):
    return "A sentence alone."


def forgets_sentence(k=0):
    return curve()[0]


def says_too_much(k=0):
    return *curve(), 3


def draws_on_another(k=0):
    return plt.figure(1), "A figure that was there."


def says_nothing(k=0):
    return curve()[0], "  "


def gives_axes(k=0):
    return curve()[0].axes[0], "A sentence."


@pytest.mark.parametrize(
    ("draw", "error", "message"),
    [
        (raises, RuntimeError, r"draw\(k=0\) raised ZeroDivisionError: no slope"),
        (forgets_all, TypeError, "must return a figure and a sentence, but returned one NoneType"),
        (forgets_figure, TypeError, "must return a figure and a sentence, but returned one str"),
        (forgets_sentence, TypeError, "must return a figure and a sentence, but returned one Figure"),
        (says_too_much, TypeError, "must return a figure and a sentence, but returned 3 things"),
        (draws_on_another, TypeError, "returned a figure that was open before"),
        (says_nothing, TypeError, "a sentence that says what it shows"),
        (gives_axes, TypeError, "a figure first, but that is a Axes; return ax.figure"),
    ],
)
def test_a_draw_that_fails_is_reported_at_once_and_leaves_no_figure_open(draw, error, message):
    plt.figure(1)
    before = plt.get_fignums()
    with pytest.raises(error, match=message):
        Demo(draw, title="Fails", k=[0, 1])
    assert plt.get_fignums() == before


@cache
def kept():
    return plt.subplots(figsize=SIZE)


def test_a_figure_used_twice_is_refused():
    def again(k=0):
        fig, ax = kept()
        ax.plot([0, k])
        return fig, f"Line {k}."

    demo = Demo(again, title="Again", k=[0, 1])
    with pytest.raises(TypeError, match="returned the same figure for several settings"):
        demo.html()


def test_what_cannot_be_called_by_name_is_refused():
    def by_place(k, /):
        return curve()

    with pytest.raises(TypeError, match="draw is called with names, so it cannot take k by position"):
        Demo(by_place, title="Place", k=[0, 1])
    with pytest.raises(TypeError, match="hint must be a line"):
        Demo(curve, title="A curve", hint=3, eta=[0.1, 0.5])
    with pytest.raises(TypeError, match="Time lists its values"):
        Time(3)


def test_values_are_what_was_meant():
    def third(a=0.3):
        return curve(a)

    assert Demo(third, title="Third", a=np.linspace(0.1, 0.5, 5)).start == {"a": 0.3}
    assert Demo(third, title="Third", a=np.array([0.1, 0.3], "f4")).start == {"a": 0.3}
    assert Demo(curve, title="A curve", epoch=[0.0, 1e6]).parameters[0].texts == ("0", "1,000,000")


def test_frames_of_different_size_are_refused():
    def grows(k=1):
        fig, _ = plt.subplots(figsize=(k, 1))
        return fig, f"Width {k}."

    with pytest.raises(
        ValueError, match="same size, but draw makes figures of 200 × 200 and 400 × 200 pixels"
    ):
        Demo(grows, title="Grows", k=[1, 2]).html()


def test_too_many_bytes_are_refused_with_what_to_thin(monkeypatch):
    monkeypatch.setattr(page, "MOST_BYTES", 120_000)
    with pytest.raises(ValueError, match=r"the 12 frames take .* bytes, .* thin seed from 12 values to \d"):
        Demo(noise, title="Noise", seed=range(12)).html()


# ---- what it stores


def test_the_stored_form_holds_every_setting_in_order(demo):
    html = demo.html()
    data = described(html)
    assert [p["kind"] for p in data["parameters"]] == ["number", "choice", "switch", "time"]
    assert [p["label"] for p in data["parameters"]] == ["η", "shape", "grid", "epoch"]
    assert [p["start"] for p in data["parameters"]] == [1, 0, 0, 0]
    settings = [
        (e, s, g, t) for e in (0.1, 0.5) for s in ("line", "parabola") for g in (0, 1) for t in range(3)
    ]
    assert data["sentences"] == [said(*setting) for setting in settings]
    stored = frames.unpack(payload(html))
    for (mime, content), (e, s, g, t) in zip(stored, settings, strict=True):
        setting = {"eta": e, "shape": s, "grid": bool(g), "epoch": t}
        assert mime == "image/svg+xml"
        assert content == demo.frame(setting)[0].svg


def test_without_scripts_the_first_picture_and_its_sentence_stand(demo):
    html = demo.html()
    sentence = said()
    plt.close("all")
    picture = re.search(r'<img class="nn-picture" width="400" height="300" alt="([^"]*)" src="([^"]*)"', html)
    assert picture[1] == sentence
    assert uri_bytes(picture[2]) == demo.frame(demo.start)[0].svg
    assert f'<p class="nn-say">{sentence}</p>' in html
    assert "It moves in a browser with scripts" in html
    assert "<input" not in re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)  # no dead control


def test_the_stored_form_is_the_same_every_time_and_asks_for_nothing_outside(demo):
    assert demo.html() == demo.html()
    assert not re.findall(r"(?:src|href)=.(?!data:)|https?://(?!www\.w3\.org)", demo.html())


def test_the_stored_form_does_not_depend_on_the_process():
    code = (
        "import sys; sys.path.insert(0, 'tests'); import test_demos as t;"
        "print(t.digest(t.Demo(t.curve, title='A', eta=[.1, .5], epoch=range(4)).html()))"
    )
    run = [
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert run[0] == run[1] != ""


def test_markup_in_words_does_no_harm():
    def odd(word="a"):
        return curve()[0], f'</script><b>{word} & "co".'

    html = Demo(odd, title="<i>Odd</i>", word=["a", "</script>"]).html()
    assert html.count("</script>") == 4  # data, frames, and two scripts
    assert "<i>Odd" not in html
    assert described(html)["sentences"][0] == '</script><b>a & "co".'


@pytest.mark.parametrize("values", [np.linspace(0.1, 0.5, 3), np.array([0.5, 1], "f4"), (0.5, 2)])
def test_arrays_and_tuples_will_do(values):
    demo = Demo(curve, title="A curve", eta=values)
    assert all(type(v) in (int, float) for v in demo.parameters[0].values)


def test_gaps_in_the_data_do_no_harm():
    def gap(k=0):
        fig, ax = plt.subplots(figsize=SIZE)
        ax.plot([0, np.nan, np.inf], [0, 1, k])
        ax.pcolormesh(np.full((6, 6), np.nan))
        return fig, f"A gap and {k}."

    html = Demo(gap, title="A gap", k=[0, 1]).html()
    text = re.search(r'class="nn-data">(.*?)</script>', html, re.DOTALL)[1]
    assert json.loads(text, parse_constant=lambda c: pytest.fail(f"{c} is not JSON"))
    assert ["line", "3×2", 0.0, 0.0, "nan", 1.0, "inf", 0.0] in described(html)["first"]


@pytest.mark.parametrize(
    "paint",
    [
        lambda ax, k: ax.pcolormesh(np.full((9, 9), float(k))),
        lambda ax, k: ax.imshow(np.full((9, 9), float(k))),
        lambda ax, k: ax.fill_between([0, 1], [0, 1 + k]),
        lambda ax, k: ax.scatter([k], [0]),
        lambda ax, k: ax.scatter([0], [0], c=[k]),
        lambda ax, k: ax.bar([0], [1 + k]),
        lambda ax, k: ax.plot([0], [0], label=f"{k}") and ax.legend(),
        lambda ax, k: ax.figure.suptitle(f"{k}"),
        lambda ax, k: ax.set_xlabel(f"{k}"),
    ],
)
def test_whatever_is_drawn_is_compared(paint):
    def shown(k):
        fig, ax = plt.subplots(figsize=SIZE)
        ax.set(xlim=(0, 3), ylim=(0, 3))
        paint(ax, k)
        return frames.data(fig)

    assert shown(1) == shown(1)
    assert shown(1) != shown(2)


def test_the_hint_stands_under_the_controls():
    html = Demo(curve, title="A curve", hint="Try <b>0.1</b>.", eta=[0.1, 0.5]).html()
    assert '<p class="nn-hint">Try &lt;b&gt;0.1&lt;/b&gt;.</p>' in html
    assert "nn-hint" not in re.sub("<style>.*?</style>|<script.*?</script>", "",
        Demo(curve, title="A curve", eta=[0.1, 0.5]).html(), flags=re.DOTALL)  # fmt: skip


def test_equal_frames_are_stored_once():
    def same(k=0):
        return curve()[0], f"Number {k}."

    demo = Demo(same, title="Same", k=range(30))
    body = zlib.decompress(payload(demo.html())[1:])
    assert body.count(b"<svg ") == 1
    assert len(frames.unpack(payload(demo.html()))) == 30


def test_the_smallest_format_wins():
    drawn = Demo(noise, title="Noise", seed=range(2))
    pictures = [drawn.frame({"seed": k})[0] for k in range(2)]
    stored = frames.unpack(frames.pack(pictures))
    sizes = {
        "image/png": sum(len(frames.png(p.pixels)) for p in pictures),
        "image/webp": sum(len(frames._webp(p.pixels)) for p in pictures),
        "image/svg+xml": len(zlib.compress(b"".join(p.svg for p in pictures), 9)),
    }
    assert {mime for mime, _ in stored} == {min(sizes, key=sizes.get)}
    assert min(sizes, key=sizes.get) != "image/svg+xml"
    for (_, content), picture in zip(stored, pictures, strict=True):  # without loss
        decoded = np.asarray(Image.open(io.BytesIO(content)).convert("RGBA"))
        opaque = picture.pixels[..., 3] > 0
        np.testing.assert_array_equal(decoded[opaque], picture.pixels[opaque])


def test_the_data_of_the_first_frame_follow_the_figure(demo):
    def first(**setting):
        return demo.frame({**demo.start, **setting})[2]

    assert first() == first()
    assert ["line", "5×2", 0.0, 0.0, 0.25, 0.125, 0.5, 0.25, 0.75, 0.375, 1.0, 0.5] in first()
    assert first(eta=0.1) != first() != first(epoch=1)
    assert described(demo.html())["first"] == first()


def test_the_style_and_the_figures_of_the_notebook_are_left_alone(demo):
    plt.rcParams["lines.linewidth"] = 7
    mine = plt.figure()
    demo.html()
    assert plt.rcParams["lines.linewidth"] == 7
    assert plt.get_fignums() == [mine.number]


# ---- live


def widgets(root, kind):
    found = [root] if isinstance(root, kind) else []
    for child in getattr(root, "children", ()):
        found += widgets(child, kind)
    return found


def shown(widget):
    return next(w.value for w in widgets(widget, ipywidgets.HTML) if "<img" in w.value)


def test_the_live_form_draws_what_its_controls_say(demo):
    widget = demo.widget()
    assert said() in shown(widget)
    sliders = {w.description: w for w in widgets(widget, ipywidgets.SelectionSlider)}
    (buttons,) = widgets(widget, ipywidgets.ToggleButtons)
    (switch,) = widgets(widget, ipywidgets.Checkbox)
    before = shown(widget)
    sliders["η"].value = 0.1
    buttons.value = "parabola"
    switch.value = True
    assert "A parabola of slope 0.1 after 0 epochs, with a grid." in shown(widget)
    assert uri_bytes(re.search(r'src="([^"]*)"', before)[1]) != uri_bytes(
        re.search(r'src="([^"]*)"', shown(widget))[1]
    )
    (play,) = widgets(widget, ipywidgets.Play)
    back, on = widgets(widget, ipywidgets.Button)
    play.value = 2
    assert sliders["epoch"].value == 2
    assert "after 2 epochs" in shown(widget)
    on.click()
    assert "after 2 epochs" in shown(widget)
    back.click()
    assert "after 1 epochs" in shown(widget)


def test_two_live_forms_do_not_share_their_state(demo):
    one, two = demo.widget(), demo.widget()
    widgets(one, ipywidgets.Checkbox)[0].value = True
    assert "without a grid" in shown(two)


def test_a_draw_that_fails_later_says_so_and_goes_on():
    def sometimes(k=0):
        if k == 1:
            raise ArithmeticError("<one>")
        return curve(epoch=k)

    widget = Demo(sometimes, title="Sometimes", k=[0, 1, 2]).widget()
    (slider,) = widgets(widget, ipywidgets.SelectionSlider)
    slider.value = 1
    assert any("raised ArithmeticError: &lt;one&gt;" in w.value for w in widgets(widget, ipywidgets.HTML))
    slider.value = 2
    assert "after 2 epochs" in shown(widget)


def test_what_is_displayed_depends_on_where(demo, monkeypatch):
    from IPython import display

    seen = []
    monkeypatch.setattr(display, "display", lambda *a, **k: seen.append((a[0], k)))
    monkeypatch.delenv("NNLIB_DEMOS", raising=False)
    demo._ipython_display_()
    monkeypatch.setenv("NNLIB_DEMOS", "stored")
    demo._ipython_display_()
    (live, _), (stored, how) = seen
    assert isinstance(live, ipywidgets.VBox)
    assert how == {"raw": True}
    picture = stored.pop("image/png")
    assert stored == {"text/html": demo.html(), "text/plain": repr(demo)}
    with Image.open(io.BytesIO(base64.b64decode(picture))) as image:
        assert image.size == demo.frame(demo.start)[0].size


# ---- copy as code

FACTOR = 3
HIDDEN = sigmoid


@cache
def helper(x):
    """Call another, and hold a constant."""
    return sum(other(k) for k in range(FACTOR)) + x


def other(k):
    return float(HIDDEN(np.array(float(k)))) * FACTOR


def uses_much(k=1):
    fig, ax = plt.subplots(figsize=SIZE)
    viz.line(np.array([1.0, helper(k)]), 0.0, ax)
    return fig, f"Value {helper(k)} of {len(nn.datasets.xor())}."


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_copied_code_runs_by_itself(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    demo = Demo(uses_much, title="Much", k=[1, 2])
    code = demo.program
    assert code.index("def other") < code.index("def helper") < code.index("def uses_much")
    assert "FACTOR = 3" in code
    assert run(code + "\nprint(uses_much(k=2)[1])").strip() == uses_much(2)[1]


BIG = np.ones(3)


def uses_array(k=0):
    return curve(eta=BIG[k])


twin = other
FAR = float("inf")


def uses_aliases(k=1):
    fig, _ = plt.subplots(figsize=SIZE)
    inside = xml.dom.minidom.parseString("<a/>").documentElement.tagName
    return fig, f"{twin(k)} {other(k)} {inside} {FAR} {[FACTOR * j for j in range(k)]}"


def test_aliases_submodules_and_odd_numbers_are_copied(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    code = Demo(uses_aliases, title="Aliases", k=[1, 2]).program
    assert code.count("def other") == 1
    assert "import xml.dom.minidom" in code
    assert run(code + "\nprint(uses_aliases(k=2)[1])").strip() == uses_aliases(2)[1]


def uses_nothing_known(k=0):
    return curve(eta=undefined)  # noqa: F821


def test_what_cannot_be_copied_is_named():
    with pytest.raises(TypeError, match=r"uses_array uses 'BIG', a ndarray .* make it inside draw"):
        Demo(uses_array, title="Array", k=[0, 1])
    with pytest.raises(TypeError, match="uses 'undefined', which is not defined"):
        Demo(uses_nothing_known, title="Unknown", k=[0, 1])
    with pytest.raises(TypeError, match="written with def"):
        Demo(lambda k=0: curve(), title="Lambda", k=[0, 1])
    with pytest.raises(TypeError, match="written with def"):
        Demo("curve", title="Text", k=[0, 1])
    FACTOR = 4

    def shadows(k=0):
        return curve(eta=FACTOR + other(k))

    with pytest.raises(TypeError, match="two different things by 'FACTOR'; rename one"):
        Demo(shadows, title="Shadows", k=[0, 1])

    def hidden(function):
        def wrapper(k=0):
            return function(k)

        return wrapper

    @hidden
    def decorated(k=0):
        return curve()

    with pytest.raises(TypeError, match="decorated uses 'hidden', which is not defined"):
        Demo(decorated, title="Decorated", k=[0, 1])

    count = 0

    def counts(k=0):
        nonlocal count
        count += 1
        return curve()

    with pytest.raises(TypeError, match="source of counts cannot stand by itself"):
        Demo(counts, title="Counts", k=[0, 1])
    scope = {}
    exec("def unsourced(k=0): pass", scope)
    with pytest.raises(TypeError, match="source of unsourced cannot be found"):
        source.program(scope["unsourced"])


def test_a_name_that_is_only_an_attribute_is_no_name():
    def attribute(k=0):
        fig, ax = plt.subplots(figsize=SIZE)
        ax.BIG = k
        return fig, "Nothing of note."

    assert "BIG =" not in Demo(attribute, title="Attribute", k=[0, 1]).program.split("def")[0]


# ---- draw a digit


def blown_up(image, factor=10):
    return np.kron(image, np.ones((factor, factor)))


def test_prepare_leaves_every_image_of_mnist_as_it_is(mnist):
    for image in mnist.test.X[:300].reshape(-1, 28, 28):
        np.testing.assert_allclose(prepare(blown_up(image)), image, atol=1e-6)


@pytest.mark.slow
def test_prepare_leaves_all_but_18_of_70_000_images_as_they_are(mnist):
    images = [*mnist.train_and_validation.X.reshape(-1, 28, 28), *mnist.test.X.reshape(-1, 28, 28)]
    changed = [i for i in images if np.abs(prepare(blown_up(i, 4)) - i).max() > 1e-6]
    assert (len(images), len(changed)) == (70_000, 18)
    sides = [max(len(np.flatnonzero(i.any(axis=axis))) for axis in (0, 1)) for i in changed]
    assert sorted(sides) == [19] * 16 + [20] * 2


def test_prepare_undoes_shifts_and_size(mnist):
    image = mnist.test.X[0].reshape(28, 28)
    assert image[20:, :].any()
    for dy, dx in [(0, 0), (3, -7), (-11, 13)]:
        sheet = np.zeros((80, 90))
        sheet[20 + dy : 48 + dy, 25 + dx : 53 + dx] = image
        np.testing.assert_allclose(prepare(sheet), image, atol=1e-6)


@given(arrays.arrays(float, st.tuples(st.integers(1, 40), st.integers(1, 40)), elements=st.floats(0, 1)))
def test_prepare_puts_any_drawing_into_twenty_pixels_centred(ink):
    if not ink.any():
        with pytest.raises(ValueError, match="every value is 0"):
            prepare(ink)
        return
    image = prepare(ink)
    assert image.shape == (28, 28)
    assert image.min() >= 0
    assert image.max() <= 1
    for axis in (0, 1):
        assert len(np.flatnonzero(image.any(axis=axis))) <= 20


def test_read_digit_says_what_the_network_says(rng):
    net = nn.Network.random([784, 4, 10], rng=rng)
    image = rng.random((28, 28))
    output = nn.outputs(net, image.reshape(1, -1).astype("f4"))[0]
    best, second = np.argsort(-output)[:2]
    expected = f"Read as {best}, with an output of {output[best]:.2f}; "
    expected += f"next comes {second}, with {output[second]:.2f}."
    assert read_digit(net, image) == expected


def make():
    return nn.Network.random([784, 4, 10], rng=np.random.default_rng(0))


def ten(rng):
    return nn.Dataset.from_labels(rng.random((10, 784)), np.arange(10), 10)


def test_the_weights_on_the_page_are_those_of_the_network(rng):
    net = make()
    data = described(draw_a_digit(make, net, ten(rng)).html())
    for layer in (0, 1):
        for name, stored in (("weights", net.weights[layer]), ("biases", net.biases[layer])):
            written = data[f"{name}{layer}"]
            assert written["shape"] == list(stored.shape)
            np.testing.assert_array_equal(np.frombuffer(uri_bytes(written["float32"]), "<f4"), stored.ravel())
    assert "def make():" in data["program"]


def test_draw_a_digit_refuses_what_its_script_cannot_read(rng):
    def network(sizes, **options):
        return nn.Network.random(sizes, rng=rng, **options)

    with pytest.raises(ValueError, match="784, n, 10"):
        draw_a_digit(make, network([784, 5, 5, 10]), ten(rng))
    with pytest.raises(ValueError, match="every activation of net must be sigmoid"):
        draw_a_digit(make, network([784, 5, 10], hidden=nn.relu), ten(rng))
    nines = nn.Dataset.from_labels(rng.random((3, 784)), [9, 9, 9], 10)
    with pytest.raises(ValueError, match="each of the ten digits"):
        draw_a_digit(make, make(), nines)


def test_a_script_that_is_not_there_is_named():
    fig, _ = plt.subplots()
    with pytest.raises(ValueError, match="no script called 'nothing'; there are draw_a_digit, frames"):
        Script("nothing", title="Nothing", still=fig, sentence="Nothing.")
    plt.close("all")


# ---- under nbval

CELL = """
import matplotlib.pyplot as plt
from nnbook.demos import Demo

def line(slope=1.0):
    fig, ax = plt.subplots(figsize=(2, 1.5))
    ax.plot([0, 1], [0, slope])
    return fig, f"A line of slope {slope}."

Demo(line, title="Lines", slope=[1.0, 2.0])
"""


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_nbval_compares_what_is_said_and_not_how_it_is_encoded(tmp_path):
    root = Path(__file__).parents[1]
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)]), tmp_path / "same.ipynb")
    environ = {**os.environ, "PYTHONPATH": str(root)}
    tool = [sys.executable, str(root / "tools" / "notebooks.py"), str(tmp_path / "same.ipynb")]
    subprocess.run(tool, check=True, capture_output=True, env=environ)
    stored = (tmp_path / "same.ipynb").read_text(encoding="utf-8")
    changes = {
        "image": ("base64,PD94", "base64,AAAA"),
        "payload": ("x-nn-frames;base64,A", "x-nn-frames;base64,B"),
        "sentence": ("A line of slope 2.0.", "A line of slope 3.0."),
        "parameter": (r"\"2\"], \"code\"", r"\"3\"], \"code\""),
        "data": (r"\"2×2\", 0.0, 0.0, 1.0, 1.0", r"\"2×2\", 0.0, 0.0, 1.0, 2.0"),
    }
    for name, (old, new) in changes.items():
        assert stored.count(old) >= 1, name
        (tmp_path / f"{name}.ipynb").write_text(stored.replace(old, new), encoding="utf-8")
    shutil.copy(root / "book" / "conftest.py", tmp_path)  # as for the pages
    conftest = (
        (tmp_path / "conftest.py").read_text().replace("Path(__file__).parents[1]", f"Path({str(root)!r})")
    )
    (tmp_path / "conftest.py").write_text(conftest)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--nbval",
        "-q",
        "-rA",
        "-p",
        "no:cacheprovider",
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environ)
    passed = set(re.findall(r"^PASSED (?:.*/)?(\w+)\.ipynb", done.stdout, re.MULTILINE))
    failed = set(re.findall(r"^FAILED (?:.*/)?(\w+)\.ipynb", done.stdout, re.MULTILINE))
    assert (passed, failed) == ({"same", "image", "payload"}, {"sentence", "parameter", "data"}), done.stdout[
        -3000:
    ]
