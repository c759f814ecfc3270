import ast
import email
import inspect
import pathlib
import subprocess
import sys
import zipfile

import colab_lane
import lanes
import pytest

import nnlib as nn

ORDER = [
    "_check", "perceptron", "activations", "network", "losses", "backpropagation", "optimizers",
    "regularizers", "data", "storage", "training",
]  # fmt: skip
BESIDE = "storage"  # outside the evening's reading
FOLDER = pathlib.Path(nn.__file__).parent


def imports(path):
    """Full names of the modules a file imports, wherever it does; `from nnlib import x` as nnlib.x."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} has a relative import"
            inner = node.module == "nnlib"
            names |= {f"nnlib.{alias.name}" for alias in node.names} if inner else {node.module}
    return names


@pytest.mark.parametrize("module", ORDER)
def test_each_module_imports_only_from_those_above_it(module):
    names = imports(FOLDER / f"{module}.py")
    inner = {name for name in names if name.split(".")[0] == "nnlib"}
    assert inner <= {f"nnlib.{name}" for name in ORDER[: ORDER.index(module)]}
    outer = {name.split(".")[0] for name in names - inner}
    assert outer <= {"numpy", *sys.stdlib_module_names} - {"importlib"}  # which hides an import


def test_the_table_in_the_docstring_lists_the_modules_in_this_order():
    listed = [
        line.split()[0] for line in nn.__doc__.splitlines() if line.split()[:1] and line.split()[0] in ORDER
    ]
    assert listed == [name for name in ORDER[1:] if name != BESIDE]


def test_the_package_itself_loads_nothing_else():
    names = imports(FOLDER / "__init__.py")
    inner = {name for name in names if name.split(".")[0] == "nnlib"}
    assert inner == {f"nnlib.{name}" for name in ORDER[1:]}
    assert names - inner <= set(sys.stdlib_module_names)


def loaded_by(statement):
    code = f"import sys; {statement}; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=FOLDER.parent,
    )
    return set(run.stdout.split())


def test_import_loads_numpy_and_little_more():
    loaded = loaded_by("import nnlib")
    assert "numpy" in loaded
    heavy = {"matplotlib", "ipywidgets", "pooch", "sklearn", "tqdm", "scipy", "IPython", "torch"}
    assert not heavy & loaded
    assert not {"nnbook", "nnlib.datasets", "nnlib.viz"} & loaded


def test_datasets_are_loaded_when_first_used():
    loaded = loaded_by("import nnlib as nn; nn.datasets.xor()")
    assert "nnlib.datasets" in loaded
    assert not {"matplotlib", "nnlib.viz"} & loaded


def test_unknown_names_are_refused_and_known_ones_listed():
    with pytest.raises(AttributeError, match="module 'nnlib' has no attribute 'relux'"):
        nn.relux  # noqa: B018
    assert {"datasets", "viz", *nn.__all__} <= set(dir(nn))


@pytest.mark.parametrize("name", nn.__all__)
def test_every_public_name_exists_and_is_explained(name):
    thing = getattr(nn, name)
    described = (
        thing
        if inspect.ismodule(thing) or inspect.isroutine(thing) or inspect.isclass(thing)
        else type(thing)
    )
    assert described.__doc__
    # the docstring that a dataclass writes itself repeats its arguments and explains nothing
    assert not described.__doc__.startswith(f"{described.__name__}(")


def test_all_is_complete_and_holds_nothing_twice():
    assert len(nn.__all__) == len(set(nn.__all__))
    imported = {
        alias.asname or alias.name
        for node in ast.parse((FOLDER / "__init__.py").read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom) and node.module.startswith("nnlib")
        for alias in node.names
    }
    assert imported == set(nn.__all__)


def test_the_version_is_told():
    assert nn.__version__.count(".") == 2


@pytest.mark.long
def test_the_wheel_holds_the_library_and_nothing_else(tmp_path):
    environ = lanes.environ(tmp_path)
    if not lanes.network(sys.executable, tmp_path / "try"):
        pytest.skip("pip has no network")
    wheel = colab_lane.build(tmp_path, [sys.executable, "-m", "pip"], environ)
    assert wheel.name == f"nnlib-{nn.__version__}-py3-none-any.whl"
    book = FOLDER.parent / "book"
    places = {"nnlib": FOLDER, "nnbook": book / "nnbook", "nnlib_listings": book / "listings"}
    names = {
        f"{package}/{path.relative_to(folder).as_posix()}"
        for package, folder in places.items()
        for path in folder.rglob("*")
        if path.suffix in {".py", ".json"} or path.name == "py.typed" or path.parent.name == "static"
    }
    names.add("nnbook/data/derivations.yml")
    with zipfile.ZipFile(wheel) as packed:
        held = {name for name in packed.namelist() if ".dist-info/" not in name}
        about = email.message_from_bytes(packed.read(f"nnlib-{nn.__version__}.dist-info/METADATA"))
        licences = [name for name in packed.namelist() if name.endswith("/licenses/LICENSE")]
    assert held == names
    assert (about["Requires-Python"], about["License-Expression"]) == (">=3.11", "BSD-3-Clause")
    assert set(about.get_all("Provides-Extra")) == {"data", "book", "torch"}
    assert [need for need in about.get_all("Requires-Dist") if "extra ==" not in need] == ["numpy>=2.0"]
    assert about.get_payload().startswith("# Neural Networks, Checked")
    assert len(licences) == 1


@pytest.mark.parametrize(
    ("module", "without", "command"),
    [
        ("viz", "matplotlib", "`pip install matplotlib`"),
        ("estimators", "sklearn", "`pip install 'scikit-learn>=1.6'`"),
    ],
)
def test_what_a_bare_installation_lacks_is_named_with_its_command(module, without, command):
    code = f"import sys; sys.modules['{without}'] = None; import nnlib as nn; nn.{module}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=FOLDER.parent)
    assert run.stderr.endswith(f"{command}\n")
