from otter.test_files import test_case

OK_FORMAT = False

name = "q3"
points = 2

@test_case(points=0, hidden=False)
def test_two_numbers(env):
    from nnbook.checking import expect, look
    found = float(look(env, 'test_accuracy').has_shape(()).is_finite())
    expect(1 < found <= 100, f'test_accuracy is {found:g}; it should be in percent.')
    look(env, 'seconds').has_shape(()).is_finite()

