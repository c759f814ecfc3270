from otter.test_files import test_case

OK_FORMAT = False

name = "q7"
points = 3

@test_case(points=0, hidden=False)
def test_shapes_of_the_network(env):
    from nnbook.checking import look
    look(env, 'W1').has_shape((2, 2)).is_finite()
    look(env, 'b1').has_shape((2,), {(2, 1): 'Biases are a plain list of two numbers, not a column.'}).is_finite()
    look(env, 'w2').has_shape((2,), {(1, 2): 'The weights of the last neuron are a plain list of two numbers.'}).is_finite()
    look(env, 'b2').has_shape(()).is_finite()

