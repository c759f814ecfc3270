from otter.test_files import test_case

OK_FORMAT = False

name = "q1"
points = 4

@test_case(points=0, hidden=False)
def test_a_network_with_one_layer_between(env):
    import numpy as np
    from nnbook.checking import expect, fetch
    from nnbook.checking.images import network
    rng = np.random.default_rng(1)
    X = rng.uniform(size=(600, 784)).astype(np.float32)
    Y = np.eye(10, dtype=np.float32)[rng.integers(10, size=600)]
    found = []
    for rate in ((), (), (0.01,), (0.02,)):
        layers = network(fetch(env, 'train', X, Y, np.random.default_rng(2), *rate, labels=('weights', 'biases')))
        expect(len(layers) == 2, f'Asked is one hidden layer and the output layer; yours are {len(layers)} layers.')
        expect(100 <= len(layers[0][0]) <= 400, f'The hidden layer should have 100 to 400 neurons; it has {len(layers[0][0])}.')
        found.append(layers[1][0])
    expect(found[0].shape == found[1].shape and bool((found[0] == found[1]).all()), 'Two calls with equal generators gave different networks: take all that is random from rng.')
    expect(found[2].shape != found[3].shape or bool((found[2] != found[3]).any()), 'With eta = 0.01 and with eta = 0.02 the same network came back: use the argument as the learning rate.')

