import itertools

import numpy as np
import pytest

import nnlib as nn

X3, Y3 = np.arange(6.0).reshape(3, 2), np.eye(3)


@pytest.mark.parametrize(
    ("X", "Y", "t", "message"),
    [
        (X3, [0.0, 1.0, 2.0], None, r"use Y\[:, None\] for one number per example, or Dataset.from_labels"),
        (X3, [0, 1, 2], None, r"has shape \(3,\)"),
        (X3, np.eye(4), None, "X has 3 rows but Y has 4"),
        (X3[0], Y3, None, r"one example is a row of a matrix: X\[None, :\]"),
        (X3.reshape(3, 2, 1), Y3, None, r"flatten each example first: X.reshape\(len\(X\), -1\)"),
        (X3[:0], Y3[:0], None, "X is empty"),
        (X3, Y3[:0], None, "Y is empty"),
        ([[0, np.nan]] * 3, Y3, None, r"X\[0, 1\] is nan \(3 such values\)"),
        (X3, [[1], [np.inf], [0]], None, r"Y\[1, 0\] is inf \(1 such value\)"),
        ([["a", "b"]] * 3, Y3, None, "X must hold real numbers"),
        (X3 * 1j, Y3, None, "real numbers, but has dtype complex128"),
        (X3, Y3, [0, 1], "t must have one label for each of 3 examples, but has 2"),
        (X3, Y3, [0, 1, 3], "class numbers from 0 to 2, but one is 3"),
        (X3, Y3, [0, 1, -1], "but one is -1"),
        (X3, Y3, [0.0, 1.0, 2.0], r"dtype float64; t.astype\(int\) makes them whole"),
        (X3, Y3, [0.5, 1.0, 2.0], r"whole class numbers, but has dtype float64$"),
        (X3, Y3, [[0], [1], [2]], r"has shape \(3, 1\); t.ravel\(\) makes it one"),
        (X3, Y3[:, :1], [0, 1, 2], "class numbers from 0 to 1, but one is 2"),
        (X3, Y3, [0, 2, 2], r"the same class, but t\[1\] is 2 and Y\[1\] is \[0. 1. 0.\]"),
        (X3, Y3[:, :1], [0, 0, 0], r"t\[0\] is 0 and Y\[0\] is \[1.\]"),
    ],
)
def test_bad_examples_are_named(X, Y, t, message):
    with pytest.raises((ValueError, TypeError), match=message):
        nn.Dataset(np.asarray(X), Y, None if t is None else np.asarray(t))


def test_a_data_set_keeps_floats_and_turns_whole_numbers_into_floats():
    X = np.ones((3, 2), np.float32)
    assert nn.Dataset(X, Y3).X is X
    assert nn.Dataset([[1, 2]], [[1]]).X.dtype == np.float64
    assert nn.Dataset(np.full((3, 2), 255, np.uint8), np.full((3, 1), 1000)).X.dtype == np.float64
    data = nn.Dataset(X, Y3, [0, 1, 2])
    assert data.t.dtype == np.int64
    assert len(data) == 3
    assert repr(data) == "Dataset(3 examples, 2 inputs, 3 outputs, 3 classes)"
    assert repr(nn.Dataset(X, Y3[:, :1], [1, 0, 0])) == "Dataset(3 examples, 2 inputs, 1 outputs, 2 classes)"
    assert repr(nn.Dataset(X, Y3)) == "Dataset(3 examples, 2 inputs, 3 outputs)"


def test_from_labels():
    data = nn.Dataset.from_labels(X3.astype(np.float32), [2, 0, 1], 4)
    assert data.Y.tolist() == [[0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0]]
    assert data.Y.dtype == np.float32
    assert data.t.tolist() == [2, 0, 1]
    with pytest.raises(ValueError, match="from 0 to 1, but one is 2"):
        nn.Dataset.from_labels(X3, [2, 0, 1], 2)
    with pytest.raises(ValueError, match="X has 3 rows but Y has 2"):
        nn.Dataset.from_labels(X3, [0, 1], 2)


def test_one_hot():
    assert nn.one_hot([2, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert nn.one_hot([True, False], 2).tolist() == [[0, 1], [1, 0]]
    assert nn.one_hot([0], 1).dtype == np.float32
    assert nn.one_hot([0], 2, np.float64).dtype == np.float64
    for labels, classes, message in [
        ([3], 3, "from 0 to 2, but one is 3"),
        ([-1], 3, "but one is -1"),
        ([0.0], 3, "whole class numbers"),
        ([[0]], 3, "vector of class numbers"),
        ([0], 0, "classes must be at least 1"),
        ([0], 2.0, "classes must be a whole number"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            nn.one_hot(labels, classes)


def numbered(m):
    """Row i holds i, i + 0.5 and the target 10 i."""
    i = np.arange(m, dtype=float)
    return nn.Dataset(np.stack([i, i + 0.5], axis=1), 10 * i[:, None])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (slice(2, 5), [2, 3, 4]),
        (slice(None, None, 3), [0, 3, 6]),
        ([5, 1, 1], [5, 1, 1]),
        (np.array([-1]), [6]),
        (np.arange(7) % 2 == 1, [1, 3, 5]),
        ([True] + [False] * 6, [0]),
    ],
)
def test_indexing_keeps_rows_together(rows, expected):
    data = numbered(7)
    part = data[rows]
    assert part.X[:, 0].tolist() == expected
    assert (part.Y[:, 0] == 10 * part.X[:, 0]).all()
    assert part.t is None
    labelled = nn.Dataset(data.X, np.eye(7), np.arange(7))[rows]
    assert labelled.t.tolist() == expected


def test_indexing_by_one_number_or_for_nothing_is_refused():
    data = numbered(7)
    with pytest.raises(TypeError, match=r"data\[3\] is one example; data\[3:4\] is a data set with it"):
        data[3]
    for nothing in (slice(7, None), [], np.array([], int)):
        with pytest.raises(ValueError, match="X is empty"):
            data[nothing]
    with pytest.raises(ValueError, match="X is empty"):
        data[np.zeros(7, bool)]


def test_a_slice_shares_memory_instead_of_copying():
    data = numbered(7)
    assert np.shares_memory(data[2:5].X, data.X)


def test_split_is_random_disjoint_and_of_the_sizes_asked_for(rng):
    data = numbered(100)
    parts = nn.split(data, 60, 30, 10, rng=rng)
    assert [len(part) for part in parts] == [60, 30, 10]
    rows = np.concatenate([part.X[:, 0] for part in parts])
    assert sorted(rows) == list(range(100))
    assert rows.tolist() != list(range(100))
    assert all((part.Y[:, 0] == 10 * part.X[:, 0]).all() for part in parts)
    some = nn.split(data, 5, 5, rng=rng)
    assert len({float(x) for part in some for x in part.X[:, 0]}) == 10
    one, two = (nn.split(data, 5, rng=np.random.default_rng(1))[0] for _ in range(2))
    assert one.X.tolist() == two.X.tolist()


@pytest.mark.parametrize(
    ("sizes", "rng", "message"),
    [
        ((60, 41), np.random.default_rng(0), r"parts of \(60, 41\) need 101 examples, but there are 100"),
        ((0, 5), np.random.default_rng(0), "a size must be at least 1"),
        ((0.5,), np.random.default_rng(0), "a size must be a whole number, but is 0.5"),
        ((5,), 0, "rng must be a generator"),
    ],
)
def test_split_names_bad_settings(sizes, rng, message):
    with pytest.raises((ValueError, TypeError), match=message):
        nn.split(numbered(100), *sizes, rng=rng)


@pytest.mark.parametrize(
    ("size", "lengths"), [(10, [10, 10, 3]), (23, [23]), (1, [1] * 23), (22, [22, 1]), (30, [23])]
)
def test_minibatches_hold_every_example_once(rng, size, lengths):
    data = numbered(23)
    batches = list(nn.minibatches(data.X, data.Y, size, rng))
    assert [len(X) for X, _ in batches] == lengths
    assert sorted(np.concatenate([X[:, 0] for X, _ in batches])) == list(range(23))
    for X, Y in batches:
        assert (X[:, 1] == X[:, 0] + 0.5).all()
        assert (Y[:, 0] == 10 * X[:, 0]).all()
        assert not np.shares_memory(X, data.X)


def test_minibatches_are_drawn_anew_each_epoch_and_mix_all_examples(rng):
    """Not only the order of the batches changes but also who is in them."""
    data = numbered(40)
    epochs = [{frozenset(X[:, 0]) for X, _ in nn.minibatches(data.X, data.Y, 4, rng)} for _ in range(5)]
    for one, two in itertools.pairwise(epochs):
        assert len(one & two) <= 1


def test_worked_scaling():
    """10, 15, 20 become 0, 0.5, 1; or -√1.5, 0, √1.5, since their standard deviation is √(50/3)."""
    X = np.array([[10.0], [15.0], [20.0]])
    assert nn.min_max(X)(X).ravel().tolist() == [0, 0.5, 1]
    np.testing.assert_allclose(nn.z_score(X)(X).ravel(), [-np.sqrt(1.5), 0, np.sqrt(1.5)], rtol=1e-15)
    np.testing.assert_allclose(nn.z_score(X).scale, [np.sqrt(50 / 3)])


def test_one_constant_column_does_not_hide_others_nor_they_it():
    """In the second column no number varies; rounding gives 0.1 a deviation that is tiny and not 0."""
    X = np.column_stack([[0.0, 1, 5, 2, 3, 4, 7], np.full(7, 0.1), [9.0, 1, 5, 2, 3, 4, 7]])
    scaling = nn.z_score(X)
    assert scaling.scale[1] == 1
    np.testing.assert_allclose(scaling(X).std(axis=0), [1, 0, 1], atol=1e-12)


def test_scaling_is_fitted_to_the_training_data_alone():
    """A test value outside the training range lands outside 0 to 1, and changes nothing for others."""
    train, test = np.array([[10.0, 0], [20, 1]]), np.array([[30.0, 0.5], [5, -1]])
    scaling = nn.min_max(train)
    assert scaling(test).tolist() == [[2, 0.5], [-0.5, -1]]
    assert scaling(train).tolist() == [[0, 0], [1, 1]]
    assert nn.z_score(train)(test).tolist() == [[3, 0], [-2, -3]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scaler", [nn.z_score, nn.min_max])
def test_each_input_is_scaled_by_itself_in_its_own_type(rng, scaler, dtype):
    X = (rng.random((1000, 3)) * [1, 100, 1e-3] + [5, 0, 1e-2]).astype(dtype)
    kept = X.copy()
    scaled = scaler(X)(X)
    assert scaled.dtype == dtype
    assert np.array_equal(X, kept)
    if scaler is nn.z_score:
        np.testing.assert_allclose(scaled.mean(axis=0, dtype=float), 0, atol=1e-5)
        np.testing.assert_allclose(scaled.std(axis=0, dtype=float), 1, atol=1e-5)
    else:
        assert scaled.min(axis=0).tolist() == [0] * 3
        np.testing.assert_allclose(scaled.max(axis=0), 1, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("value", [0, 0.1, 1 / 3, 784.7])
@pytest.mark.parametrize("scaler", [nn.z_score, nn.min_max])
def test_a_constant_input_is_only_shifted(scaler, value, dtype):
    """Also where the mean of equal numbers is not quite that number, as for 0.1."""
    X = np.full((1000, 1), value, dtype)
    scaling = scaler(X)
    assert scaling.scale.tolist() == [1]
    assert not scaling(X).any()
    np.testing.assert_allclose(scaling(X + 2), 2, rtol=1e-6)


def test_many_large_float32_numbers_are_centred(rng):
    """Summed in float32, their mean would be wrong by 0.003."""
    X = (1000 + rng.standard_normal((100_000, 2))).astype(np.float32)
    scaled = nn.z_score(X)(X)
    np.testing.assert_allclose(scaled.mean(axis=0, dtype=float), 0, atol=1e-4)


def test_scaling_names_bad_input():
    scaling = nn.min_max(X3)
    with pytest.raises(ValueError, match="X must have 2 columns"):
        scaling(np.zeros((3, 4)))
    with pytest.raises(ValueError, match="two dimensions"):
        nn.z_score(np.zeros(3))
    with pytest.raises(ValueError, match="is nan"):
        nn.min_max([[np.nan]])


def test_a_constant_input_beside_others_is_known_for_one(rng):
    """Each input by its own lowest and highest value, not by those of all."""
    X = np.column_stack([np.full(200, 0.1), rng.standard_normal(200), np.full(200, 7.0)]).astype(np.float32)
    for scaler in (nn.z_score, nn.min_max):
        scaling = scaler(X)
        assert scaling.scale[[0, 2]].tolist() == [1, 1]
        assert not scaling(X)[:, [0, 2]].any()
        assert {scaling.shift.dtype, scaling.scale.dtype} == {np.dtype(np.float32)}


def test_the_deviation_of_many_numbers_is_summed_in_float64(rng):
    X = (1000 * rng.standard_normal((400_000, 2))).astype(np.float32)
    np.testing.assert_allclose(nn.z_score(X).scale, X.std(axis=0, dtype=float), rtol=1e-6)


@pytest.mark.parametrize("call", [nn.z_score, nn.min_max, lambda X: nn.min_max(X3)(X)])
def test_scaling_names_its_argument(call):
    with pytest.raises(ValueError, match=r"^X must have two dimensions"):
        call(np.zeros(3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Dataset.from_labels(np.zeros(3), [0], 2), r"^X must have two dimensions"),
        (lambda: nn.Dataset.from_labels(np.zeros((2, 1)), [0, 5], 2), r"^t must hold class numbers"),
        (lambda: nn.one_hot([[0]], 2), r"^t must be a vector"),
    ],
)
def test_labels_are_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
