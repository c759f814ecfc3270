"""A place where a student's code can do no harm: bubblewrap, a system call filter, limits.

Inside there is no network, nothing of the host but Python and its packages (read-only), a
small home in memory, and a single process that can make no other. The kernel's sockets live
in the sandbox's own memory too: the grader reaches them through `/proc`, so that no folder of
the host is writable from inside.
"""

from __future__ import annotations

import json
import os
import platform
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SOCKETS = "/run/kernel/k"
PACKAGES = "/opt/grader"  # wire.py, launch.py and OURS
HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OURS = {"nnlib": ROOT / "nnlib", "nnbook": ROOT / "book" / "nnbook", "otter": HERE / "stand_in"}
MIB = 2**20
WRITABLE = ("/home/student", "/run/kernel", "/dev/shm", "/tmp")
ENDING = 10_000  # milliseconds for a killed sandbox to be gone


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes
    ----------
    memory : int
        Address space of the kernel in bytes.
    home : int
        Size of the home folder, which is in memory, in bytes.
    file : int
        Size of one file in bytes.
    cpu : int
        Processor time in seconds.
    threads, files : int
        Threads, and files and folders in its home and other places in memory. The kernel's memory
        for them is counted nowhere else.
    """

    memory: int = 6144 * MIB
    home: int = 128 * MIB
    file: int = 64 * MIB
    cpu: int = 3600
    threads: int = 256
    files: int = 10_000


INSTALL = {
    "linux": "install Debian's or Ubuntu's package `bubblewrap` (sudo apt install bubblewrap)",
    "darwin": "bubblewrap is for Linux: use the container that book/instructors.md describes",
    "win32": "bubblewrap is for Linux: work in WSL2 (wsl --install), or in the container that "
    "book/instructors.md describes",
}


class NoSandbox(Exception):
    """Student code cannot be held on this machine; the message says what to do."""


def require() -> None:
    """Refuse to go on where the sandbox does not work, and say what would help."""
    if not shutil.which("bwrap"):
        raise NoSandbox(f"there is no bwrap here: {INSTALL.get(sys.platform, INSTALL['linux'])}")
    if platform.machine() not in SYSCALLS:
        known = " and ".join(SYSCALLS)
        raise NoSandbox(f"the system call filter knows {known}, not {platform.machine()}")
    done = subprocess.run(
        ["bwrap", "--unshare-all", "--cap-drop", "ALL", "--ro-bind", "/", "/", "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NoSandbox(
            f"bwrap does not work here ({done.stderr.strip()}). On Ubuntu 24.04 and later, AppArmor "
            "keeps ordinary users from it: install the package `apparmor-profiles` and load its "
            "profile bwrap-userns-restrict, or run the grader as root in a container of its own"
        )


def lacking() -> str:
    """Say why `require` would refuse; "" if it would not."""
    try:
        require()
    except NoSandbox as error:
        return str(error)
    return ""


# ---- the system call filter ---------------------------------------------------------------

# Numbers of the calls that are refused: new processes, other users' or kernel interfaces,
# memory that no limit counts, and leaving the processor that the sandbox was given. `clone` is let
# through for threads alone; `clone3`, whose flags a filter cannot read, is reported as unknown, and
# the C library falls back to `clone`. `socket` is let through for unix, IPv4, IPv6 and netlink, which a
# network namespace holds in; others, such as those to a virtual machine's host, it does not.
SYSCALLS: dict[str, dict[str, int]] = {
    "x86_64": {
        "audit": 0xC000003E,
        "clone": 56,
        "clone3": 435,
        "socket": 41,
        "fork": 57,
        "vfork": 58,
        "ptrace": 101,
        "mount": 165,
        "umount2": 166,
        "shmget": 29,
        "unshare": 272,
        "setns": 308,
        "memfd_create": 319,
        "bpf": 321,
        "perf_event_open": 298,
        "userfaultfd": 323,
        "add_key": 248,
        "request_key": 249,
        "keyctl": 250,
        "msgget": 68,
        "process_vm_readv": 310,
        "process_vm_writev": 311,
        "memfd_secret": 447,
        "io_uring_setup": 425,
        "open_by_handle_at": 304,
        "pidfd_getfd": 438,
        "fsopen": 430,
        "semget": 64,
        "mq_open": 240,
        "sched_setaffinity": 203,
        "fanotify_init": 300,
    },
    "aarch64": {
        "audit": 0xC00000B7,
        "clone": 220,
        "clone3": 435,
        "socket": 198,
        "ptrace": 117,
        "mount": 40,
        "umount2": 39,
        "shmget": 194,
        "msgget": 186,
        "unshare": 97,
        "setns": 268,
        "memfd_create": 279,
        "bpf": 280,
        "perf_event_open": 241,
        "userfaultfd": 282,
        "add_key": 217,
        "request_key": 218,
        "keyctl": 219,
        "process_vm_readv": 270,
        "process_vm_writev": 271,
        "memfd_secret": 447,
        "io_uring_setup": 425,
        "open_by_handle_at": 265,
        "pidfd_getfd": 438,
        "fsopen": 430,
        "semget": 190,
        "mq_open": 180,
        "sched_setaffinity": 122,
        "fanotify_init": 262,
    },
}
LOAD, EQUAL, GREATER_EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
NUMBER, ARCHITECTURE, FIRST = 0, 4, 16  # where struct seccomp_data holds them, and the first argument
CLONE_THREAD = 0x00010000
FAMILIES = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK


def system_call_filter(machine: str) -> bytes:
    """Assemble the filter (classic BPF) that bubblewrap loads before the kernel starts."""
    calls = dict(SYSCALLS[machine])
    audit, clone, clone3, socket = (calls.pop(name) for name in ("audit", "clone", "clone3", "socket"))
    program = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, audit),
        (RETURN, 0, 0, KILL),  # another architecture's calls have other numbers
        (LOAD, 0, 0, NUMBER),
        (GREATER_EQUAL, 0, 1, 0x40000000),  # so have those of x32
        (RETURN, 0, 0, EPERM),
        (EQUAL, 0, 1, clone3),
        (RETURN, 0, 0, ENOSYS),
        (EQUAL, 0, 4, clone),
        (LOAD, 0, 0, FIRST),
        (ANY_BIT, 0, 1, CLONE_THREAD),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, EPERM),
        (EQUAL, 0, len(FAMILIES) + 3, socket),
        (LOAD, 0, 0, FIRST),
        *((EQUAL, len(FAMILIES) - k, 0, family) for k, family in enumerate(FAMILIES)),
        (RETURN, 0, 0, EPERM),
        (RETURN, 0, 0, ALLOW),
    ]
    for number in calls.values():
        program += [(EQUAL, 0, 1, number), (RETURN, 0, 0, EPERM)]
    program.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


# ---- starting it --------------------------------------------------------------------------


@dataclass
class Process:
    """A running kernel process, confined or not.

    Attributes
    ----------
    outer : Popen
        bwrap, or the kernel itself if it is not confined.
    inner : int
        A pidfd of the sandbox's first process: a number could come to mean another process.
    sockets : str
        The path of the kernel's sockets, as the grader sees it.
    root : str
        The sandbox's root folder, as the grader sees it; "" if it is not confined.
    limits : Limits
        What it may use.
    processor : int
        Where it runs.
    """

    outer: subprocess.Popen[bytes]
    inner: int
    sockets: str
    root: str
    limits: Limits
    processor: int

    def alive(self) -> bool:
        return self.outer.poll() is None

    def excess(self) -> str:
        """Say what it has too much of, among what the operating system sets no limit to."""
        if not self.root:
            return ""
        try:
            found = [os.statvfs(f"{self.root}{place}") for place in WRITABLE]
            processes = [path for path in Path(self.root, "proc").iterdir() if path.name.isdecimal()]
            status = "".join((path / "status").read_text(encoding="utf-8") for path in processes)
        except OSError:  # it has just ended
            return ""
        if sum(place.f_files - place.f_ffree for place in found) > self.limits.files:
            return f"made more than {self.limits.files:,} files"
        if sum(map(int, re.findall(r"^Threads:\s*(\d+)", status, re.MULTILINE))) > self.limits.threads:
            return f"started more than {self.limits.threads} threads"
        return ""

    def kill(self) -> None:
        """End it and all it holds; with its first process a PID namespace dies."""
        if self.inner < 0:
            return
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.inner, signal.SIGKILL)
        self.outer.kill()
        self.outer.wait()
        ended = select.poll()
        ended.register(self.inner, select.POLLIN)
        ended.poll(ENDING)
        os.close(self.inner)
        self.inner = -1
        _processors[self.processor] -= 1


def start(exchange: Path, limits: Limits, *, unconfined: bool = False) -> Process:
    """Start a kernel whose connection file is `exchange/connection.json`.

    Parameters
    ----------
    exchange : Path
        A folder that the kernel may read; it holds the connection file and large arguments.
    limits : Limits
        What the kernel may use.
    unconfined : bool, optional
        Start it without bubblewrap, with the limits alone.
    """
    values = {"AS": limits.memory, "CPU": limits.cpu, "FSIZE": limits.file, "NOFILE": 256, "CORE": 0}
    folder = "/exchange"
    kernel = [_executable(), f"{PACKAGES}/launch.py", json.dumps(values), f"{folder}/connection.json"]
    if unconfined:
        return _start_unconfined(exchange, values, limits)
    command = [
        "bwrap",
        *_confinement(exchange, limits),
        "--info-fd",
        "{info}",
        "--seccomp",
        "{filter}",
        *kernel,
    ]
    reading, writing = os.pipe()
    program, feed = os.pipe()
    os.write(feed, system_call_filter(platform.machine()))
    os.close(feed)
    command = [
        part.format(info=writing, filter=program) if part in ("{info}", "{filter}") else part
        for part in command
    ]
    with _one_processor() as processor:
        outer = _popen(command, {}, (writing, program))
    os.close(writing)
    os.close(program)
    with os.fdopen(reading, encoding="utf-8") as information:
        text = information.read()
    try:
        inner = int(json.loads(text)["child-pid"])
        handle = os.pidfd_open(inner)
    except (ValueError, KeyError, ProcessLookupError) as error:
        outer.kill()
        outer.wait()
        _processors[processor] -= 1
        raise NoSandbox(
            "bwrap could not set the sandbox up; try `bwrap --unshare-all --ro-bind / / true`"
        ) from error
    root = f"/proc/{inner}/root"
    return Process(outer, handle, f"{root}{SOCKETS}", root, limits, processor)


_processors: Counter[int] = Counter()  # how many sandboxes run on each
_choosing = threading.Lock()


@contextmanager
def _one_processor() -> Iterator[int]:
    """Have what this thread starts run on the processor with the fewest sandboxes.

    One submission's threads would otherwise take the time of those graded beside it, whose limits
    are in seconds.
    """
    all_ = os.sched_getaffinity(0)
    with _choosing:
        chosen = min(sorted(all_), key=lambda number: _processors[number])
        _processors[chosen] += 1
    os.sched_setaffinity(0, {chosen})  # of this thread
    try:
        yield chosen
    except BaseException:
        _processors[chosen] -= 1
        raise
    finally:
        os.sched_setaffinity(0, all_)


def _executable() -> str:
    """Return this Python by the path that it has in the sandbox."""
    path = Path(sys.executable)
    return str(path.parent.resolve() / path.name)


def _popen(
    command: list[str], environ: dict[str, str], pass_fds: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    quiet: IO[bytes] | int = subprocess.DEVNULL
    return subprocess.Popen(
        command,
        stdin=quiet,
        stdout=quiet,
        stderr=quiet,
        pass_fds=pass_fds,
        env=environ,
        start_new_session=True,
    )


ENVIRONMENT = {
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONNOUSERSITE": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "LANG": "C.UTF-8",
}


def _confinement(exchange: Path, limits: Limits) -> list[str]:
    """List bubblewrap's options: first what is empty, then what is read-only."""
    options = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"]
    options += ["--hostname", "sandbox", "--proc", "/proc", "--dev", "/dev"]
    for place in WRITABLE:
        options += ["--size", str(limits.home if place == WRITABLE[0] else MIB), "--tmpfs", place]
    for name in ("lib", "lib64", "lib32", "bin", "sbin"):
        path = Path("/", name)
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            options += ["--ro-bind", str(path), str(path)]
    options += ["--ro-bind", "/usr", "/usr"]
    for prefix in dict.fromkeys((Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve())):
        for name in ("bin", "lib", "lib64", "pyvenv.cfg"):  # an environment may lie in anything's folder
            if not prefix.is_relative_to("/usr") and (path := prefix / name).exists():
                options += ["--ro-bind", str(path), str(path)]
    for name, source in OURS.items():
        options += ["--ro-bind", str(source), f"{PACKAGES}/{name}"]
    for name in ("wire.py", "launch.py"):
        options += ["--ro-bind", str(HERE / name), f"{PACKAGES}/{name}"]
    options += ["--ro-bind", str(exchange), "/exchange", "--remount-ro", "/", "--remount-ro", "/dev"]
    # A kernel setting is the root user's to write, whatever namespace and without any capability.
    options += ["--remount-ro", "/proc"]
    for name, value in {
        **ENVIRONMENT,
        "PYTHONPATH": PACKAGES,
        "HOME": "/home/student",
        "PATH": "/usr/bin",
    }.items():
        options += ["--setenv", name, value]
    return [*options, "--chdir", "/home/student"]


def _start_unconfined(exchange: Path, values: dict[str, int], limits: Limits) -> Process:
    """Start the kernel with limits alone, for who has said that they trust the code."""
    for name, source in OURS.items():
        if not (exchange / name).exists():
            (exchange / name).symlink_to(source)
    connection = exchange / "connection.json"
    work = exchange / "work"
    work.mkdir(exist_ok=True)
    path = os.pathsep.join([str(exchange), str(HERE)])
    environ = {**os.environ, **ENVIRONMENT, "PYTHONPATH": path, "NNLIB_EXCHANGE": str(exchange)}
    with _one_processor() as processor:
        outer = subprocess.Popen(
            [sys.executable, str(HERE / "launch.py"), json.dumps(values), str(connection)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=work,
            env=environ,
            start_new_session=True,
        )
    sockets = json.loads(connection.read_text(encoding="utf-8"))["ip"]
    return Process(outer, os.pidfd_open(outer.pid), sockets, "", limits, processor)
