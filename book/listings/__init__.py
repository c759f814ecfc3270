"""The names that the lecture notes' listings import: mnist_loader, network and network2.

`import nnlib_listings` puts them in reach, after everything else: a network.py of your own goes
before ours. Behind each stands nnlib: the interface is that of Michael Nielsen's programs
(https://github.com/mnielsen/neural-networks-and-deep-learning, MIT licence), which are Python 2;
the code is not theirs. `random.seed` and `np.random.seed` decide what is random, as there.
"""

import sys
from pathlib import Path

if (folder := str(Path(__file__).parent)) not in sys.path:
    sys.path.append(folder)
