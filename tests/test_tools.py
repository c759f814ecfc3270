"""The tools that keep the repository in order."""

import configparser
import gzip
import json
import os
import random
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import address
import binder_lane
import environment
import lanes
import lighthouse
import minutes
import notebooks
import pytest
import release
import run_scripts
import run_tests
import serve

from assignments.marking import building
from nnbook import minutes as counted
from nnbook import pages

nbformat = pytest.importorskip("nbformat")

ROOT = Path(__file__).resolve().parent.parent

NOISY = """
import sys
print("kept")
sys.stderr.write("\\r 50%|#####     | 1/2 [00:01<00:01]\\r100%|##########| 2/2")
class Thing:
    pass
"""


def page(*cells, **metadata):
    """Make a notebook with random ids and more metadata than anyone wants."""
    made = [nbformat.v4.new_code_cell(c) if c[0] != "#" else nbformat.v4.new_markdown_cell(c) for c in cells]
    for cell in made:
        cell.id = f"{random.getrandbits(32):08x}"
        cell.metadata.update(tags=["prose-check"], execution={"iopub.status.busy": "2026-01-01"})
    return nbformat.v4.new_notebook(cells=made, metadata={"widgets": {}, "colab": {"a": 1}, **metadata})


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_refreshing_twice_leaves_no_difference(tmp_path):
    path = tmp_path / "page.ipynb"
    nbformat.write(page("# A page", NOISY, "Thing()", "open('beside.txt', 'w').write('x')"), path)
    assert notebooks.refresh(path)
    first = path.read_bytes()
    assert not notebooks.refresh(path)
    assert path.read_bytes() == first

    stored = json.loads(first)
    assert stored["metadata"] == {"kernelspec": notebooks.KERNEL, "language_info": {"name": "python"}}
    kept = {"cellView": "form", "jupyter": {"source_hidden": True}, "tags": ["prose-check"]}
    assert [cell["metadata"] for cell in stored["cells"]] == [{"tags": ["prose-check"]}, kept, kept, kept]
    assert [cell.get("execution_count") for cell in stored["cells"]] == [None, 1, 2, 3]
    assert [o["name"] for o in stored["cells"][1]["outputs"]] == ["stdout"]
    assert stored["cells"][2]["outputs"][0]["data"]["text/plain"] == ["<__main__.Thing at 0x...>"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["beside.txt", "page.ipynb"]  # ran beside itself


def test_a_failing_cell_is_reported_and_nothing_is_written(tmp_path, capsys):
    path = tmp_path / "page.ipynb"
    nbformat.write(page("1 / 0"), path)
    before = path.read_bytes()
    assert notebooks.main([str(path)]) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert path.read_bytes() == before


def test_the_normal_form_is_stable_and_says_the_same(tmp_path):
    path = tmp_path / "page.ipynb"
    nbformat.write(page("# A page", "x = 1", "x = 1", "x", nnlib={"needs": ["mnist"]}), path)
    assert notebooks.main(["--check", str(path)]) == 1
    assert notebooks.main(["--tidy", str(path)]) == 0
    assert notebooks.main(["--check", str(path)]) == 0
    tidy = notebooks.read(path)
    assert [cell.source for cell in tidy.cells] == ["# A page", "x = 1", "x = 1", "x"]
    assert len({cell.id for cell in tidy.cells}) == 4
    assert tidy.metadata.nnlib == {"needs": ["mnist"]}


@pytest.mark.parametrize(
    ("tags", "folded"),
    [
        (["remove-cell", "prose-check"], {"cellView": "form", "jupyter": {"source_hidden": True}}),
        (["hide-input"], {"jupyter": {"source_hidden": True}}),
        (["setup", "remove-cell"], {}),
        ([], {}),
    ],
)
def test_what_the_page_hides_is_folded_in_the_notebook(tags, folded):
    cell = nbformat.v4.new_code_cell("x", metadata={"tags": tags, "jupyter": {"outputs_hidden": True}})
    tidy = notebooks.normalise(nbformat.v4.new_notebook(cells=[cell])).cells[0]
    assert tidy.metadata == {"tags": tags, **folded}


def test_an_inserted_cell_changes_no_other_id():
    ids = [cell.id for cell in notebooks.normalise(page("a", "b", "a")).cells]
    more = [cell.id for cell in notebooks.normalise(page("new", "a", "b", "a")).cells]
    assert more[1:] == ids


def test_widget_views_and_paths_do_not_stay():
    made = page("x")
    view = {notebooks.WIDGET: {"model_id": "1"}}
    made.cells[0].outputs = [
        nbformat.v4.new_output("display_data", {**view, "text/plain": "IntSlider()"}),
        nbformat.v4.new_output("display_data", {**view, "text/plain": "Demo()", "text/html": "<p>"}),
        nbformat.v4.new_output("stream", name="stderr", text=f"{ROOT}/nnlib/viz.py:3: Warning"),
    ]
    demo, warning = notebooks.normalise(made).cells[0].outputs
    assert set(demo.data) == {"text/plain", "text/html"}
    assert warning.text == "nnlib/viz.py:3: Warning"


def test_pages_that_lack_something_are_told_apart(tmp_path):
    for name, cells, metadata in [
        ("plain", ["1"], {}),
        ("says_so", ["1"], {"nnlib": {"needs": ["torch"]}}),
        ("loads", ["nn.datasets.mnist()"], {}),
    ]:
        nbformat.write(page(*cells, **metadata), tmp_path / f"{name}.ipynb")
    ready, lacking = notebooks.runnable(pages.notebooks(tmp_path), there=lambda need: False)
    assert [path.stem for path in ready] == ["plain"]
    assert {path.stem: lack for path, lack in lacking.items()} == {"says_so": ["torch"], "loads": ["mnist"]}


def test_changed_pages(tmp_path):
    def git(*arguments):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True, capture_output=True)

    book = tmp_path / "book"
    book.mkdir()
    for name in ("same", "edited", "staged"):
        nbformat.write(page("1"), book / f"{name}.ipynb")
    assert len(notebooks.changed(tmp_path)) == 3  # no repository: all
    git("init")
    git("add", ".")
    assert len(notebooks.changed(tmp_path)) == 3  # no commit: all
    git("commit", "-m", "first")
    assert notebooks.changed(tmp_path) == []
    for name in ("edited", "staged", "new"):
        nbformat.write(page("2"), book / f"{name}.ipynb")
    git("add", "book/staged.ipynb")
    assert [path.stem for path in notebooks.changed(tmp_path)] == ["edited", "new", "staged"]


def test_write_is_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "file"
    assert notebooks.write(path, "one")
    assert not notebooks.write(path, "one")

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="disk full"):
        notebooks.write(path, "two")
    assert path.read_text() == "one"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


CONFIG = "repository:\n  url: https://example.org/someone/a-book\n  branch: trunk\n"


def test_the_address_is_written_once_and_then_stays(tmp_path):
    (tmp_path / "_config.yml").write_text(CONFIG)
    (tmp_path / "README.md").write_text("# Book\n<!-- address: install -->\nold\n<!-- end -->\nrest\n")
    (tmp_path / "_toc.yml").write_text("root: book/page\nparts: []\n")
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "references.bib").write_text("")
    path, edition = tmp_path / "book" / "page.ipynb", tmp_path / "book" / "run" / "page.ipynb"
    nbformat.write(page("# A page", "1"), path)
    assert address.main(["--check"], tmp_path) == 1
    assert address.main([], tmp_path) == 0
    assert address.main(["--check"], tmp_path) == 0
    cell = notebooks.read(path).cells[0]
    assert cell.id == "setup"
    assert cell.metadata.tags == ["setup", "remove-cell"]
    assert '%pip install -q "nnlib[book] @ git+https://example.org/someone/a-book@trunk"' in cell.source
    readme = (tmp_path / "README.md").read_text()
    assert "a-book@trunk" in readme
    assert "old" not in readme
    assert readme.endswith("rest\n")

    (tmp_path / "_config.yml").write_text(CONFIG.replace("a-book", "moved"))
    assert address.main(["--check"], tmp_path) == 1
    assert address.main([], tmp_path) == 0
    assert len(notebooks.read(path).cells) == 3  # the set-up cell was replaced, not added to
    assert "moved@trunk" in edition.read_text()
    assert "a-book" not in path.read_text() + edition.read_text() + (tmp_path / "README.md").read_text()


def test_a_page_that_has_no_run_edition_is_told_and_nothing_is_written(tmp_path, capsys):
    (tmp_path / "_config.yml").write_text(CONFIG)
    (tmp_path / "_toc.yml").write_text("root: book/page\nparts: []\n")
    (tmp_path / "README.md").write_text("<!-- address: install -->\nold\n<!-- end -->\n")
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "references.bib").write_text("")
    nbformat.write(page("# A page\n\n:::{warning}\nHot.\n:::", "1"), tmp_path / "book" / "page.ipynb")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert address.main([], tmp_path) == 1
    said = capsys.readouterr().err
    assert re.fullmatch(r"nothing was written: page\.ipynb, cell \d: the directive warning\n", said)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_setup_cell_put_into_a_page_that_was_run_counts_as_run():
    made = page("1", "# Text", "2")
    for count, place in ((1, 0), (2, 2)):
        made.cells[place].execution_count = count
        result = nbformat.v4.new_output("execute_result", {"text/plain": "1"}, execution_count=count)
        made.cells[place].outputs = [result]
    parts = {"url": "https://example.org/a/b", "branch": "main"}
    cells = [c for c in address.with_setup(made, parts).cells if c.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == [1, 2, 3]
    assert [cell.outputs[0].execution_count for cell in cells[1:]] == [2, 3]


def test_the_setup_cell_is_silent_where_nnlib_is_installed():
    source = address.SETUP.format(url="https://example.org/a/b", branch="main")
    program = re.sub(r"^( *)%pip .*", r"\1raise SystemExit", source, flags=re.MULTILINE)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_an_old_python_is_refused_in_plain_words(monkeypatch, capsys):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert environment.main() == 1
    assert "Python 3.11 or newer is needed" in capsys.readouterr().err


def test_a_python_without_venv_names_the_package_to_install(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(environment, "STAMP", tmp_path / "none")
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    assert environment.main() == 1
    assert "apt install python3-venv" in capsys.readouterr().err


def test_an_environment_is_kept_until_something_it_depends_on_changes(monkeypatch, tmp_path):
    for name in environment.INPUTS:
        (tmp_path / name).write_text("one\n")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "STAMP", tmp_path / "stamp")
    monkeypatch.setattr(environment, "_python", lambda: sys.executable)
    before = environment._fingerprint()
    assert not environment._ready(before)
    (tmp_path / "stamp").write_text(before)
    assert environment._ready(before)
    (tmp_path / "requirements.txt").write_text("two\n")
    assert not environment._ready(environment._fingerprint())


def test_results_are_added_up_from_reports(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite><testcase name="a"/>'
        '<testcase name="b"><failure/></testcase>'
        '<testcase name="c"><skipped type="pytest.skip" message="no Chromium"/></testcase>'
        '<testcase name="d"><skipped type="pytest.xfail" message="known"/></testcase>'
        "</testsuite></testsuites>"
    )
    run = run_tests.Run()
    assert run._count(report) == 1
    assert (run.passed, run.failed, dict(run.skipped)) == (2, 1, {"no Chromium": 1})


def test_a_failing_step_fails_the_run_and_a_step_may_skip_itself(capfd):
    run = run_tests.Run()
    assert run.step("good", [sys.executable, "-c", ""])
    assert run.step("absent", [sys.executable, "-c", "raise SystemExit(77)"]) is False
    assert run.close() == 0
    assert not run.step("bad", [sys.executable, "-c", "raise SystemExit(3)"])
    assert run.close() == 1
    out = capfd.readouterr().out
    assert "skipped: absent" in out
    assert out.splitlines()[-1] == "1 passed, 1 failed, 1 skipped"


def test_scripts_of_a_folder(tmp_path):
    for name in ("b.py", "a.py", "common.py", "_shared.py", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in run_scripts.scripts(tmp_path)] == ["a.py", "b.py"]


SCRIPT = """
import os, pathlib, sys, time
print(pathlib.Path(__file__).stem, "begins", os.environ.get("OPENBLAS_NUM_THREADS"), flush=True)
time.sleep(0.2)
print("and ends", file=sys.stderr)
sys.exit(pathlib.Path(__file__).stem == "b")
"""


def test_two_scripts_at_a_time_speak_one_after_the_other(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    for name in ("a.py", "b.py", "c.py"):
        (tmp_path / name).write_text(SCRIPT)
    assert run_scripts.main([str(tmp_path), "--at-once", "2"]) == 1
    said = re.sub(r"\d+ s$", "T", capsys.readouterr().out, flags=re.MULTILINE)
    for name in "abc":
        assert f"--- {tmp_path / name}.py\n{name} begins 1\nand ends\nT\n" in said
    assert said.endswith("2 scripts ran, these failed: b.py\n")


def test_a_script_that_is_to_run_alone_runs_last_and_with_all_threads(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    for name in ("a.py", "c.py"):
        (tmp_path / name).write_text(SCRIPT)
    assert run_scripts.main([str(tmp_path), "--at-once", "2", "--alone", "a.py"]) == 0
    said = capfd.readouterr().out
    assert "c begins 1\n" in said
    assert said.index("c begins 1\n") < said.index("a begins 7\n")
    with pytest.raises(SystemExit):
        run_scripts.main([str(tmp_path), "--alone", "nothing.py"])


def test_one_script_after_the_other_without_the_option(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    (tmp_path / "a.py").write_text(SCRIPT)
    assert run_scripts.main([str(tmp_path)]) == 0
    assert "a begins 7\n" in capfd.readouterr().out


def test_the_site_is_served_to_this_machine_alone(tmp_path):
    (tmp_path / "index.html").write_text("the book")
    program = (
        f"import pathlib, sys; sys.path.insert(0, {str(ROOT / 'tools')!r}); import serve;"
        f"serve.SITE = pathlib.Path({str(tmp_path)!r}); serve.webbrowser.open = lambda _: True; serve.main()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            found = re.match(r"(http://127\.0\.0\.1:\d+/) ", process.stdout.readline())
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(found[1], timeout=10) as answer:
                assert answer.read() == b"the book"
        finally:
            process.terminate()


def test_serving_without_a_site_says_what_to_do(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(serve, "SITE", tmp_path)
    assert serve.main() == 1
    assert "make book" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("stored", "fresh"),
    [
        ("<Thing at 0x7f12ab>", "<Thing at 0x...>"),
        ('<img src="data:image/png;base64,AAAA+/9=">', '<img src="data:image/png;base64,BBBB">'),
        ("took 12.3 s", "took 4 ms"),
        ("/home/a/book/x.py: no", "/tmp/b/x.py: no"),
    ],
)
def test_the_sanitizer_blanks_what_may_differ(stored, fresh):
    assert _sanitized(stored) == _sanitized(fresh) != stored


@pytest.mark.parametrize("exact", ["x = 0.5, 3 of 4", "1/2/3", "[784, 30, 10] -> 0.9546", "<p>a</p><br/>"])
def test_the_sanitizer_leaves_results_alone(exact):
    assert _sanitized(exact) == exact


def _sanitized(said):
    rules = configparser.RawConfigParser()
    rules.read(ROOT / "tests" / "book" / "sanitize.cfg", encoding="utf-8")
    for name in rules.sections():
        said = re.sub(rules[name]["regex"], rules[name]["replace"], said)
    return said


def test_minutes_are_counted_and_kept_up_to_date(tmp_path):
    words = "# A page\n\n" + "word " * 1297 + "$$\nx\n$$ (a)\n\n## Exercises\n\n" + "more " * 5000
    lesson = page("x = 1\n\ny = 2", words)
    lesson.cells[0].metadata.tags = []
    assert counted.counts(lesson) == {"words": 1302, "formulas": 1, "lines": 2, "figures": 0}
    assert counted.minutes(lesson) == 10  # 1,302 words take 601 s, the formula 20, the lines 8
    landing = page("# Book\n\n<!-- minutes: backprop -->\nold\n<!-- end -->\n")
    nbformat.write(landing, tmp_path / "index.ipynb")
    for name in minutes.PATHS["backprop"]:
        nbformat.write(lesson, tmp_path / f"{name}.ipynb")
    assert minutes.main(["--check"], tmp_path) == 1
    assert minutes.main([], tmp_path) == 0
    assert minutes.main(["--check"], tmp_path) == 0
    said = (tmp_path / "index.ipynb").read_text(encoding="utf-8")
    assert "1. [A page](introduction): 10 minutes" in said


def test_minutes_on_the_landing_page_are_those_of_the_pages():
    assert minutes.main(["--check"]) == 0


DOCKERFILE = """\
Building conda environment for python=3.13
RUN apt-get -qq update
COPY --chown=0:0 src/ ${REPO_DIR}/
USER ${NB_USER}
RUN ${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir -r "requirements.txt"
RUN ${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir .
RUN chmod +x postBuild
RUN ./postBuild
ENV PYTHONUNBUFFERED=1
"""


def test_the_steps_of_binder_are_read_off_its_dockerfile():
    assert binder_lane.steps(DOCKERFILE) == [
        ["pip", "install", "--no-cache-dir", "-r", "requirements.txt"],
        ["pip", "install", "--no-cache-dir", "."],
        ["chmod", "+x", "postBuild"],
        ["./postBuild"],
    ]


@pytest.mark.parametrize(
    ("line", "instead", "says"),
    [
        ("python=3.13", "python=3.10", "Binder would not take python-3.13"),
        ("RUN ${KERNEL_PYTHON_PREFIX}/bin/pip install --no-cache-dir .\n", "", "Binder would do"),
        ("RUN ./postBuild\n", "", "Binder would do"),
        ('"requirements.txt"', '"binder/requirements.txt"', "Binder would do"),
    ],
)
def test_other_steps_of_binder_are_refused(line, instead, says):
    assert line in DOCKERFILE
    with pytest.raises(ValueError, match=says):
        binder_lane.steps(DOCKERFILE.replace(line, instead))


def test_binder_prepares_its_image_with_a_script_that_can_be_run():
    script = ROOT / "postBuild"
    assert os.access(script, os.X_OK)
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!/bin/bash\n")
    assert building.OTTER in text
    assert (ROOT / "runtime.txt").read_text(encoding="utf-8").strip() == binder_lane.WANTED


def test_some_notebooks_are_from_all_over():
    names = list("abcdefghij")
    assert lanes.spread(names, 3) == ["a", "e", "j"]
    assert lanes.spread(names, 1) == ["a"]
    assert lanes.spread(names, None) == lanes.spread(names, 10) == lanes.spread(names, 11) == names
    assert all(len(set(lanes.spread(names, some))) == some for some in range(1, 11))


def test_a_number_of_notebooks_that_is_none_is_refused(capsys):
    assert lanes.arguments("About.", ["--some", "2"]) == 2
    assert lanes.arguments("About.", []) is None
    with pytest.raises(SystemExit):
        lanes.arguments("About.", ["--some", "0"])
    assert "--some needs a number from 1 on, not 0" in capsys.readouterr().err


def test_lanes_run_every_page_and_every_assignment_without_outputs(monkeypatch):
    monkeypatch.setattr("nnlib.datasets.available", lambda name: True)
    monkeypatch.setattr(lanes, "_solved", lambda name: nbformat.v4.new_notebook())
    found = dict(lanes.cases())
    files = [*ROOT.glob("book/run/*.ipynb"), *ROOT.glob("assignments/a*/student/*.ipynb")]
    assert sorted(found) == sorted(path.relative_to(ROOT).as_posix() for path in files)
    codes = [cell for notebook in found.values() for cell in notebook.cells if cell.cell_type == "code"]
    assert codes
    assert not any(cell.outputs for cell in codes)


def test_lanes_say_what_they_leave_out(monkeypatch, capsys):
    monkeypatch.setattr("nnlib.datasets.available", lambda name: False)
    names = [name for name, _ in lanes.cases(1)]
    assert names == ["book/run/activations.ipynb"]
    said = capsys.readouterr().out
    assert "skipped: mnist.ipynb needs mnist" in said
    assert "skipped: a4_fashion_mnist needs fashion-mnist" in said


def test_the_set_up_cell_can_install_from_elsewhere():
    notebook = notebooks.read(ROOT / "book" / "perceptron.ipynb")
    lanes.install_from(notebook, "file:///w.whl")
    assert '%pip install -q "nnlib[book] @ file:///w.whl"' in notebook.cells[0].source
    with pytest.raises(ValueError, match="one cell that installs nnlib, and this one has 0"):
        lanes.install_from(nbformat.v4.new_notebook(), "file:///w.whl")


def test_a_lane_fails_if_one_notebook_does_or_there_is_none(capsys):
    good, bad = (subprocess.CompletedProcess([], code, "", "why") for code in (0, 1))
    assert lanes.report([("a", good)]) == 0
    assert lanes.report([("a", good), ("b", bad)]) == 1
    said = capsys.readouterr().out
    assert "a: passed after 0 s\nb: FAILED after 0 s\nwhy\n1 passed, 1 failed" in said
    assert lanes.report([]) == 1


def release_files(folder, version="1.2.3", cited="1.2.3", day="2026-11-28", installed="1.2.3"):
    (folder / "nnlib").mkdir()
    (folder / "nnlib" / "__init__.py").write_text(f'__version__ = "{version}"\n')
    (folder / "CITATION.cff").write_text(f"version: {cited}\n")
    (folder / "CHANGELOG.md").write_text(
        f"# Changelog\n\n## [Unreleased]\n\n## 1.2.3 ({day})\n\n- New.\n\n## 1.2.2 (2026-01-01)\n\n- Old.\n"
    )
    student = folder / "assignments" / "a1_x" / "student"
    student.mkdir(parents=True)
    (student / "a1_x.ipynb").write_text(f'"nnlib[book] @ git+url@v{installed}"')
    return folder


def test_a_version_that_everything_names_can_be_released(tmp_path, capsys):
    root = release_files(tmp_path)
    assert release.missing(root, "v1.2.3") == []
    assert release.main(["--tag", "v1.2.3"], root) == 0
    assert "version 1.2.3 is ready" in capsys.readouterr().out
    said = release.notes((root / "CHANGELOG.md").read_text(), "1.2.3")
    assert said == ("- New.", "2026-11-28")


@pytest.mark.parametrize(
    ("wrong", "tag", "says"),
    [
        ({}, "v1.2.4", "the tag is v1.2.4, and nnlib.__version__ asks for v1.2.3"),
        ({"cited": "1.2.2"}, None, "CITATION.cff is of version 1.2.2"),
        ({"day": "unreleased"}, None, "CHANGELOG.md says (unreleased) after 1.2.3"),
        ({"installed": "1.2.2"}, None, "a1_x.ipynb installs another version"),
        ({"version": "1.3.0", "cited": "1.3.0", "installed": "1.3.0"}, None, "no section `## 1.3.0"),
    ],
)
def test_what_is_missing_for_a_release_is_named(wrong, tag, says, tmp_path, capsys):
    root = release_files(tmp_path, **wrong)
    (fault,) = release.missing(root, tag)
    assert says in fault
    assert release.main(["--tag", tag] if tag else [], root) == 1


def test_this_version_lacks_at_most_its_day():
    assert [fault for fault in release.missing(ROOT) if "not the day of the release" not in fault] == []


def test_marks_below_the_least_are_named():
    marks = {"performance": 59, "accessibility": 100, "best-practices": 96, "seo": 95}
    assert lighthouse.below(marks, lighthouse.LEAST) == ["performance 59, not 60"]
    assert lighthouse.below({**marks, "performance": 90}, lighthouse.LEAST_ON_A_DESK) == []


def test_the_landing_page_and_the_heaviest_are_measured(tmp_path):
    (tmp_path / "book").mkdir()
    for name, size in (("index", 10), ("a", 30), ("b", 20), ("c", 50), ("d", 40)):
        (tmp_path / "book" / f"{name}.html").write_bytes(random.Random(0).randbytes(size))
    assert lighthouse.pages(tmp_path) == [f"book/{name}.html" for name in ("index", "c", "d", "a")]


def test_pages_are_measured_as_a_host_sends_them(tmp_path):
    (tmp_path / "page.html").write_text("<p>" * 1000)
    with lighthouse.served(tmp_path) as address:
        with urllib.request.urlopen(f"{address}/page.html") as reply:
            assert reply.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(reply.read()) == b"<p>" * 1000
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/none.html")
