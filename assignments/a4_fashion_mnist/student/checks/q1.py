from otter.test_files import test_case

OK_FORMAT = False

name = "q1"
points = 4

@test_case(points=0, hidden=False)
def test_predictor_of_class_numbers(env):
    import numpy as np
    from nnbook.checking import Answer, expect, fetch
    rng = np.random.default_rng(1)
    X = rng.uniform(size=(600, 784)).astype(np.float32)
    Y = np.eye(10, dtype=np.float32)[rng.integers(10, size=600)]
    twice = []
    for _ in range(2):
        predict = fetch(env, 'train', X, Y, np.random.default_rng(2))
        answer = Answer('I trained on noise, called the predictor with 40 images and got', predict(X[:40]))
        answer.has_shape((40,), {(40, 10): 'One class number for each image, not ten activations: take the argmax.'})
        expect(bool(np.isin(answer.came, range(10)).all()), 'Class numbers are whole numbers from 0 to 9.')
        twice.append(answer.came)
    expect(bool((twice[0] == twice[1]).all()), 'Two calls with equal generators gave different predictors: take all that is random from rng.')

