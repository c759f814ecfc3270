from otter.test_files import test_case

OK_FORMAT = False

name = "q4"
points = 3

@test_case(points=0, hidden=False)
def test_steps_needed_on_a_parabola(env):
    import numpy as np
    from nnbook.checking import ask, expect, look
    p = np.array([1.0, 0.0, 0.0])
    zero = ask(env, 'steps_needed', p, 0.0, 0.1, 0.0).has_shape(())
    expect(float(zero) == 0, f'From the minimum itself 0 steps are needed; yours gives {float(zero):g}.')
    one = ask(env, 'steps_needed', p, 3.0, 0.5, 0.0).has_shape(())
    expect(float(one) == 1, f'On x² with η = ½ a single step reaches 0 exactly; yours gives {float(one):g}. Is slope right (Question 1)?')
    never = ask(env, 'steps_needed', p, 3.0, 1e-06, 0.0).has_shape(())
    expect(float(never) == 1000, f'With η = 10⁻⁶ the minimum of x² is not reached from 3 in 1,000 steps; then asked is 1000, and yours gives {float(never):g}.')
    rate = float(look(env, 'best_rate').has_shape(()))
    expect(rate in (0.01, 0.05, 0.1), f'best_rate is {rate:g}; it should be one of 0.01, 0.05 and 0.1.')

