from otter.test_files import test_case

OK_FORMAT = False

name = "q4"
points = 4

@test_case(points=0, hidden=False)
def test_batch_against_differences(env):
    import numpy as np
    from nnbook.checking import ask
    rng = np.random.default_rng(4)
    X, Y = (rng.normal(size=(6, 4)), rng.uniform(size=(6, 2)))
    net = [rng.normal(size=(3, 4)), rng.normal(size=3), rng.normal(size=(2, 3)), rng.normal(size=2)]

    def cost():
        a = X
        for W, b in (net[:2], net[2:]):
            a = 1 / (1 + np.exp(-(a @ W.T + b)))
        return ((a - Y) ** 2).sum() / 2 / len(X)
    for part, label in enumerate(('dW1', 'db1', 'dW2', 'db2')):
        parameter, near = (net[part], np.zeros(net[part].shape))
        for place in np.ndindex(parameter.shape):
            kept = parameter[place]
            parameter[place] = kept + 1e-05
            up = cost()
            parameter[place] = kept - 1e-05
            near[place] = (up - cost()) / 2e-05
            parameter[place] = kept
        answer = ask(env, 'batch_gradients', X, Y, *net, part=part, label=label)
        answer.has_shape(near.shape, {(6, *near.shape): 'One gradient for each example; asked is their mean.', (6, near.shape[-1]): 'One row for each example is left; asked is the mean over them.'})
        answer.agrees(near, n=6, hint='Compare with a loop over your functions for one example.')

