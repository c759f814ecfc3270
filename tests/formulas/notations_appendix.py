"""The equations of "Notations"."""

import numpy as np
import oracle
from registry import checks

W1 = np.array([[0.5, -0.25, 1.0], [-1.0, 0.5, 2.0], [1.5, -1.0, -2.0]])
B1 = np.array([0.5, -1.0, 0.5])


@checks(
    "notations-folded",
    r"z^\ell = \underbrace{\begin{pmatrix} b^\ell & W^\ell \end{pmatrix}}_{\Theta^{(\ell)}} "
    r"\begin{pmatrix} 1 \\ a^{\ell-1} \end{pmatrix} = W^\ell a^{\ell-1} + b^\ell",
)
def bias_column_times_one():
    for weights, biases, _, _, z, a, _ in oracle.cases():
        for layer in range(3):
            theta = np.column_stack([biases[layer], weights[layer]])
            np.testing.assert_allclose(theta @ np.append(1.0, a[layer]), z[layer])


@checks(
    "notations-example",
    r"\Theta^{(1)} = \begin{pmatrix} 0.5 & 0.5 & -0.25 & 1 \\ -1 & -1 & 0.5 & 2 \\ 0.5 & 1.5 & -1 & -2 "
    r"\end{pmatrix} .",
)
def the_first_matrix_of_the_small_network():
    printed = np.array([[0.5, 0.5, -0.25, 1], [-1, -1, 0.5, 2], [0.5, 1.5, -1, -2]])
    np.testing.assert_array_equal(printed, np.column_stack([B1, W1]))
    np.testing.assert_allclose(printed @ [1, 1, 2, 0.5], [1, 0, -1])  # z¹ of the page on notation


@checks(
    "notations-swap",
    r"\theta^{(\ell)}_{k,j} = w^\ell_{jk} , \qquad \theta^{(\ell)}_{0,j} = b^\ell_j",
)
def from_and_to_change_places():
    """θ_{j,k} from j to k, written as a function, gives the sums of a network run by w_jk."""
    for weights, biases, _, _, z, a, _ in oracle.cases():
        for layer in range(3):

            def theta(start, end, W=weights[layer], b=biases[layer]):
                return b[end - 1] if start == 0 else W[end - 1][start - 1]

            before = [1.0, *a[layer]]
            for k in range(1, len(z[layer]) + 1):
                total = sum(theta(j, k) * before[j] for j in range(len(before)))
                np.testing.assert_allclose(total, z[layer][k - 1])


def change(rng, shape, size):
    return size * rng.standard_normal(shape)


@checks(
    "notations-differentials",
    r"\begin{aligned} dz^\ell &= W^\ell\, da^{\ell-1} + dW^\ell\, a^{\ell-1} + db^\ell \\ "
    r"da^\ell &= f'(z^\ell) \odot dz^\ell \end{aligned}",
)
def the_change_of_a_layer_to_first_order():
    rng = np.random.default_rng(0)
    W, a, b = rng.standard_normal((3, 4)), rng.standard_normal(4), rng.standard_normal(3)
    directions = [rng.standard_normal(p.shape) for p in (W, a, b)]
    for size in (1e-4, 1e-5):
        dW, da, db = (size * d for d in directions)
        moved = (W + dW) @ (a + da) + b + db
        dz = W @ da + dW @ a + db
        np.testing.assert_allclose(moved - (W @ a + b), dz, atol=10 * size**2)
        z = W @ a + b
        slope = np.exp(-z) / (1 + np.exp(-z)) ** 2
        out = 1 / (1 + np.exp(-moved)) - 1 / (1 + np.exp(-z))
        np.testing.assert_allclose(out, slope * dz, atol=10 * size**2)


@checks(
    "notations-read-off",
    r"\begin{aligned} dC &= \delta^\ell \cdot \bigl( W^\ell\, da^{\ell-1} + dW^\ell\, a^{\ell-1} "
    r"+ db^\ell \bigr) \\ &= \bigl( (W^\ell)^\mathsf{T} \delta^\ell \bigr) \cdot da^{\ell-1} \\ &\quad + "
    r"\bigl\langle \delta^\ell (a^{\ell-1})^\mathsf{T} ,\, dW^\ell \bigr\rangle + \delta^\ell \cdot db^\ell "
    r"\end{aligned}",
)
def what_stands_beside_each_change():
    rng = np.random.default_rng(1)
    for weights, biases, _, y, _, a, delta in oracle.cases(n=5):
        layer = 1
        dW = 1e-6 * rng.standard_normal(np.shape(weights[layer]))
        db = 1e-6 * rng.standard_normal(len(biases[layer]))
        da = 1e-6 * rng.standard_normal(len(a[layer]))

        def cost(sign, weights=weights, biases=biases, y=y, a=a, dW=dW, db=db, da=da):
            """The cost of the layers from the second on, everything moved at once."""
            later = [np.asarray(weights[1]) + sign * dW, np.asarray(weights[2])]
            shifts = [np.asarray(biases[1]) + sign * db, np.asarray(biases[2])]
            return oracle.square(oracle.run(later, shifts, np.asarray(a[1]) + sign * da)[1][-1], y)

        measured = (cost(1) - cost(-1)) / 2
        d, W, before = delta[layer], np.asarray(weights[layer]), np.asarray(a[layer])
        first = d @ (W @ da + dW @ before + db)
        second = (W.T @ d) @ da + (np.outer(d, before) * dW).sum() + d @ db
        np.testing.assert_allclose(first, measured, atol=1e-13)
        np.testing.assert_allclose(second, first, rtol=1e-10)
