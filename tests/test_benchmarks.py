"""The benchmarks measure what they say; how fast anything is, is not tested here."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import nnlib as nn

FOLDER = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(FOLDER))
contestants = importlib.import_module("contestants")
speed = importlib.import_module("speed")


@pytest.fixture
def data(rng):
    X = rng.random((200, 12)).astype(np.float32)
    return nn.Dataset.from_labels(X, (X[:, 0] > 0.5).astype(int) + (X[:, 1] > 0.5), 3)


def setting(softmax, sizes=(12, 7, 3)):
    return contestants.Setting("small", sizes, 20, softmax, 0.3)


@pytest.mark.parametrize("softmax", [False, True])
def test_whoever_is_installed_takes_part(data, softmax):
    found = contestants.contestants(setting(softmax), data)
    wanted = {"nnlib", "scikit-learn", "matrix products"} | (
        set() if softmax else {"textbook loop", "written out"}
    )
    assert wanted <= set(found) <= wanted | {"PyTorch"}
    for contestant in found.values():
        contestant.run()


@pytest.mark.parametrize("softmax", [False, True])
def test_all_learn_the_same_task(data, softmax, monkeypatch):
    """One gradient step from the same weights: nnlib and PyTorch do the same work, not just as much."""
    torch = pytest.importorskip("torch")
    s = setting(softmax)
    net, model = contestants.network(s), contestants.torch_model(s)
    linear = [layer for layer in model if isinstance(layer, torch.nn.Linear)]
    with torch.no_grad():
        for layer, W, b in zip(linear, net.weights, net.biases, strict=True):
            layer.weight.copy_(torch.from_numpy(W)), layer.bias.copy_(torch.from_numpy(b))
    monkeypatch.setattr(contestants, "torch_model", lambda _: model)
    monkeypatch.setattr(contestants, "network", lambda _: net)
    whole = contestants.Setting(
        "small", s.sizes, len(data), softmax, 0.3
    )  # one batch: the order is no matter
    contestants.with_torch(whole, data).run()
    contestants.with_nnlib(whole, data).run()
    for layer, W, b in zip(linear, net.weights, net.biases, strict=True):
        np.testing.assert_allclose(layer.weight.detach(), W, atol=1e-5)
        np.testing.assert_allclose(layer.bias.detach(), b, atol=1e-5)


def test_the_loop_takes_nnlibs_step(data, monkeypatch):
    """The textbook's loop, on the examples it sees, ends where nnlib does."""
    s = contestants.Setting("small", (12, 7, 3), 20, False, 0.3)
    net = contestants.network(s)
    loop = contestants.TextbookNetwork(s.sizes)
    loop.weights = [W.astype(float) for W in net.weights]
    loop.biases = [b.astype(float)[:, None] for b in net.biases]
    monkeypatch.setattr(contestants, "TextbookNetwork", lambda _: loop)
    contestant = contestants.with_loop(s, data)
    contestant.run()
    few = data[: len(data) // contestants.LOOP_SHARE]
    monkeypatch.setattr(contestants, "network", lambda _: net)
    contestants.with_nnlib(s, few).run()
    for W, b, V, c in zip(net.weights, net.biases, loop.weights, loop.biases, strict=True):
        np.testing.assert_allclose(W, V, atol=1e-5)
        np.testing.assert_allclose(b, c[:, 0], atol=1e-5)


@pytest.mark.parametrize("size", [20, 100])
def test_what_is_written_out_ends_where_nnlib_does(data, monkeypatch, size):
    """To rounding: the same order of examples, the same operations."""
    s = contestants.Setting("small", (12, 7, 3), size, False, 0.3)
    nets = [contestants.network(s) for _ in range(2)]
    for maker, net in zip((contestants.with_nnlib, contestants.written_out), nets, strict=True):
        with monkeypatch.context() as patch:
            patch.setattr(contestants, "network", lambda _, net=net: net)
            maker(s, data).run()
    for p, q in zip(*(net.parameters for net in nets), strict=True):
        np.testing.assert_allclose(p, q, atol=1e-6)
    assert not np.array_equal(nets[0].weights[0], contestants.network(s).weights[0])


def test_what_has_more_layers_is_not_written_out(data):
    for other in (setting(True), setting(False, (12, 7, 5, 3))):
        assert "written out" not in contestants.contestants(other, data, ["written out"])


def test_the_bare_products_are_those_of_an_epoch(data, monkeypatch):
    """As many multiplications as the network has weights: forwards, for the gradients, and backwards."""
    products = []
    real = np.matmul

    def counted(a, b, out=None):
        products.append((a.shape[0] * a.shape[1] * b.shape[1], np.shares_memory(a, b)))
        return real(a, b, out=out)

    monkeypatch.setattr(np, "matmul", counted)
    contestants.matrix_products(setting(False, (12, 7, 5, 3)), data).run()
    weights = [12 * 7, 7 * 5, 5 * 3]
    assert sum(n for n, _ in products) == len(data) * (2 * sum(weights) + sum(weights[1:]))
    assert len(products) == len(data) // 20 * 8


def test_inference_puts_out_what_the_network_does(data):
    found = contestants.inference(setting(False), data)
    assert {"nnlib", "scikit-learn", "textbook loop"} <= set(found)
    assert found["nnlib"].run().shape == (200, 3)
    assert len(found["textbook loop"].run()) == 20
    loop = contestants.TextbookNetwork((12, 7, 3))
    x = np.ones((12, 1))
    net = nn.Network(loop.weights, [b[:, 0] for b in loop.biases], [nn.sigmoid] * 2)
    np.testing.assert_allclose(loop.output(x)[:, 0], nn.outputs(net, x.T)[0])


def test_the_parts_are_those_of_an_epoch(data):
    parts = speed.parts_of_an_epoch(setting(True), data, 2)
    assert list(parts) == ["choosing and copying", "forward", "errors", "gradients", "step"]
    assert all(value > 0 for value in parts.values())


def test_turns_are_taken_and_the_first_is_not_counted():
    order = []
    running = {
        name: contestants.Contestant(lambda name=name: order.append(name), f)
        for name, f in (("a", 1), ("b", 10))
    }
    medians = speed.take_turns(running, 2)
    assert order == ["a", "b"] * 3
    assert set(medians) == {"a", "b"}


def test_growth_is_per_example(data, monkeypatch):
    """Few examples are passed over several times, and the time is divided by all of them."""
    counts = {}

    def fake(running, repeats):
        for contestant in running.values():
            contestant.run()
        return dict.fromkeys(running, 0.5)

    def counting(s, d, names):
        return {"nnlib": contestants.Contestant(lambda: counts.update({len(d): counts.get(len(d), 0) + 1}))}

    monkeypatch.setattr(speed, "take_turns", fake)
    monkeypatch.setattr(speed, "contestants", counting)
    times = speed.growth({50: (setting(False), data[:50]), 200: (setting(False), data)}, 1)
    assert counts == {50: 200, 200: 50}
    np.testing.assert_allclose(times, [0.5e6 / 10_000] * 2)


@pytest.fixture
def stored():
    """What the last `make bench` wrote."""
    if not speed.JSON.exists():
        pytest.skip("nothing is stored yet")
    return json.loads(speed.JSON.read_text(encoding="utf-8"))


def test_the_stored_tables_are_made_of_the_stored_numbers(stored):
    assert speed.MARKDOWN.read_text(encoding="utf-8") == speed.markdown(stored)


def test_the_stored_settings_are_those_of_the_script(stored):
    settings = [
        {k: e[k] for k in ("name", "sizes", "batch_size", "softmax", "eta", "targets")}
        for e in stored["epochs"]
    ]
    assert settings == json.loads(json.dumps([speed.dataclasses.asdict(s) for s in speed.SETTINGS]))


def test_every_target_was_measured_and_is_met(stored):
    """The stored run had everybody in it."""
    rows = speed.verdicts(stored)
    assert len(rows) == sum(len(s.targets) for s in speed.SETTINGS) + 2 + 3
    assert [row for row in rows if row[1] > row[2]] == []


def test_a_missed_target_is_told(stored):
    changed = json.loads(json.dumps(stored))
    changed["epochs"][0]["seconds"]["nnlib"] *= 100
    assert "MISSED" not in speed.markdown(stored)
    assert speed.markdown(changed).count("MISSED") == 3
