import subprocess
import sys

import pytest

TRAIN = """
import pathlib, resource
import numpy as np
import nnlib as nn

mnist = nn.datasets.mnist()
rng = np.random.default_rng(0)
net = nn.Network.random([784, 200, 10], rng=rng)
history = nn.train(net, mnist.train, loss=nn.cross_entropy, epochs=1, batch_size=100, eta=0.5, rng=rng,
                   monitor={"validation": mnist.validation})
assert history["validation accuracy"][0] > 0.85
status = pathlib.Path("/proc/self/status")  # on Linux ru_maxrss counts the process that started this one, too
lines = status.read_text().splitlines() if status.exists() else []
peaks = [line.split()[1] for line in lines if line.startswith("VmHWM")]
print(peaks[0] if peaks else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_an_epoch_on_mnist_fits_a_small_machine(mnist):
    """Data, training and monitoring, at the peak: Binder grants 2 GB, old laptops have little more."""
    pytest.importorskip("resource")
    run = subprocess.run([sys.executable, "-c", TRAIN], capture_output=True, text=True, check=True)
    peak = int(run.stdout) / (2**20 if sys.platform == "darwin" else 2**10)  # bytes there, KiB elsewhere
    assert peak < 700
