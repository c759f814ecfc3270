"""The client's end of a student's kernel: run a cell, ask for an answer, within a time limit.

Jupyter's messages over unix sockets, read one by one: a message larger than `LARGEST` is dropped,
what is printed is counted and stops a cell that prints too much, and of an answer only its JSON
is used.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import secrets
import select
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from nnbook.checking import raised

from . import sandbox, wire
from .connection import LARGEST, Broken, Connection

MOST_PRINTED = 50_000_000  # bytes of output of one cell
MOST_KEPT = 3_000_000  # bytes of figures kept of one cell
READY = 300.0  # seconds for a kernel to start, on whatever machine
GRACE = 3.0  # seconds for a cell to end after an interrupt
REST = 3.0  # seconds without output after which, the reply being there, no more of it is awaited
STARVED = 30  # times as long as its limit a cell may take where others have the processor
LOOK = 0.05  # seconds between two looks at what the sandbox has too much of
SEND = 20.0  # seconds for the kernel to take a request
PORTS = {"shell": 1, "iopub": 2, "stdin": 3, "control": 4, "hb": 5}


class TimedOut(Exception):
    """The kernel was not done in time; it has been interrupted and goes on."""


class Died(Exception):
    """The kernel is gone: it ended itself, was ended by a limit, or did not heed an interrupt."""


class TooMuchOutput(Exception):
    """A cell printed more than is read."""


@dataclass
class Ran:
    """What running a cell gave."""

    error: str | None = None  # "NameError: name 'x' is not defined"
    figures: list[str] = field(default_factory=list)  # PNG, base64


class Kernel:
    """One kernel in its sandbox; close it with `close` or use it in a `with` block."""

    def __init__(self, limits: sandbox.Limits, *, unconfined: bool = False):
        self._folder = tempfile.TemporaryDirectory(prefix="grader-")
        self.exchange = Path(self._folder.name)
        self.exchange.chmod(0o755)  # a root in a user namespace is nobody to this folder
        self._files = 0
        key = secrets.token_hex(16)
        sockets = str(self.exchange / "k") if unconfined else sandbox.SOCKETS
        connection: dict[str, Any] = {f"{name}_port": port for name, port in PORTS.items()}
        connection |= {"transport": "ipc", "ip": sockets, "key": key, "signature_scheme": "hmac-sha256"}
        (self.exchange / "connection.json").write_text(json.dumps(connection), encoding="utf-8")
        (self.exchange / "connection.json").chmod(0o644)
        self._key = key.encode()
        self._connections: list[Connection] = []
        self._process: sandbox.Process | None = None
        self.spent = 0.0  # seconds that requests have taken
        try:
            self._process = sandbox.start(self.exchange, limits, unconfined=unconfined)
            self._connect(self._process)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect(self, process: sandbox.Process) -> None:
        """Connect before any of the student's code runs: nobody can answer in the kernel's place."""
        end = time.monotonic() + READY
        self._shell = self._socket(process, "shell", "DEALER", end)
        self._control = self._socket(process, "control", "DEALER", end)
        self._iopub = self._socket(process, "iopub", "SUB", end)
        self._poller = select.poll()
        self._poller.register(self._shell, select.POLLIN)
        self._poller.register(self._iopub, select.POLLIN)
        try:
            self._request("kernel_info_request", {}, READY, Ran())
        except (TimedOut, TooMuchOutput):
            raise Died("the kernel did not start") from None

    def _socket(self, process: sandbox.Process, name: str, kind: str, end: float) -> Connection:
        while True:
            try:
                connection = Connection(f"{process.sockets}-{PORTS[name]}", kind, end)
            except (OSError, Broken):
                if not process.alive() or time.monotonic() > end:
                    raise Died("the kernel did not start") from None
                time.sleep(0.01)
            else:
                self._connections.append(connection)
                return connection

    def run(self, code: str, seconds: float) -> Ran:
        """Run a cell; its exception is a result, its figures are kept.

        Raises
        ------
        TimedOut, Died, TooMuchOutput
        """
        ran = Ran()
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        reply = self._request("execute_request", {**content, "allow_stdin": False}, seconds, ran)
        if reply.get("status") != "ok":
            kind, text = str(reply.get("ename", "an error"))[:80], str(reply.get("evalue", ""))[:500]
            ran.error = raised(wire.Failure(kind, text))
        return ran

    def ask(self, name: str, seconds: float, arguments: tuple[Any, ...] | None = None) -> Any:
        """Ask for the value a name stands for, or for what a function of that name returns.

        Returns
        -------
        float, int, bool, ndarray, list, wire.Unusable, Function or Missing

        Raises
        ------
        wire.Failure
            The function raised something.
        ValueError
            What came back is no answer at all.
        TimedOut, Died
        """
        asked: dict[str, Any] = {"name": name}
        if arguments is not None:
            asked["arguments"] = [self._argument(value) for value in arguments]
        expression = f"__import__('wire').answer(get_ipython().user_ns, {json.dumps(asked)!r})"
        content = {"code": "", "silent": True, "store_history": False, "allow_stdin": False}
        content["user_expressions"] = {"answer": expression}
        reply = self._request("execute_request", content, seconds, Ran())
        if reply is TOO_LARGE:
            raise ValueError(f"an answer of more than {SIZE}")
        try:
            tree = reply["user_expressions"]["answer"]["data"][wire.MIME]
        except (KeyError, TypeError) as error:
            raise ValueError("an answer that is no answer") from error
        if tree == {"missing": True}:
            return Missing()
        if isinstance(tree, dict) and isinstance(tree.get("function"), str):
            return Function(tree["function"][:200])
        try:
            value = wire.decode(tree)
        except RecursionError as error:
            raise ValueError("an answer that is no answer") from error
        if isinstance(value, wire.Failure):
            raise value
        return value

    def _argument(self, value: Any) -> Any:
        if isinstance(value, np.random.Generator):
            return {"rng": int(value.integers(2**62))}
        if isinstance(value, np.ndarray) and value.nbytes > wire.INLINE:
            self._files += 1
            name = f"{self._files}.npy"
            np.save(self.exchange / name, value, allow_pickle=False)
            (self.exchange / name).chmod(0o644)
            return {"file": name}
        return wire.encode(value)

    def _request(self, kind: str, content: dict[str, Any], seconds: float, ran: Ran) -> dict[str, Any]:
        """Send a request and wait for its reply, reading what is printed meanwhile."""
        assert self._process is not None
        wanted = self._send(self._shell, kind, content)
        printed, rest, heard = 0, False, 0.0  # rest: the output is complete; heard: when some came
        clock, allowed, interrupted, reason = sandbox.Clock(self._process), seconds, False, ""
        reply: dict[str, Any] | None = None
        looked = 0.0
        while True:
            ready = {file for file, _ in self._poller.poll(50)}
            try:
                if self._iopub.fileno() in ready:
                    size, messages = self._iopub.read()
                    printed, heard = printed + size, time.monotonic()
                    for parts in messages:
                        rest |= self._output(ran, parts, wanted)
                if self._shell.fileno() in ready:
                    for parts in self._shell.read()[1]:
                        reply = reply or _reply(parts, wanted)
                    heard = time.monotonic()
            except Broken:
                self._process.kill()
                raise Died("the kernel has ended") from None
            late, quiet = _late(clock, allowed), time.monotonic() > heard + REST
            if reply is not None and (rest or late or quiet or (printed > MOST_PRINTED and not interrupted)):
                self.spent += clock.own()
                if reason == "time":
                    raise TimedOut
                if printed > MOST_PRINTED:
                    raise TooMuchOutput
                return reply
            if time.monotonic() > looked + LOOK:
                if too_much := self._process.excess():
                    self._process.kill()
                    raise Died(f"the kernel {too_much} and was ended")
                looked = time.monotonic()
            if not self._process.alive():
                raise Died("the kernel has ended")
            if interrupted and late:
                self._process.kill()
                raise Died("the kernel did not heed an interrupt and was ended")
            if not interrupted and (late or printed > MOST_PRINTED):
                interrupted, reason = True, "time" if late else "output"
                with contextlib.suppress(Died):
                    self._send(self._control, "interrupt_request", {})
                self.spent += clock.own()
                clock, allowed = sandbox.Clock(self._process), GRACE

    def _send(self, connection: Connection, kind: str, content: dict[str, Any]) -> str:
        """Send a request as Jupyter wants it; return its identifier."""
        assert self._process is not None
        if not self._process.alive():
            raise Died("the kernel has ended")
        identifier = secrets.token_hex(16)
        header = {"msg_id": identifier, "msg_type": kind, "session": "grader", "username": "grader"}
        header |= {"version": "5.3", "date": datetime.now(UTC).isoformat()}
        parts = [json.dumps(part).encode() for part in (header, {}, {}, content)]
        signature = hmac.new(self._key, b"".join(parts), hashlib.sha256).hexdigest()
        try:
            connection.send([b"<IDS|MSG>", signature.encode(), *parts], SEND)
        except Broken:
            self._process.kill()
            raise Died("the kernel closed its connection") from None
        return identifier

    def _output(self, ran: Ran, parts: list[bytes] | None, wanted: str) -> bool:
        """Read one message of what is printed; return whether it says that there is no more."""
        found = _message(parts)
        if found is None:
            return False
        kind, parent, content = found
        if parent != wanted:
            return False
        if kind == "display_data":
            data = content.get("data")
            figure = data.get("image/png") if isinstance(data, dict) else None
            if isinstance(figure, str) and len(figure) + sum(map(len, ran.figures)) < MOST_KEPT:
                ran.figures.append(figure)
        return kind == "status" and content.get("execution_state") == "idle"

    def close(self) -> None:
        """End the kernel, and remove its folder."""
        if self._process is not None:
            self._process.kill()
        for connection in self._connections:
            connection.close()
        self._folder.cleanup()


def _late(clock: sandbox.Clock, seconds: float) -> bool:
    wall = clock.wall()
    return wall > STARVED * seconds or (wall > seconds and clock.own() > seconds)


SIZE = f"{LARGEST // 10**6} MB"
TOO_LARGE = {"status": "error", "ename": "TooLarge", "evalue": f"a message of more than {SIZE}"}


def _reply(parts: list[bytes] | None, wanted: str) -> dict[str, Any] | None:
    """Return a reply's content if it is the one that is wanted."""
    if parts is None:
        return TOO_LARGE
    found = _message(parts)
    return found[2] if found is not None and found[1] == wanted else None


def _message(parts: list[bytes] | None) -> tuple[str, str, dict[str, Any]] | None:
    """Return a message's kind, the identifier it answers to and its content; None if it is no message.

    The signature is not looked at: the student's code lives in the process that has the key.
    """
    if parts is None:
        return None
    try:
        _, header, parent, _, content = parts[parts.index(b"<IDS|MSG>") + 1 :][:5]
        read = [json.loads(part) for part in (header, parent, content)]
        kind, identifier = read[0]["msg_type"], read[1]["msg_id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    usable = isinstance(kind, str) and isinstance(identifier, str) and isinstance(read[2], dict)
    return (kind, identifier, read[2]) if usable else None


class Missing:
    """What `Kernel.ask` returns for a name that stands for nothing."""

    kind = "nothing"


@dataclass(frozen=True)
class Function:
    """What `Kernel.ask` returns for a function: the name to call it by."""

    name: str
