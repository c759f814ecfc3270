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

@test_case(points=0, hidden=False)
def test_a_pass_is_one_update_after_the_other(env):
    import numpy as np
    from nnbook.checking import ask, expect
    X, t = (np.array([[1.0, 0.5], [0.5, 2.0], [-1.0, 0.25], [0.75, -1.0]]), np.array([0, 1, 1, 1]))
    w, b, met = (np.zeros(2), 0.0, 0)
    for x, target in zip(X, t):
        met += float(ask(env, 'fire', w, b, x[None]).came.ravel()[0]) != target
        new = ask(env, 'update', w, b, x, target, 0.5, part=0, label='w').has_shape((2,)).came
        b = float(ask(env, 'update', w, b, x, target, 0.5, part=1, label='b').has_shape(()))
        w = new
    found = [ask(env, 'learn', X, t, 0.5, 1, part=k, label=label).came for k, label in enumerate(('w', 'b', 'errors'))]
    expect(np.allclose(found[0], w) and np.allclose(found[1], b), f'Your update (Question 3), applied by hand to four rows one after the other, starting from zeros, leads to w = {w} and b = {b:g}; one pass of your learn to w = {found[0]} and b = {float(found[1].ravel()[0]):g}.')
    expect(found[2].ravel()[0] == met, f'Your fire (Question 2), asked just before each update, is wrong {met} times in this pass; your errors say {found[2].ravel()[0]:g}.')

