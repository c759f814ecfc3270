from otter.test_files import test_case

OK_FORMAT = False

name = "q2"
points = 4

@test_case(points=0, hidden=False)
def test_errors_against_differences(env):
    import numpy as np
    from nnbook.checking import ask, expect
    rng = np.random.default_rng(2)
    x, y, W1, b1 = (rng.normal(size=4), rng.uniform(size=2), rng.normal(size=(3, 4)), rng.normal(size=3))
    W2, b2 = (rng.normal(size=(2, 3)), rng.normal(size=2))

    def s(z):
        return 1 / (1 + np.exp(-z))

    def cost_from(z, layer, through):
        a = s(z) if through else z
        a = s(W2 @ a + b2) if layer == 1 else a
        return ((a - y) ** 2).sum() / 2

    def difference(z, layer, through=True):
        steps = 1e-05 * np.eye(len(z))
        return np.array([cost_from(z + e, layer, through) - cost_from(z - e, layer, through) for e in steps]) / 2e-05
    z1 = W1 @ x + b1
    z2 = W2 @ s(z1) + b2
    shapes = [ask(env, 'errors', x, y, W1, b1, W2, b2, part=part, label=f'delta{part + 1}').came.shape for part in (0, 1)]
    expect(shapes != [(2,), (3,)], 'The two errors come in the wrong order: asked is delta1, of the hidden layer, and then delta2, of the output layer.')
    for part, layer, z in ((1, 2, z2), (0, 1, z1)):
        answer = ask(env, 'errors', x, y, W1, b1, W2, b2, part=part, label=f'delta{layer}')
        slips = {f'The factor σ′(z) of layer {layer} is missing: that is the derivative with respect to the activation.': difference(s(z), layer, False)}
        answer.agrees(difference(z, layer), slips, hint='Compare with (C(z + h) − C(z − h)) / 2h, for one z after the other.')

