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

@test_case(points=0, hidden=False)
def test_a_mistake_moves_the_line_towards_its_target(env):
    import numpy as np
    from nnbook.checking import ask, expect
    w, x = (np.array([1.0, 2.0]), np.array([2.0, -1.0]))
    for t, b in ((0, 0.5), (1, -0.5)):

        def change(rho, t=t, b=b):
            new = ask(env, 'update', w, b, x, t, rho, part=0, label='w').has_shape((2,)).is_finite()
            bias = ask(env, 'update', w, b, x, t, rho, part=1, label='b').has_shape(()).is_finite()
            return (new.came - w, float(bias) - b)
        dw, db = change(0.1)
        expect(bool(dw.any()), f'With b = {b:g} and t = {t} this example is answered wrongly; then w changes. Yours did not.')
        expect(db != 0, 'The example is answered wrongly, and your b stays. It learns like a weight whose input is 1, from the same y as w: the answer before anything has changed.')
        expect(np.allclose(dw, db * x), f'Your b changed by {db:g}, w by {dw}. As b is like a weight with input 1, w has to change by the input times as much: {x} times the change of b.')
        moved = (w + dw) @ x + b + db
        expect((moved - (w @ x + b)) * (2 * t - 1) > 0, f'The answer should become {t}, but your change moved z from {w @ x + b:g} to {moved:g}, away from there.')
        twice = change(0.2)[0]
        expect(np.allclose(twice, 2 * dw), f'Twice the learning rate makes twice the change. Yours was {dw} with ρ = 0.1 and {twice} with ρ = 0.2.')

