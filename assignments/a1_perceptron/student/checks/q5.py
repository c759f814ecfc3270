from otter.test_files import test_case

OK_FORMAT = False

name = "q5"
points = 2

@test_case(points=0, hidden=False)
def test_two_counts(env):
    from nnbook.checking import expect, look
    for name in ('last_errors', 'fewest_errors'):
        number = float(look(env, name).has_shape(()))
        expect(number in (0, 1, 2, 3, 4), f'{name} is {number:g}; of four points 0, 1, 2, 3 or 4 can be wrong.')

