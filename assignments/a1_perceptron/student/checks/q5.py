from otter.test_files import test_case

OK_FORMAT = False

name = "q5"
points = 2

@test_case(points=0, hidden=False)
def test_two_counts(env):
    import numpy as np
    from nnbook.checking import ask, expect, look
    for name in ('last_errors', 'fewest_errors'):
        number = float(look(env, name).has_shape(()))
        expect(number in (0, 1, 2, 3, 4), f'{name} is {number:g}; of four points 0, 1, 2, 3 or 4 can be wrong.')
    corners, xor = (np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0]))
    errors = ask(env, 'learn', corners, xor, 1.0, 1000, part=2, label='errors')
    met, said = (errors.came.ravel()[-1], float(look(env, 'last_errors')))
    expect(met == said, f'Your learn, called with the table, 1.0 and 1000, meets {met:g} errors in the last pass, and last_errors is {said:g}.')

