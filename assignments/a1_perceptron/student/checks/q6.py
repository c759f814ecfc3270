from otter.test_files import test_case

OK_FORMAT = False

name = "q6"
points = 2

@test_case(points=0, hidden=False)
def test_one_neuron_with_two_inputs(env):
    from nnbook.checking import ask, expect
    one = ask(env, 'parameters', [2, 1]).has_shape(())
    expect(float(one) == 3, f'A neuron with two inputs has two weights and a bias, 3 numbers; yours gives {float(one):g}.')
    both, first, second = (float(ask(env, 'parameters', sizes).has_shape(())) for sizes in ([5, 4, 2], [5, 4], [4, 2]))
    expect(both == first + second, f'A network 5-4-2 has the parameters of 5-4 and those of 4-2. Yours gives {both:g} for it, {first:g} and {second:g} for these.')
    twice = float(ask(env, 'parameters', [5, 8]).has_shape(()))
    expect(twice == 2 * first, f'Eight neurons have twice the parameters of four. Yours gives {first:g} for 5-4 and {twice:g} for 5-8.')

