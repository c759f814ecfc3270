"""Bad input has a clear line of its own and the rest is graded; what passes between sandbox and checks."""

from __future__ import annotations

import io
import json
import os
import platform
import re
import socket
import stat
import struct
import time
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from assignments.marking import command_line, kernel, sandbox, tables, wire
from assignments.marking.checks import Environment
from assignments.marking.connection import LARGEST, Broken, Connection
from assignments.marking.grading import Marks
from assignments.marking.reading import read
from assignments.marking.submissions import Submission, Unreadable, find
from nnbook.checking import Slip

NAME = "a2_gradient_descent"
needs_bubblewrap = pytest.mark.skipif(
    bool(sandbox.lacking()), reason="bubblewrap is not on this machine, or does not work"
)


def notebook(*sources, **metadata):
    cells = [
        {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}
        for source in sources or ("x = 1",)
    ]
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}).encode()


def zipped(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def encrypted():
    data = bytearray(zipped(**{"a.ipynb": notebook()}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    return bytes(data)


def one(place, name):
    (found,) = [submission for submission in find(place) if submission.student == name]
    return found


def why(content):
    with pytest.raises(Unreadable) as caught:
        read(Submission("ann", "", "ann.ipynb", content), NAME)
    return str(caught.value)


def test_a_nameless_member_of_a_zip_is_nothing(tmp_path):
    """Found by the fuzzer: ZipInfo.is_dir looks at the last letter of a name."""
    path = tmp_path / "all.zip"
    content = zipped(**{"ann.ipynb": notebook(), "x": b""})
    path.write_bytes(content.replace(b"x", b"\0"))  # zipfile ends a name at the first zero byte
    assert [submission.student for submission in find(path)] == ["ann"]


# ---- files and folders ---------------------------------------------------------------------


@pytest.fixture
def place(tmp_path):
    """A folder with one good submission in it."""
    folder = tmp_path / "handed-in"
    folder.mkdir()
    (folder / "good.ipynb").write_bytes(notebook())
    return folder


FILES = [
    ({"ann/notes.txt": b"x"}, r"no notebook \(.ipynb\); there is ann/notes.txt"),
    (
        {"ann/a.ipynb": notebook(), "ann/b.ipynb": notebook()},
        r"2 notebooks \(ann/a.ipynb, ann/b.ipynb\); leave the one",
    ),
    ({"ann.ipynb": notebook(), "ann/a.ipynb": notebook()}, r"handed in 2 times"),
    ({"ann.zip": b"no zip"}, "is no zip that can be read"),
    ({"ann.zip": zipped(**{"a.ipynb": notebook()})[:-30]}, "is no zip that can be read"),
    ({"ann.zip": encrypted()}, "a.ipynb cannot be unpacked: .*encrypted"),
    ({"ann.zip": zipped(**{"../../a.ipynb": notebook()})}, "wants to be outside the folder"),
    ({"ann.zip": zipped(**{"/etc/a.ipynb": notebook()})}, "wants to be outside the folder"),
    (
        {"ann.zip": zipped(**{"b.zip": zipped(**{"a.ipynb": notebook()})})},
        r"no notebook \(.ipynb\); there is ann.zip/b.zip",
    ),
    ({"ann.zip": zipped(**{"a.ipynb": bytes(40_000_000)})}, "is larger than 30 MB"),
    ({"ann.zip": zipped(**{f"{n}.ipynb": b"" for n in range(9000)})}, "9,000 notebooks .* and 8,995 more"),
    ({"ann.zip": zipped(**{f"{n}": b"" for n in range(100_000)})}, "holds 100,000 files, more than 20,000"),
    ({f"ann/{n}.zip": zipped(**{"a.txt": b""}) for n in range(12)}, "12 zips; leave the one that counts"),
    ({"ann.docx": b"x"}, r"no notebook \(.ipynb\); there is ann.docx"),
]


@pytest.mark.parametrize(("files", "said"), FILES, ids=[said[:40] for _, said in FILES])
def test_one_bad_submission_has_its_line(files, said, place):
    for name, content in files.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(content)
    bad, good = one(place, "ann"), one(place, "good")
    assert re.search(said, bad.fault), bad.fault
    assert len(bad.fault) < 2000
    assert good.fault == ""


def test_a_zip_with_one_notebook_is_read(place):
    (place / "ann.zip").write_bytes(
        zipped(**{"work/a.ipynb": notebook(), "__MACOSX/._a.ipynb": b"", "d.csv": b""})
    )
    assert one(place, "ann").content == notebook()


def test_an_empty_folder_is_a_student_without_notebook(place):
    (place / "ann").mkdir()
    assert one(place, "ann").fault == "no notebook (.ipynb)"


def test_links_and_pipes_are_not_read(place, tmp_path):
    (tmp_path / "secret.ipynb").write_bytes(notebook())
    (place / "ann.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (place / "bob").symlink_to(tmp_path)
    os.mkfifo(place / "cas.ipynb")
    assert one(place, "ann").fault == "ann.ipynb is a symbolic link, and is not read"
    assert "is a symbolic link" in one(place, "bob").fault
    assert "no ordinary file" in one(place, "cas").fault


def test_links_in_a_zip_are_not_followed(place):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        member = zipfile.ZipInfo("a.ipynb")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, "/etc/passwd")
    (place / "ann.zip").write_bytes(buffer.getvalue())
    assert "is a symbolic link" in one(place, "ann").fault


def test_folders_without_end(place):
    folder = place / "ann"
    for _ in range(900):
        folder /= "d"
        folder.mkdir(parents=True, exist_ok=True)
    assert one(place, "ann").fault == "no notebook (.ipynb)"


def test_names_of_other_encodings(place):
    (place / os.fsdecode(b"J\xf6rg\x1b[2J.ipynb")).write_bytes(notebook())
    (found,) = [submission for submission in find(place) if submission.student.startswith("J")]
    assert found.fault == ""
    assert "\x1b" not in found.student
    found.student.encode()


def test_a_long_name(place):
    (place / "all.zip").write_bytes(zipped(**{f"{'x' * 60_000}.ipynb": notebook()}))
    assert len(find(place / "all.zip")[0].student) == 200


def test_missing_and_empty_places(tmp_path):
    with pytest.raises(Unreadable, match="there is no"):
        find(tmp_path / "nowhere")
    with pytest.raises(Unreadable, match="it is empty"):
        find(tmp_path)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(Unreadable, match="neither a folder nor a zip"):
        find(tmp_path / "a.txt")


def test_what_else_a_student_handed_in_leaves_the_notebook(tmp_path):
    """Moodle makes a folder for files and another for a text; Canvas names every file."""
    for kind, content in (("file", "a.ipynb"), ("onlinetext", "onlinetext.html")):
        folder = tmp_path / f"Bo Li_7_assignsubmission_{kind}"
        folder.mkdir()
        (folder / content).write_bytes(notebook())
    (tmp_path / "annlee_12_3_a.ipynb").write_bytes(notebook())
    (tmp_path / "annlee_12_4_picture.png").write_bytes(b"")
    (tmp_path / "cy").mkdir()
    (tmp_path / "cy" / "notes.txt").write_bytes(b"")
    (tmp_path / "cy.ipynb").write_bytes(notebook())
    assert [(s.student, s.fault, bool(s.content)) for s in find(tmp_path)] == [
        ("Bo Li", "", True),
        ("annlee", "", True),
        ("cy", "", True),
    ]


def test_names_in_a_zip_from_a_mac(tmp_path):
    """UTF-8 without the flag that says so, with accents as letters of their own; and one from DOS."""
    data = bytearray(zipped(**{"Mu\u0308ller_Zoe\u0308.ipynb": notebook(), "plain.ipynb": notebook()}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.index(mark)
        data[start + at : start + at + 2] = b"\0\0"
    (tmp_path / "mac.zip").write_bytes(bytes(data))
    assert [s.student for s in find(tmp_path / "mac.zip")] == ["M\u00fcller_Zo\u00eb", "plain"]
    dos = zipped(**{"abc.ipynb": notebook()}).replace(b"abc.ipynb", b"a\x81c.ipynb")  # ü of 1981
    (tmp_path / "dos.zip").write_bytes(dos)
    assert [s.student for s in find(tmp_path / "dos.zip")] == ["a\u00fcc"]


def test_canvas_and_moodle_twice(tmp_path):
    (tmp_path / "annlee_12_3_a.ipynb").write_bytes(notebook())
    (tmp_path / "annlee_LATE_12_4_b.ipynb").write_bytes(notebook())
    for name in ("Bo Li_7_assignsubmission_file", "Bo Li_7_assignsubmission_file_"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.ipynb").write_bytes(notebook())
    assert [s.fault.split(" (")[0] for s in find(tmp_path)] == ["2 notebooks"] * 2


def test_students_of_two_systems_have_records_of_their_own(tmp_path):
    (tmp_path / "ann_1_2_a.ipynb").write_bytes(notebook())
    (tmp_path / "ann_1_assignsubmission_file").mkdir()
    (tmp_path / "ann_1_assignsubmission_file" / "a.ipynb").write_bytes(notebook())
    assert len({submission.key for submission in find(tmp_path)}) == 2


def test_keys_are_safe_names_that_tables_leave_alone():
    for name in ("-1+1", "=cmd", "../..", "", "-", "\u202e", "@x", "a/b"):
        key = Submission(name, "", "").key
        assert key[0].isalnum()
        assert tables.defused(key) == key
        assert "/" not in key


# ---- notebooks -----------------------------------------------------------------------------

DEEP = b"[" * 100_000 + b"]" * 100_000
NOTEBOOKS = [
    (b"", "an empty file"),
    (b"\x89PNG", "it is no UTF-8 text"),
    (b"{", "it is no JSON"),
    (b"[1]", "JSON of another kind"),
    (notebook().decode().encode("utf-16"), "it is no UTF-8 text"),
    (DEEP, "it is no JSON"),
    (
        b'{"cells": [], "metadata": {"nnlib": {"assignment": ' + b"[" * 900 + b"]" * 900 + b"}}}",
        r"the notebook of (list)",
    ),
    (b'{"x": [' + b"[]," * 600_000 + b"1]}", "600,002 lists and dictionaries"),
    (b'{"x": ' + b"1" * 5000 + b"}", "it is no JSON"),
    (b'{"worksheets": [], "nbformat": 3}', "in the format before version 4"),
    (b'{"cells": [1, null, "x", []]}', "a notebook without code"),
    (b'{"cells": {"a": 1}}', "a notebook without cells"),
    (notebook(kernelspec={"language": "R"}), "a notebook for r, not for Python"),
    (
        notebook(nnlib={"assignment": "a1_perceptron"}),
        "the notebook of a1_perceptron, not of a2_gradient_descent",
    ),
    (
        notebook(nnlib={"assignment": "\x1b[2J\ud800"}),
        "the notebook of \ufffd[2J?, not of a2_gradient_descent",
    ),
    (notebook("x" * 300_000), "300,000 bytes of code"),
    (notebook(*["1"] * 501), "501 code cells, more than 500"),
]


@pytest.mark.parametrize(("content", "said"), NOTEBOOKS, ids=[said[:40] for _, said in NOTEBOOKS])
def test_notebook_that_cannot_be_graded(content, said):
    text = why(content)
    assert said in text
    assert text.isprintable()


def test_notebook_with_a_mark_of_the_byte_order():
    assert read(Submission("ann", "", "", b"\xef\xbb\xbf" + notebook()), NAME).cells[0].source == "x = 1"


def test_cells_that_are_no_cells():
    raw = json.loads(notebook("a = 1"))
    raw["cells"] += [
        1,
        None,
        [],
        {"cell_type": "code", "source": {"a": 1}, "metadata": []},
        {"cell_type": ["code"]},
    ]
    raw["metadata"] = {"kernelspec": 7, "language_info": [], "nnlib": "x"}
    assert [
        cell.source for cell in read(Submission("ann", "", "", json.dumps(raw).encode()), NAME).cells
    ] == ["a = 1", "(dict)"]


@pytest.mark.parametrize(
    "code", ["np" + ".a" * 900 + " = 1", "a." * 90_000 + "a", "-" * 90_000 + "1", "x = '\\eta'", "\0", "("]
)
def test_code_that_is_hard_to_look_at(code):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(Submission("ann", "", "", notebook(code)), NAME)


WITHOUT = ["nnlib", ".polyder", ".deriv", ".gradient", "1j"]
DONE_WITHOUT = {
    "import numpy as np, nnlib as nn": "imports nnlib",
    "import numpy; import nnlib.viz": "imports nnlib",
    "# otter unpack(\nfrom nnlib import viz": "imports nnlib",
    "def f():\n    import nnlib": "imports nnlib",
    "nn = __import__('nnlib')": "imports nnlib",
    "import importlib\nimportlib.import_module('nnlib.viz')": "imports nnlib",
    "import numpy as p\np.polyder([1, 2])": "uses polyder",
    "from numpy import polyder as f": "uses polyder",
    "f = getattr(np, 'polyder')": "uses polyder",
    "np.poly1d([1, 2]).deriv()": "uses deriv",
    "g = np.gradient": "uses gradient",
    "f(x + 1e-9j)": "uses complex numbers",
    "np.zeros(3, complex)": "uses complex numbers",
    "x.astype(np.complex128)": "uses complex numbers",
}


@pytest.mark.parametrize("code", DONE_WITHOUT)
def test_what_is_to_be_done_without_is_found(code):
    submission = Submission("ann", "", "", notebook("x = 1", code))
    assert (
        f"cell 2: {DONE_WITHOUT[code]}, which is to be done without"
        in read(submission, NAME, WITHOUT).remarks
    )
    assert read(submission, NAME, WITHOUT, [f"{code}\n"]).remarks == []  # it was handed out so


@pytest.mark.parametrize(
    "code",
    [
        "def gradient(x):\n    return x",
        "plt.xlabel('gradient')",
        "# nnlib would do it",
        "print('import nnlib')",
        "%pip install nnlib\nif x:\n    !pip install nnlib\ny = 1",
        "kernel",
        f"'{'a long docstring ' * 400}'",
    ],
)
def test_what_is_no_cheating_is_not_remarked(code):
    assert read(Submission("ann", "", "", notebook(code)), NAME, WITHOUT).remarks == []


@pytest.mark.parametrize(
    "code", ["x = '" + "a" * 5000 + "'", "x = [" + "1, " * 5000 + "]", f"x = {10**4200}"]
)
def test_data_in_the_code_are_remarked(code):
    (remark,) = read(Submission("ann", "", "", notebook(code)), NAME).remarks
    assert "characters of data" in remark


def test_texts_are_kept_to_a_length():
    raw = json.loads(notebook())
    raw["cells"] += [{"cell_type": "markdown", "source": "y" * 3_000_000}] * 2
    texts = read(Submission("ann", "", "", json.dumps(raw).encode()), NAME).texts
    assert [place for place, _ in texts] == [2, 3]
    assert all(text.endswith("(cut: 2,900,000 more characters)") for _, text in texts)


@pytest.mark.slow
def test_what_takes_the_parser_minutes_is_refused():
    """Python brings the marks on a letter into their order, one by one."""
    assert "cannot be taken apart" in why(notebook("a" + "\u0345\u0300" * 60_000))


# ---- the program ---------------------------------------------------------------------------


def test_the_rest_is_graded(place, tmp_path, quick, capsys):
    (place / "empty").mkdir()
    (place / "bad.ipynb").write_bytes(notebook(nnlib={"assignment": "\ud800\x1b]0;x\x07"}))
    (place / "=1+1.ipynb").write_bytes(notebook())
    out = tmp_path / "out"
    assert command_line.main(["grade", "a2", str(place), "--out", str(out)]) == 1
    said = capsys.readouterr().out
    assert "2 graded, 2 not" in said
    assert "\x1b" not in said
    assert (out / "marks.csv").read_text(encoding="utf-8-sig").count("\n") == 5
    assert command_line.main(["regrade", str(out)]) == 1
    assert command_line.main(["grade", "a2", str(place), "--out", str(out)]) == 1


def test_changed_points_hold_no_formula(place, tmp_path, quick, capsys):
    (place / "=1+1.ipynb").write_bytes(notebook())
    out = tmp_path / "out"
    command_line.main(["grade", "a2", str(place), "--out", str(out)])
    for path in (out / "records").iterdir():
        path.unlink()
    command_line.main(["regrade", str(out)])
    assert "'=1+1" in (out / "changes.csv").read_text(encoding="utf-8")
    assert "\n=1" not in (out / "changes.csv").read_text(encoding="utf-8")


def test_places_where_nothing_can_be_written(place, tmp_path, quick, capsys):
    (tmp_path / "file").write_text("x")
    assert command_line.main(["grade", "a2", str(place), "--out", str(tmp_path / "file" / "out")]) == 2
    assert "Not a directory" in capsys.readouterr().err
    assert command_line.main(["grade", "a2", str(place), "--out", str(place / "out")]) == 2
    assert "lies in the folder of submissions" in capsys.readouterr().err
    assert command_line.main(["grade", "a2", str(tmp_path / "none"), "--out", str(tmp_path / "out")]) == 2
    assert "there is no" in capsys.readouterr().err


def test_a_screen_that_knows_few_letters(place, tmp_path, quick, monkeypatch):
    (place / "Zoë 数.ipynb").write_bytes(notebook())
    screen = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", screen)
    assert command_line.main(["grade", "a2", str(place), "--out", str(tmp_path / "out")]) == 0


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"questions": []}', b'{"questions": {}, "cells": {"x": 1}}', DEEP]
)
def test_damaged_records_are_made_anew(content, tmp_path):
    marks, submission = Marks(tmp_path), Submission("ann", "", "")
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / f"{submission.key}.json").write_bytes(content)
    assert marks.record(submission) is None


# ---- the wire ------------------------------------------------------------------------------

numbers = st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats()
arrays = st.sampled_from(wire.DTYPES).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0))
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
kinds = st.sampled_from(
    ["bool", "int", "float", "array", "list", "error", "unusable", "file", "rng", "function"]
)
hostile = st.recursive(
    junk, lambda inner: st.dictionaries(kinds, inner, min_size=1, max_size=1) | st.lists(inner)
)
shapes = st.lists(st.integers(-3, 2**70) | st.floats() | st.none() | st.booleans(), max_size=10)


@given(st.recursive(numbers | arrays, lambda inner: st.lists(inner, max_size=4), max_leaves=6))
def test_what_is_sent_comes(value):
    depth = lambda v: 1 + max(map(depth, v), default=0) if isinstance(v, list) else 0  # noqa: E731
    came = wire.decode(json.loads(json.dumps(wire.encode(value))))
    if depth(value) <= wire.DEEPEST:
        np.testing.assert_equal(came, value)


@given(
    hostile
    | st.builds(
        lambda d, s, t: {"array": [d, s, t]}, st.sampled_from([*wire.DTYPES, "O", "V8"]), shapes, st.text()
    )
)
def test_hostile_json_gives_numbers_or_an_error(tree):
    try:
        came = wire.decode(tree)
    except ValueError:
        return
    assert isinstance(came, bool | int | float | np.ndarray | list | wire.Unusable | wire.Failure)
    if isinstance(came, np.ndarray):
        assert came.nbytes <= wire.MOST_BYTES
        assert came.dtype.name in wire.DTYPES


def test_a_lookup_that_raises_is_the_students_fault():
    class Raising:
        def ask(self, *_):
            raise wire.Failure("Evil", "x")

    with pytest.raises(Slip, match="cannot be looked up"):
        Environment(Raising(), 1).get("x")


# ---- the connection and the sandbox --------------------------------------------------------


class Peer:
    """The parser of a connection, fed by hand."""

    def __init__(self):
        self.connection = Connection.__new__(Connection)
        self.connection.__dict__ |= {
            "_buffer": bytearray(),
            "_skip": 0,
            "_parts": [],
            "_size": 0,
            "_dropping": False,
        }
        self.connection._socket, self.other = socket.socketpair()
        self.connection._socket.setblocking(False)

    def read(self, data):
        messages = []
        for start in range(0, len(data), 50_000):
            self.other.sendall(data[start : start + 50_000])
            while size := (found := self.connection.read())[0]:
                assert size
                messages += found[1]
        return messages

    def close(self):
        self.connection.close()
        self.other.close()


@pytest.fixture
def peer():
    peer = Peer()
    yield peer
    peer.close()


def frame(data, more=False, flags=0):
    return bytes([2 | more | flags]) + struct.pack(">Q", len(data)) + data


def test_frames_become_messages(peer):
    assert peer.read(b"\0\1a" + b"\1\1b" + frame(b"c")) == [[b"a"], [b"b", b"c"]]


def test_messages_that_are_too_large_are_dropped_and_the_next_is_read(peer):
    assert peer.read(frame(bytes(LARGEST + 1)) + frame(b"x")) == [None, [b"x"]]
    assert peer.read(frame(bytes(LARGEST), more=True) * 3 + frame(b"") + frame(b"x")) == [None, [b"x"]]
    assert peer.read(b"\1\0" * 10_000 + b"\0\0" + frame(b"x")) == [None, [b"x"]]
    assert len(peer.connection._buffer) == 0


def test_a_message_without_end_takes_no_memory(peer):
    for _ in range(20):
        assert peer.read(frame(bytes(1_000_000), more=True)) == []
    assert sum(map(len, peer.connection._parts)) + len(peer.connection._buffer) <= LARGEST


def test_commands_are_passed_over(peer):
    assert peer.read(frame(b"\4PING", flags=4) + frame(b"x")) == [[b"x"]]


def test_a_peer_that_takes_nothing_is_given_up(peer):
    started = time.monotonic()
    with pytest.raises(Broken):
        peer.connection.send([bytes(10**7)], 0.2)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("machine", sandbox.MACHINES)
def test_the_filter_is_well_formed(machine):
    program = sandbox.system_call_filter(machine)
    steps = list(struct.iter_unpack("=HBBI", program))
    assert len(program) == 8 * len(steps)
    assert len(steps) < 4096
    assert steps[-1][0] == sandbox.RETURN
    for at, (code, yes, no, _) in enumerate(steps):
        assert code in {sandbox.LOAD, sandbox.EQUAL, sandbox.GREATER_EQUAL, sandbox.ANY_BIT, sandbox.RETURN}
        assert at + 1 + max(yes, no) < len(steps) or code in {sandbox.LOAD, sandbox.RETURN}


CALLS = """
import ctypes, errno, fcntl, os, socket, threading
c = ctypes.CDLL(None, use_errno=True)
def refused(done):
    return done < 0 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS)
def raises(function, *given):
    try:
        function(*given)
    except OSError as error:
        return error.errno in (errno.EPERM, errno.ENOSYS)
    return False
allowed = [name for name, done in {
    "fork": raises(os.fork), "clone": refused(c.syscall(CLONE, 17, 0, 0, 0, 0)),
    "clone3": refused(c.syscall(435, 0, 0)), "keyctl": refused(c.syscall(KEYCTL, 0, 0)),
    "vfork": raises(os.posix_spawn, "/bin/true", ["true"], {}), "memfd": raises(os.memfd_create, "x"),
    "shmget": refused(c.shmget(0, 4096, 0o1600)), "semget": refused(c.semget(0, 1, 0o1600)),
    "ptrace": refused(c.ptrace(0, 0, 0, 0)), "unshare": refused(c.unshare(0x10000000)),
    "setns": refused(c.setns(0, 0)), "io_uring": refused(c.syscall(425, 1, 0)),
    "mount": refused(c.mount(b"x", b"/tmp", b"tmpfs", 0, None)), "vsock": raises(socket.socket, 40, 1),
    "affinity": raises(os.sched_setaffinity, 0, {0}), "io_setup": refused(c.syscall(IO_SETUP, 1, 0)),
    "inotify": refused(c.inotify_init1(0)), "timer": refused(c.syscall(TIMER, 0, 0, 0)),
    "timerfd": refused(c.timerfd_create(1, 0)), "syncfs": refused(c.syncfs(0)),
    "sync": (ctypes.set_errno(0), c.syscall(SYNC))[1] < 0 and refused(-1),
    "flock": raises(fcntl.flock, 1, fcntl.LOCK_SH), "lock": raises(fcntl.lockf, 1, fcntl.LOCK_EX),
    "lease": raises(fcntl.fcntl, 1, fcntl.F_SETLEASE, 0), "watch": raises(fcntl.fcntl, 0, fcntl.F_NOTIFY, 1),
    **{str(family): raises(socket.socket, family) for family in (2, 10, 16, 17, 38)},
    "terminal": not os.path.exists("/dev/ptmx") and not os.listdir("/dev/pts"),
}.items() if not done]
started = threading.Thread(target=lambda: allowed.append("(a thread)"))
started.start()
started.join()
assert allowed == ["(a thread)"], allowed
for pair in socket.socketpair(), os.pipe(), (fcntl.fcntl(1, fcntl.F_GETFL),):
    assert pair
"""


@needs_bubblewrap
def test_calls_are_refused_and_threads_are_allowed():
    x86, arm = (
        {"CLONE": 56, "KEYCTL": 250, "IO_SETUP": 206, "TIMER": 222, "SYNC": 162},
        {
            "CLONE": 220,
            "KEYCTL": 219,
            "IO_SETUP": 0,
            "TIMER": 107,
            "SYNC": 81,
        },
    )
    code = CALLS
    for name, number in {"x86_64": x86, "aarch64": arm}[platform.machine()].items():
        code = code.replace(f"syscall({name}", f"syscall({number}")
    with kernel.Kernel(sandbox.Limits()) as k:
        assert k.run(code, 10).error is None


@needs_bubblewrap
def test_no_setting_of_the_kernel_can_be_written():
    """Root's own files under /proc need no capability, only root."""
    code = """
import os
found = []
for folder, folders, files in os.walk("/proc"):
    if folder == "/proc":
        folders[:] = [name for name in folders if not name.isdecimal() and "self" not in name]
    for name in files:
        try:
            os.close(os.open(os.path.join(folder, name), os.O_WRONLY))
            found.append(os.path.join(folder, name))
        except OSError:
            pass
assert not found, found
"""
    with kernel.Kernel(sandbox.Limits()) as k:
        assert k.run(code, 20).error is None


@needs_bubblewrap
def test_an_environment_in_the_repository_shows_nothing_of_it(monkeypatch, tmp_path):
    for name in ("bin", "lib", "assignments"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    options = sandbox._confinement(tmp_path / "exchange", sandbox.Limits())
    assert str(tmp_path / "lib") in options
    assert str(tmp_path) not in options
    assert str(tmp_path / "assignments") not in options


@needs_bubblewrap
def test_figures_are_kept_and_answers_come():
    with kernel.Kernel(sandbox.Limits()) as k:
        ran = k.run(
            "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()\ndef f(x): return x * 2", 20
        )
        assert (ran.error, len(ran.figures)) == (None, 1)
        np.testing.assert_equal(k.ask("f", 5, (np.arange(20_000.0),)), 2 * np.arange(20_000.0))
        assert isinstance(k.ask("g", 5), kernel.Missing)
        with pytest.raises(kernel.TimedOut):
            k.run("while True: pass", 0.5)
        assert k.ask("f", 5, (2.0,)) == 4


@needs_bubblewrap
def test_a_process_may_have_any_name():
    rename = "import ctypes\nctypes.CDLL(None).prctl(15, b'\\xff\\xfe\\n', 0, 0, 0)\nx = 1"
    with kernel.Kernel(sandbox.Limits()) as k:
        assert k.run(rename, 10).error is None
        assert k._process.excess() == ""
        assert k.ask("x", 5) == 1


@needs_bubblewrap
def test_ending_twice_ends_nobody_else():
    with kernel.Kernel(sandbox.Limits()) as k:
        process = k._process
    assert not process.alive()
    process.kill()
    assert process.inner == -1
