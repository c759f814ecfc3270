from otter.test_files import test_case

OK_FORMAT = False

name = "q4"
points = 5

@test_case(points=0, hidden=False)
def test_a_network(env):
    import numpy as np
    from nnbook.checking import expect, fetch
    from nnbook.checking.images import network
    rng = np.random.default_rng(3)
    X = rng.uniform(size=(600, 784)).astype(np.float32)
    Y = np.eye(10, dtype=np.float32)[rng.integers(10, size=600)]
    layers = network(fetch(env, 'train_better', X, Y, np.random.default_rng(4), labels=('weights', 'biases')))
    widths = [len(b) for _, b in layers[:-1]]
    expect(max(widths, default=0) <= 400, f'No layer should be wider than 400; yours have {widths} neurons.')

