from otter.test_files import test_case

OK_FORMAT = False

name = "q8"
points = 4

@test_case(points=0, hidden=False)
def test_three_line_numbers(env):
    import numpy as np
    from nnbook.checking import ask, expect, look
    lines = look(env, 'bug_lines').has_shape((3,)).came
    expect(len(set(lines)) == 3 and all((n in range(1, 13) for n in lines)), f'bug_lines is {lines}; expected are three different line numbers from 1 to 12.')
    rng = np.random.default_rng(7)
    net = (rng.normal(size=(6, 4)), rng.uniform(size=(6, 2)), rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(2, 3)), rng.normal(size=2))
    for part, (label, shape) in enumerate([('dW1', (3, 4)), ('db1', (3,)), ('dW2', (2, 3)), ('db2', (2,))]):
        ask(env, 'repaired', *net, part=part, label=label).has_shape(shape).is_finite()

