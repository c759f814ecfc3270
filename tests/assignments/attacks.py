"""Notebooks that mean harm: what is put into them, and what the grader must say of each.

The code of an attack goes into a new cell of Assignment 2, blank or solved. `%ROOT%` stands for
the repository, `%CANARY%` for a folder of the host that nobody may touch, `%PORT%` for a port of
the host on which the test listens.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Raw = dict[str, Any]


@dataclass(frozen=True)
class Attack:
    """One notebook that means harm.

    Attributes
    ----------
    name : str
        What it tries.
    code : str
        Its cell.
    reported : str
        A regular expression for the report: the fault, the cells, the remarks and the messages of
        the failed checks, one a line.
    solved : bool
        Whether the notebook is the solution, which must keep its points, or a blank one.
    first : bool
        Whether the cell comes before the questions, or after all others, where then all is checked.
    middle : bool
        Whether the cell comes right after the check of the first question.
    change : callable, optional
        What else is done to the notebook's JSON.
    file : str
        The name of the file that is handed in; "" for the attack's name.
    keeps : bool
        Whether a solution keeps all its points.
    """

    name: str
    code: str
    reported: str
    solved: bool = False
    first: bool = False
    middle: bool = False
    change: Callable[[Raw], Raw] | None = None
    file: str = ""
    keeps: bool = True

    @property
    def student(self) -> str:
        return self.file or self.name.replace(" ", "-")


# ---- what several attacks use --------------------------------------------------------------

EVERYWHERE = """
def slope(*_): return LIE
descend = steps_needed = factor = fastest = largest = slope
x_min = f_min = curvature = best_rate = beyond = LIE
"""

# The sockets that lead to the grader, past ZeroMQ: what is written goes straight to it.
WIRES = """
import os, socket, stat, struct
wires = []
for fd in map(int, os.listdir("/proc/self/fd")):
    try:
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            wire_ = socket.socket(fileno=os.dup(fd))
            listens = wire_.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            if str(wire_.getsockname()).startswith("/run/kernel/") and not listens:
                wire_.setblocking(True)
                wires.append(wire_)
    except OSError:
        pass
"""

FORGE = """
import json
def frames(*parts):
    data = b""
    for k, part in enumerate(parts):
        data += bytes([2 | (k < len(parts) - 1)]) + struct.pack(">Q", len(part)) + part
    return data
def message(kind, parent, content):
    header = {"msg_id": "x", "msg_type": kind, "session": "s", "username": "u", "date": "", "version": "5.3"}
    parts = [json.dumps(header).encode(), json.dumps(parent).encode(), b"{}"]
    content = content if isinstance(content, bytes) else json.dumps(content).encode()
    return frames(b"<IDS|MSG>", b"0" * 64, *parts, content)
parent = get_ipython().kernel.get_parent()["header"]
"""


def _flood(data: str) -> str:
    """Write without end to the grader, whatever interrupts it."""
    return f"""{WIRES}
import threading
def flood(wire_):
    data = {data}
    while True:
        try:
            wire_.sendall(data)
        except OSError:
            return
for wire_ in wires:
    threading.Thread(target=flood, args=(wire_,), daemon=True).start()
while True:
    try:
        while True: pass
    except BaseException: pass
"""


def _tree(tree: str) -> str:
    """Have the kernel's end of the wire answer with some JSON."""
    return f"import wire\nwire.answer = lambda *_: wire._Reply({tree})"


def _forged_outputs(raw: Raw) -> Raw:
    text = "All tests passed! 15 of 15 points"
    for cell in raw["cells"]:
        if cell["cell_type"] == "code":
            cell["execution_count"] = 1
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": [text]}]
    return raw


def _all_experiments(raw: Raw) -> Raw:
    for cell in raw["cells"]:
        cell["metadata"]["tags"] = ["experiment"]
    return raw


def _metadata(**changes: Any) -> Callable[[Raw], Raw]:
    def change(raw: Raw) -> Raw:
        raw["metadata"] |= changes
        return raw

    return change


def _twice(raw: Raw) -> Raw:
    raw["cells"] += copy.deepcopy(raw["cells"])
    return raw


def _only_attack(raw: Raw) -> Raw:
    raw["cells"] = raw["cells"][-1:]
    return raw


def _grade_in_metadata(raw: Raw) -> Raw:
    for cell in raw["cells"]:
        cell["metadata"] |= {"nbgrader": {"grade": True, "points": 100}, "otter": {"points": 100}}
    raw["metadata"]["otter"] = {"assignment_name": "a2", "tests": {"q1": {"points": 100, "passed": True}}}
    return raw


# ---- the attacks ---------------------------------------------------------------------------

READING = [
    Attack(
        "read the host's files",
        """
import os
read = []
for path in ("%ROOT%/assignments", "%ROOT%/tests", "%ROOT%/.git", "/proc/1/root%ROOT%/assignments",
             "%CANARY%", "/proc/1/cwd%ROOT%/assignments", "/etc/passwd", "/etc/shadow", "/etc/hostname",
             "/root", "/var", "/mnt", "/proc/1/root/etc/passwd", "/proc/kcore", "/dev/mem", "/sys", "/boot",
             "/opt/grader/checks.py"):
    for how in (os.listdir, lambda path: open(path, "rb").read(10)):
        try:
            read.append((path, how(path)))
        except OSError:
            pass
read = [found for found in read if not (found[0] == "/root" and found[1] == [".pyenv"])]
raise RuntimeError(f"read {read}")
""",
        r"RuntimeError: “read \[\]”",
    ),
    Attack(
        "read the environment",
        """
import glob, os
texts = [str(dict(os.environ))]
for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline"):
    try:
        texts.append(open(path).read())
    except OSError:
        pass
processes = sorted(name for name in os.listdir("/proc") if name.isdecimal())
secret = "found" if any("c4n4ry" in text for text in texts) else "hidden"
raise RuntimeError(f"the secret is {secret}, {processes}")
""",
        r"the secret is hidden, \['1', '2'\]",
    ),
    Attack(
        "read through what is open",
        """
import os
found = []
for process in ("1", "2"):
    for name in os.listdir(f"/proc/{process}/fd"):
        try:
            target = os.readlink(f"/proc/{process}/fd/{name}")
        except OSError:
            continue
        if target.startswith("/") and target not in ("/dev/null", "/dev/urandom"):
            found.append(target)
raise RuntimeError(f"open are {[path for path in found if not path.startswith('/home/student')]}")
""",
        r"open are \[\]",
    ),
    Attack(
        "use the arguments of a hidden check",
        """
seen = []
def slope(*given):
    seen.append(given)
    raise RuntimeError(str(seen))
""",
        "slope.*raised RuntimeError",
    ),
]

PATCHING = [
    Attack(
        "answer in wire's place",
        _tree('{"bool": True}') + EVERYWHERE.replace("LIE", "0"),
        "the kernel's insides",
    ),
    Attack(
        "patch wire from below",
        "import wire\nwire.encode = lambda *_: {'float': 'nan'}\n" + EVERYWHERE.replace("LIE", "0"),
        "nan|NaN",
    ),
    Attack(
        "patch the shell",
        """
shell = get_ipython()
answer = {"status": "ok", "data": {"text/plain": "15 of 15"}, "metadata": {}}
shell.user_expressions = lambda *_: {"answer": answer}
""",
        "an answer that is no answer",
        first=True,
    ),
    Attack(
        "patch the kernel",
        """
kernel = get_ipython().kernel
async def do_execute(*_, **__):
    return {"status": "ok", "passed": True, "user_expressions": {"answer": "passed"}, "payload": []}
kernel.do_execute = do_execute
""",
        "an answer that is no answer",
        first=True,
    ),
    Attack(
        "patch json and the session",
        """
import json
json.dumps = json.loads = lambda *_, **__: {"bool": True}
send = type(get_ipython().kernel.session).send
def twice(self, *given, **named):
    send(self, *given, **named)
    return send(self, *given, **named)
type(get_ipython().kernel.session).send = twice
""",
        "not heed|no answer",
    ),
    Attack(
        "patch otter and the checks",
        """
import otter, nnbook.checking as checking
otter.Notebook.check = lambda *_, **__: "passed"
for name in ("agrees", "has_shape", "is_finite"):
    setattr(checking.Answer, name, lambda self, *_, **__: self)
checking.expect = checking.ask = checking.look = lambda *_, **__: None
checking.Slip = RuntimeError
""",
        "code about the checks",
    ),
    Attack(
        "patch NumPy",
        "import numpy as np\nnp.allclose = np.isclose = np.array_equal = lambda *_, **__: True\n"
        "np.asarray = lambda *_, **__: np.zeros(())\nnp.polyval = lambda *_: True\n",
        "code about changing a library",
    ),
]

LIARS = [
    Attack(
        "an object that agrees with everything",
        """
class Yes:
    __array_priority__ = 1e9
    kind = "0.05"
    def __eq__(self, other): return True
    def __le__(self, other): return True
    __lt__ = __ge__ = __gt__ = __eq__
    def __array__(self, *_, **__): return __import__("numpy").zeros(())
    def __float__(self): return 0.0
    def __getattr__(self, name): return self
    def __call__(self, *_): return self
    def __bool__(self): return True
    def __abs__(self): return self
    def __hash__(self): return 0
LIE = Yes()
"""
        + EVERYWHERE,
        "objects that answer for themselves",
    ),
    Attack(
        "an array that lies",
        """
import numpy as np
class Lie(np.ndarray):
    def __eq__(self, other): return True
    def astype(self, *_, **__): return self
    def tobytes(self, *_): return b"x" * 10**6
    shape = property(lambda self: [-1, 10**9])
LIE = np.zeros(3).view(Lie)
"""
        + EVERYWHERE,
        "shape|no answer",
    ),
    Attack(
        "a float that lies",
        """
class Lie(float):
    def __repr__(self): return "__import__('os')._exit(1)"
    def __float__(self): return float("nan")
LIE = Lie(1)
"""
        + EVERYWHERE,
        "nan|NaN",
    ),
    Attack(
        "an int that lies",
        """
class Lie(int):
    def __int__(self): return self
    def __abs__(self): return -1
    def __str__(self): return "9" * 10**6
    __repr__ = __str__
LIE = Lie(7)
"""
        + EVERYWHERE,
        "no answer|got",
    ),
    Attack(
        "a type that lies",
        """
class Lie:
    @property
    def __class__(self): raise SystemExit("no class")
LIE = Lie()
"""
        + EVERYWHERE,
        "cannot be looked up: it raised SystemExit",
    ),
    Attack(
        "unpickle me",
        "import os\nclass Lie:\n    def __reduce__(self): return (os.system, ('touch %CANARY%/pickled',))\n"
        "LIE = Lie()\n" + EVERYWHERE,
        "a Lie: expected is a number",
    ),
    Attack("functions for ever", "def LIE(*_): return LIE\n" + EVERYWHERE, "a function"),
    Attack(
        "a generator for ever",
        "def LIE(*_):\n    while True: yield 1\nLIE = LIE()\n" + EVERYWHERE,
        "a generator",
    ),
    Attack(
        "an enormous array", "import numpy as np\nLIE = np.zeros(10**7)\n" + EVERYWHERE, "80,000,000 bytes"
    ),
    Attack("an enormous list", "x_min = [[[0] * 1000] * 1000] * 1000", "x_min had not answered"),
    Attack("a list in itself", "LIE = []\nLIE.append(LIE)\n" + EVERYWHERE, "list"),
    Attack("a huge number", "LIE = 10**4000\n" + EVERYWHERE, "a huge int"),
    Attack(
        "no numbers at all", "import numpy as np\nLIE = np.array([1j, None])\n" + EVERYWHERE, "dtype object"
    ),
    Attack(
        "no bytes", "import numpy as np\nLIE = np.zeros((4_000_000, 0, 4_000_000))\n" + EVERYWHERE, "shape"
    ),
]

TREES = [
    ("negative shapes", '{"array": ["float64", [-1, -8], "AAAA"]}'),
    ("NaN shapes", '{"array": ["float64", [float("nan")], "AAAA"]}'),
    ("endless shapes", '{"array": ["float64", [2**62, 4], ""]}'),
    ("a type of array that runs code", '{"array": ["O", [1], "AAAAAAAAAAA="]}'),
    ("a wrong length", '{"array": ["float64", [3], "AAAA"]}'),
    ("a deep list", '[tree := {"list": []}, [tree := {"list": [tree]} for _ in range(400)]][0]'),
    ("a long number", '{"int": "9" * 10**6}'),
    ("a long name of a function", '{"function": "x" * 10**6}'),
    ("what is missing", '{"missing": True, "float": "1.0"}'),
    ("an error that is a number", '{"error": [1, {"a": []}]}'),
]

_TREES = f"""
import itertools, wire
trees = itertools.cycle([{", ".join(tree for _, tree in TREES)}])
wire.answer = lambda *_: wire._Reply(next(trees))
"""

LOOPS = [
    Attack("a loop in a cell", "while True: pass", "stopped after 8 s", solved=True),
    Attack(
        "a loop in a function", "def slope(c, x):\n    while True: pass", "had not answered after 1.5 seconds"
    ),
    Attack(
        "a loop that ignores interrupts",
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
        "did not heed an interrupt",
        solved=True,
    ),
    Attack(
        "a function that ignores interrupts",
        "import signal\ndef slope(c, x):\n    signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "    while True: pass",
        "did not heed an interrupt|used up",
    ),
    Attack("a kernel that stands still", "import os\nos.kill(os.getpid(), 19)", "did not heed", solved=True),
    Attack("recursion", "def slope(c, x): return slope(c, x)", "raised RecursionError"),
    Attack("a deep expression", "np" + ".a" * 3000 + " = 1", "too deeply|AttributeError|Recursion"),
]

BOMBS = [
    Attack("a fork bomb", "import os\nwhile True: os.fork()", "PermissionError", solved=True),
    Attack("a program", "import subprocess\nsubprocess.run(['/bin/true'])", "PermissionError", solved=True),
    Attack(
        "a shell", "import os\nassert os.system('touch %CANARY%/shell') == 0", "AssertionError", solved=True
    ),
    Attack(
        "processes from a pool",
        "import multiprocessing\nmultiprocessing.get_context('spawn').Process(target=print).start()",
        "PermissionError",
        solved=True,
    ),
    Attack(
        "a thread bomb",
        "import threading, time\nthreading.stack_size(32768)\n"
        "while True: threading.Thread(target=time.sleep, args=(99,), daemon=True).start()",
        "started more than 64 threads",
        solved=True,
    ),
    Attack(
        "threads that take the processor",
        "import hashlib, threading\ndata = bytes(10**7)\n"
        "def busy():\n    while True: hashlib.sha256(data).digest()\n"
        "for _ in range(40): threading.Thread(target=busy, daemon=True).start()\nimport time\ntime.sleep(99)",
        "stopped after 8 s|not heed",
        solved=True,
        keeps=False,
    ),
    Attack(
        "leave the processor", "import os\nos.sched_setaffinity(0, range(64))", "PermissionError", solved=True
    ),
    Attack("20 GB at once", "x = bytearray(20 * 2**30)", "MemoryError", solved=True),
    Attack(
        "20 GB in parts", "x = []\nwhile True: x.append(bytearray(2**25))", "MemoryError|ended", solved=True
    ),
    Attack(
        "fill what is in memory",
        """
import os
free = 0
for place in ("/dev/shm", "/tmp", "/run/kernel", "/home/student"):
    for number in range(9):
        try:
            with open(f"{place}/{number}", "wb") as file:
                for _ in range(200):
                    file.write(bytes(2**20))
        except OSError:
            pass
    free += sum(os.stat(f"{place}/{name}").st_blocks * 512 for name in os.listdir(place))
    for name in os.listdir(place):
        if name[0] in "0123456789": os.unlink(f"{place}/{name}")
raise RuntimeError(f"filled {free > 60 * 2**20}")
""",
        "filled False|did not heed|stopped",
        solved=True,
    ),
    Attack(
        "a million files",
        "n = 0\nwhile True:\n    open(f'/home/student/{n}', 'w').close()\n    n += 1",
        "made more than 10,000 files",
        solved=True,
    ),
    Attack(
        "memory that no limit counts",
        """
import ctypes, os
c = ctypes.CDLL(None)
got = [call for call, done in {
    "shmget": c.shmget(0, 2**20, 0o1600), "semget": c.semget(0, 9, 0o1600), "msgget": c.msgget(0, 0o1600),
    "memfd": c.memfd_create(b"x", 0), "mq": c.mq_open(b"/x", 0o102, 0o600, None),
}.items() if done >= 0]
raise RuntimeError(f"got {got}")
""",
        r"got \[\]",
        solved=True,
    ),
]

HOST = [
    Attack(
        "write host files",
        """
import os, sys
wrote = []
for folder in ("%CANARY%", "%ROOT%", "/exchange", "/usr", "/usr/lib", "/", "/etc", "/root", "/opt/grader",
               "/var", "/opt/grader/nnlib", sys.prefix + "/bin", os.path.dirname(os.__file__), "/dev",
               "/proc/sys/kernel", "/proc/1/root/exchange", "/proc/1/root%CANARY%"):
    try:
        open(folder + "/written", "w").close()
        wrote.append(folder)
    except OSError:
        pass
for file in ("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger", "/proc/sys/vm/drop_caches", os.__file__,
             "/exchange/connection.json", "/opt/grader/wire.py", sys.executable):
    try:
        os.close(os.open(file, os.O_WRONLY))
        wrote.append(file)
    except OSError:
        pass
raise RuntimeError(f"wrote {wrote}")
""",
        r"wrote \[('/tmp[^']*')?\]",  # a repository below /tmp has a namesake in the sandbox's own /tmp
        solved=True,
    ),
    Attack(
        "break out by mounts",
        """
import ctypes, os
c = ctypes.CDLL(None)
got = [name for name, done in {
    "unshare": c.unshare(0x10000000), "mount": c.mount(b"none", b"/tmp", b"tmpfs", 0, None),
    "remount": c.mount(None, b"/usr", None, 32 | 4096, None), "chroot": c.chroot(b"/tmp"),
    "setns": c.setns(os.open("/proc/1/ns/mnt", os.O_RDONLY), 0) if os.path.exists("/proc/1/ns/mnt") else -1,
    "ptrace": c.ptrace(16, 1, 0, 0), "setuid": c.setuid(12345), "umount": c.umount2(b"/exchange", 2),
}.items() if done == 0]
raise RuntimeError(f"got {got}")
""",
        r"got \[\]|PermissionError",
        solved=True,
    ),
    Attack(
        "reach the network",
        """
import ctypes, socket
reached = []
def attempt(family, *address):
    try:
        with socket.socket(family) as s:
            s.settimeout(0.3)
            s.connect(*address)
            reached.append(address)
    except OSError:
        pass
attempt(socket.AF_INET, ("127.0.0.1", %PORT%))
attempt(socket.AF_INET, ("10.0.2.2", %PORT%))
attempt(socket.AF_UNIX, "\\0nnlib-canary")
attempt(socket.AF_UNIX, "%CANARY%/socket")
attempt(socket.AF_VSOCK, (2, 1024))
attempt(socket.AF_INET, ("1.1.1.1", 53))
try:
    reached.append(socket.getaddrinfo("example.org", 80))
except OSError:
    pass
raise RuntimeError(f"reached {reached}")
""",
        r"reached \[\]",
        solved=True,
    ),
    Attack(
        "sockets out of namespaces",
        """
import socket
made = []
for family in range(46):
    for kind in (1, 2, 3, 5):
        try:
            socket.socket(family, kind).close()
            made.append(family)
        except OSError:
            pass
raise RuntimeError(f"made {sorted(set(made) - {1, 2, 10, 16})}")
""",
        r"made \[\]",
        solved=True,
    ),
    Attack(
        "put a host's socket in the kernel's place",
        """
import os
for name in os.listdir("/run/kernel"):
    os.unlink(f"/run/kernel/{name}")
    os.symlink("%CANARY%/socket", f"/run/kernel/{name}")
os._exit(0)
""",
        "the kernel has ended",
        solved=True,
    ),
]

KILLS = [
    Attack(
        "kill everything",
        "import os\nfor n in (1, -1, os.getppid(), 2): \n    try: os.kill(n, 9)\n    except OSError: pass",
        "the kernel has ended",
        solved=True,
    ),
    Attack("end the process", "import os\nos._exit(0)", "the kernel has ended", solved=True),
    Attack(
        "end the process in a function", "import os\ndef slope(c, x): os._exit(0)", "the kernel has ended"
    ),
    Attack(
        "end it again and again",
        "import os\n" + "os._exit(0)",
        "the kernel has ended",
        change=_twice,
        keeps=False,
    ),
    Attack("a segmentation fault", "import ctypes\nctypes.string_at(8)", "the kernel has ended", solved=True),
    Attack(
        "another program in its place",
        "import os\nos.execv('/bin/sleep', ['sleep', '99'])",
        "has ended",
        solved=True,
    ),
    Attack("close everything", "import os\nos.closerange(0, 256)", "ended", solved=True, keeps=False),
    Attack("quit", "exit()", ".", solved=True, keeps=False),
    Attack("raise SystemExit", "def slope(c, x): raise SystemExit('passed')", "raised SystemExit: “passed”"),
    Attack(
        "raise KeyboardInterrupt",
        "def slope(c, x): raise KeyboardInterrupt",
        "raised KeyboardInterrupt|no answer",
    ),
    Attack(
        "an exception that cannot be shown",
        "class Evil(BaseException):\n    def __str__(self): raise self\n    __repr__ = __str__\n"
        "def slope(c, x): raise Evil\ndef descend(*_): raise Evil",
        "no answer",
    ),
]

FLOODS = [
    Attack("100 MB in one message", "print('x' * 100_000_000)", "printed too much", solved=True),
    Attack(
        "print for ever",
        "while True: print('x' * 10_000)",
        "printed too much|stopped after|not heed",
        solved=True,
    ),
    Attack(
        "figures for ever",
        "from IPython.display import Image, display\n"
        "while True: display(Image(data=b'\\x89PNG\\r\\n' + bytes(200_000), format='png'))",
        "printed too much|stopped after|not heed",
        solved=True,
        keeps=False,  # what it has printed may still be under way when the checks ask
    ),
    Attack(
        "frames for ever",
        _flood('b"\\x03" + struct.pack(">Q", 7_000_000) + bytes(7_000_000)'),
        "stopped|ended",
    ),
    Attack("empty messages for ever", _flood('b"\\0\\0" * 100_000'), "stopped|ended"),
    Attack("a frame without end", _flood('b"\\2" + b"\\x7f" * 100_000'), "stopped|ended"),
    Attack("no ZeroMQ at all", _flood("b'GET / HTTP/1.1\\r\\n\\r\\n' * 1000"), "stopped|ended"),
    Attack(
        "forged replies",
        WIRES
        + FORGE
        + """
data = {"application/vnd.nnlib.answer+json": {"bool": True}}
passed = {"status": "ok", "user_expressions": {"answer": {"status": "ok", "data": data, "metadata": {}}}}
deep = b'{"status": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
for wire_ in wires:
    for kind in ("execute_reply", "status", "display_data", "error", "\\ud800"):
        for content in (passed, deep, b"{", [], {"execution_state": "idle"}, {"data": {"image/png": [1]}}):
            for parent_ in (parent, {}, [], {"msg_id": None}, {"msg_id": []}):
                wire_.sendall(message(kind, parent_, content))
""",
        "code about the network",
    ),
    Attack(
        "replies to what has not been asked",
        """
import zmq
kernel = get_ipython().kernel
send = kernel.session.send
def often(stream, kind, *given, **named):
    for _ in range(3):
        result = send(stream, kind, *given, **named)
    return result
kernel.session.send = often
""",
        "the kernel's insides",
    ),
]

MIDDLE = [  # between two checks
    Attack(
        "end the process between checks",
        "import os\nos._exit(0)",
        "the kernel has ended",
        solved=True,
        middle=True,
    ),
    Attack(
        "a loop between checks",
        "while True: pass",
        "stopped after 8 s",
        solved=True,
        middle=True,
        keeps=False,
    ),
    Attack(
        "end the process in all cells that follow",
        "import os\ndef slope(c, x): os._exit(0)",
        "ended its kernel again and again",
        solved=True,
        middle=True,
        keeps=False,
    ),
    Attack(
        "checks in a cell of one's own, again and again",
        EVERYWHERE.replace("LIE", "0.0") + "\n".join(f'grader.check("q{k % 7}")' for k in range(500)),
        "got 0",
    ),
    Attack(
        "answers from the check before",
        """
import gc
held = [found for found in gc.get_objects() if isinstance(found, dict) and "_checked_gain" in found]
seen = [name for name in globals() if "checked" in name.lower()]
raise RuntimeError(f"found {held} {seen}")
""",
        r"found \[\] \[\]",
        solved=True,
        middle=True,
    ),
]

TEXTS = [
    Attack("HTML in an error", "raise ValueError('<script>alert(1)</script>')", "<script>alert", solved=True),
    Attack("a formula in an error", "raise ValueError('=HYPERLINK(1)')\n", "=HYPERLINK", solved=True),
    Attack(
        "HTML and formulas in answers",
        "class X: pass\nX.__name__ = '=cmd|calc!A0<script>alert(1)</script>'\nLIE = X()\n" + EVERYWHERE,
        "something that is no number",
        file="=2+5<script>alert(1)<",
    ),
    Attack("a screen's commands", "raise ValueError('\\x1b]0;owned\\x07')", "ValueError", solved=True),
    Attack("a name that is a path", "raise ValueError", "ValueError", file="..\\..\\..%2e%2e", solved=True),
    Attack("half a character", "x = '\ud800'", ".*", solved=True),
]

NOTEBOOKS = [
    Attack("forged outputs", "", "the dots|There is no", change=_forged_outputs),
    Attack("points in metadata", "", "the dots|There is no", change=_grade_in_metadata),
    Attack(
        "all cells are experiments",
        "",
        "tagged as experiments",
        solved=True,
        keeps=False,
        change=_all_experiments,
    ),
    Attack("cells twice", "", ".*", solved=True, change=_twice),
    Attack("cells gone", "1", "none of the names", solved=True, keeps=False, change=_only_attack),
    Attack(
        "another language",
        "",
        "a notebook for r, not for Python",
        solved=True,
        keeps=False,
        change=_metadata(kernelspec={"name": "ir", "language": "R"}),
    ),
    Attack(
        "a kernel of its own",
        "",
        ".*",
        solved=True,
        change=_metadata(
            kernelspec={"name": "../../evil", "argv": ["touch", "%CANARY%/spec"], "language": "python"}
        ),
    ),
    Attack(
        "another assignment",
        "",
        "the notebook of a1_perceptron",
        solved=True,
        keeps=False,
        change=_metadata(nnlib={"assignment": "a1_perceptron"}),
    ),
    Attack(
        "another assignment, with half a character",
        "",
        r"the notebook of \?",
        solved=True,
        keeps=False,
        change=_metadata(nnlib={"assignment": "\ud800\x1b[2J"}),
    ),
]

ATTACKS = [
    *READING,
    *PATCHING,
    *LIARS,
    Attack(
        "JSON with " + ", ".join(name for name, _ in TREES),
        _TREES,
        "(?s)gave an array with an impossible shape.*gave an answer that is no answer",
        file="JSON",
    ),
    *LOOPS,
    *BOMBS,
    *HOST,
    *KILLS,
    *FLOODS,
    *MIDDLE,
    *TEXTS,
    *NOTEBOOKS,
]
