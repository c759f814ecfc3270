"""The notations of the five courses: complete, where the notes have them, and denoting the same numbers."""

import importlib
import itertools
import json
import os
import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import nnlib as nn
from nnbook import book_data, notations
from nnbook.courses import COURSES
from nnbook.demos import notation_reader
from nnbook.demos.notation import items

ROOT = Path(__file__).resolve().parent.parent
TABLE = book_data.read("notations")
BY = {row["role"]: row["by"] for row in TABLE}
EVERYONE = ["book", *COURSES, "nielsen", "pytorch"]
PLACES = [
    pytest.param(course, at, id=f"{row['role']}-{course}-{at['line']}")
    for row in TABLE
    for course in COURSES
    for at in row["by"][course].get("at", [])
]


# ---- what the table holds


def test_the_roles_are_these():
    assert list(BY) == [
        "layers", "depth", "input", "weight", "weights", "bias", "biases", "sum", "output", "function",
        "last", "error", "target", "cost", "total", "rate", "batch", "examples", "classes", "rows",
        "heaviside",
    ]  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["role"])
def test_everyone_has_an_entry_or_a_reason_why_not(row):
    assert set(row) == {"role", "name", "by"}
    assert list(row["by"]) == EVERYONE
    for name, entry in row["by"].items():
        kinds = {"tex", "code", "words", "none"} & set(entry)
        assert len(kinds) == 1, (name, kinds)
        assert set(entry) <= kinds | {"note", "at"}
        assert all(str(entry[key]).strip() for key in kinds | ({"note"} & set(entry)))
        placeholders = re.findall(r"<([^>]*)>", "".join(str(entry.get(k, "")) for k in (*kinds, "note")))
        assert all(re.fullmatch(r"(layer|to|from)([+-]1)?", p) for p in placeholders), (name, placeholders)
        if name not in COURSES:
            assert "at" not in entry
        elif "none" not in entry:
            assert entry["at"], f"{name}: where does it say so?"


def slides(course):
    """Give the slides of a course in coverage.yml in their order, each with the first line it has there."""
    coverage = book_data.read("coverage")
    first = {}
    for row in coverage:
        for at in row["at"]:
            if at["course"] == course:
                first[at["slide"]] = min(at["line"], first.get(at["slide"], at["line"]))
    return sorted((line, slide) for slide, line in first.items())


def test_a_place_is_on_the_slide_that_the_map_has_there():
    starts = {course: slides(course) for course in COURSES}
    for row in TABLE:
        for course in COURSES:
            for at in row["by"][course].get("at", []):
                assert set(at) == {"slide", "line", "text"}
                slide = [slide for line, slide in starts[course] if line <= at["line"]][-1]
                assert at["slide"] == slide, (row["role"], course, at["line"])


@pytest.mark.parametrize(("course", "at"), PLACES)
def test_the_notes_say_so(course, at):
    folder = os.environ.get("NNLIB_NOTES")
    found = folder and sorted(Path(folder).glob(f"00{[*COURSES].index(course)}_*.txt"))
    if not found:
        pytest.skip("the lecture notes are not at hand (set NNLIB_NOTES)")
    lines = found[0].read_text(encoding="utf-8").split("\n")
    assert at["text"] in lines[at["line"] - 1]


# ---- the symbols: a network computed in each notation, and compared entry by entry


def fill(text, layer, to, start=None):
    numbers = {"layer": layer, "to": to, "from": start}
    return re.sub(r"<(layer|to|from)([+-]\d)?>", lambda m: str(numbers[m[1]] + int(m[2] or 0)), text)


def sigma(z):
    return 1 / (1 + np.exp(-z))


def numbered(values):
    return enumerate(values, start=1)


def book(net, x, y):
    """The definition: what `net` and `forward` hold, each under the book's symbol."""
    trace = nn.forward(net, x[None])
    deltas = nn.errors(net, trace, y[None], nn.square)
    named = {}
    for layer, a in enumerate(trace.a):
        named |= {f"a^{{{layer}}}_{{{j}}}": value for j, value in numbered(a[0])}
    for layer in range(1, len(net.sizes)):
        named |= {f"b^{{{layer}}}_{{{j}}}": value for j, value in numbered(net.biases[layer - 1])}
        named |= {f"z^{{{layer}}}_{{{j}}}": value for j, value in numbered(trace.z[layer - 1][0])}
        named |= {rf"\delta^{{{layer}}}_{{{j}}}": value for j, value in numbered(deltas[layer - 1][0])}
        for j, row in numbered(net.weights[layer - 1]):
            named |= {f"w^{{{layer}}}_{{{j}{k}}}": value for k, value in numbered(row)}
    return named


def san_jose(net, x, y):
    """z_j = Σ_k w_jk a_k + b_j, a sum at a time; the error as the slope of C_i by the bias."""
    named, a = {f"a^{{0}}_{{{k}}}": v for k, v in numbered(x)}, list(x)
    slopes = nn.numerical_gradients(net, x[None], y[None], nn.square).biases
    for layer, (W, b) in numbered(zip(net.weights, net.biases, strict=True)):
        z = []
        for j in range(len(b)):
            total = 0.0
            for k in range(len(a)):
                named[f"w^{{{layer}}}_{{{j + 1}{k + 1}}}"] = W[j, k]  # "j back to k"
                total += W[j, k] * a[k]
            z.append(total + b[j])
        a = [float(sigma(v)) for v in z]
        for j in range(len(b)):
            named[f"b^{{{layer}}}_{{{j + 1}}}"] = b[j]
            named[f"z^{{{layer}}}_{{{j + 1}}}"], named[f"a^{{{layer}}}_{{{j + 1}}}"] = z[j], a[j]
            named[rf"\partial C_i / \partial b^{{{layer}}}_{{{j + 1}}}"] = slopes[layer - 1][j]
    return named


def linkoping(net, x, y):
    """(6.24) and (6.27) with q and dz; (y − q)² has no ½, so that dz is twice the book's error."""
    named, q, z = {f"q_{{{k}}}^{{(0)}}": v for k, v in numbered(x)}, {0: x}, {}
    L = len(net.weights)
    for layer, (W, b) in numbered(zip(net.weights, net.biases, strict=True)):
        z[layer] = W @ q[layer - 1] + b
        q[layer] = sigma(z[layer])
        for j in range(len(b)):
            named[f"b_{{{j + 1}}}^{{({layer})}}"] = b[j]
            named[f"z_{{{j + 1}}}^{{({layer})}}"] = z[layer][j]
            named[f"q_{{{j + 1}}}^{{({layer})}}"] = q[layer][j]
            named |= {f"W_{{{j + 1}{k}}}^{{({layer})}}": w for k, w in numbered(W[j])}
    dq = -2 * (y - q[L])
    for layer in range(L, 0, -1):
        dz = dq * q[layer] * (1 - q[layer])
        named |= {f"dz_{{{j}}}^{{({layer})}}": value / 2 for j, value in numbered(dz)}
        dq = net.weights[layer - 1].T @ dz
    return named


def erlangen(net, x, y):
    """a is the affine map and z the output; ∂C/∂b by the summary's recursion, the same as ∂C/∂a."""
    z, named = [x], {f"z_{{{j}}}^{{(0)}}": v for j, v in numbered(x)}
    for L, (W, b) in numbered(zip(net.weights, net.biases, strict=True)):
        a = [sum(W[i, j] * z[-1][j] for j in range(len(z[-1]))) + b[i] for i in range(len(b))]
        z.append(sigma(np.array(a)))
        for i in range(len(b)):
            named[f"b_{{{i + 1}}}^{{({L})}}"], named[f"a_{{{i + 1}}}^{{({L})}}"] = b[i], a[i]
            named[f"z_{{{i + 1}}}^{{({L})}}"] = z[L][i]
            named |= {f"w_{{{i + 1}{j}}}^{{({L})}}": w for j, w in numbered(W[i])}
    d = len(net.weights)
    slope = (z[d] - y) * z[d] * (1 - z[d])
    for L in range(d, 0, -1):
        named |= {rf"\partial C / \partial a_{{{i}}}^{{({L})}}": v for i, v in numbered(slope)}
        slope = (slope @ net.weights[L - 1]) * z[L - 1] * (1 - z[L - 1])
    return named


def edinburgh(net, x, y):
    """Layers from 1, a bias unit 0 in front of each, Θ^(i) of shape N_{i+1} × (N_i + 1), column by source."""
    Theta = {i: np.column_stack([b, W]) for i, (W, b) in numbered(zip(net.weights, net.biases, strict=True))}
    a, named = {1: x}, {f"a_{{{j}}}^{{(1)}}": v for j, v in numbered(x)}
    for i, matrix in Theta.items():
        assert matrix.shape == (net.sizes[i], net.sizes[i - 1] + 1)
        z = matrix @ np.concatenate([[1.0], a[i]])
        a[i + 1] = sigma(z)
        for row, of_k in numbered(matrix):
            named |= {rf"\theta_{{{j},{row}}}^{{({i})}}": value for j, value in enumerate(of_k)}
            named[f"z_{{{row}}}^{{({i + 1})}}"] = z[row - 1]
            named[f"a_{{{row}}}^{{({i + 1})}}"] = a[i + 1][row - 1]
    last = len(Theta) + 1
    slope = (a[last] - y) * a[last] * (1 - a[last])
    for i in range(last, 1, -1):
        named |= {rf"\partial C / \partial z_{{{k}}}^{{({i})}}": value for k, value in numbered(slope)}
        slope = (Theta[i - 1][:, 1:].T @ slope) * a[i - 1] * (1 - a[i - 1])
    return named


WRITERS = {f.__name__.replace("_", "-"): f for f in (book, san_jose, linkoping, erlangen, edinburgh)}


def network(rng, sizes):
    weights = [rng.normal(size=(n, m)) for m, n in itertools.pairwise(sizes)]
    biases = [rng.normal(size=n) for n in sizes[1:]]
    return nn.Network(weights, biases, [nn.sigmoid] * len(biases))


def example(seed):
    rng = np.random.default_rng(seed)
    net = network(rng, rng.integers(2, 5, size=rng.integers(3, 5)).tolist())
    return net, rng.normal(size=net.sizes[0]), rng.random(net.sizes[-1])


def places(net):
    """List every role, layer, neuron and source of a network."""
    for layer in range(len(net.sizes)):
        for to in range(1, net.sizes[layer] + 1):
            yield "output", layer, to, None
            if layer:
                yield from ((role, layer, to, None) for role in ("bias", "sum", "error"))
                yield from (("weight", layer, to, k) for k in range(1, net.sizes[layer - 1] + 1))


def value(net, x, y, role, layer, to, start):
    """Look an entry up in nnlib, by the rule that the book states."""
    trace = nn.forward(net, x[None])
    return {
        "weight": lambda: net.weights[layer - 1][to - 1, start - 1],
        "bias": lambda: net.biases[layer - 1][to - 1],
        "sum": lambda: trace.z[layer - 1][0, to - 1],
        "output": lambda: trace.a[layer][0, to - 1],
        "error": lambda: nn.errors(net, trace, y[None], nn.square)[layer - 1][0, to - 1],
    }[role]()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", WRITERS)
def test_each_symbol_denotes_the_same_entry_in_its_own_notation(name, seed):
    net, x, y = example(seed)
    named = WRITERS[name](net, x, y)
    used = set()
    for role, layer, to, start in places(net):
        symbol = fill(BY[role][name]["tex"], layer, to, start)
        used.add(symbol)
        expected = value(net, x, y, role, layer, to, start)
        np.testing.assert_allclose(named[symbol], expected, rtol=1e-6, atol=1e-9, err_msg=symbol)
    assert used == set(named), "the course writes something that the table does not have"


def test_auburn_numbers_neurons_without_layers_and_layers_without_neurons():
    net, x, y = example(0)
    trace, a = nn.forward(net, x[None]), x
    for role in ("weight", "bias", "error"):
        assert "tex" not in BY[role]["auburn"]
    deltas = nn.errors(net, trace, y[None], nn.square)
    slope = (trace.output[0] - y) * trace.output[0] * (1 - trace.output[0])
    np.testing.assert_allclose(deltas[-1][0], slope)  # ∂L/∂b_3, a vector
    for layer, (W, b) in numbered(zip(net.weights, net.biases, strict=True)):
        z = W @ a + b
        a = sigma(z)
        for to in range(1, len(b) + 1):
            assert fill(BY["sum"]["auburn"]["tex"], layer, to) == f"z_{{{to}}}"
            assert fill(BY["output"]["auburn"]["tex"], layer, to) == f"a_{{{to}}}"
            np.testing.assert_allclose(z[to - 1], trace.z[layer - 1][0, to - 1])
            np.testing.assert_allclose(a[to - 1], trace.a[layer][0, to - 1])


@pytest.mark.parametrize("seed", range(3))
def test_the_code_of_nielsen_denotes_the_same_entry(seed):
    net, x, y = example(seed)
    weights, biases = net.weights, [b[:, None] for b in net.biases]
    activations, zs = [x[:, None]], []
    for b, w in zip(biases, weights, strict=True):  # as his backprop does
        zs.append(np.dot(w, activations[-1]) + b)
        activations.append(sigma(zs[-1]))
    deltas = {len(weights): (activations[-1] - y[:, None]) * sigma(zs[-1]) * (1 - sigma(zs[-1]))}
    for layer in range(len(weights) - 1, 0, -1):
        prime = sigma(zs[layer - 1]) * (1 - sigma(zs[layer - 1]))
        deltas[layer] = np.dot(weights[layer].transpose(), deltas[layer + 1]) * prime
    for role, layer, to, start in places(net):
        names = {"weights": weights, "biases": biases, "activations": activations, "zs": zs}
        found = eval(
            fill(BY[role]["nielsen"]["code"], layer, to, start), names | {"delta": deltas.get(layer)}
        )
        np.testing.assert_allclose(found, value(net, x, y, role, layer, to, start), rtol=1e-10)


def test_the_code_of_pytorch_denotes_the_same_entry():
    torch = pytest.importorskip("torch")
    net, x, y = example(0)
    layers, zs, a = [], [], torch.tensor(x[None])
    for W, b in zip(net.weights, net.biases, strict=True):
        layer = torch.nn.Linear(W.shape[1], len(W), dtype=torch.float64)
        assert layer.weight.shape == W.shape
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(W))
            layer.bias.copy_(torch.tensor(b))
        layers.append(layer)
        zs.append(layer(a))
        zs[-1].retain_grad()
        a = torch.sigmoid(zs[-1])
    (0.5 * (a - torch.tensor(y)) ** 2).sum().backward()
    for role, layer, to, start in places(net):
        if "code" in BY[role]["pytorch"]:
            names = {"weight": layers[layer - 1].weight, "bias": layers[layer - 1].bias, "z": zs[layer - 1]}
            found = eval(fill(BY[role]["pytorch"]["code"], layer, to, start), names)
            np.testing.assert_allclose(found.item(), value(net, x, y, role, layer, to, start), rtol=1e-10)


# ---- what the demo gets


def test_the_demo_has_what_the_table_says():
    assert notations.main(["--check"]) == 0


def test_a_stale_file_is_named(tmp_path, capsys):
    target = tmp_path / "notations.json"
    target.write_text("{}", encoding="utf-8")
    assert notations.main(["--check"], target) == 1
    assert "run `python -m nnbook.notations`" in capsys.readouterr().out
    assert notations.main([], target) == 0
    assert target.read_text(encoding="utf-8") == notations.wanted()
    assert json.loads(notations.wanted())["names"] == COURSES


def plain(markup):
    """Undo the HTML of a symbol: what stands above and below in TeX's order and braces."""
    text = re.sub(r"<sup>(.*?)</sup>", r"^{\1}", re.sub(r"<sub>(.*?)</sub>", r"_{\1}", markup))
    return re.sub(r"<[^>]*>", "", text)


@pytest.mark.parametrize("name", COURSES)
@pytest.mark.parametrize("role", notations.ROLES)
def test_the_markup_says_what_the_formula_says(role, name):
    entry, shown = BY[role][name], notations.shown(BY[role][name])
    if "tex" not in entry:
        assert "symbol" not in shown
        assert shown["note"].startswith("Only")
        return
    tex = re.sub(r"<(\w+(?:[+-]\d)?)>", r"{\1}", entry["tex"])
    tex = re.sub(r"\\(theta|delta|partial) ?", lambda m: notations.LETTERS[m[1]], tex).replace(" ", "")
    ordered = re.sub(r"(_\{(?:[^{}]|\{[^}]*\})*\})(\^\{(?:[^{}]|\{[^}]*\})*\})", r"\2\1", tex)  # above first
    one = re.sub(r"_(\w)", r"_{\1}", ordered)  # C_i
    assert plain(shown["symbol"]) == one


def test_markdown_becomes_markup():
    assert notations.prose("*To* <to> of `<x>`, $x'_1$") == (
        "<em>To</em> {to} of <code>&lt;x&gt;</code>, <i>x</i>′<sub>1</sub>"
    )


@pytest.mark.parametrize("tex", [r"\frac{1}{2}", "w}", "w^{2"])
def test_a_formula_that_cannot_be_written_is_refused(tex):
    with pytest.raises(ValueError, match=r"is not known here|too many|not closed"):
        notations.formula(tex)


# ---- the items of the demo


@pytest.fixture
def small():
    rng = np.random.default_rng(4)
    net = network(rng, [3, 3, 2])
    x, y = rng.normal(size=3), np.array([1.0, 0.0])
    trace = nn.forward(net, x[None])
    return net, x, y, trace, items(net, trace, y[None])


def test_every_number_of_the_network_is_an_item_once(small):
    net, x, y, _, found = small
    expected = {
        "-".join(map(str, filter(lambda part: part is not None, place))): value(net, x, y, *place)
        for place in places(net)
    }
    assert [item["key"] for item in found] == list(dict.fromkeys(item["key"] for item in found))
    assert {item["key"]: item["exact"] for item in found} == pytest.approx(expected, rel=1e-8)


def test_symbol_code_and_texts_of_an_item_agree_with_its_value(small):
    net, _, y, trace, found = small
    names = {"net": net, "trace": trace, "deltas": nn.errors(net, trace, y[None], nn.square)}
    letters = {"weight": "w", "bias": "b", "sum": "z", "output": "a", "error": "δ"}
    for item in found:
        kind, layer, *indices = item["key"].split("-")
        assert item["symbol"] == f"{letters[kind]}^{layer}_{''.join(indices)}"
        assert eval(item["code"], dict(names)) == pytest.approx(item["exact"], rel=1e-8)
        assert item["value"] == f"{item['exact']:.4g}".replace("-", "−")
        shown = float(item["cell"].replace("−", "-"))
        assert abs(shown - item["exact"]) <= (0.0005 if kind == "error" else 0.005) + 1e-12
        for index in (*indices, layer) if layer != "0" else indices:
            assert index in re.findall(r"\d", item["says"])


def test_formulas_are_right_in_symbols_and_in_numbers(small):
    _, x, y, _, found = small
    exact = {item["symbol"]: item["exact"] for item in found}
    exact |= {
        f"{letter}_{k}": float(v) for letter, values in (("x", x), ("y", y)) for k, v in numbered(values)
    }

    def prime(z):
        return sigma(z) * (1 - sigma(z))

    def computed(text, **names):
        text = re.sub(r"[\[\]]", "", text).replace("−", "-").replace("·", "*").replace("σ′", "prime")
        text = re.sub(r"([a-zδ])(\^\d)?_(\d+)", lambda m: f"({exact[m[0]]!r})", text)
        text = re.sub(r"\) \(", ") * (", text)  # a product in symbols has no sign
        text = re.sub(r"\) prime", ") * prime", text)
        return eval(text.replace("σ", "sigma"), {"sigma": sigma, "prime": prime, **names})

    for item in found:
        kind = item["key"].split("-")[0]
        of = item["symbol"] if kind in ("output", "error") else item["formula"].split(" = ")[0]
        symbols, *numbers = item["formula"].split("\n")
        left, right = symbols.split(" = ", 1)
        assert left == of
        if kind == "error":
            definition, right = right.split(" = ")
            assert definition == f"∂C_i/∂z{of[1:]}"
        np.testing.assert_allclose(computed(right), exact[of], rtol=1e-7, atol=1e-8, err_msg=item["formula"])
        for line in numbers:
            written, result = re.fullmatch(r"= (.*) [=≈] (\S+)", line).groups()
            assert result == f"{exact[of]:.4g}".replace("-", "−")
            np.testing.assert_allclose(computed(written), exact[of], rtol=2e-3, atol=2e-3)
        marked = re.findall(r"\[([^]]*)\]", item["formula"])
        assert len(marked) == (2 if kind in ("weight", "bias") else 0)
        if marked:
            assert item["symbol"] in marked[0].split()
            np.testing.assert_allclose(computed(marked[0]), computed(marked[1]), rtol=1e-3, atol=1e-3)


def test_the_demo_refuses_what_it_cannot_draw():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"two layers and at most 3 in each, but has sizes \[2, 4, 1\]"):
        notation_reader(network(rng, [2, 4, 1]), [0, 0], [1])
    with pytest.raises(ValueError, match="two layers"):
        notation_reader(network(rng, [2, 1]), [0, 0], [1])
    with pytest.raises(ValueError, match="must be sigmoid"):
        notation_reader(nn.Network.random([2, 2, 1], rng=rng, hidden=nn.relu), [0, 0], [1])
    with pytest.raises(ValueError, match="X must have 2 columns"):
        notation_reader(network(rng, [2, 2, 1]), [0, 0, 0], [1])
    assert plt.get_fignums() == []


def test_there_is_no_minus_nought():
    net = nn.Network([[[-0.0, 1.0]], [[-0.0]]], [[-0.0], [-0.0]], [nn.sigmoid, nn.sigmoid])
    data = re.search(r'class="nn-data">(.*?)</script>', notation_reader(net, [1, 0], [1]).html())[1]
    texts = [item[name] for item in json.loads(data)["items"] for name in ("value", "cell")]
    assert "0" in texts
    assert "−0" not in texts


def test_the_demo_is_small_and_leaves_the_network_alone():
    net = network(np.random.default_rng(0), [3, 3, 2])
    before = net.copy()
    html = notation_reader(net, [1, 0, 1], [1, 0]).html()
    data = re.search(r'class="nn-data">(.*?)</script>', html, re.DOTALL)[1]
    assert len(data.encode()) < 30_000
    assert json.loads(data)["sizes"] == [3, 3, 2]
    assert not re.findall(r"(?:src|href)=.(?!data:)|https?://(?!www\.w3\.org)", html)
    assert all((a == b).all() for a, b in zip(net.parameters, before.parameters, strict=True))


# ---- the tables of the page


@pytest.fixture
def tables(monkeypatch):
    pytest.importorskip("sphinx")
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_extensions"))
    return importlib.import_module("notation_tables")


def test_placeholders_become_the_letters_of_the_book(tables):
    assert tables.general(r"$\theta_{<from>,<to>}^{(<layer>)}$") == r"$\theta_{k,j}^{(\ell)}$"
    assert tables.general("$z^{(<layer+1>)}$, to <to> of layer <layer>") == (
        r"$z^{(\ell + 1)}$, to $j$ of layer $\ell$"
    )
    assert tables.general("`weights[<layer-1>][<to-1>]`") == "`weights[ℓ-1][j-1]`"


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["role"])
def test_every_cell_of_the_tables_is_filled(tables, row):
    assert list(tables.NAMES) == EVERYONE
    for name in EVERYONE:
        text = tables.written(row["by"][name])
        assert text.strip()
        assert not re.search(r"<[a-z]+[+-]?\d?>", text)
        assert text.count("$") % 2 == text.count("`") % 2 == 0
        assert ("\n\n" in text) == ("note" in row["by"][name])
