"""Honest notebooks that look odd: the solution of Assignment 2, as people hand it in.

Each of them has all points. `HONEST` maps what is odd to a function that changes the notebook.
"""

import base64
import json
import re

HONEST = {}


def honest(name):
    """Enter a function that changes a notebook, given as parsed JSON."""

    def entered(change):
        assert name not in HONEST
        HONEST[name] = change
        return change

    return entered


def code(source):
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], "execution_count": None}


def importing(raw):
    """Find the cell that imports NumPy."""
    return next(cell for cell in raw["cells"] if "import numpy as np" in cell["source"] and is_code(cell))


def is_code(cell):
    return cell["cell_type"] == "code"


def is_check(cell):
    return is_code(cell) and "grader.check" in cell["source"]


def answer(raw, begins):
    """Find the cell with this beginning of a line."""
    return next(cell for cell in raw["cells"] if is_code(cell) and f"\n{begins}" in f"\n{cell['source']}")


# ---- above the imports ---------------------------------------------------------------------

ABOVE = {
    "pip with an exclamation mark": "!pip install seaborn",
    "pip, quietly": "%pip install -q nnlib",
    "conda": "%conda install numpy",
    "mamba": "%mamba install numpy",
    "a system package": "!apt-get -qq install dvipng > /dev/null",
    "a clone": "!git clone https://example.com/x.git\n%cd x",
    "figures inline": "%matplotlib inline",
    "figures in the notebook": "%matplotlib notebook",
    "figures as widgets": "%matplotlib widget",
    "figures in windows": "%matplotlib qt",
    "sharp figures": "%config InlineBackend.figure_format = 'retina'",
    "reloading": "%load_ext autoreload\n%autoreload 2",
    "formatting": "%load_ext nb_black",
    "a magic of nobody's": "%nosuchmagic at all",
    "a file list": "files = !ls\nhere = %pwd",
    "a reset": "%reset -f",
    "Colab's drive": "from google.colab import drive\ndrive.mount('/content/drive')",
    "Colab's drive, gone into": (
        "from google.colab import drive\nimport os\ndrive.mount('/content/drive', force_remount=True)\n"
        "os.chdir('/content/drive/MyDrive/course')"
    ),
    "Colab's files": "from google.colab import files\nuploaded = files.upload()",
    "Colab's widgets": "from google.colab import output\noutput.enable_custom_widget_manager()",
    "Colab or not": "try:\n    import google.colab\n    COLAB = True\nexcept ImportError:\n    COLAB = False",
    "Colab by sys": "import sys\nCOLAB = 'google.colab' in sys.modules",
    "Kaggle's secrets": (
        "from kaggle_secrets import UserSecretsClient\ntoken = UserSecretsClient().get_secret('x')"
    ),
    "Kaggle's input": "import os\nfor folder, _, names in os.walk('/kaggle'):\n    print(folder, names)",
    "JupyterLite": "import piplite\nawait piplite.install(['numpy', 'matplotlib'])",
    "JupyterLite's magic": "%pip install -q ipywidgets==8.1",
    "a package that is missing": "import seaborn as sns\nsns.set_theme()",
    "several, one missing": "import seaborn as sns, os, sys\nsns.set(style='whitegrid')",
    "a part that is missing": "from scipy import constants, nosuchpart",
    "everything of a package that is missing": "from nosuchpackage import *",
    "a part of a package that is missing": "import nosuch.plot.colours as nc\nnc.use(palette=['red'])",
    "a style of old": "import matplotlib.pyplot as plt\nplt.style.use('seaborn-v0_4-nosuch')",
    "a setting of old": "import matplotlib.pyplot as plt\nplt.rcParams['savefig.nosuch'] = 3",
    "LaTeX in figures": "import matplotlib.pyplot as plt\nplt.rc('font', family='serif')",
    "warnings": "import warnings\nwarnings.filterwarnings('ignore')",
    "a warning": "import warnings\nwarnings.warn('old')",
    "a seed": "import random\nrandom.seed(1)\nimport numpy as np\nnp.random.seed(1)",
    "options of NumPy": "import numpy as np\nnp.set_printoptions(precision=3, suppress=True)",
    "the future": "from __future__ import annotations\nimport typing",
    "logging": "import logging\nlogging.basicConfig(level=logging.DEBUG)",
    "paths": "import sys\nfrom pathlib import Path\nsys.path.append(str(Path.cwd().parent))",
    "threads": "import os\nos.environ['OMP_NUM_THREADS'] = '4'",
    "deep recursion": "import sys\nsys.setrecursionlimit(20_000)",
    "a just-in-time compiler": "from numba import njit\n@njit\ndef twice(x):\n    return 2 * x",
    "shown things": "from IPython.display import HTML, Math, display\ndisplay(Math('x^2'), HTML('<b>x</b>'))",
    "wide cells": (
        "from IPython.core.display import display, HTML\n"
        "display(HTML('<style>.container { width: 100% }</style>'))"
    ),
}
for _name, _lines in ABOVE.items():

    @honest(_name)
    def _above(raw, lines=_lines):
        cell = importing(raw)
        cell["source"] = f"{lines}\n{cell['source']}"


# ---- cells of their own --------------------------------------------------------------------

CELLS = {
    "a whole cell of shell": "%%bash\nls -l\npip list",
    "output kept out of sight": "%%capture\n!pip install nosuch",
    "HTML": "%%html\n<b>done</b>",
    "a module written and used": "%%writefile helper.py\nx = 1",
    "a time": "%timeit -n1 -r1 f(c, 0.0)",
    "a slip of the pen": "for x in range(3) print(x)",
    "an exception": "1 / 0",
    "a word that means something to the grader": "kernel",
    "a question to the reader": "name = input('Who are you? ')",
    "a rest": "import time\ntime.sleep(1)",
    "much output": "for k in range(20_000):\n    print(k, 'x' * 40)",
    "a file": "with open('notes.txt', 'w') as file:\n    file.write('done')\nprint(open('notes.txt').read())",
    "a picture saved": "plt.plot([1, 2])\nplt.savefig('picture.png')\nplt.show(block=False)",
    "a widget": "from ipywidgets import interact\ninteract(lambda k: k**2, k=(0, 10))",
    "a bar": "from tqdm.notebook import tqdm\nfor k in tqdm(range(10)):\n    pass",
    "workers": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(4) as pool:\n    print(list(pool.map(abs, [-1, -2])))"
    ),
    "letters of other alphabets": "θ, größe = 1.0, 2\nprint('Größe', θ)",
    "a debugger": "import pdb\nfrom IPython.core.debugger import set_trace",
}
for _name, _source in CELLS.items():

    @honest(_name)
    def _cell(raw, source=_source):
        raw["cells"].insert(raw["cells"].index(importing(raw)) + 3, code(source))


# ---- the notebook itself -------------------------------------------------------------------


@honest("checks before the answers")
def _(raw):
    for place, cell in enumerate(raw["cells"]):
        if is_check(cell):
            raw["cells"].insert(3, raw["cells"].pop(place))


@honest("all checks at the end")
def _(raw):
    raw["cells"] = [c for c in raw["cells"] if not is_check(c)] + [c for c in raw["cells"] if is_check(c)]


@honest("no checks")
def _(raw):
    raw["cells"] = [cell for cell in raw["cells"] if not is_check(cell)]


@honest("no cell of set-up")
def _(raw):
    raw["cells"] = [cell for cell in raw["cells"] if not (is_code(cell) and "otter" in cell["source"])]


@honest("cells twice")
def _(raw):
    raw["cells"] = [cell for cell in raw["cells"] for _ in range(2)]


@honest("a language with a number")
def _(raw):
    raw["metadata"]["kernelspec"] = {"language": "python3", "name": "python3", "display_name": "Python 3"}


@honest("another name of the language")
def _(raw):
    raw["metadata"] = {"language_info": {"name": "Python 3.11"}}


@honest("no metadata")
def _(raw):
    raw["metadata"] = {}


@honest("metadata of VS Code")
def _(raw):
    raw["metadata"]["vscode"] = {"interpreter": {"hash": "0" * 64}}
    for cell in raw["cells"]:
        cell["metadata"] = {"vscode": {"languageId": "python"}}


@honest("lines in lists")
def _(raw):
    for cell in raw["cells"]:
        cell["source"] = cell["source"].splitlines(keepends=True)


@honest("line ends of Windows")
def _(raw):
    for cell in raw["cells"]:
        cell["source"] = cell["source"].replace("\n", "\r\n")


@honest("an older format")
def _(raw):
    raw["nbformat_minor"] = 0
    for cell in raw["cells"]:
        cell.pop("id", None)


@honest("large outputs")
def _(raw):
    picture = base64.b64encode(bytes(2_000_000)).decode()
    output = {"output_type": "display_data", "data": {"image/png": picture}, "metadata": {}}
    importing(raw)["outputs"] = [output]


@honest("pasted pictures")
def _(raw):
    picture = base64.b64encode(bytes(1_000_000)).decode()
    text = f"My drawing: ![](data:image/png;base64,{picture})"
    raw["cells"].append({"cell_type": "markdown", "metadata": {}, "source": text})


@honest("cells of time")
def _(raw):
    for begins in ("def slope", "def descend"):
        cell = answer(raw, begins)
        cell["source"] = f"%%time\n{cell['source']}"


@honest("experiments")
def _(raw):
    raw["cells"].insert(5, code("# experiment\nwhile True:\n    pass"))


# ---- answers of another kind ---------------------------------------------------------------


def wrapped(raw, begins, name, lines):
    answer(raw, begins)["source"] += f"\n_{name} = {name}\n{lines}"


@honest("slopes in single precision")
def _(raw):
    wrapped(
        raw,
        "def slope",
        "slope",
        "def slope(c, x):\n    c, x = np.float32(c), np.float32(x)\n    return np.float32(_slope(c, x))",
    )


@honest("slopes in lists")
def _(raw):
    wrapped(raw, "def slope", "slope", "def slope(c, x):\n    return np.asarray(_slope(c, x)).tolist()")


@honest("slopes with more digits")
def _(raw):
    wrapped(raw, "def slope", "slope", "def slope(c, x):\n    return _slope(c, np.longdouble(x))")


@honest("a lambda")
def _(raw):
    wrapped(raw, "def slope", "slope", "slope = lambda c, x: _slope(c, x)")


@honest("a method")
def _(raw):
    wrapped(
        raw,
        "def slope",
        "slope",
        "class My:\n    def at(self, c, x):\n        return _slope(c, x)\nslope = My().at",
    )


@honest("a compiled function")
def _(raw):
    cell = answer(raw, "def slope")
    cell["source"] = "from numba import njit\n" + re.sub(
        r"^def slope", "@njit(cache=True)\ndef slope", cell["source"], flags=re.MULTILINE
    )


@honest("functions that print")
def _(raw):
    wrapped(
        raw,
        "def slope",
        "slope",
        "def slope(c, x):\n    print('slope of', c, 'at', x)\n    return _slope(c, x)",
    )


@honest("functions that draw")
def _(raw):
    wrapped(raw, "def slope", "slope", "def slope(c, x):\n    plt.plot([0, 1])\n    return _slope(c, x)")


@honest("numbers in arrays of one")
def _(raw):
    raw["cells"].append(code("x_min = np.float64(x_min)\nf_min = float(f_min)"))


def made(raw):
    """Write a notebook as bytes."""
    return json.dumps(raw).encode()
