from otter.test_files import test_case

OK_FORMAT = False

name = "q4"
points = 3

@test_case(points=0, hidden=False)
def test_three_things_come_back(env):
    import numpy as np
    from nnbook.checking import ask, expect
    X, t = (np.array([[0.0, 2.0], [1.0, 1.5], [2.0, 0.2]]), np.array([1, 1, 0]))
    ask(env, 'learn', X, t, 0.5, 20, part=0, label='w').has_shape((2,)).is_finite()
    ask(env, 'learn', X, t, 0.5, 20, part=1, label='b').has_shape(()).is_finite()
    errors = ask(env, 'learn', X, t, 0.5, 20, part=2, label='errors').has_shape((20,), {(60,): 'One number for each pass, not for each example.'})
    expect(errors.came[-1] == 0, f'A line separates these three points, and 20 passes are plenty; yours still makes {errors.came[-1]:g} errors in the last.')

