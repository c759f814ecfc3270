"""Scikit-learn's support-vector machine on MNIST, by the default of 2013 and by today's.

Nielsen's baseline is `svm.SVC()` as it came: γ = 1 / 784, one over the number of inputs. That is
today's `gamma="auto"`; the default has since become `gamma="scale"`, which divides by the variance of
the inputs as well and so does not care for their unit. The old one does: grey levels divided by 256
and not, as here, by 255 shift a few answers. Counted are the images answered rightly. Nothing is
random, so there is one run of each size.
"""

from functools import partial

import common
import numpy as np

VARIANTS = {"auto": ("auto", 255), "auto, 256": ("auto", 256), "scale": ("scale", 255)}
SIZES = (1000, 5000, 10000)


def run(_seed, size):
    import sklearn
    from sklearn.svm import SVC

    mnist = common.mnist()
    images, digits = mnist.train.X[:size], mnist.train.Y[:size].argmax(axis=1)
    found = {name: {} for name in ("validation", "test", "support vectors")}
    for variant, (gamma, levels) in VARIANTS.items():
        unit = np.float32(255 / levels)
        machine = SVC(gamma=gamma, cache_size=1000).fit(unit * images, digits)  # the cache only saves time
        for name, data in (("validation", mnist.validation), ("test", mnist.test)):
            right = machine.predict(unit * data.X) == data.Y.argmax(axis=1)
            found[name][variant] = int(np.sum(right))
        found["support vectors"][variant] = int(machine.n_support_.sum())
    return {"scikit-learn": sklearn.__version__, **found}


EXPERIMENTS = {
    f"svm_baseline_{size}": common.Experiment(
        {"estimator": "SVC", "variants": VARIANTS, "training images": size, "images in each test": 10000},
        partial(run, size=size),
        range(1),
        band=50,
    )
    for size in SIZES
}

if __name__ == "__main__":
    common.main(EXPERIMENTS)
