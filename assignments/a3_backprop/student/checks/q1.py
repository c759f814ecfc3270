from otter.test_files import test_case

OK_FORMAT = False

name = "q1"
points = 3

@test_case(points=0, hidden=False)
def test_shapes_and_ranges(env):
    import numpy as np
    from nnbook.checking import ask, expect
    rng = np.random.default_rng(1)
    net = (rng.normal(size=4), rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(2, 3)), rng.normal(size=2))
    for part, (label, shape) in enumerate([('z1', (3,)), ('a1', (3,)), ('z2', (2,)), ('a2', (2,))]):
        came = ask(env, 'forward', *net, part=part, label=label).has_shape(shape).is_finite().came
        expect(label[0] == 'z' or bool(((came > 0) & (came < 1)).all()), f'{label} is {came}; what comes out of a sigmoid lies between 0 and 1.')

