"""The four listings of San José's slides run unchanged, and give what the ledger's runs give."""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnlib as nn
from nnbook.results import record, results

ROOT = Path(__file__).parents[1]
NOTES = ROOT.parent / "shared" / "notes"
RESULTS = ("mnist_quadratic", "mnist_cross_entropy", "regularised_30_l2", "listing_as_printed")
sys.path.insert(0, str(ROOT / "book" / "experiments"))
import common  # noqa: E402
import nnlib_listings  # noqa: E402, F401


def listings():
    page = json.loads((ROOT / "book" / "software.ipynb").read_text(encoding="utf-8"))
    return ["".join(c["source"]) for c in page["cells"] if "listing" in c["metadata"].get("tags", [])]


def squeezed(text):
    return re.sub(r"\s+", "", text)


def test_there_are_four_and_the_fourth_is_the_third():
    assert len(listings()) == 4
    assert listings()[3] == listings()[2]
    assert "large_weight_initializer" in listings()[3]


@pytest.mark.parametrize("number", range(4))
def test_a_listing_is_letter_for_letter_that_of_the_slides(number):
    slides = sorted(NOTES.glob("000_*.txt"))
    if not slides:
        pytest.skip("the lecture notes are not at hand")
    assert squeezed(listings()[number]) in squeezed(slides[0].read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def ran(mnist):
    """What the four print, run one after the other in one place, as they stand on the page."""
    import network
    import network2

    network.rng, network2.rng = np.random.default_rng(0), np.random.default_rng(0)
    names, said = {}, []
    for listing in listings():
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(listing, names)
        said.append(out.getvalue())
    return said


@pytest.mark.parametrize(("number", "stored"), list(enumerate(RESULTS)))
def test_its_accuracies_lie_among_those_of_the_ledger(ran, number, stored):
    """The same settings, other random numbers: within the range of the stored seeds, or near it."""
    pattern = r"Epoch \d+: (\d+) / 10000" if number == 0 else r"right on evaluation data: (\d+) / 10000"
    found = [int(n) / 10_000 for n in re.findall(pattern, ran[number])]
    assert len(found) == 30
    ends = [run[-1] for run in results(stored, "test accuracy")]
    assert min(ends) - 0.01 <= found[-1] <= max(ends) + 0.01
    if number >= 2:  # also on the training data
        training = [
            int(n) / 50_000 for n in re.findall(r"right on training data: (\d+) / 50000", ran[number])
        ]
        assert len(training) == 30
        ends = [run[-1] for run in results("regularised_30_l2", "training accuracy")]
        assert min(ends) - 0.01 <= training[-1] <= max(ends) + 0.01


def test_with_the_same_random_numbers_the_first_listing_is_the_stored_run(mnist):
    """Bit for bit, in the arithmetic of the document, where this machine has it."""
    document = record("mnist_quadratic")
    program = (
        "import json, sys; import nnlib_listings, network, mnist_loader, numpy as np\n"
        f"sys.path.insert(0, {str(ROOT / 'book' / 'experiments')!r}); import common\n"
        "network.rng = np.random.default_rng(0)\n"
        "training_data, _, test_data = mnist_loader.load_data_wrapper()\n"
        "with common.one_thread():\n"
        "    net = network.Network([784, 30, 10])\n"
        "    net.SGD(training_data, 2, 10, 3.0, test_data=test_data)\n"
        "print(json.dumps(common.arithmetic()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | common.environment(document["arithmetic"]),
        capture_output=True,
        text=True,
        check=True,
    )
    *epochs, arithmetic = done.stdout.splitlines()
    if json.loads(arithmetic) != document["arithmetic"] or document["numpy"] != np.__version__:
        pytest.skip("this processor adds up otherwise than the one that wrote the results")
    stored = results("mnist_quadratic", "test accuracy")[0][:2]
    assert epochs == [f"Epoch {k}: {round(10_000 * a)} / 10000" for k, a in enumerate(stored)]


@pytest.fixture
def few():
    """Twelve pairs of columns, as mnist_loader makes them, and the same as a data set."""
    digits = nn.datasets.digits().train[:12]
    pairs = [(x[:, None], y[:, None]) for x, y in zip(digits.X, digits.Y, strict=True)]
    return pairs, [(x[:, None], int(t)) for x, t in zip(digits.X, digits.t, strict=True)], digits


def test_columns_go_in_and_come_out(few):
    import network

    network.rng = np.random.default_rng(1)
    pairs, labelled, _ = few
    net = network.Network([64, 5, 10])
    assert (net.num_layers, net.sizes) == (3, [64, 5, 10])
    assert [W.shape for W in net.weights] == [(5, 64), (10, 5)]
    assert [b.shape for b in net.biases] == [(5, 1), (10, 1)]
    a = pairs[0][0]
    for W, b in zip(net.weights, net.biases, strict=True):
        a = 1 / (1 + np.exp(-(W @ a + b)))
    np.testing.assert_allclose(net.feedforward(pairs[0][0]), a, atol=1e-5)
    right = sum(int(net.feedforward(x).argmax() == t) for x, t in labelled)
    assert net.evaluate(labelled) == right


def test_what_is_monitored_is_returned(few, capsys):
    import network2

    network2.rng = np.random.default_rng(2)
    pairs, labelled, digits = few
    net = network2.Network([64, 5, 10])
    found = net.SGD(
        pairs, 3, 4, 0.5, lmbda=0.1, evaluation_data=labelled, monitor_evaluation_cost=True,
        monitor_evaluation_accuracy=True, monitor_training_cost=True, monitor_training_accuracy=True,
    )  # fmt: skip
    assert [len(values) for values in found] == [3, 3, 3, 3]
    cost = nn.cost(net.net, digits, nn.cross_entropy) + nn.L2(0.1).penalty(net.net, 12)
    np.testing.assert_allclose([found[0][-1], found[2][-1]], cost, rtol=1e-5)
    assert found[1] == found[3]
    assert found[3][-1] == round(12 * nn.accuracy(net.net, digits))
    assert capsys.readouterr().out.count("Epoch") == 3
    with pytest.raises(ValueError, match="evaluation_data is to be monitored"):
        net.SGD(pairs, 1, 4, 0.5, monitor_evaluation_accuracy=True)


def test_the_penalty_and_the_cost_are_those_that_were_asked_for(few):
    import network2

    pairs, _, digits = few
    for cost, lmbda in ((network2.CrossEntropyCost, 6.0), (network2.QuadraticCost, 0.0)):
        network2.rng = np.random.default_rng(4)
        net = network2.Network([64, 5, 10], cost=cost)
        twin, state = net.net.copy(), network2.rng.bit_generator.state
        net.SGD(pairs, 2, 4, 0.5, lmbda=lmbda)
        rng = np.random.default_rng()
        rng.bit_generator.state = state
        nn.train(twin, digits, loss=cost, epochs=2, batch_size=4, eta=0.5, rng=rng, regularizer=nn.L2(lmbda))
        for mine, theirs in zip(net.net.parameters, twin.parameters, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_no_examples_are_refused_with_a_reason():
    import network

    with pytest.raises(ValueError, match="pairs of columns, as mnist_loader makes it, but it is empty"):
        network.Network([4, 3, 2]).SGD([], 1, 10, 3.0)


def test_the_two_starts():
    import network2

    network2.rng = np.random.default_rng(3)
    net = network2.Network([784, 100, 10], cost=network2.QuadraticCost)
    assert abs(net.net.weights[0].std() * 28 - 1) < 0.02
    net.large_weight_initializer()
    assert abs(net.net.weights[0].std() - 1) < 0.02
    net.default_weight_initializer()
    assert abs(net.net.weights[0].std() * 28 - 1) < 0.02
    assert net.cost is nn.square
