from otter.test_files import test_case

OK_FORMAT = False

name = "q1"
points = 2

@test_case(points=0, hidden=False)
def test_three_numbers_each(env):
    from nnbook.checking import expect, look
    look(env, 'z_by_hand').has_shape((3,)).is_finite()
    y = look(env, 'y_by_hand').has_shape((3,))
    expect(set(y.came) <= {0.0, 1.0}, 'A perceptron answers 0 or 1, nothing else; that is not so in y_by_hand.')
    for name, z, answer in zip('ABC', look(env, 'z_by_hand').came, y.came):
        expect(answer == (z >= 0), f'For {name} your z is {z:g} and your answer {answer:g}: these do not fit each other. The answer is 1 for z ≥ 0 and 0 for z < 0.')

