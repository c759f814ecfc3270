from otter.test_files import test_case

OK_FORMAT = False

name = "q5"
points = 3

@test_case(points=0, hidden=False)
def test_they_are_numbers(env):
    from nnbook.checking import ask, expect
    ask(env, 'factor', 0.1, 3.0).has_shape(()).is_finite()
    a = ask(env, 'fastest', 3.0).has_shape(()).is_finite()
    b = ask(env, 'largest', 3.0).has_shape(()).is_finite()
    expect(0 < float(a) < float(b), f'fastest(3) is {float(a):g} and largest(3) is {float(b):g}; expected is 0 < fastest < largest.')

