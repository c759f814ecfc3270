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
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

SOCKETS = "/run/kernel/k"
PACKAGES = "/opt/grader"  # wire.py, launch.py, tolerance.py and OURS
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
    if platform.machine() not in MACHINES:
        known = " and ".join(MACHINES)
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

# The calls that are refused, with their numbers for x86-64 and for aarch64: new processes, other
# users' or kernel interfaces, memory that no limit counts, leaving the processor that the sandbox was
# given, and what all of the host shares: asynchronous I/O, watches of files, timers, locks, `sync`.
# `clone` is let through for threads alone; `clone3`, whose flags a filter cannot read, is reported as
# unknown, and the C library falls back to `clone`. `socket` is let through for unix sockets, which the
# kernel's own are: other families take memory that no limit counts, or lead out of the sandbox.
MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # as the audit of system calls names them
CLONE, CLONE3, SOCKET, FCNTL = (56, 220), (435, 435), (41, 198), (72, 25)
REFUSED: dict[str, tuple[int | None, int | None]] = {
    "fork": (57, None),
    "vfork": (58, None),
    "ptrace": (101, 117),
    "mount": (165, 40),
    "umount2": (166, 39),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "unshare": (272, 97),
    "setns": (308, 268),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "open_by_handle_at": (304, 265),
    "pidfd_getfd": (438, 438),
    "fsopen": (430, 430),
    "sched_setaffinity": (203, 122),
    "io_uring_setup": (425, 425),
    "io_setup": (206, 0),
    "fanotify_init": (300, 262),
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "timer_create": (222, 107),
    "timerfd_create": (283, 85),
    "flock": (73, 32),
    "sync": (162, 81),
    "syncfs": (306, 267),
}
LOCKS = (6, 7, 37, 38, 1024, 1026)  # of fcntl: F_SETLK, F_SETLKW, F_OFD_SETLK(W), F_SETLEASE, F_NOTIFY
LOAD, EQUAL, GREATER_EQUAL, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
NUMBER, ARCHITECTURE, FIRST, SECOND = 0, 4, 16, 24  # where struct seccomp_data has them and the arguments
CLONE_THREAD = 0x00010000
AF_UNIX = 1


def system_call_filter(machine: str) -> bytes:
    """Assemble the filter (classic BPF) that bubblewrap loads before the kernel starts."""
    which = list(MACHINES).index(machine)
    program = [
        (LOAD, 0, 0, ARCHITECTURE),
        (EQUAL, 1, 0, MACHINES[machine]),
        (RETURN, 0, 0, KILL),  # another architecture's calls have other numbers
        (LOAD, 0, 0, NUMBER),
        (GREATER_EQUAL, 0, 1, 0x40000000),  # so have those of x32
        (RETURN, 0, 0, EPERM),
        (EQUAL, 0, 1, CLONE3[which]),
        (RETURN, 0, 0, ENOSYS),
        (EQUAL, 0, 4, CLONE[which]),
        (LOAD, 0, 0, FIRST),
        (ANY_BIT, 0, 1, CLONE_THREAD),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, EPERM),
        (EQUAL, 0, 4, SOCKET[which]),
        (LOAD, 0, 0, FIRST),
        (EQUAL, 0, 1, AF_UNIX),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, EPERM),
        (EQUAL, 0, len(LOCKS) + 3, FCNTL[which]),
        (LOAD, 0, 0, SECOND),
        *((EQUAL, len(LOCKS) - k, 0, lock) for k, lock in enumerate(LOCKS)),
        (RETURN, 0, 0, ALLOW),
        (RETURN, 0, 0, EPERM),
    ]
    for numbers in REFUSED.values():
        if (number := numbers[which]) is not None:
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
            texts = [(path / "status").read_text(encoding="utf-8", errors="replace") for path in processes]
        except OSError:  # it has just ended
            return ""
        if sum(place.f_files - place.f_ffree for place in found) > self.limits.files:
            return f"made more than {self.limits.files:,} files"
        threads = re.findall(r"^Threads:\s*(\d+)", "".join(texts), re.MULTILINE)
        if sum(map(int, threads)) > self.limits.threads:
            return f"started more than {self.limits.threads} threads"
        return ""

    def used(self) -> tuple[float, dict[str, float]]:
        """Return the seconds of processor that it has had, and for which of its threads waited how long."""
        place = Path(self.root, "proc") if self.root else Path("/proc", str(self.outer.pid))
        ran, waited = 0.0, {}
        with suppress(OSError):  # it has just ended, or this kernel does not count
            for path in place.glob("[0-9]*/task/*/schedstat" if self.root else "task/*/schedstat"):
                now, queued, _ = path.read_text(encoding="ascii").split()
                ran += int(now) / 1e9
                waited[str(path)] = int(queued) / 1e9
        return ran, waited

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


class Clock:
    """Counts the seconds that a process would have taken with nothing else on the machine.

    These are the seconds since the start without those in which it waited for a processor, and
    not fewer than it had of one.
    """

    def __init__(self, process: Process):
        self._process, self._start = process, time.monotonic()
        self._ran, self._waited = process.used()

    def wall(self) -> float:
        return time.monotonic() - self._start

    def own(self) -> float:
        ran, waited = self._process.used()
        queued = max((now - self._waited.get(thread, 0.0) for thread, now in waited.items()), default=0.0)
        return max(self.wall() - queued, ran - self._ran, 0.0)


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
    for place in (*WRITABLE, "/dev/pts"):  # terminals are few, and all of the host shares them
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
    for name in ("wire.py", "launch.py", "tolerance.py"):
        options += ["--ro-bind", str(HERE / name), f"{PACKAGES}/{name}"]
    options += ["--ro-bind", str(exchange), "/exchange", "--remount-ro", "/", "--remount-ro", "/dev"]
    options += ["--remount-ro", "/dev/pts"]
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
