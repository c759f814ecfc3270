from otter.test_files import test_case

OK_FORMAT = False

name = "q1"
points = 2

@test_case(points=0, hidden=False)
def test_slope_is_the_limit_of_differences(env):
    import numpy as np
    from nnbook.checking import ask
    for p in ([2.0, -1.0, 3.0], [1.0, 0.0, -2.0, 1.0]):
        x = 1.5
        near = (np.polyval(p, x + 1e-05) - np.polyval(p, x - 1e-05)) / 2e-05
        answer = ask(env, 'slope', np.array(p), x).has_shape(())
        slips = {'That is the value of the polynomial, not its slope.': np.polyval(p, x), 'That is the slope times x: each power has to go down by one.': near * x}
        answer.agrees(near, slips, hint='Compare with (f(x + h) − f(x − h)) / 2h for a small h.')

