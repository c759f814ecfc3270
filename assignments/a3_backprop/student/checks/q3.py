from otter.test_files import test_case

OK_FORMAT = False

name = "q3"
points = 2

@test_case(points=0, hidden=False)
def test_shapes_of_the_gradients(env):
    import numpy as np
    from nnbook.checking import ask
    rng = np.random.default_rng(3)
    given_in = (rng.normal(size=4), rng.uniform(size=3), rng.normal(size=3), rng.normal(size=2))
    for part, (label, shape) in enumerate([('dW1', (3, 4)), ('db1', (3,)), ('dW2', (2, 3)), ('db2', (2,))]):
        ask(env, 'gradients', *given_in, part=part, label=label).has_shape(shape, {shape[::-1]: 'That is transposed: row j holds what leads to neuron j, as in W.'}).is_finite()

