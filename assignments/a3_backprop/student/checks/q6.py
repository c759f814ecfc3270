from otter.test_files import test_case

OK_FORMAT = False

name = "q6"
points = 3

@test_case(points=0, hidden=False)
def test_shapes_one_layer_back(env):
    import numpy as np
    from nnbook.checking import ask
    rng = np.random.default_rng(6)
    given_in = (rng.normal(size=(3, 2)), rng.normal(size=2), rng.normal(size=3), rng.uniform(size=4))
    for part, (label, shape) in enumerate([('∂C/∂a3', (3,)), ('∂C/∂z3', (3,)), ('∂C/∂θ2', (4, 3))]):
        ask(env, 'one_layer_back', *given_in, part=part, label=label).has_shape(shape).is_finite()

