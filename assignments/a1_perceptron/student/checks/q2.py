from otter.test_files import test_case

OK_FORMAT = False

name = "q2"
points = 2

@test_case(points=0, hidden=False)
def test_one_answer_for_each_row(env):
    import numpy as np
    from nnbook.checking import ask, expect
    X = np.array([[3.0, 1.0], [0.5, 0.5], [-2.0, 1.0]])
    answer = ask(env, 'fire', np.array([2.0, -1.0]), 0.25, X)
    answer.has_shape((3,), {(2,): 'One answer for each row of X, not for each column.', (): 'One answer for each row of X, not one for all.'})
    expect(set(answer.came) <= {0.0, 1.0}, f'A perceptron answers 0 or 1; yours gave {answer.came}.')
    w = np.array([2.0, -1.0])
    sides = ask(env, 'fire', w, 0.25, np.array([9 * w, -9 * w])).came
    expect(sides[0] > sides[1], f'w points to the side where the answer is 1; far out on that side yours says {sides[0]:g}, and {sides[1]:g} on the other.')
    for b in (50.0, -50.0):
        near = ask(env, 'fire', w, b, X).came
        expect(set(near) == {float(b > 0)}, f'A bias of {b:g} outweighs everything in these three rows, so all answers should be {float(b > 0):g}; yours gave {near}.')

