import inspect
import itertools
import json
import math
import warnings

import numpy as np
import pytest
import reference
from sklearn import metrics

import nnlib as nn

OPTIONS = {"loss": nn.cross_entropy, "batch_size": 10, "eta": 0.5}


def fresh(seed=0, sizes=(2, 5, 3), dtype=np.float64, **kwargs):
    return nn.Network.random(sizes, rng=np.random.default_rng(seed), dtype=dtype, **kwargs)


def same(one, two):
    return all(np.array_equal(p, q) for p, q in zip(one.parameters, two.parameters, strict=True))


def seeded():
    return np.random.default_rng(7)


# One epoch after another


@pytest.mark.parametrize("loss", [nn.square, nn.cross_entropy], ids=repr)
@pytest.mark.parametrize("batch_size", [1, 7, 32, 60])
@pytest.mark.parametrize("regularizer", [None, nn.L2(0.9), nn.L1(0.3)], ids=repr)
def test_sgd_equals_its_literal_description(blobs, loss, batch_size, regularizer):
    """Three epochs of loops over examples; 60 is not a multiple of 7 or 32: the last batch is smaller."""
    data = blobs[:60]
    net = fresh()
    split = len(net.weights)
    parameters = [p.copy() for p in net.parameters]
    rng = seeded()
    for _ in range(3):
        order = rng.permutation(60)
        for start in range(0, 60, batch_size):
            rows = order[start : start + batch_size]  # the gradient is averaged over the batch's own size
            slopes = reference.loop_gradients(
                parameters[:split], parameters[split:], data.X[rows], data.Y[rows], loss == nn.cross_entropy
            )
            for i, (p, g) in enumerate(zip(parameters, slopes, strict=True)):
                decay = np.zeros(p.shape)
                if i < split and isinstance(regularizer, nn.L2):
                    decay = 0.9 / 60 * p
                if i < split and isinstance(regularizer, nn.L1):
                    decay = 0.3 / 60 * np.sign(p)
                p -= 0.5 * (g + decay)
    epochs = nn.sgd(
        net, data, loss=loss, batch_size=batch_size, eta=0.5, rng=seeded(), regularizer=regularizer
    )
    assert [epoch.number for epoch in itertools.islice(epochs, 3)] == [1, 2, 3]
    for p, q in zip(net.parameters, parameters, strict=True):
        np.testing.assert_allclose(p, q, atol=1e-12)


def test_the_same_seed_gives_the_same_bits(blobs):
    def run(seed):
        net = fresh(dtype=np.float32)
        history = nn.train(
            net, blobs, **OPTIONS, epochs=3, rng=np.random.default_rng(seed), dropout=nn.Dropout(0.2),
            optimizer=nn.Adam(), monitor={"all": blobs},
        )  # fmt: skip
        return net, history

    (one, history), (two, again), (three, _) = run(1), run(1), run(2)
    assert same(one, two)
    assert history == again
    assert not same(one, three)


def test_batches_are_told_with_their_forward_pass_from_before_the_step(blobs):
    net, seen, before = fresh(), [], []

    def look(batch):
        expected = nn.forward(before[-1], batch.trace.a[0])
        np.testing.assert_array_equal(batch.trace.output, expected.output)
        assert not same(before[-1], net)  # the step has been taken
        before.append(net.copy())
        seen.append(batch)

    before.append(net.copy())
    epochs = nn.sgd(net, blobs[:25], **OPTIONS, rng=seeded(), each_batch=look)
    next(epochs)
    next(epochs)
    assert [batch.step for batch in seen] == [1, 2, 3, 4, 5, 6]
    assert [len(batch.Y) for batch in seen] == [10, 10, 5] * 2


def test_dropout_draws_a_mask_for_each_example_and_step(blobs):
    masks = []
    epochs = nn.sgd(
        fresh(), blobs[:20], **OPTIONS, rng=seeded(), dropout=nn.Dropout(0.4),
        each_batch=lambda batch: masks.extend(batch.trace.masks),
    )  # fmt: skip
    next(epochs)
    assert [mask.shape for mask in masks] == [(10, 5), (10, 5)]
    assert not np.array_equal(*masks)


def test_epochs_tell_the_learning_rate_of_the_schedule(blobs):
    rate = nn.StepDecay(0.4, factor=0.5, every=2)
    epochs = nn.sgd(fresh(), blobs, loss=nn.square, eta=rate, rng=seeded())
    assert [epoch.eta for epoch in itertools.islice(epochs, 4)] == [0.4, 0.4, 0.2, 0.2]
    still = fresh()
    next(nn.sgd(still, blobs, loss=nn.square, eta=lambda epoch: 0.0, rng=seeded()))
    assert same(still, fresh())


@pytest.mark.parametrize(("run", "large"), [(nn.sgd, True), (nn.train, True), (nn.train, False)])
def test_inputs_as_large_as_pixels_draw_one_warning(run, large, rng):
    """Whatever their type; one column is enough. Outliers and scaled numbers are none."""
    X = rng.standard_normal((300, 4)) if large else rng.standard_normal((300, 4)) * [1, 5, 1, 1]
    X[0, 1] += 1000
    if large:
        X[:, 2] = rng.integers(0, 256, 300)
    options = {"loss": nn.cross_entropy, "eta": 0.1, "rng": rng} | ({"epochs": 3} if run is nn.train else {})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run(fresh(sizes=[4, 2]), nn.Dataset.from_labels(X, rng.integers(0, 2, 300), 2), **options)
    assert len(caught) == large
    assert all(f"column 2 of X is {np.abs(X[:, 2]).mean():.3g}" in str(w.message) for w in caught)
    assert all("nn.min_max" in str(w.message) and "nn.z_score" in str(w.message) for w in caught)


def test_each_set_is_checked_once_and_measured_by_one_pass_an_epoch(monkeypatch, blobs):
    checked, passes = [], []
    matrix, propagate = nn._check.matrix, nn.network.propagate
    monkeypatch.setattr(
        nn._check, "matrix", lambda name, X, **k: checked.append(name) or matrix(name, X, **k)
    )
    monkeypatch.setattr(nn.training, "propagate", lambda *a: passes.append(len(a[1])) or propagate(*a))
    monitor = {"v": blobs[:40], "w": nn.Dataset(blobs.X[:30], blobs.Y[:30])}
    checked.clear()
    nn.train(fresh(), blobs, **OPTIONS | {"batch_size": 180}, epochs=3, rng=seeded(), monitor=monitor)
    assert sorted(checked) == ["X"] * 3 + ["Y"] * 3  # the training data and two sets
    assert passes == [180, 40, 30] * 3


def one_epoch_of_sgd(*args, **kwargs):
    next(nn.sgd(*args, **kwargs))


def one_epoch_of_train(*args, **kwargs):
    nn.train(*args, epochs=1, **kwargs)


@pytest.mark.parametrize("run", [one_epoch_of_sgd, one_epoch_of_train])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch_size": 0}, "batch_size must be at least 1, but is 0"),
        ({"batch_size": -5}, "batch_size must be at least 1"),
        ({"batch_size": 181}, "batch_size 181 is larger than the data: there are 180 examples"),
        ({"batch_size": 10.0}, "batch_size must be a whole number, but is 10.0"),
        ({"batch_size": True}, "batch_size must be a whole number"),
        ({"eta": -0.1}, "eta must be finite and greater than 0, but is -0.1; .* a negative one climbs"),
        ({"eta": 0}, "a rate of 0 learns nothing"),
        ({"eta": math.nan}, "eta must be finite and greater than 0, but is nan"),
        ({"eta": "0.5"}, "eta must be a number"),
        ({"eta": lambda epoch: -1.0}, "eta in epoch 1 must be finite and at least 0, but is -1"),
        ({"eta": lambda epoch: math.inf}, "eta in epoch 1 must be"),
        ({"rng": 0}, "rng must be a generator"),
        ({"rng": np.random}, "rng must be a generator"),
        ({"loss": nn.log_likelihood}, "needs the output activation softmax"),
        ({"regularizer": nn.L2(1000)}, "more than 1: every step would turn the sign"),
    ],
)
def test_bad_settings_are_named_and_nothing_is_changed(blobs, run, change, message):
    net = fresh()
    settings = OPTIONS | {"rng": seeded()} | change
    with pytest.raises((ValueError, TypeError), match=message):
        run(net, blobs, **settings)
    assert same(net, fresh())


def test_data_that_do_not_fit_the_network_are_refused(blobs):
    with pytest.raises(ValueError, match="X must have 3 columns"):
        next(nn.sgd(fresh(sizes=[3, 3]), blobs, **OPTIONS, rng=seeded()))
    with pytest.raises(ValueError, match="Y must have 2 columns"):
        next(nn.sgd(fresh(sizes=[2, 2]), blobs, **OPTIONS, rng=seeded()))


@pytest.mark.filterwarnings("error")
def test_a_diverging_run_says_so_and_puts_the_network_back(rng):
    """Without a warning on the way: the error says it all."""
    data = nn.Dataset(rng.standard_normal((40, 3)), rng.standard_normal((40, 1)))
    net = fresh(sizes=[3, 1], output=nn.identity)
    held = [net.copy()]
    epochs = nn.sgd(net, data, loss=nn.square, batch_size=4, eta=3e5, rng=seeded())
    with pytest.raises(nn.Diverged) as caught:
        held.extend(net.copy() for _ in epochs)
    assert f"diverged in epoch {len(held)}:" in str(caught.value)
    assert "smaller eta (it was 300000)" in str(caught.value)
    assert "The network is back where that epoch began" in str(caught.value)
    assert len(held) > 2
    assert all(np.isfinite(p).all() for p in net.parameters)
    assert same(net, held[-1])
    assert isinstance(caught.value, ArithmeticError)


def test_a_monitored_cost_that_overflows_is_a_divergence_too(rng):
    """The parameters are still finite, but no longer in a range where the cost is."""
    data = nn.Dataset(rng.standard_normal((40, 3)), rng.standard_normal((40, 1)))
    net = fresh(sizes=[3, 4, 1], hidden=nn.relu, output=nn.identity, dtype=np.float32)
    with pytest.raises(nn.Diverged, match=r"the here cost is (inf|nan) in epoch \d+"):
        nn.train(
            net, data, loss=nn.square, epochs=50, batch_size=10, eta=10, rng=seeded(), monitor={"here": data}
        )


# History


def test_history_has_a_number_for_each_epoch(blobs):
    regression = nn.Dataset(blobs.X, blobs.Y)
    history = nn.train(
        fresh(), blobs, **OPTIONS, epochs=4, rng=seeded(),
        monitor={"training": blobs, "validation": blobs[:50], "plain": regression},
    )  # fmt: skip
    assert {name: len(values) for name, values in history.epochs.items()} == dict.fromkeys(
        ["eta", "training cost", "training accuracy", "validation cost", "validation accuracy", "plain cost"],
        4,
    )
    assert len(history) == 4
    assert history["eta"] == [0.5] * 4
    assert history["plain cost"] == history["training cost"]
    assert history.best_epoch is None
    with pytest.raises(KeyError, match="'test cost' was not recorded; recorded were eta, training cost"):
        history["test cost"]
    with pytest.raises(KeyError, match="recorded were nothing"):
        nn.History()["eta"]
    assert len(nn.History()) == 0


def test_monitored_values_are_those_of_the_network_after_the_epoch(blobs):
    net, costs, right = fresh(), [], []
    for _ in itertools.islice(nn.sgd(net, blobs, **OPTIONS, rng=seeded(), regularizer=nn.L2(1)), 3):
        costs.append(nn.cost(net, blobs[:30], nn.cross_entropy))  # without the penalty
        right.append(nn.accuracy(net, blobs[:30]))
    twin = fresh()
    history = nn.train(
        twin, blobs, **OPTIONS, epochs=3, rng=seeded(), regularizer=nn.L2(1), monitor={"v": blobs[:30]}
    )
    assert history["v cost"] == costs
    assert history["v accuracy"] == right
    assert same(net, twin)


def test_progress_wraps_the_range_of_epochs(blobs):
    wrapped = []

    def progress(epochs):
        wrapped.append(epochs)
        for number in epochs:
            yield number
            wrapped.append(number)

    nn.train(fresh(), blobs, **OPTIONS, epochs=3, rng=seeded(), progress=progress)
    assert wrapped == [range(1, 4), 1, 2, 3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"epochs": 1.5}, "epochs must be a whole number"),
        ({"monitor": {"v": nn.datasets.xor()}}, "Y must have 3 columns"),
        ({"monitor": nn.datasets.xor()}, "monitor must be an object such as a mapping"),
        ({"monitor": {"v": np.eye(2)}}, r"monitor\['v'\] must be an object such as nn.Dataset"),
        ({"progress": True}, "progress must be an object such as nn.progress.bar, but is True"),
    ],
)
def test_train_names_bad_settings_before_it_starts(blobs, change, message):
    net = fresh()
    with pytest.raises((ValueError, TypeError), match=message):
        nn.train(net, blobs, **(OPTIONS | {"epochs": 1, "rng": seeded()} | change))
    assert same(net, fresh())


# Early stopping


class Scripted(type(nn.cross_entropy)):
    """Cross-entropy whose measured values are given beforehand; a value may be an interruption."""

    def __init__(self, values):
        object.__setattr__(self, "feed", iter(values))

    def values(self, f, z, Y):
        value = next(self.feed)
        if value is KeyboardInterrupt:
            raise value
        return np.full(len(Y), value)


@pytest.fixture
def scripted(blobs):
    """A run that watches a cost whose values are given."""

    def run(values, patience):
        net, after = fresh(), []

        def progress(numbers):
            for number in numbers:
                yield number
                after.append(net.copy())

        options = OPTIONS | {"loss": Scripted(values)}
        history = nn.train(
            net, blobs, **options, epochs=len(values), rng=seeded(), progress=progress,
            monitor={"validation": blobs}, early_stopping=nn.EarlyStopping(patience, "validation cost"),
        )  # fmt: skip
        return net, history, after

    return run


@pytest.mark.parametrize(
    ("values", "patience", "stops_after", "best"),
    [
        ([4, 3, 2, 1], 1, 4, 4),  # still falling at the end
        ([2, 3, 0], 1, 2, 1),
        ([2, 2, 0], 1, 2, 1),  # an equal is no new best
        ([4, 2, 3, 3, 0], 2, 4, 2),
        ([4, 2, 3, 1, 3, 2, 0], 2, 6, 4),
        ([1, 2, 3, 4], 9, 4, 1),  # patience never runs out: the best weights all the same
        ([1, 1, 1, 0], 3, 4, 4),
        ([1, 1, 1, 1, 0], 3, 4, 1),
    ],
)
def test_patience_is_counted_from_the_best_epoch(scripted, values, patience, stops_after, best):
    net, history, after = scripted(values, patience)
    assert len(history) == stops_after
    assert history.best_epoch == best
    assert same(net, after[best - 1])


def test_early_stopping_on_real_values(blobs):
    net = fresh()
    train, validation = nn.split(blobs, 30, 150, rng=seeded())
    history = nn.train(
        net, train, **OPTIONS, epochs=500, rng=seeded(), monitor={"validation": validation},
        early_stopping=nn.EarlyStopping(5),
    )  # fmt: skip
    assert len(history) == history.best_epoch + 5 < 500
    assert nn.accuracy(net, validation) == max(history["validation accuracy"])


def test_early_stopping_names_bad_settings(blobs):
    def run(watch, monitor):
        nn.train(
            fresh(), blobs, **OPTIONS, epochs=1, rng=seeded(), monitor=monitor,
            early_stopping=nn.EarlyStopping(2, watch),
        )  # fmt: skip

    message = "early stopping watches 'test cost', but monitor records v cost, v accuracy"
    with pytest.raises(ValueError, match=message):
        run("test cost", {"v": blobs})
    with pytest.raises(ValueError, match="but monitor records nothing"):
        run("validation accuracy", None)
    with pytest.raises(ValueError, match=r"but monitor records v cost$"):
        run("v accuracy", {"v": nn.Dataset(blobs.X, blobs.Y)})
    with pytest.raises(ValueError, match="patience must be at least 1"):
        nn.EarlyStopping(0)


# Interruption


@pytest.mark.parametrize("moment", ["step", "measure"])
def test_an_interrupted_run_leaves_a_network_and_a_record_of_whole_epochs(blobs, moment):
    """Control-C in the third epoch: within a step, or between two measurements after it."""
    monitor, costs = {"v": blobs[:40], "w": blobs[40:]}, [4, 4, 3, 3, 2, KeyboardInterrupt]
    options = {**OPTIONS, "rng": seeded(), "monitor": monitor, "loss": Scripted(costs)}
    if moment == "step":
        calls = itertools.count(1)

        class Interrupted(nn.SGD):
            def step(self, *args):
                if next(calls) == 2 * 18 + 7:  # 18 steps make an epoch
                    raise KeyboardInterrupt
                super().step(*args)

        options["optimizer"] = Interrupted()
    net, twin = fresh(), fresh()
    with pytest.raises(KeyboardInterrupt, match="after 2 whole epochs") as caught:
        nn.train(net, blobs, epochs=8, **options)
    whole = nn.train(twin, blobs, **OPTIONS, epochs=2, rng=seeded(), monitor=monitor)
    assert isinstance(caught.value, nn.Interrupted)
    history = caught.value.history
    assert history["v cost"] == history["w cost"] == [4, 3]
    assert history["v accuracy"] == whole["v accuracy"]
    assert history["w accuracy"] == whole["w accuracy"]
    assert not same(net, twin)  # the steps of the third epoch are not undone


def test_an_interrupted_run_with_early_stopping_goes_back_to_the_best_epoch(blobs):
    best = fresh()
    nn.train(best, blobs, **OPTIONS, epochs=1, rng=seeded())
    net = fresh()
    with pytest.raises(nn.Interrupted) as caught:
        nn.train(
            net, blobs, **OPTIONS | {"loss": Scripted([1, 2])}, epochs=4, rng=seeded(),
            monitor={"v": blobs[:40]}, early_stopping=nn.EarlyStopping(3, "v cost"), progress=stop_after(2),
        )  # fmt: skip
    assert caught.value.history.best_epoch == 1
    assert same(net, best)


def test_an_interruption_before_the_first_epoch_changes_nothing(blobs):
    net = fresh()
    with pytest.raises(nn.Interrupted) as caught:
        nn.train(net, blobs, **OPTIONS, epochs=4, rng=seeded(), progress=stop_after(0))
    assert caught.value.history == nn.History()
    assert same(net, fresh())


# Checkpoints


def stop_after(epochs):
    """A progress bar that is interrupted before the next epoch."""

    def progress(numbers):
        for count, number in enumerate(numbers):
            if count == epochs:
                raise KeyboardInterrupt
            yield number

    return progress


RUNS = {
    "sgd": {},
    "momentum": {"optimizer": nn.Momentum()},
    "adam": {"optimizer": nn.Adam(), "eta": nn.StepDecay(0.1, every=2), "regularizer": nn.L2(0.1)},
    "dropout": {"dropout": nn.Dropout(0.3)},
    "stopping": {"early_stopping": nn.EarlyStopping(3, "v cost"), "dropout": nn.Dropout(0.5)},
    "other rng": {"rng": lambda: np.random.Generator(np.random.MT19937(3)), "dropout": nn.Dropout(0.5)},
}


@pytest.fixture
def checkpointed(tmp_path, blobs):
    """Train on blobs with a checkpoint, from any seed, as if in a new process each time."""

    def run(seed=0, data=blobs, dtype=np.float32, **change):
        net = fresh(seed, dtype=dtype)
        options = OPTIONS | {"epochs": 8, "rng": seeded, "checkpoint": tmp_path / "run.npz"}
        options |= {"monitor": {"v": blobs[:40]}} | change
        options["rng"] = options["rng"]()
        return net, nn.train(net, data, **options)

    run.path = tmp_path / "run.npz"
    return run


@pytest.mark.parametrize("settings", RUNS.values(), ids=RUNS.keys())
def test_an_interrupted_run_ends_in_the_same_bits(checkpointed, settings):
    whole, history = checkpointed(checkpoint=None, **settings)
    for epochs in (3, 2):  # interrupted twice, and each time found again
        with pytest.raises(KeyboardInterrupt):
            checkpointed(**settings, progress=stop_after(epochs))
    resumed, continued = checkpointed(seed=99, **settings)  # the start no longer matters
    assert same(whole, resumed)
    assert history == continued
    assert len(history) == 8 or settings.get("early_stopping")
    assert [p.name for p in checkpointed.path.parent.iterdir()] == ["run.npz"]


def test_a_run_interrupted_within_an_epoch_goes_on_from_the_last_whole_one(monkeypatch, checkpointed, blobs):
    settings = {"optimizer": nn.Adam()}
    whole, history = checkpointed(checkpoint=None, **settings)
    step, steps = nn.Adam.step, itertools.count()

    def interrupted(*args):
        if next(steps) == 50:  # 18 steps make an epoch
            raise KeyboardInterrupt
        step(*args)

    monkeypatch.setattr(nn.Adam, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        checkpointed(**settings)
    monkeypatch.undo()
    ran = []
    resumed, continued = checkpointed(**settings, progress=lambda epochs: ran.append(epochs) or epochs)
    assert ran == [range(3, 9)]
    assert same(whole, resumed)
    assert history == continued


def test_the_best_epoch_before_an_interruption_is_still_the_one_to_beat(checkpointed):
    settings = {"early_stopping": nn.EarlyStopping(4, "v cost"), "epochs": 4}
    best, _ = checkpointed(epochs=1, checkpoint=None)
    settings["loss"] = Scripted([1, 5, 4, 3])
    with pytest.raises(KeyboardInterrupt):
        checkpointed(**settings, progress=stop_after(2))
    net, history = checkpointed(**settings)
    assert history["v cost"] == [1, 5, 4, 3]
    assert history.best_epoch == 1
    assert same(net, best)


def test_a_finished_run_is_read_and_can_go_on(checkpointed):
    net, history = checkpointed(epochs=3)
    again, same_history = checkpointed(epochs=3)
    assert same(net, again)
    assert history == same_history
    longer, _ = checkpointed(epochs=5)
    whole, _ = checkpointed(epochs=5, checkpoint=None)
    assert same(longer, whole)


def test_a_run_stopped_early_is_not_trained_further(checkpointed):
    settings = {"early_stopping": nn.EarlyStopping(1, "v accuracy"), "epochs": 200}
    net, history = checkpointed(**settings)
    assert len(history) < 200
    again, same_history = checkpointed(**settings)
    assert same(net, again)
    assert history == same_history


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"eta": 0.4}, r"its eta in epoch 1 is 0.5, not 0.4. Delete it to start anew"),
        ({"eta": lambda epoch: 0.5 if epoch < 3 else 0.1}, "its eta in epoch 3 is 0.5, not 0.1"),
        ({"batch_size": 20}, "its batch_size is 10, not 20"),
        ({"loss": nn.square}, "its loss is cross_entropy, not square"),
        ({"optimizer": nn.Adam()}, r"its optimizer is SGD\(\), not Adam"),
        ({"regularizer": nn.L2(1.0)}, "its regularizer is None, not L2"),
        ({"dropout": nn.Dropout(0.1)}, "its dropout is None, not Dropout"),
        ({"dtype": np.float64}, "its network is .*float32.*, not .*float64"),
        ({"early_stopping": nn.EarlyStopping(2, "v cost")}, "its early_stopping is None, not EarlyStopping"),
        ({"monitor": {}}, "its monitor is {'v': Dataset"),
    ],
)
def test_a_checkpoint_of_another_run_is_refused(checkpointed, change, message):
    with pytest.raises(KeyboardInterrupt):
        checkpointed(progress=stop_after(1))
    content = checkpointed.path.read_bytes()
    with pytest.raises(ValueError, match=message):
        checkpointed(**change)
    assert checkpointed.path.read_bytes() == content


@pytest.mark.parametrize("part", ["first", "last", "labels", "fewer"])
def test_a_checkpoint_of_other_data_is_refused(checkpointed, rng, part):
    data = nn.datasets.blobs(2500, classes=3, std=0.1, rng=rng)
    checkpointed(epochs=1, data=data)
    X, t = data.X.copy(), data.t.copy()
    if part == "fewer":
        X, t = X[:-1], t[:-1]
    elif part == "labels":
        t[-1] = (t[-1] + 1) % 3
    else:
        X[0 if part == "first" else -1] += 1
    with pytest.raises(ValueError, match="belongs to another run: its data is Dataset"):
        checkpointed(data=nn.Dataset.from_labels(X, t, 3))


def test_another_number_of_threads_is_told(monkeypatch, checkpointed):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    checkpointed(epochs=1)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    message = "written with 1 BLAS threads, not 3: the run goes on, but not bit for bit"
    with pytest.warns(UserWarning, match=message) as caught:
        _, history = checkpointed(epochs=2)
    assert len(history) == 2
    assert len(caught) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        checkpointed(epochs=3)


def test_threads_are_counted_as_numpy_was_told(monkeypatch):
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(nn.storage.os, "cpu_count", lambda: None)
    assert nn.storage._blas_threads() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert nn.storage._blas_threads() == 5
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    assert nn.storage._blas_threads() == 4


def test_a_damaged_checkpoint_is_refused(checkpointed):
    checkpointed(epochs=1)
    content = checkpointed.path.read_bytes()
    for length in (0, 10, len(content) // 2, len(content) - 1):
        checkpointed.path.write_bytes(content[:length])
        with pytest.raises(ValueError, match="is damaged or was not written by nnlib"):
            checkpointed()


def test_a_network_file_and_a_checkpoint_are_not_confused(checkpointed):
    nn.save(fresh(), checkpointed.path)
    with pytest.raises(ValueError, match="holds a 'nnlib network', not a 'nnlib checkpoint'"):
        checkpointed()
    checkpointed.path.unlink()
    checkpointed(epochs=1)
    with pytest.raises(ValueError, match="holds a 'nnlib checkpoint', not a 'nnlib network'"):
        nn.load(checkpointed.path)


# Measurements


@pytest.fixture
def fixed():
    """Identity in three classes, so that X is the output: four right of six, by hand."""
    net = nn.Network([np.eye(3)], [np.zeros(3)], [nn.identity])
    X = np.array([[9, 1, 1], [0, 1, 0], [1, 2, 3], [3, 2, 1], [0, 5, 4], [1, 0, 0]], float)
    return net, nn.Dataset.from_labels(X, [0, 1, 2, 1, 2, 0], 3)


def test_accuracy_and_confusion_by_hand_and_by_scikit_learn(fixed):
    net, data = fixed
    guesses = nn.classify(nn.outputs(net, data.X))
    assert guesses.tolist() == [0, 1, 2, 0, 1, 0]
    assert nn.accuracy(net, data) == 4 / 6 == metrics.accuracy_score(data.t, guesses)
    assert nn.confusion(net, data).tolist() == [[2, 0, 0], [1, 1, 0], [0, 1, 1]]
    np.testing.assert_array_equal(nn.confusion(net, data), metrics.confusion_matrix(data.t, guesses))
    empty = nn.confusion(net, data[:1])  # classes that do not occur have their rows and columns too
    assert empty.tolist() == [[1, 0, 0], [0, 0, 0], [0, 0, 0]]


def test_one_output_tells_two_classes_at_one_half():
    assert nn.classify(np.array([[0.4], [0.5], [0.6]])).tolist() == [0, 0, 1]
    net = nn.Network([[[1.0]]], [[0.0]], [nn.identity])
    data = nn.Dataset([[0.2], [0.7], [0.9]], [[0], [0], [1]], [0, 0, 1])
    assert nn.accuracy(net, data) == 2 / 3
    assert nn.confusion(net, data).tolist() == [[1, 1], [0, 1]]


def test_label_accuracy_counts_every_answer():
    net = nn.Network([np.eye(2)], [np.zeros(2)], [nn.identity])
    data = nn.Dataset([[0.9, 0.1], [0.6, 0.7], [0.2, 0.3]], [[1, 0], [1, 0], [1, 1]])
    assert nn.label_accuracy(net, data) == 3 / 6
    wrong = metrics.hamming_loss(data.Y > 0.5, nn.outputs(net, data.X) > 0.5)
    assert nn.label_accuracy(net, data) == pytest.approx(1 - wrong)


@pytest.mark.parametrize("measure", [nn.accuracy, nn.confusion])
def test_classes_are_asked_for_where_they_are_needed(fixed, measure):
    net, data = fixed
    with pytest.raises(ValueError, match=r"these data have no class numbers t; .* label_accuracy"):
        measure(net, nn.Dataset(data.X, data.Y))


def test_cost_by_hand():
    """½(2² + 0²) and ½(0² + 1²): mean 1.25; L2 with λ = 3 adds 3/(2·2)·2, since two weights are 1."""
    net = nn.Network([np.eye(2)], [np.zeros(2)], [nn.identity])
    data = nn.Dataset([[3.0, 1.0], [5.0, 0.0]], [[1.0, 1.0], [5.0, 1.0]])
    assert nn.cost(net, data, nn.square) == 1.25
    assert nn.cost(net, data, nn.square, nn.L2(3)) == 1.25 + 1.5
    assert nn.cost(net, data, nn.square, nn.L1(3)) == 1.25 + 3


def test_cost_equals_scikit_learns(blobs, rng):
    softmax = fresh(output=nn.softmax)
    expected = metrics.log_loss(blobs.t, nn.outputs(softmax, blobs.X))
    assert nn.cost(softmax, blobs, nn.log_likelihood) == pytest.approx(expected, rel=1e-12)
    one, moons = fresh(sizes=[2, 3, 1]), nn.datasets.moons(50, 0.1, rng)
    expected = metrics.log_loss(moons.t, nn.outputs(one, moons.X)[:, 0])
    assert nn.cost(one, moons, nn.cross_entropy) == pytest.approx(expected, rel=1e-12)
    expected = metrics.mean_squared_error(moons.Y, nn.outputs(one, moons.X)) / 2
    assert nn.cost(one, moons, nn.square) == pytest.approx(expected, rel=1e-12)


def test_large_data_are_measured_in_pieces_with_the_same_result(rng):
    data = nn.datasets.blobs(12_345, classes=3, std=0.5, rng=rng)
    net = fresh(dtype=np.float32)
    output = nn.outputs(net, data.X)
    np.testing.assert_allclose(output, nn.forward(net, data.X).output, rtol=1e-5)
    assert nn.cost(net, data, nn.square) == pytest.approx(float(nn.square(output, data.Y).mean()), rel=1e-5)
    assert nn.accuracy(net, data) == (output.argmax(1) == data.t).mean()
    with pytest.raises(ValueError, match="X is empty"):
        nn.outputs(net, data.X[:0])


# Every kind of task is learnt


def test_xor_is_learnt():
    data = nn.datasets.xor()
    net = fresh(1, sizes=[2, 4, 1], hidden=nn.tanh)
    nn.train(net, data, loss=nn.cross_entropy, epochs=500, batch_size=4, eta=1.0, rng=seeded())
    assert nn.accuracy(net, data) == 1
    assert nn.cost(net, data, nn.cross_entropy) < 0.05


@pytest.mark.parametrize(
    ("optimizer", "eta"),
    [(nn.SGD(), 0.5), (nn.Momentum(), 0.1), (nn.Nesterov(), 0.1), (nn.Adam(), 0.02)],
    ids=repr,
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_moons_are_told_apart_by_one_output_and_three_layers(optimizer, eta, dtype):
    train, test = (nn.datasets.moons(300, 0.1, np.random.default_rng(i)) for i in (1, 2))
    net = fresh(sizes=[2, 16, 8, 1], hidden=nn.relu, initializer=nn.He(), dtype=dtype, output=nn.sigmoid)
    nn.train(net, train, loss=nn.cross_entropy, epochs=60, eta=eta, rng=seeded(), optimizer=optimizer)
    assert net.dtype == dtype
    assert nn.accuracy(net, test) > 0.98


@pytest.mark.parametrize("kwargs", [{}, {"dropout": nn.Dropout(0.2)}, {"regularizer": nn.L2(0.1)}])
def test_blobs_are_told_apart_by_softmax(blobs, kwargs):
    net = fresh(sizes=[2, 10, 3], hidden=nn.relu, output=nn.softmax)
    nn.train(net, blobs, loss=nn.log_likelihood, epochs=20, eta=0.1, rng=seeded(), **kwargs)
    assert nn.accuracy(net, blobs) == 1


def test_several_labels_at_once(rng):
    """Is x positive, is y positive, are both: three yes/no answers."""
    X = rng.uniform(-1, 1, (400, 2))
    Y = np.stack([X[:, 0] > 0, X[:, 1] > 0, (X > 0).all(axis=1)], axis=1).astype(float)
    net = fresh(sizes=[2, 10, 3])
    nn.train(net, nn.Dataset(X, Y), loss=nn.cross_entropy, epochs=60, eta=1.0, rng=seeded())
    assert nn.label_accuracy(net, nn.Dataset(X, Y)) > 0.97


def test_regression(rng):
    X = rng.uniform(-2, 2, (300, 1))
    data = nn.Dataset(X, np.sin(2 * X))
    net = fresh(sizes=[1, 20, 20, 1], hidden=nn.tanh, output=nn.identity)
    history = nn.train(
        net, data, loss=nn.square, epochs=150, eta=0.05, rng=seeded(), optimizer=nn.Momentum(),
        monitor={"training": data},
    )  # fmt: skip
    assert list(history.epochs) == ["eta", "training cost"]
    assert nn.cost(net, data, nn.square) < 0.005 < history["training cost"][0]


def test_sgd_refuses_bad_arguments_when_it_is_called(blobs, rng):
    net = nn.Network.random([2, 3], rng=rng)
    with pytest.raises(ValueError, match="larger than the data"):
        nn.sgd(net, blobs, loss=nn.cross_entropy, batch_size=10_000, eta=0.1, rng=rng)


def test_a_checkpoint_that_cannot_work_is_refused_before_training(checkpointed, tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder"):
        checkpointed(checkpoint=tmp_path / "absent" / "run.npz")
    checkpointed(epochs=1)
    rewrite(checkpointed.path, lambda header: {k: header[k] for k in ("format", "version")})
    with pytest.raises(ValueError, match="'rates' is missing"):
        checkpointed()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"loss": "cross_entropy"},
            r"loss must be an object such as nn\.cross_entropy, but is 'cross_entropy'",
        ),
        ({"optimizer": "adam"}, "optimizer must be an object such as nn.Adam"),
        ({"optimizer": nn.Adam}, "it is a class: call it first"),
        ({"regularizer": 5.0}, "regularizer must be an object such as nn.L2"),
        ({"dropout": 0.5}, "dropout must be an object such as nn.Dropout"),
    ],
)
def test_names_numbers_and_classes_are_no_objects(blobs, rng, change, message):
    net = nn.Network.random([2, 3], rng=rng)
    settings = {"loss": nn.cross_entropy, "epochs": 1, "eta": 0.1, "rng": rng} | change
    with pytest.raises(TypeError, match=message):
        nn.train(net, blobs, **settings)
    with pytest.raises(TypeError, match=r"data must be an object such as nn\.Dataset"):
        nn.accuracy(net, blobs.X)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"data": np.ones((3, 2))}, r"data must be an object such as nn\.Dataset\(X, Y\), but is array"),
        ({"optimizer": "adam"}, r"optimizer must be an object such as nn\.Adam\(\), but is 'adam'"),
    ],
)
def test_sgd_names_what_it_was_given(blobs, rng, change, message):
    settings = {"data": blobs, "loss": nn.cross_entropy, "eta": 0.1, "rng": rng} | change
    with pytest.raises(TypeError, match=message):
        nn.sgd(fresh(), settings.pop("data"), **settings)


@pytest.mark.parametrize("function", [nn.sgd, nn.train])
def test_ten_examples_at_a_time_unless_said_otherwise(function):
    assert inspect.signature(function).parameters["batch_size"].default == 10


@pytest.mark.parametrize("optimizer", [nn.Momentum(0.9), nn.Adam()], ids=repr)
def test_sgd_starts_an_optimizer_that_remembers(blobs, optimizer):
    one, two = fresh(), fresh()
    run = {**OPTIONS, "optimizer": optimizer}
    for _ in itertools.islice(nn.sgd(one, blobs, **run, rng=seeded()), 2):
        pass
    for _ in itertools.islice(nn.sgd(two, blobs, **run, rng=seeded(), state=optimizer.start(two)), 2):
        pass
    assert same(one, two)


def test_a_cost_that_overflows_is_told_with_its_epoch(blobs):
    far = nn.Dataset(np.full((2, 2), 1e200), np.zeros((2, 3)))
    net = fresh(sizes=(2, 3), output=nn.identity)
    with pytest.raises(nn.Diverged, match="the v cost is inf in epoch 1"):
        nn.train(net, blobs, loss=nn.square, eta=0.01, rng=seeded(), epochs=1, monitor={"v": far})


@pytest.mark.parametrize(
    ("sizes", "change", "message"),
    [
        (64, {}, "sizes must be a list"),
        ([2, 3, 2], {"hidden": "relu"}, "activation of layer 1 must be an object such as nn.sigmoid"),
        ([2, 3, 2], {"output": "relu"}, "activation of layer 2 must be an object such as nn.sigmoid"),
        ([2, 3], {"initializer": 1}, r"^initializer must be an object such as nn\.He\(\), but is 1$"),
        ([2, 3], {"bias_initializer": 1}, "^bias_initializer must be an object such as nn.Constant"),
        ([2, 3], {"initializer": nn.He}, "it is a class: call it first"),
    ],
)
def test_random_networks_refuse_names_and_classes(rng, sizes, change, message):
    with pytest.raises(TypeError, match=message):
        nn.Network.random(sizes, rng=rng, **change)


def test_one_half_is_no_yes():
    """An output of exactly ½ counts as no, and so does a target of ½."""
    net = nn.Network([[[0.0], [0.0]]], [[0.0, 1.0]], [nn.sigmoid])
    data = nn.Dataset([[1.0], [1.0]], [[0.0, 1.0], [0.5, 0.5]])
    assert nn.label_accuracy(net, data) == 3 / 4
    assert nn.label_accuracy(net, nn.Dataset([[1.0]], [[1.0, 1.0]])) == 1 / 2


def test_confusion_counts_in_whole_numbers(fixed):
    net, data = fixed[:2]
    assert nn.confusion(net, data).dtype == np.int64


def test_mkl_is_asked_too(monkeypatch):
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "7")
    assert nn.storage._blas_threads() == 7


def rewrite(path, header=lambda h: h, **arrays):
    """Write a checkpoint again with other parts."""
    with np.load(path) as file:
        parts = dict(file)
    told = header(json.loads(parts["header"].tobytes()))
    np.savez(path, **parts | arrays | {"header": np.frombuffer(json.dumps(told).encode(), np.uint8)})


def test_a_checkpoint_of_a_later_version_is_refused(checkpointed):
    checkpointed(epochs=1)
    rewrite(checkpointed.path, lambda header: header | {"version": 2})
    with pytest.raises(
        ValueError, match="was written in version 2 of the format; this nnlib reads version 1"
    ):
        checkpointed()


def test_of_two_outputs_the_larger_decides():
    assert nn.classify(np.array([[0.9, 0.8], [0.1, 0.2]])).tolist() == [0, 1]


def test_the_cost_of_float32_numbers_is_summed_in_float64(rng):
    net = nn.Network.random([5, 3], rng=rng, output=nn.softmax)
    data = nn.Dataset.from_labels(rng.random((7_000, 5)).astype(np.float32), rng.integers(0, 3, 7_000), 3)
    z = nn.forward(net, data.X).z[-1]
    values = nn.log_likelihood.values(nn.softmax, z, data.Y).astype(float)
    assert nn.cost(net, data, nn.log_likelihood) == pytest.approx(values.mean(), rel=1e-13)


def test_what_needs_classes_says_what_does_without(rng):
    net, data = nn.Network.random([1, 1], rng=rng), nn.Dataset([[1.0]], [[1.0]])
    message = (
        "these data have no class numbers t; accuracy and confusion need them. For regression use cost, "
        "for several labels at once label_accuracy$"
    )
    with pytest.raises(ValueError, match=message):
        nn.accuracy(net, data)


def test_a_warning_of_train_points_to_who_called_it(monkeypatch, checkpointed):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    checkpointed(epochs=1)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    with pytest.warns(UserWarning, match="BLAS threads") as caught:
        checkpointed(epochs=2)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("part", ["weights0", "best_weights0"])
def test_a_checkpoint_that_holds_no_network_is_named(checkpointed, part):
    settings = {"early_stopping": nn.EarlyStopping(3, "v cost")}
    checkpointed(epochs=1, **settings)
    rewrite(checkpointed.path, **{part: np.full((5, 2), np.nan)})
    with pytest.raises(
        ValueError, match=r"run\.npz does not hold a whole network: a parameter must be finite"
    ):
        checkpointed(**settings)


def test_a_schedule_of_ones_own_is_told_by_its_name(checkpointed):
    """Its repr would hold an address, which is another one in the next process."""

    def make(slope):
        def rate(epoch):
            return slope / epoch

        return rate

    whole, _ = checkpointed(checkpoint=None, eta=make(0.5))
    checkpointed(epochs=3, eta=make(0.5))
    resumed, history = checkpointed(eta=make(0.5))
    assert len(history) == 8
    assert same(whole, resumed)


def test_the_message_of_an_interruption_says_where_the_record_is():
    said = str(nn.Interrupted(nn.History({"eta": [0.5, 0.5]})))
    assert said == (
        "training was interrupted after 2 whole epochs. The network can be used; the record is the attribute "
        "history of this exception, in a notebook sys.last_value.history"
    )
