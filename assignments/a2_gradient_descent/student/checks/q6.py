from otter.test_files import test_case

OK_FORMAT = False

name = "q6"
points = 1

@test_case(points=0, hidden=False)
def test_beyond_is_one_of_the_four(env):
    from nnbook.checking import expect, look
    number = float(look(env, 'beyond').has_shape(()))
    expect(number in (1, 2, 3, 4), f'beyond is {number:g}; it should be the number of a sentence: 1, 2, 3 or 4.')

