from otter.test_files import test_case

OK_FORMAT = False

name = "q2"
points = 3

@test_case(points=0, hidden=False)
def test_the_first_steps(env):
    import numpy as np
    from nnbook.checking import ask, expect
    p = np.array([1.0, 0.0, 0.0])
    answer = ask(env, 'descend', p, 3.0, 0.1, 30)
    answer.has_shape((31,), {(30,): '30 steps make 31 points: the start is one of them.', (): 'That is a single number; asked are all points on the way, the start first and where it ends last.'}).is_finite()
    expect(answer.came[0] == 3.0, 'The first of the points should be the start.')
    expect(abs(answer.came[-1]) < 3.0, 'On x², from 3, the points should come closer to 0; yours go away: look at the sign of the step, and is slope right (Question 1)?')

