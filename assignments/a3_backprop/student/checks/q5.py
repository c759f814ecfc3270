from otter.test_files import test_case

OK_FORMAT = False

name = "q5"
points = 2

@test_case(points=0, hidden=False)
def test_shape_of_the_differences(env):
    import numpy as np
    from nnbook.checking import ask
    rng = np.random.default_rng(5)
    net = (rng.normal(size=(6, 4)), rng.uniform(size=(6, 2)), rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(2, 3)), rng.normal(size=2))
    ask(env, 'numerical_dW1', *net, 0.001).has_shape((3, 4)).is_finite()

