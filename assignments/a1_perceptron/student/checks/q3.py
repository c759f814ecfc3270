from otter.test_files import test_case

OK_FORMAT = False

name = "q3"
points = 3

@test_case(points=0, hidden=False)
def test_what_is_right_stays(env):
    import numpy as np
    from nnbook.checking import ask, expect
    w, x = (np.array([1.0, 2.0]), np.array([1.0, -1.0]))
    for t, b in ((1, 3.0), (0, -3.0)):
        new = ask(env, 'update', w, b, x, t, 0.5, part=0, label='w').has_shape((2,))
        bias = ask(env, 'update', w, b, x, t, 0.5, part=1, label='b').has_shape(())
        expect(bool((new.came == w).all()) and float(bias) == b, f'With t = {t} this example is answered rightly; then neither w nor b changes. Yours changed.')

