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

