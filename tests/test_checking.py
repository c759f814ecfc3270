"""The checks' own library: it names slips, and does not take a slip for the answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import nnlib as nn
from nnbook.checking import Answer, Slip, ask, expect, fetch, look, once, unpack
from nnbook.checking import given as inputs

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).filter(lambda x: abs(x) > 1e-3)


def message(function, *arguments, **options):
    with pytest.raises(Slip) as slip:
        function(*arguments, **options)
    return str(slip.value)


@given(arrays(float, array_shapes(max_dims=2, max_side=4), elements=NUMBERS))
def test_the_right_value_agrees_whatever_the_slips(value):
    slips = {"Never this.": value, "Nor this.": -value}
    assert Answer("It is", value).agrees(value, slips, hint="", n=3).came is not None


@given(arrays(float, array_shapes(max_dims=2, max_side=4), elements=NUMBERS), st.integers(3, 9))
@settings(max_examples=40)
def test_common_slips_are_named(value, n):
    def said(came):
        return message(Answer("It is", came).agrees, value, hint="Look again.", n=n)

    assert "wrong sign" in said(-value)
    assert "twice the right value" in said(2 * value)
    assert "half the right value" in said(value / 2)
    assert f"{n} times the right value" in said(n * value)
    assert f"divided by {n}" in said(value / n)


@given(arrays(float, (3, 4), elements=NUMBERS))
def test_shapes_are_named(value):
    assert "transposed" in message(Answer("It is", value.T).agrees, value, hint="")
    assert "yours has shape (4,)" in message(Answer("It is", value[0]).agrees, value, hint="")


@given(NUMBERS, NUMBERS)
def test_no_message_tells_the_right_number(came, right):
    if not np.isclose(came, right):
        said = message(Answer("It is", came).agrees, right, hint="Look again.")
        assert f"{right:.6g}" not in said.replace(f"{came:.6g}", "")
        assert len(said) > 20


def test_own_slips_come_before_common_ones():
    said = message(Answer("It is", -2.0).agrees, 2.0, {"Uphill.": -2.0}, hint="")
    assert said == "It is -2. Uphill."


def test_what_is_no_number_is_named():
    names = {"f": lambda: None, "g": lambda: ..., "s": "text", "d": {}, "h": len, "n": np.array(["a"])}
    assert "does not reach a `return`" in message(ask, names, "f")
    assert "`...`" in message(ask, names, "g")
    assert "s is a str" in message(look, names, "s")
    assert "d is a dict" in message(look, names, "d")
    assert "h is a function" in message(look, names, "h")
    assert "There is no `zz`" in message(look, names, "zz")
    assert "not a function" in message(ask, names, "s", 3)
    assert "an array of <U1 values" in message(look, names, "n")


def test_what_a_function_raises_is_told():
    def divide(x):
        return x // 0

    def leave(x):
        raise SystemExit(3)

    assert "I called divide(3), and it raised ZeroDivisionError" in message(
        ask, {"divide": divide}, "divide", 3
    )
    assert "raised SystemExit" in message(ask, {"leave": leave}, "leave", 3)
    assert "raised TypeError" in message(ask, {"divide": divide}, "divide", 3, 4)


def test_parts_of_what_is_returned():
    names = {"two": lambda: (1.0, np.ones(3)), "one": lambda: 1.0, "none": lambda: None}
    assert ask(names, "two", part=1, label="b").came.shape == (3,)
    assert "got 2 values; c should be number 3" in message(ask, names, "two", part=2, label="c")
    assert "expected are several values, b among them" in message(ask, names, "one", part=1, label="b")
    assert "does not reach a `return`" in message(ask, names, "none", part=1, label="b")


def test_long_calls_show_shapes():
    said = message(ask, {"f": lambda *_: None}, "f", np.ones((3, 3)), np.arange(9.0), np.ones((100, 2)), 2.0)
    assert "an array of shape (100, 2), 2) and got None" in said
    said = message(ask, {"f": lambda *_: None}, "f", *[np.linspace(0, 1, 12)] * 4)
    assert "f(an array of shape (12,), an array of shape (12,)," in said


def test_functions_that_return_lists_of_arrays():
    W, b = np.ones((3, 2)), np.ones(3)
    names = {
        "both": lambda n: ([W] * n, (b,)),
        "one": lambda: [W],
        "number": lambda: 3,
        "flat": lambda: [W, b],
    }

    def both(env, name, *given):
        return fetch(env, name, *given, labels=("weights", "biases"))

    weights, biases = both(names, "both", 2)
    assert [a.came.shape for a in [*weights, *biases]] == [(3, 2), (3, 2), (3,)]
    assert weights[1].tried == "I called both(2), and as weights[1] got"
    for name in ("one", "number", "flat"):
        assert "expected are weights and biases, each a list of arrays" in message(both, names, name)


def test_weights_and_biases_make_a_network():
    from nnbook.checking.images import network

    def fetched(weights, biases):
        return [[Answer("It is", a) for a in arrays] for arrays in (weights, biases)]

    net = nn.Network.random([5, 4, 3], rng=np.random.default_rng(0))
    (W1, b1), (W2, b2) = network(fetched(net.weights, net.biases), 5, 3)
    assert (W1.shape, b1.shape, W2.shape, b2.shape) == ((4, 5), (4,), (3, 4), (3,))
    for weights, biases, said in [
        ([W1.T, W2.T], [b1, b2], "Yours is transposed."),
        ([W1], [b1], "The last layer should have 3 neurons"),
        ([W1, W2], [b1], "a layer has one of each"),
        ([], [], "a layer has one of each"),
        ([W1, W2], [b1, b2[:, None]], "Expected is an array of shape (3,)"),
        ([W1, W2 * np.nan], [b1, b2], "NaN or inf"),
        ([b1, W2], [b1, b2], "Row j should hold the weights to neuron j from the 5"),
    ]:
        assert said in message(network, fetched(weights, biases), 5, 3)


def test_not_finite_is_explained():
    assert "overflow" in message(Answer("It is", [1.0, np.nan]).is_finite)
    assert "overflow" in message(Answer("It is", np.inf).agrees, 1.0, hint="")


def test_expect_given_once():
    expect(True, "no")
    assert message(expect, False, "Because.") == "Because."
    assert inputs(a=3).a == 3
    env, calls = {}, []
    for _ in range(2):
        assert once(env, "x", lambda: calls.append(1) or 5) == 5
    assert calls == [1]


def test_unpack_writes_nothing_outside_its_folder(tmp_path):
    import base64
    import io
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("../../q1.py", "x = 1")
    unpack(base64.b85encode(buffer.getvalue()).decode(), tmp_path / "checks")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["q1.py"]
    assert (tmp_path / "checks" / "q1.py").exists()


def test_batches_of_column_order_are_those_of_row_order(rng):
    from nnlib.data import minibatches

    X, Y = rng.normal(size=(20, 5)), rng.normal(size=(20, 2))
    rows = list(minibatches(X, Y, 6, np.random.default_rng(1)))
    columns = list(minibatches(np.asfortranarray(X), np.asfortranarray(Y), 6, np.random.default_rng(1)))
    for (a, b), (c, d) in zip(rows, columns, strict=True):
        np.testing.assert_array_equal(a, c)
        np.testing.assert_array_equal(b, d)
        assert c.flags.c_contiguous


@pytest.fixture(scope="module")
def disguised():
    import nnlib as nn

    if not nn.datasets.available("fashion-mnist"):
        pytest.skip("Fashion-MNIST is not at hand (set NNLIB_DATA)")
    from nnbook.checking.images import disguised

    return disguised


def test_disguised_images(disguised):
    import nnlib as nn

    data, again, other = disguised(1, 3000, 1000), disguised(1, 3000, 1000), disguised(2, 3000, 1000)
    assert data.X.shape == (3000, 784)
    assert data.held_out.shape == (1000, 784)
    assert data.X.dtype == np.float32
    assert data.X.flags.c_contiguous
    assert 0 <= data.X.min() < data.X.max() <= 1
    np.testing.assert_array_equal(data.Y.sum(axis=1), 1)
    np.testing.assert_array_equal(data.X, again.X)
    assert not np.array_equal(data.t, other.t)
    source = nn.datasets.fashion_mnist().train_and_validation
    rng = np.random.default_rng(1)  # undo it, as only who knows the seed can
    chosen = rng.permutation(len(source.X))[:4000]
    pixels, names = rng.permutation(784), rng.permutation(10)
    np.testing.assert_array_equal(names[source.t[chosen]], np.concatenate([data.Y.argmax(axis=1), data.t]))
    assert len(set(chosen)) == 4000
    original = source.X[chosen[:3000]][:, pixels]
    assert np.abs(data.X - original).max() < 0.15 + 9 / 255
    assert not (np.sort(data.X, axis=1)[:, None] == np.sort(original, axis=1)[:, None]).all(axis=2).any()


def test_a_table_of_fingerprints_that_fits_into_a_notebook_recognises_little(disguised):
    """A few characters for each image do not tell which it is, whatever the pixels' order."""
    from sklearn.neighbors import KNeighborsClassifier

    import nnlib as nn

    def fingerprint(X):  # two bytes an image, 120 kB for all; the disguise leaves the order of pixels out
        spread = X / X.mean(axis=1, keepdims=True)
        return np.round(np.c_[(X > 0.1).mean(axis=1), spread.std(axis=1)] * 255)

    source = nn.datasets.fashion_mnist().train_and_validation
    data = disguised(3, 3000, 1000)
    names = np.random.default_rng(3)
    names.permutation(len(source.X)), names.permutation(784)
    known = KNeighborsClassifier(1).fit(fingerprint(source.X), names.permutation(10)[source.t])
    assert np.mean(known.predict(fingerprint(data.held_out)) == data.t) < 0.5
