"""The client's end of a student's kernel: run a cell, ask for an answer, within a time limit.

Jupyter's messages over unix sockets, read one by one: a message larger than `LARGEST` ends the
connection it came over, what is printed is counted and stops a cell that prints too much, and
of an answer only its JSON is used.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import zmq
from jupyter_client.session import Session

from . import sandbox, wire

LARGEST = 8_000_000  # bytes of one message
MOST_PRINTED = 50_000_000  # bytes of output of one cell
MOST_KEPT = 3_000_000  # bytes of figures kept of one cell
READY = 60.0  # seconds for a kernel to start
GRACE = 3.0  # seconds for a cell to end after an interrupt
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
        connection = {f"{name}_port": port for name, port in PORTS.items()}
        connection |= {"transport": "ipc", "ip": sockets, "key": key, "signature_scheme": "hmac-sha256"}
        (self.exchange / "connection.json").write_text(json.dumps(connection), encoding="utf-8")
        (self.exchange / "connection.json").chmod(0o644)
        self._context = zmq.Context()
        self._context.linger = 0
        self._session = Session(key=key.encode(), digest_history_size=0)
        self._process = sandbox.start(self.exchange, limits, unconfined=unconfined)
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Kernel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect(self) -> None:
        end = time.monotonic() + READY
        wanted = [Path(f"{self._process.sockets}-{PORTS[name]}") for name in ("shell", "iopub", "control")]
        while not all(path.exists() for path in wanted):
            if not self._process.alive() or time.monotonic() > end:
                raise Died("the kernel did not start")
            time.sleep(0.01)
        self._shell = self._socket(zmq.DEALER, "shell")
        self._control = self._socket(zmq.DEALER, "control")
        self._iopub = self._socket(zmq.SUB, "iopub")
        self._iopub.subscribe(b"")
        self._poller = zmq.Poller()
        self._poller.register(self._shell, zmq.POLLIN)
        self._poller.register(self._iopub, zmq.POLLIN)
        self._request(self._shell, "kernel_info_request", {}, READY, Ran())

    def _socket(self, kind: int, name: str) -> zmq.Socket[bytes]:
        socket = self._context.socket(kind)
        socket.maxmsgsize = LARGEST
        socket.rcvhwm = 50
        socket.sndtimeo = 2000  # milliseconds; with nobody at the other end a send would wait for ever
        socket.reconnect_ivl = -1  # once gone, nobody else may answer in the kernel's place
        socket.connect(f"ipc://{self._process.sockets}-{PORTS[name]}")
        return socket

    def run(self, code: str, seconds: float) -> Ran:
        """Run a cell; its exception is a result, its figures are kept.

        Raises
        ------
        TimedOut, Died, TooMuchOutput
        """
        ran = Ran()
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        reply = self._request(self._shell, "execute_request", {**content, "allow_stdin": False}, seconds, ran)
        if reply.get("status") != "ok":
            text = str(reply.get("evalue", ""))[:500]
            ran.error = f"{str(reply.get('ename', 'an error'))[:80]}: {text}"
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
        reply = self._request(self._shell, "execute_request", content, seconds, Ran())
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

    def _request(
        self, socket: zmq.Socket[bytes], kind: str, content: dict[str, Any], seconds: float, ran: Ran
    ) -> dict[str, Any]:
        """Send a request and wait for its reply, reading what is printed meanwhile."""
        if not self._process.alive():
            raise Died("the kernel has ended")
        try:
            message = self._session.send(socket, kind, content)
        except zmq.Again:
            self._process.kill()
            raise Died("the kernel closed its connection") from None
        assert message is not None
        wanted, printed = message["header"]["msg_id"], 0
        end, interrupted, reason = time.monotonic() + seconds, False, ""
        while True:
            ready = dict(self._poller.poll(50))
            if self._shell in ready:
                reply = self._read(self._shell)
                if reply is not None and reply["parent_header"].get("msg_id") == wanted:
                    if interrupted:
                        raise TooMuchOutput if reason == "output" else TimedOut
                    while self._iopub in dict(self._poller.poll(0)) and printed < MOST_PRINTED:
                        printed += self._output(ran, wanted)
                    return reply["content"]
            if self._iopub in ready:
                printed += self._output(ran, wanted)
            if not self._process.alive():
                raise Died("the kernel has ended")
            late = time.monotonic() > end
            if interrupted and late:
                self._process.kill()
                raise Died("the kernel did not heed an interrupt and was ended")
            if not interrupted and (late or printed > MOST_PRINTED):
                interrupted, reason = True, "time" if late else "output"
                with contextlib.suppress(zmq.Again):
                    self._session.send(self._control, "interrupt_request", {})
                end = time.monotonic() + GRACE

    def _read(self, socket: zmq.Socket[bytes]) -> dict[str, Any] | None:
        try:
            _, parts = self._session.feed_identities(socket.recv_multipart(zmq.NOBLOCK))
            message = self._session.deserialize(parts)
        except (zmq.Again, ValueError, TypeError, KeyError, RecursionError):
            return None
        usable = isinstance(message.get("content"), dict) and isinstance(message.get("parent_header"), dict)
        return message if usable else None

    def _output(self, ran: Ran, wanted: str) -> int:
        """Read one message of what is printed; return its size."""
        try:
            parts = self._iopub.recv_multipart(zmq.NOBLOCK)
            size = sum(map(len, parts))
            if size + sum(map(len, ran.figures)) < MOST_KEPT and b'"image/png"' in parts[-1]:
                message = self._session.deserialize(self._session.feed_identities(parts)[1])
                if message["msg_type"] == "display_data" and message["parent_header"]["msg_id"] == wanted:
                    ran.figures.append(str(message["content"]["data"]["image/png"]))
        except (zmq.Again, ValueError, TypeError, KeyError, IndexError, RecursionError):
            return 0
        return size

    def close(self) -> None:
        """End the kernel, and remove its folder."""
        self._process.kill()
        self._context.destroy(linger=0)
        self._folder.cleanup()


class Missing:
    """What `Kernel.ask` returns for a name that stands for nothing."""

    kind = "nothing"


@dataclass(frozen=True)
class Function:
    """What `Kernel.ask` returns for a function: the name to call it by."""

    name: str

