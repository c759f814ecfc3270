"""The derivation checker, and the five courses' derivations under it."""

import itertools
import subprocess
import sys
from pathlib import Path

import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from autograd import jacobian
from hypothesis import given, settings
from hypothesis import strategies as st

import nnlib as nn
from nnbook.teaching import Model, Report, Verdict, derivation, lectures

ROOT = Path(nn.__file__).parents[1]

NET = Model(
    given={"x": (3,), "W1": (2, 3), "b1": (2,), "w2": (2,), "b2": (), "y": ()},
    steps={
        "z1": "W1 @ x + b1",
        "a1": "sigmoid(z1)",
        "z2": "w2 @ a1 + b2",
        "a2": "sigmoid(z2)",
        "C": "(a2 - y)**2 / 2",
    },
)
CHAIN = [  # six ways to write ∂C/∂W1
    "sum(d(C, a1)[j] * d(a1, W1)[j] for j in range(2))",
    "sum(d(C, z1)[j] * d(z1, W1)[j] for j in range(2))",
    "np.outer(d(C, z1), x)",
    "np.outer(d(C, a1) * dsigmoid(z1), x)",
    "np.outer(d(C, z2) * w2 * dsigmoid(z1), x)",
    "np.outer((a2 - y) * dsigmoid(z2) * w2 * dsigmoid(z1), x)",
]
SQUARE = Model(given={"x": ()}, steps={"u": "3 * x", "C": "u**2"})


def problem(model, target, line, **indices):
    """What is said of a single line."""
    return model.check(target, [line], **indices).lines[0].problem


# Worked arithmetic


def fixed(**values):
    """Given names of which every point has the same value."""
    return {name: lambda rng, value=value: np.array(value, float) for name, value in values.items()}


@pytest.mark.parametrize(
    ("target", "value"),
    [("C", 36), ("d(C, x)", 36), ("d(C, u)", 12), ("d(u, x)", 3), ("d(u, C)", 0), ("d(x, u)", 0),
     ("d(x, x)", 1), ("d(u * x, x)", 12), ("d(u * x, u)", 2), ("d(u**3, C)", 0),
     ("d(C + 5, u) * d(u, x)", 36), ("d(u, x) * d(u, u)", 3)],
)  # fmt: skip
def test_worked_numbers(target, value):
    model = Model(given=fixed(x=2.0), steps={"u": "3 * x", "C": "u**2"})
    right, wrong = model.check(target, [f"{value}", f"{value} + 1e-4"]).lines
    assert right.equal
    assert not wrong.equal


def test_a_matrix_by_hand():
    model = Model(given=fixed(W=[[1, 2], [3, 4]], x=[5, 6]), steps={"z": "W @ x", "C": "z @ z / 2"})
    report = model.check(
        "d(C, W)", ["np.array([[85, 102], [195, 234]])", "np.array([[85, 195], [102, 234]])"]
    )
    assert report.first_wrong == 2
    assert model.check("z", ["np.array([17, 39])"]).first_wrong is None
    assert model.check("d(z, x)", ["W", "W.T"]).first_wrong == 2


def test_shapes_of_derivatives():
    for quantity, name, shape in [
        ("C", "b2", ()),
        ("z1", "x", (2, 3)),
        ("a1", "W1", (2, 2, 3)),
        ("W1", "W1", (2, 3, 2, 3)),
    ]:
        assert NET.check(f"np.shape(d({quantity}, {name}))", [f"np.array({shape})"]).first_wrong is None


def test_a_step_is_moved_after_it_has_been_computed():
    assert NET.check("d(C, a1)", ["(a2 - y) * dsigmoid(z2) * w2"]).first_wrong is None
    assert NET.check("d(z1, a1)", ["np.zeros((2, 2))"]).first_wrong is None  # upstream of a1


# The derivatives against oracles that share no code


def layers(p):
    """The network NET with tanh and softmax, step by step, from the step after `p` names."""
    names = {
        "z1": lambda v: anp.dot(v["W1"], v["x"]) + v["b1"],
        "a1": lambda v: (anp.exp(v["z1"]) - anp.exp(-v["z1"])) / (anp.exp(v["z1"]) + anp.exp(-v["z1"])),
        "z2": lambda v: anp.dot(v["W2"], v["a1"]) + v["b2"],
        "a2": lambda v: anp.exp(v["z2"]) / anp.sum(anp.exp(v["z2"])),
        "C": lambda v: -anp.log(v["a2"][1]) + anp.sum(v["W1"] ** 2),
    }
    for name, step in names.items():
        if name not in p:
            p = {**p, name: step(p)}
    return p


@pytest.mark.parametrize("seed", range(3))
def test_against_autograd(seed):
    rng = np.random.default_rng(seed)
    shapes = {"x": (3,), "W1": (4, 3), "b1": (4,), "W2": (2, 4), "b2": (2,)}
    values = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    everything = layers(values)
    order = [*everything]
    oracle = {}
    for name, quantity in itertools.product(order, order[len(shapes) :]):
        if quantity != name:
            before = {key: everything[key] for key in order[: max(order.index(name), len(shapes))]}

            def moved(value, before=before, name=name, quantity=quantity):
                return layers({**before, name: value})[quantity] + 0 * anp.sum(value)

            oracle[quantity, name] = jacobian(moved)(everything[name])
    model = Model(
        given={name: lambda rng, v=value: v for name, value in values.items()},
        steps={"z1": "W1 @ x + b1", "a1": "tanh(z1)", "z2": "W2 @ a1 + b2",
               "a2": "exp(z2) / sum(exp(z2))", "C": "-ln(a2[1]) + np.sum(W1**2)"},
        functions={"truth": lambda *, q, n: oracle[q, n]},
    )  # fmt: skip
    assert len(oracle) == 45
    for quantity, name in oracle:
        line = f"truth(q='{quantity}', n='{name}')"
        off = f"{line} + 3e-6 * np.abs({line}).max() + 1e-10"
        report = model.check(f"d({quantity}, {name})", [line, off])
        assert report.first_wrong == 2, report


def test_against_sympy():
    w, x, b = sympy.symbols("w x b")
    output = sympy.tanh(w * sympy.exp(-x) + b) ** 2 / (1 + x**2)
    model = Model(
        given={"w": (), "x": (), "b": ()}, steps={"z": "w * exp(-x) + b", "f": "tanh(z)**2 / (1 + x**2)"}
    )
    for name, symbol in (("w", w), ("x", x), ("b", b)):
        printed = str(sympy.diff(output, symbol))
        assert model.check(f"d(f, {name})", [printed]).first_wrong is None
        assert model.check(f"d(f, {name})", [f"1.00001 * ({printed})"]).first_wrong == 1


def test_functions_and_their_slopes():
    for name in ("sigmoid", "tanh", "relu"):
        model = Model(given={"z": (4,)}, steps={"a": f"{name}(z)"})
        assert model.check("d(a, z)", [f"np.diag(d{name}(z))"]).first_wrong is None


# A fault in any place


FAULTS = {
    "2 * ({})": "2 times",
    "-({})": "-1 times",
    "({}) * 1.00001": "1 times",
    "({}) + 1e-4": "entry",
    "({}) / dsigmoid(z2)": "entry",
    "({}).T": "shape",
    "({})[0]": "shape",
    "({}) * np.ones((1, 2, 3))": "shape",
    "({}) * 0": "it is 0",
    "({}) * y / abs(y)": "there is no abs",
    "({}) * np.sign(y)": "of 5 points",
    "({}) * w3": "there is no w3",
    "({}": "no expression",
    "({}) @ w2": "do not fit together",
}


def test_the_chain_is_right():
    report = NET.check("d(C, W1)", CHAIN)
    assert report.first_wrong is None
    assert [line.number for line in report.lines] == [1, 2, 3, 4, 5, 6]
    assert all(line.equal and not line.problem for line in report.lines)


@given(
    place=st.integers(0, 5),
    fault=st.sampled_from(sorted(FAULTS)),
    order=st.permutations(range(6)),
    later=st.integers(0, 5),
)
def test_a_fault_is_found_where_it_is(place, fault, order, later):
    lines = [CHAIN[i] for i in order]
    lines[place] = fault.format(lines[place])
    report = NET.check("d(C, W1)", lines)
    assert report.first_wrong == place + 1
    assert [line.equal for line in report.lines] == [i != place for i in range(6)]
    if later > place:
        lines[later] = f"2 * ({lines[later]})"
        assert NET.check("d(C, W1)", lines).first_wrong == place + 1


@pytest.mark.parametrize(("fault", "said"), FAULTS.items())
def test_what_is_said_of_a_fault(fault, said):
    assert said in problem(NET, "d(C, W1)", fault.format(CHAIN[-1]))


def test_a_missing_factor_is_found():
    whole = ["(a2 - y)", "dsigmoid(z2)", "w2", "dsigmoid(z1)"]
    for missing in range(4):
        line = f"np.outer({' * '.join(whole[:missing] + whole[missing + 1 :])}, x)"
        assert NET.check("d(C, W1)", [CHAIN[0], line, CHAIN[1]]).first_wrong == 2


def test_a_forward_quantity_can_be_checked_too():
    assert NET.check("z2", ["w2 @ sigmoid(W1 @ x + b1) + b2", "w2 @ a1", "z2"]).first_wrong == 2


@settings(max_examples=40)
@given(
    sizes=st.tuples(*[st.integers(1, 4)] * 4),
    f=st.sampled_from(["sigmoid", "tanh", "relu"]),
    seed=st.integers(0, 2**32),
)
def test_no_right_derivation_is_called_wrong(sizes, f, seed):
    """BP1 to BP4 in networks of all shapes, at points near kinks too."""
    n0, n1, n2, n3 = sizes

    def drawn(*shape):
        return lambda rng: np.random.default_rng([seed, int(rng.integers(2**32))]).standard_normal(shape)

    model = Model(
        given={"a0": drawn(n0), "W1": drawn(n1, n0), "b1": drawn(n1), "W2": drawn(n2, n1), "b2": drawn(n2),
               "W3": drawn(n3, n2), "b3": drawn(n3), "y": drawn(n3)},
        steps={"z1": "W1 @ a0 + b1", "a1": f"{f}(z1)", "z2": "W2 @ a1 + b2", "a2": f"{f}(z2)",
               "z3": "W3 @ a2 + b3", "a3": f"{f}(z3)", "C": "sum((a3 - y)**2) / 2"},
    )  # fmt: skip
    error = f"(a3 - y) * d{f}(z3)"
    assert model.check("d(C, z3)", [error]).first_wrong is None
    for layer in (2, 1):
        error = f"W{layer + 1}.T @ ({error}) * d{f}(z{layer})"
        assert model.check(f"d(C, b{layer})", [error]).first_wrong is None
        assert model.check(f"d(C, W{layer})", [f"np.outer({error}, a{layer - 1})"]).first_wrong is None


def test_points_beside_a_kink_are_passed_over():
    model = Model(
        given={"x": lambda rng: rng.choice([-1, -1e-5, 1e-5, 1.5e-4, 1]) * rng.uniform(0.5, 1)},
        steps={"a": "relu(x)", "C": "a**2 + a"},
    )
    assert model.check("d(C, x)", ["(2 * a + 1) * drelu(x)"]).first_wrong is None
    assert model.check("d(C, x)", ["(2 * a + 1)"]).first_wrong == 1
    edge = Model(given={"x": lambda rng: 0.3e-4}, steps={"a": "relu(x)"})
    with pytest.raises(ValueError, match="among 200 random points too few"):
        edge.check("d(a, x)", ["1"])


def test_points_where_a_step_is_infinite_are_passed_over():
    model = Model(given={"x": ()}, steps={"u": "ln(x)"})  # half of the points
    assert model.check("d(u, x)", ["1 / x"]).first_wrong is None


def test_the_same_points_every_time():
    first, second = (NET.check("d(C, W1)", ["W1", *CHAIN]) for _ in range(2))
    assert str(first) == str(second)
    assert first == second


def test_small_gradients_are_compared_by_their_own_size():
    model = Model(given={"x": ()}, steps={"C": "1e-6 * x**2"})
    assert model.check("d(C, x)", ["2e-6 * x"]).first_wrong is None
    assert model.check("d(C, x)", ["2.001e-6 * x"]).first_wrong == 1


def test_steep_functions():
    model = Model(given={"x": lambda rng: rng.random()}, steps={"C": "exp(40 * x)"})
    assert model.check("d(C, x)", ["40 * C"]).first_wrong is None


def test_a_target_that_is_mostly_zero():
    """A ReLU that is dead at nine points in ten: the few where it lives are looked for."""
    model = Model(given={"x": (), "b": ()}, steps={"a": "relu(0 * b - x - 1.3)", "C": "a**2"})
    assert model.check("d(C, x)", ["-2 * a", "-2 * a * drelu(-x)"]).first_wrong is None
    assert [line.equal for line in model.check("d(C, x)", ["-3 * a", "0 * x"]).lines] == [False, False]
    assert [line.equal for line in model.check("drelu(-x - 1.3)", ["1", "0"]).lines] == [False, False]
    assert model.check("d(a, b)", ["0", "1e-9"]).first_wrong == 2


def test_a_target_that_is_zero_but_for_rounding():
    model = Model(given={"z": (4,)}, steps={"a": "exp(z) / sum(exp(z))", "s": "sum(a)"})
    assert model.check("d(100 * s, z)", ["np.zeros(4)", "a * 1e-6"]).first_wrong == 2


def test_points_where_the_target_drowns_in_rounding():
    """Saturated and far from its target: C is about 5,000, its slope 400 e^(-2x), tiny at most points."""

    def model(least, span):
        return Model(
            given={"x": lambda rng: least + span * rng.random(), "y": lambda rng: 100.0},
            steps={"a": "tanh(x)", "C": "(a - y)**2 / 2"},
        )

    slope = "(a - y) * dtanh(x)"
    assert model(4, 12).check("d(C, x)", [slope, f"1.00001 * {slope}"]).first_wrong == 2
    assert model(8, 5).check("d(C, x)", [slope, f"1.02 * {slope}"]).first_wrong == 2  # the best of the bad


# Indices


def test_free_indices_stand_for_all_their_values():
    for target, line in [
        ("d(C, W1)[j, k]", "d(C, z1)[j] * x[k]"),
        ("d(z1, x)[j, k]", "W1[j, k]"),
        ("d(C, W1)[j, k]", "sum(d(C, z1)[i] * d(z1, W1)[i, j, k] for i in range(2))"),
        ("d(C, W1)[j]", "d(C, z1)[j] * x + 0 * k"),
    ]:
        assert NET.check(target, [line], j=range(2), k=range(3)).first_wrong is None
    assert (
        NET.check("d(C, W1)[j - 1, k]", ["d(C, z1)[j - 1] * x[k]"], j=range(1, 3), k=range(3)).first_wrong
        is None
    )
    assert "for j = 1, k = 2" in problem(
        NET, "d(C, W1)[j, k]", "d(C, z1)[j] * x[k] + (j == 1) * (k == 2)", j=range(2), k=range(3)
    )
    assert "its shape is (3,), that of d(C, W1)[j, 0] is ()" in problem(
        NET, "d(C, W1)[j, 0]", "W1[j]", j=range(2)
    )
    assert "for j = 1 entry [2]" in problem(NET, "W1[j]", "W1[j] + j * (x == x[2])", j=range(2))


def test_a_letter_has_one_meaning():
    said = problem(NET, "d(C, b1)[j]", "sum(w2[j] for j in range(2))", j=range(2))
    assert said == "cannot be read: j is a free index and is summed over as well"
    said = problem(NET, "d(C, b1)", "sum(w2[y] for y in range(2))")
    assert said == "cannot be read: y is a quantity of the model and cannot count a sum"
    assert NET.check("d(C, b2)", ["sum(d(C, a1)[j] * 0 for j in range(2)) + d(C, z2)"]).first_wrong is None


def test_whole_numbers_are_indices():
    model = Model(
        given={"z": (4,), "t": lambda rng: rng.integers(4)},
        steps={"C": "-z[t] + ln(sum(exp(z)))"},
    )
    lines = ["exp(z[j]) / sum(exp(z)) - (j == t)", "exp(z[j]) / sum(exp(z))"]
    assert model.check("d(C, z)[j]", lines, j=range(4)).first_wrong == 2
    assert "t holds whole numbers, so there is no d(C, t)" in problem(model, "C", "d(C, t)")


# What cannot be read or computed


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("w2 @ x * (a2 - y)", "w2 has shape (2,) and x has shape (3,), which do not fit together"),
        ("2 * (W1 @ x @ x)", "W1 @ x has shape (2,) and x has shape (3,), which do not fit together"),
        ("np.exp(W1 + b1)", "W1 has shape (2, 3) and b1 has shape (2,), which do not fit together"),
        ("d(W1 @ w2, x)", "W1 has shape (2, 3) and w2 has shape (2,), which do not fit together"),
        ("x[3]", "x has shape (3,) and no entry [3]"),
        ("W1[:, 1][5]", "W1[:, 1] has shape (2,) and no entry [5]"),
        ("log(a2)", "there is no log; there are x, W1, b1, w2, b2, y, z1, a1, z2, a2, C, and the functions"),
        ("d(C, W7)", "there is no W7; there are x, W1,"),
        ("d(K, W1)", "there is no K; there are x, W1,"),
        ("d(C, sigmoid)", "there is no sigmoid; there are x"),
        ("sum(v[k] for k in range(2))", "there is no v; there are"),
        ("sum(x[k] @ 2 for k in range(2))", "cannot be computed: sum("),
        ("open('file')", "there is no open"),
        ("W1^2", "W1 ^ 2: a power is written **"),
        ("1 / 0", "1 / 0: division by zero"),
        ("a2(1 - a2)", "not callable"),
        ("2 a2", "this is no expression: invalid syntax"),
        ("(a2", "this is no expression: '(' was never closed"),
        ("", "this is no expression"),
        ("C = 1", "this is no expression"),
        ("'C'", "it is not a number or an array of numbers"),
        ("[W1, x]", "inhomogeneous"),
        ("ln(-C)", "it is not finite at some points"),
        ("d(C, W1[0, 1])", "in d(C, W1[0, 1]) an index stands too early; write d(C, W1)[…]"),
        ("d(C, 2 * W1)", "in d(C, 2 * W1) the second must be a name, as in d(C, W1)"),
        ("d(C)", "d(C) should have the form d(C, W1)"),
        ("d(d(C, W1), W1)", "d(d(C, W1), W1) is a derivative of a derivative, which is not supported"),
    ],
)  # fmt: skip
def test_a_line_without_a_value(line, said):
    found = problem(NET, "C", line)
    assert said in found
    assert found.startswith(("cannot be computed: ", "cannot be read: "))


def test_a_line_that_fails_leaves_no_trace():
    lines = ["d(W1 @ w2, x)", "sum(d(nothing, W1) for k in range(2))", "d(C, W1)", "d(C[k], x)"]
    assert [line.equal for line in NET.check("d(C, W1)", lines).lines] == [False, False, True, False]


def test_an_index_out_of_reach_names_its_values():
    said = problem(NET, "d(C, W1)[j, k]", "x[j] * w2[k]", j=range(2), k=range(3))
    assert said == "cannot be computed: w2 has shape (2,) and no entry [k] for k = 2"
    said = problem(NET, "d(C, b1)[j]", "x[:j + 1]", j=range(2))
    assert said == "cannot be computed: its shape changes with j"


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"given": {"x": 3}}, ValueError, "given['x'] must be a shape such as (2, 3), or a function of a "
         "random generator, but is 3; a vector of 3 numbers has shape (3,)"),
        ({"given": {"x": [3]}}, ValueError, "given['x'] must be a shape"),
        ({"given": {"x": (0,)}}, ValueError, "given['x'] must be a shape"),
        ({"given": {"2x": ()}}, ValueError, "'2x' cannot be a name"),
        ({"given": {"lambda": ()}}, ValueError, "'lambda' cannot be a name"),
        ({"given": {"d": ()}}, ValueError, "d is a function that expressions use; call"),
        ({"steps": {"exp": "x"}}, ValueError, "exp is a function that expressions use"),
        ({"steps": {"x": "x"}}, ValueError, "x is given, and computed by a step"),
        ({"functions": {"sum": sum}}, ValueError, "functions must not replace sum"),
        ({"functions": {"x": sum}}, ValueError, "x is a function that expressions use"),
        ({"steps": {"z": "w * x"}}, ValueError, "the step z = 'w * x' cannot be computed: there is no w"),
        ({"steps": {"z": "a * x", "a": "x"}}, ValueError, "the step z = 'a * x' cannot be computed: a is"),
        ({"steps": {"z": "z * x"}}, ValueError, "z is computed later"),
        ({"steps": {"z": "x @ np.ones(2)"}}, ValueError, "x has shape (3,) and np.ones(2) has shape (2,)"),
        ({"steps": {"z": "x +"}}, ValueError, "the step z = 'x +' cannot be computed: this is no expression"),
        ({"steps": {"z": "d(x, x)"}}, ValueError, "d(…) can stand in a line, not in a step"),
        ({"steps": {"z": "'x'"}}, ValueError, "it is not a number"),
        ({"steps": {"z": "sum(x for x in range(2))"}}, ValueError, "x is a quantity of the model"),
        ({"steps": {"z": "ln(-x @ x)"}}, ValueError, "among 200 random points too few"),
        ({"steps": {"z": 3}}, TypeError, "an expression must be text, but is 3"),
    ],
)  # fmt: skip
def test_models_that_are_refused(arguments, error, said):
    with pytest.raises(error) as raised:
        Model(**{"given": {"x": (3,)}, "steps": {"u": "2 * x"}, **arguments})
    assert said in str(raised.value)


def test_checks_that_are_refused():
    for target, said in [
        ("d(C, W3)", "the target d(C, W3) cannot be computed: there is no W3"),
        ("W1 @ w2", "the target W1 @ w2 cannot be computed: W1 has shape"),
        ("d(C", "the target d(C cannot be read: this is no expression"),
    ]:
        with pytest.raises(ValueError) as raised:
            NET.check(target, CHAIN)
        assert said in str(raised.value)
    with pytest.raises(TypeError, match="lines must be a list of expressions, not a single one"):
        NET.check("C", "C")
    with pytest.raises(TypeError, match="an expression must be text, but is 3"):
        NET.check("C", [3])
    for values in (3, range(0), [0, 1]):
        with pytest.raises(TypeError, match="the index j must be a range such as"):
            NET.check("C", ["C"], j=values)
    for name in ("x", "z1", "ln", "sum", "np", "d"):
        with pytest.raises(ValueError, match=f"{name} has a meaning already"):
            NET.check("C", ["C"], **{name: range(2)})


# What is shown


def test_the_printed_report():
    report = NET.check(
        "d(C, w2)", ["d(C, a2) * d(a2, z2) * d(z2, w2)", "(y - a2) * dsigmoid(z2) * a1", "a1 * W1"]
    )
    assert str(report) == (
        "d(C, w2)\n"
        "1. d(C, a2) * d(a2, z2) * d(z2, w2)\n"
        "   → equal\n"
        "2. (y - a2) * dsigmoid(z2) * a1\n"
        "   → not equal: it is -1 times d(C, w2)\n"
        "3. a1 * W1\n"
        "   → cannot be computed: a1 has shape (2,) and\n"
        "     W1 has shape (2, 3), which do not fit\n"
        "     together\n"
        "Line 2 is the first that is not d(C, w2)."
    )
    assert repr(report) == "Report(d(C, w2): 3 lines, first_wrong=2)"
    assert report.lines[0] == Verdict(1, "d(C, a2) * d(a2, z2) * d(z2, w2)")
    right = NET.check("d(C, W1)[j, k]", ["d(C, z1)[j] * x[k]"], j=range(2), k=range(1))
    assert str(right).splitlines()[0] == "d(C, W1)[j, k] for every j in 0…1, k in 0"
    assert str(right).splitlines()[-1] == "Every line equals d(C, W1)[j, k]."


def test_reports_fit_a_phone():
    reports = [d.check() for d in lectures.DERIVATIONS]
    reports.append(NET.check("d(C, W1)", [fault.format(line) for fault in FAULTS for line in CHAIN]))
    lines = [line for report in reports for line in str(report).splitlines()]
    assert max(map(len, lines)) <= 48, max(lines, key=len)
    for report in reports:
        assert "\xa0" not in str(report)


def test_numbers_in_a_report_are_those_of_a_point():
    model = Model(given=fixed(W=[[1, 2], [3, 4]]), steps={"C": "np.sum(W**2)"})
    assert (
        problem(model, "d(C, W)", "2 * W + np.array([[0, 0], [0, 1]])")
        == "not equal: entry [1, 1] is 9, not 8"
    )
    assert problem(model, "C", "31") == "not equal: it is 1.033 times C"
    assert problem(SQUARE, "C", "C * np.sign(x)").endswith("points)")


def test_repr_of_a_model():
    model = Model(given={"x": (3,), "t": lambda rng: 1.0}, steps={"u": "2 * x", "C": "sum(u)"})
    assert repr(model) == "Model(x (3,), t drawn; u = 2 * x; C = sum(u))"


def test_the_package_loads_little():
    code = "import sys, nnbook.teaching; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not {"matplotlib", "ipywidgets", "nnbook.teaching.lectures"} & set(run.stdout.split())
    assert Report.__module__ == derivation.__name__


# The five courses

ALL = lectures.DERIVATIONS
NAMES = [f"{d.course}-{i}" for i, d in enumerate(ALL)]
FOUND = {
    "san-jose": set(),
    "linkoping": {30, 33},
    "auburn": {54, 55},
    "erlangen": {77, 79, 80},
    "edinburgh": {86, 87, 88, 89},
}


def test_the_reports_name_these_errata_and_no_others():
    for course, errata in FOUND.items():
        named = [d.erratum() for d in lectures.of(course) if d.counted]
        assert set(named) - {None} == errata
    apart = [d for d in ALL if not d.counted]
    assert [(d.course, d.erratum()) for d in apart] == [
        ("san-jose", 11),
        ("san-jose", 110),
        ("san-jose", 110),
    ]
    assert all(d.reading and d.check().first_wrong for d in apart)


@pytest.mark.parametrize("derivation", ALL, ids=NAMES)
def test_right_lines_pass_wrong_lines_fail_and_their_corrections_pass(derivation):
    report = derivation.check()
    assert [line.equal for line in report.lines] == [not line.corrected for line in derivation.lines]
    for line in derivation.lines:
        if derivation.counted:
            assert bool(line.corrected) == (line.erratum is not None)
        if line.corrected:
            assert line.corrected != line.expression
            fixed = derivation.model.check(derivation.target, [line.corrected], **derivation.indices)
            assert fixed.first_wrong is None, fixed


@pytest.mark.parametrize("derivation", ALL, ids=NAMES)
def test_a_sign_would_be_noticed_in_every_line(derivation):
    """No comparison is empty: the same line with another sign fails."""
    right = [line.corrected or line.expression for line in derivation.lines]
    report = derivation.model.check(derivation.target, [f"-({line})" for line in right], **derivation.indices)
    assert not any(line.equal for line in report.lines)


def test_errata_belong_to_the_course_and_the_place():
    yaml = pytest.importorskip("yaml")
    path = ROOT / "book" / "data" / "errata.yml"
    entries = {e["id"]: e for e in yaml.safe_load(path.read_text(encoding="utf-8"))}
    for d in ALL:
        for line in d.lines:
            if line.erratum is not None and not (d.course == "edinburgh" and line.erratum == 86):
                entry = entries[line.erratum]
                assert entry["course"] == d.course
                place = d.place.partition(" (")[0]
                assert place in entry["place"]
    assert {line.erratum for d in ALL for line in d.lines if d.course == "edinburgh"} == {
        None,
        86,
        87,
        88,
        89,
    }


def test_fields_of_derivations():
    assert {d.course for d in ALL} == set(lectures.COURSES)
    order = [lectures.COURSES.index(d.course) for d in ALL]
    assert order == sorted(order)
    assert [d for course in lectures.COURSES for d in lectures.of(course)] == list(ALL)
    for text in [d.tex for d in ALL] + [line.tex for d in ALL for line in d.lines]:
        assert text == text.strip()
        assert text.count("{") == text.count("}")
        assert text.count(r"\left") == text.count(r"\right")
        assert "$" not in text
    with pytest.raises(ValueError, match="course must be one of san-jose, linkoping"):
        lectures.of("uppsala")
    assert "Model" not in repr(ALL[0])


def test_neighbouring_layers_differ_in_size():
    """A transposed matrix or a wrong layer cannot pass unnoticed."""
    for model in {id(d.model): d.model for d in ALL}.values():
        for name, shape in model.given.items():
            if isinstance(shape, tuple) and len(shape) == 2 and name[0].lower() in "wt":
                assert shape[0] != shape[1] or name == "theta2", name


def test_both_classes_come_up():
    for course in ("auburn", "san-jose"):
        for d in lectures.of(course):
            draw = d.model.given.get("y")
            if callable(draw):
                report = d.model.check("np.sum(y)", ["0", "1", "2"])
                assert report.first_wrong == 1
                assert not any(line.equal for line in report.lines)


def find(course, target, **fields):
    found = [d for d in lectures.of(course) if d.target == target]
    return [d for d in found if all(getattr(d, name) == value for name, value in fields.items())]


def test_erratum_11_whatever_the_layers():
    """The printed sum is a number only if no layer grows; then it lacks r, else it does not exist."""
    (printed,) = find("san-jose", "d(C, W1)[q, r]", counted=False)
    line = printed.lines[0]
    report = printed.check()
    assert report.lines[0].problem.startswith("not equal: for q =")
    constant = line.expression
    assert printed.model.check(f"{constant} + 0 * r", [constant], **printed.indices).first_wrong is None
    sizes = [2, 3, 4, 3, 2]
    shapes = {"a0": (2,), "y": (2,)}
    for i, (n_in, n_out) in enumerate(itertools.pairwise(sizes), start=1):
        shapes |= {f"W{i}": (n_out, n_in), f"b{i}": (n_out,)}
    growing = Model(shapes, printed.model.steps, printed.model.functions)
    inner = {"q": range(3), "r": range(2)}
    wider = [
        text.replace("for p in range(2)", "for p in range(4)") for text in (line.expression, line.corrected)
    ]
    printed_now, corrected = growing.check("d(C, W1)[q, r]", wider, **inner).lines
    assert "out of bounds" in printed_now.problem
    assert corrected.equal


def test_erratum_33_is_about_a_letter():
    """Put in everywhere, j gives each class the same share; with a letter of its own the sum is right."""
    (printed,) = [d for d in lectures.of("linkoping") if d.erratum() == 33]
    substituted = printed.lines[0].expression.replace("for j in", "for _ in")
    report = printed.model.check(printed.target, [substituted, printed.lines[0].corrected], **printed.indices)
    assert [line.equal for line in report.lines] == [False, True]
    shares = printed.model.check("1 / 4", [f"{substituted} + I(y[i] == j)"], **printed.indices)
    assert shares.first_wrong is None


def test_erratum_80_is_wrong_in_value_too():
    (printed,) = [d for d in lectures.of("erlangen") if d.erratum() == 80]
    renamed = "sum(d(C, b4)[m] * W4[m, j] for m in range(2)) * dpsi(a3[j])"
    report = printed.model.check(printed.target, [renamed], **printed.indices)
    assert report.lines[0].problem.startswith("not equal: for i =")
    assert printed.model.check("d(C, b3)[j]", [renamed], j=range(3)).first_wrong is None


def test_erratum_55_is_true_of_single_units_alone():
    for target in ("d(L, w2)", "d(L, w1)", "d(L, b1)"):
        assert any(d.check().first_wrong is None for d in find("auburn", target))
    for target in ("d(L, W2)", "d(L, W1)", "d(L, b1)"):
        (d,) = [d for d in find("auburn", target) if d.erratum() == 55]
        assert "which do not fit together" in d.check().lines[0].problem
        entrywise = d.lines[0].expression.replace("@", "*")  # the dot of the slide as NumPy's product
        assert d.model.check(d.target, [entrywise]).first_wrong == 1


def test_errata_86_to_88_together_are_minus_the_slope():
    (d,) = find("edinburgh", "d(C, theta3)[0, 1]")
    assert d.check().first_wrong == 2
    assert d.model.check(d.lines[-1].expression, [f"-dsigma(z4[0]) * {d.target}"]).first_wrong is None


def test_erratum_89_is_zero():
    (d,) = find("edinburgh", "d(C, a3)[j]")
    assert d.check().lines[0].problem == "not equal: it is 0"


def test_erratum_30_is_wrong_where_it_can_be_computed():
    equal = Model(
        given={"x": (5,), "W1": (3, 5), "b1": (3,), "W2": (3, 3), "b2": (3,)},
        steps={"q1": "tanh(W1 @ x + b1)", "q2": "tanh(W2 @ q1 + b2)"},
    )
    assert equal.check("q2", ["tanh(W2 @ q1 + b1)"]).lines[0].problem.startswith("not equal")


def test_the_models_are_the_networks_of_the_library():
    """The steps that the derivations start from agree with nnlib's backprop."""
    (d,) = find("erlangen", "d(C, W3)[i, j]")
    shapes = d.model.given
    rng = np.random.default_rng(0)
    values = {name: rng.standard_normal(shape) for name, shape in shapes.items()}
    net = nn.Network(
        [values[f"W{i}"] for i in range(1, 5)], [values[f"b{i}"] for i in range(1, 5)], [nn.tanh] * 4
    )
    grads = nn.backprop(net, values["x"][None], values["y"][None], nn.square)
    model = Model(
        {name: lambda rng, v=value: v for name, value in values.items()},
        d.model.steps,
        {
            **d.model.functions,
            "W": lambda layer: grads.weights[layer - 1],
            "b": lambda layer: grads.biases[layer - 1],
        },
    )
    for layer in range(1, 5):
        assert model.check(f"d(C, W{layer})", [f"W({layer})"]).first_wrong is None
        assert model.check(f"d(C, b{layer})", [f"b({layer})"]).first_wrong is None


def test_a_gap_is_called_one_and_an_index_is_none():
    model = Model(given={"x": (3,), "w": (3,)}, steps={"C": "w @ x"})
    lines = ["x[...]", "x * ...", "exp(...)", "-...", "x"]
    problems = [line.problem for line in model.check("d(C, w)", lines).lines]
    assert problems == ["", *["cannot be read: ... is still to be filled in"] * 3, ""]


def test_no_lines_are_refused_and_an_empty_one_keeps_its_number():
    model = Model(given={"x": (3,), "w": (3,)}, steps={"C": "w @ x"})
    with pytest.raises(ValueError, match="at least one expression"):
        model.check("d(C, w)", [])
    assert "2. (nothing)\n   → cannot be read" in str(model.check("d(C, w)", ["x", " "]))
