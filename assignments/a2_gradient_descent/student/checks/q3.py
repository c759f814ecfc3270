from otter.test_files import test_case

OK_FORMAT = False

name = "q3"
points = 3

@test_case(points=0, hidden=False)
def test_x_min_is_a_stationary_point(env):
    from nnbook.checking import expect, look
    import numpy as np
    p = np.array([1 / 4, -3, 0, 7, -5])
    for name in ('x_min', 'f_min', 'curvature'):
        look(env, name).has_shape(()).is_finite()
    x = float(look(env, 'x_min'))
    s = (np.polyval(p, x + 1e-05) - np.polyval(p, x - 1e-05)) / 2e-05
    expect(abs(s) < 3e-05, f'x_min is {x:.6g}, and the slope of f there is {s:.3g}, not 0: take more steps, or look at the slope.')
    bend = (np.polyval(p, x + 0.001) - 2 * np.polyval(p, x) + np.polyval(p, x - 0.001)) / 1e-06
    expect(bend > 0, f'x_min is {x:.6g}. The slope of f is 0 there, but f bends downwards: that is a maximum.')
    low, curvature = (float(look(env, 'f_min')), float(look(env, 'curvature')))
    expect(abs(low - np.polyval(p, x)) < 2e-06, f'f_min is {low:.7g}, which is not the value of f at your x_min.')
    expect(abs(curvature - bend) < 0.0001 * (1 + bend), f'curvature is {curvature:.6g}, which is not the second derivative of f at your x_min: compare with (f(x + h) − 2 f(x) + f(x − h)) / h².')

