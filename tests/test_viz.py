import base64
import itertools
import os

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

import nnlib as nn
from nnlib import viz


@pytest.fixture(autouse=True)
def close_figures():
    with plt.rc_context():
        viz.use_style()
        yield
    plt.close("all")


def test_every_function_draws_on_the_axes_given_and_returns_them(rng, blobs):
    net = nn.Network.random([784, 30, 10], rng=rng)
    image = rng.random((1, 784))
    calls = [
        (viz.points, (blobs,)),
        (viz.decision_regions, (lambda X: (X[:, 0] > 0).astype(int), blobs)),
        (viz.network_diagram, (net,)),
        (viz.images, (rng.random((7, 784)),)),
        (viz.weight_images, (net.weights[0],)),
        (viz.curves, (np.arange(4), rng.random((3, 4)), "runs")),
        (viz.confusion_matrix, (np.eye(3, dtype=int),)),
        (viz.reading, (net, image)),
        (viz.predictions, (net, nn.Dataset.from_labels(image, [3], 10))),
    ]
    for function, arguments in calls:
        _, ax = plt.subplots()
        assert function(*arguments, ax) is ax
        assert len(plt.get_fignums()) == 1
        ax.figure.canvas.draw()
        plt.close("all")
        assert function(*arguments) is not ax  # on new axes
        plt.close("all")


def test_line_stands_at_right_angles_to_w():
    _, ax = plt.subplots()
    ax.set_xlim(-1, 1)
    ax.set_ylim(-1, 1)
    viz.line(np.array([3.0, 4.0]), -1.0, ax, label="here")
    ends = ax.lines[0].get_xydata()
    np.testing.assert_allclose(ends @ [3, 4] - 1, 0, atol=1e-12)  # both ends on w·x + b = 0
    assert ax.get_xlim() == (-1, 1)
    with pytest.raises(ValueError, match="not both 0"):
        viz.line(np.zeros(2), 0, ax)


def test_network_diagram_shows_sign_and_size_of_each_weight():
    net = nn.Network([[[1.0, -2.0]], [[4.0]]], [[0.0], [0.0]], [nn.sigmoid, nn.sigmoid])
    ax = viz.network_diagram(net)
    drawn = {
        (tuple(plt.matplotlib.colors.to_rgb(c.get_color()[0])), round(float(w), 6)): len(c.get_segments())
        for c in ax.collections
        if isinstance(c, plt.matplotlib.collections.LineCollection)
        for w in c.get_linewidths()
    }
    blue, orange = map(plt.matplotlib.colors.to_rgb, (viz.BLUE, viz.ORANGE))
    assert drawn == {(blue, 1.5): 1, (orange, 2.8): 1, (blue, 2.8): 1}


def test_curves_band_spans_the_runs():
    ax = viz.curves(np.arange(3), np.array([[0.0, 1, 2], [2.0, 1, 4]]), "mean")
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [1, 1, 3])
    y = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (y.min(), y.max()) == (0, 4)
    assert ax.texts[0].get_text() == "mean"


def test_images_lie_where_they_should(rng):
    X = rng.random((3, 4))
    sheet = viz.images(X, columns=2, shape=(2, 2)).images[0].get_array()
    np.testing.assert_array_equal(sheet[:2, :2], X[0].reshape(2, 2))
    np.testing.assert_array_equal(sheet[:2, 4:6], X[1].reshape(2, 2))
    np.testing.assert_array_equal(sheet[4:6, :2], X[2].reshape(2, 2))


def test_weight_images_scale_each_neuron_by_itself():
    sheet = viz.weight_images(np.array([[1.0, -2, 0, 2], [0.1, 0, 0, 0]]), shape=(2, 2)).images[0].get_array()
    np.testing.assert_allclose(sheet[:2, :2], [[0.5, -1], [0, 1]])
    assert sheet[0, 4] == 1


def test_confusion_matrix_shades_errors_only():
    ax = viz.confusion_matrix(np.array([[90, 3], [0, 80]]), names=["cat", "dog"])
    np.testing.assert_array_equal(ax.images[0].get_array(), [[0, 3], [0, 0]])
    assert sorted(t.get_text() for t in ax.texts) == ["3", "80", "90"]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["cat", "dog"]


def test_reading_marks_the_answer(rng):
    net = nn.Network.random([784, 30, 10], rng=rng)
    image = rng.random((1, 784))
    ax = viz.reading(net, image)
    colours = [plt.matplotlib.colors.to_hex(bar.get_facecolor()).upper() for bar in ax.patches[:10]]
    assert [c == viz.BLUE for c in colours].index(True) == nn.outputs(net, image).argmax()
    assert colours.count(viz.BLUE) == 1


def test_predictions_show_right_and_wrong_answers():
    X = np.array([[1.0, 0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 0]])
    net = nn.Network([np.eye(3, 4)], [np.zeros(3)], [nn.softmax])  # image k lights pixel k: answer k
    ax = viz.predictions(
        net, nn.Dataset.from_labels(X, [0, 2, 2], 3), names=["cat", "dog", "hen"], shape=(2, 2)
    )
    assert [t.get_text() for t in ax.texts] == ["cat", "dog ≠ hen", "hen"]
    assert [t.get_color() for t in ax.texts] == ["black", viz.ORANGE, "black"]
    np.testing.assert_array_equal(ax.images[0].get_array()[:2, :2], X[0].reshape(2, 2))


RECORD = {
    "eta": [0.5, 0.5, 0.5],
    "training cost": [0.9, 0.5, 0.3],
    "training accuracy": [0.5, 0.8, 0.9],
    "validation cost": [0.9, 0.6, 0.7],
    "validation accuracy": [0.5, 0.7, 0.6],
}


def test_history_has_a_panel_for_costs_and_one_for_accuracies():
    record = nn.History(RECORD, best_epoch=2)
    cost, accuracy = viz.history(record)
    assert [ax.get_ylabel() for ax in (cost, accuracy)] == ["cost", "accuracy"]
    for ax, kind in ((cost, "cost"), (accuracy, "accuracy")):
        training, validation, best = ax.lines
        np.testing.assert_array_equal(training.get_xdata(), [1, 2, 3])
        np.testing.assert_array_equal(training.get_ydata(), RECORD[f"training {kind}"])
        np.testing.assert_array_equal(validation.get_ydata(), RECORD[f"validation {kind}"])
        assert training.get_linestyle() != validation.get_linestyle()
        assert list(best.get_xdata()) == [2, 2]
        assert [t.get_text() for t in ax.get_legend().get_texts()] == ["training", "validation", "best epoch"]


def test_history_draws_on_the_axes_given_and_without_accuracies():
    record = nn.History({"eta": [0.5], "validation cost": [0.3]})
    _, ax = plt.subplots()
    assert viz.history(record, [ax]) == [ax]
    assert ax.lines[0].get_marker() == "o"  # a line through one point would not be seen
    with pytest.raises(ValueError, match="axes must be 1, for cost, but are 2"):
        viz.history(record, [ax, ax])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: viz.history(nn.History()), "give train data to measure"),
        (
            lambda: viz.predictions(
                nn.Network([np.eye(3)], [np.zeros(3)], [nn.softmax]),
                nn.Dataset.from_labels(np.eye(3), [0, 1, 2], 3),
                names=["cat", "dog"],
                shape=(3, 1),
            ),
            "names must call each of 3 classes, but there are 2",
        ),
        (lambda: viz.history(nn.History({"eta": [0.5]})), "give train data to measure"),
        (
            lambda: viz.predictions(
                nn.Network.random([784, 2], rng=np.random.default_rng(0)),
                nn.Dataset(np.zeros((1, 784)), np.zeros((1, 2))),
            ),
            "class numbers t",
        ),
        (lambda: viz.points(nn.datasets.digits().test), "two inputs"),
        (lambda: viz.images(np.zeros((2, 5))), "784 columns"),
        (lambda: viz.images(np.zeros((2, 784)), labels=[1]), "each of 2 images"),
        (lambda: viz.confusion_matrix(np.zeros((2, 3))), "square"),
        (lambda: viz.curves(np.arange(3), np.zeros((2, 4)), ""), "3 columns"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_results_are_read_by_name():
    from nnbook.results import record, results

    assert record("mnist_quadratic")["settings"]["eta"] == 3.0
    assert len(results("mnist_quadratic", "test accuracy")) == 20
    with pytest.raises(KeyError, match="known are activation_race, artificial_data"):
        record("../secret")
    with pytest.raises(KeyError, match="test accuracy"):
        results("mnist_quadratic", "nothing")


# What those see who lack one kind of cone: Machado, Oliveira and Fernandes (2009), on linear light.
DICHROMATS = {
    "nobody": np.eye(3),
    "protanope": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranope": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanope": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
]


def seen(colour, cones):
    """A colour in CIELAB, where a distance of about 2.3 is just noticed."""
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    light = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(cones @ light, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("who", DICHROMATS)
def test_the_colours_of_figures_differ_for_everyone(who):
    colours = (viz.BLUE, viz.ORANGE, viz.GREEN, viz.PURPLE, viz.GREY)
    points = [seen(colour, np.array(DICHROMATS[who])) for colour in colours]
    assert min(np.linalg.norm(p - q) for p, q in itertools.combinations(points, 2)) > 4 * 2.3


def test_classes_differ_in_shape_besides():
    assert len(set(viz.MARKERS)) == len(viz.MARKERS) >= 10


@pytest.mark.parametrize("first", ["", "%matplotlib inline\n"])
def test_a_notebook_shows_a_figure_as_large_as_the_page_does(first):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    codes = [
        f"{first}import matplotlib.pyplot as plt\nfrom nnlib import viz\nviz.use_style()",
        "plt.subplots(figsize=(4, 2))\nplt.show()",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in codes])
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    nbclient.NotebookClient(notebook, kernel_name="python3").execute(env=env)
    (shown,) = notebook.cells[1].outputs
    assert 370 < shown.metadata["image/png"]["width"] < 430  # inches of 100 pixels
    picture = base64.b64decode(shown.data["image/png"])
    assert int.from_bytes(picture[16:20], "big") // 2 == shown.metadata["image/png"]["width"]
