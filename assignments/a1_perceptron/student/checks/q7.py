from otter.test_files import test_case

OK_FORMAT = False

name = "q7"
points = 3

@test_case(points=0, hidden=False)
def test_the_network_on_the_four_points(env):
    import numpy as np
    from nnbook.checking import expect, look
    look(env, 'W1').has_shape((2, 2)).is_finite()
    look(env, 'b1').has_shape((2,), {(2, 1): 'Biases are a plain list of two numbers, not a column.'}).is_finite()
    look(env, 'w2').has_shape((2,), {(1, 2): 'The weights of the last neuron are a plain list of two numbers.'}).is_finite()
    b2 = float(look(env, 'b2').has_shape(()).is_finite())
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    hidden = (X @ look(env, 'W1').came.T + look(env, 'b1').came >= 0).astype(int)
    y = (hidden @ look(env, 'w2').came + b2 >= 0).astype(int)
    wrong = [f'({x[0]}, {x[1]}), where the hidden neurons answer ({a[0]}, {a[1]}) and the last one {out}' for x, a, out, t in zip(X, hidden, y, (0, 1, 1, 0)) if out != t]
    expect(not wrong, f"Your network is wrong at {'; at '.join(wrong)}.")

