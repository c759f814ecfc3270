"""The repository is what it says: its README, its address, its workflows, its pins."""

import itertools
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

import nnlib as nn

yaml = pytest.importorskip("yaml")
pytest.importorskip("nbformat")

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, flags=re.MULTILINE))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files():
    """List the files git holds or would add."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("this is not a git repository")
    names = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def test_readme_shows_commands():
    assert {"make book", "make test", "sudo apt install make python3-venv"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_readme_can_be_given(command):
    program, *rest = command.split()
    if program == "make":
        assert set(rest) <= TARGETS
    elif program.startswith(".venv/bin/"):
        name = program.removeprefix(".venv/bin/")
        module = {"jupyter-book": "jupyter_book"}.get(name, name)
        assert name == "python" or find_spec(module)
        if rest[:1] == ["-m"]:
            run(sys.executable, *rest[:2], "--help")
        for option, value in itertools.pairwise(rest):
            if option == "-r":
                assert (ROOT / value).is_file()
    else:
        assert program in {"sudo", "git", "cd", "pip", "python"}


def test_every_make_target_the_texts_name_exists():
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        named = set(re.findall(r"`make ([a-z-]+)`", text))
        assert named <= TARGETS, name


def test_every_file_the_readme_links_to_exists():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert "book/_static/readme.png" in links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("snippet", blocks("python"))
def test_every_snippet_of_the_readme_runs(snippet):
    run(sys.executable, "-W", "error", "-c", snippet)


def test_the_reading_order_of_the_readme_is_that_of_the_package():
    import nnlib

    order = re.findall(r"^([a-z]+) {2,}\S", nnlib.__doc__, flags=re.MULTILINE)
    section = README.split("## Read nnlib")[1].split("They need")[0]
    assert re.findall(r"`(\w+)`", section) == order


def test_help_lists_every_target():
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    listed = re.findall(r"^make (\S+) ", run("make", "--no-print-directory"), flags=re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, flags=re.MULTILINE)[1].split()
    assert listed == phony
    assert set(listed) == TARGETS


def test_the_address_is_everywhere_what_config_says():
    run(sys.executable, "tools/address.py", "--check")


def test_pages_are_in_normal_form():
    run(sys.executable, "tools/notebooks.py", "--check")


def test_the_address_stands_nowhere_else():
    import address
    import notebooks

    parts = address.address(ROOT / "_config.yml")
    names = ("_config.yml", "README.md", "CITATION.cff", "book/assignments.md")
    derived = {ROOT / name for name in names}
    found = []
    for path in files():
        content = path.read_bytes()
        if path.suffix == ".ipynb":  # of the book, or a student's
            said = notebooks.read(path)
            said.cells = [cell for cell in said.cells if "setup" not in cell.metadata.get("tags", [])]
            content = notebooks.text(said).encode()
        if path.parent.name == "run":  # its links lead to the site
            continue
        if path not in derived and parts["slug"].encode() in content:
            found.append(path.relative_to(ROOT).as_posix())
    assert found == []
    outside = re.sub(r"<!-- address: \w+ -->.*?<!-- end -->", "", README, flags=re.DOTALL)
    assert parts["slug"] not in outside


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_call_make_with_targets_that_exist(path):
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    commands = [step.get("run", "") for job in jobs.values() for step in job["steps"]]
    targets = re.findall(r"\bmake ([a-z-]+)", "\n".join(commands))
    assert targets
    assert set(targets) <= TARGETS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_to_commits_that_no_tag_can_move(path):
    used = re.findall(r"uses: *(\S.*)", path.read_text(encoding="utf-8"))
    assert used
    assert [line for line in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_actionlint_finds_nothing():
    if not shutil.which("actionlint"):
        pytest.skip("actionlint is not installed")
    run("actionlint", *map(str, WORKFLOWS))


def pins(name):
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return [line.split(";")[0].strip() for line in lines if line and line[0] not in "#-"]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_once(name):
    assert all(re.fullmatch(r"[A-Za-z0-9.-]+==[0-9][0-9a-z.]*", pin) for pin in pins(name))
    names = [pin.split("==")[0].lower() for pin in pins(name)]
    assert sorted(set(names)) == sorted(names)


def test_pre_commit_uses_the_pinned_versions():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    for hook in hooks:
        tool = "ruff" if "ruff" in hook["repo"] else "codespell"
        assert f"{tool}=={hook['rev'].removeprefix('v')}" in pins("requirements-dev.txt")


def test_requirements_satisfy_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["book"]]
    pinned = dict(pin.split("==") for pin in pins("requirements.txt"))
    for requirement in wanted:
        if requirement.startswith("nnlib"):
            continue
        name, least = requirement.split(">=")
        assert [int(n) for n in pinned[name].split(".")[:2]] >= [int(n) for n in least.split(".")[:2]]


def test_the_script_of_continuous_integration_can_be_run():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    run("bash", "-n", str(script))


def test_the_map_of_the_repository_names_every_folder():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.split("## Map of the repository")[1].split("\n## ")[0]
    named = {name.rstrip("/") for name in re.findall(r"`([^`]+)`", table)}
    folders = set()
    for path in files():
        parts = path.relative_to(ROOT).parts[:-1]
        if parts[:1] != ("assignments",):  # their names are those of the assignments
            folders |= {"/".join(parts[:depth]) for depth in (1, 2) if len(parts) >= depth}
    assert folders - {".github/workflows"} <= named
    assert all((ROOT / name).exists() for name in named if "/" in name and "NAME" not in name)


def test_licences_and_runtime():
    assert "The Neural Networks, Checked authors" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "creativecommons.org/licenses/by/4.0/" in (ROOT / "LICENSE-TEXT").read_text(encoding="utf-8")
    assert (ROOT / "runtime.txt").read_text() == "python-3.13\n"


def test_the_citation_is_of_this_version_and_these_licences():
    said = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    assert (said["cff-version"], said["type"]) == ("1.2.0", "software")
    assert (said["title"], said["authors"]) == (config["title"], [{"name": config["author"]}])
    assert said["version"] == nn.__version__
    assert said["repository-code"] == config["repository"]["url"]
    assert said["license"] == ["BSD-3-Clause", "CC-BY-4.0"]


def test_the_demo_that_contributing_shows_works(tmp_path):
    code = re.findall(
        r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL
    )
    (demo,) = [block for block in code if "Demo(" in block]
    assert max(map(len, demo.splitlines())) <= 76  # as is asked of folded code
    path = tmp_path / "shown.py"
    path.write_text(
        demo.replace("\nDemo(", "\nshown = Demo(") + "\nprint(len(shown.html()))\n", encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "MPLBACKEND": "agg"},
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 400_000
