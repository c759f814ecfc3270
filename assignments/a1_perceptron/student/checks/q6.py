from otter.test_files import test_case

OK_FORMAT = False

name = "q6"
points = 2

@test_case(points=0, hidden=False)
def test_one_neuron_with_two_inputs(env):
    from nnbook.checking import ask, expect
    one = ask(env, 'parameters', [2, 1]).has_shape(())
    expect(float(one) == 3, f'A neuron with two inputs has two weights and a bias, 3 numbers; yours gives {float(one):g}.')

