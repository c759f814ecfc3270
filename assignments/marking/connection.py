"""A connection to a kernel's socket: as much of ZeroMQ's protocol as a client needs (ZMTP 3.0).

ZeroMQ's own library is no client for a peer that means harm: it collects a message of any number
of frames before it hands it over, in the grader's memory. Here nothing is read that was not asked
for, a message that is too large is dropped while it comes in, and every wait has an end.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence

LARGEST = 8_000_000  # bytes of one message
MOST_FRAMES = 64  # of one message
CHUNK = 2**17  # bytes read at a time
MORE, LONG, COMMAND = 1, 2, 4  # flags of a frame
GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)


class Broken(Exception):
    """The other end is gone, takes nothing, or does not speak the protocol."""


class Connection:
    """One connection; `fileno` makes it usable with `select.poll`.

    Parameters
    ----------
    path : str
        The unix socket of the kernel.
    kind : str
        What this end is: DEALER or SUB.
    end : float
        When to give up, in the seconds of `time.monotonic`.

    Raises
    ------
    OSError
        There is nobody at that socket yet.
    Broken
    """

    def __init__(self, path: str, kind: str, end: float):
        self._buffer = bytearray()
        self._skip = 0  # bytes still to come of a frame that is dropped
        self._parts: list[bytes] = []
        self._size = 0
        self._dropping = False
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(max(end - time.monotonic(), 0.01))
            self._socket.connect(path)
            self._greet(kind)
            self._socket.setblocking(False)
        except BaseException:
            self._socket.close()
            raise

    def _greet(self, kind: str) -> None:
        properties = {"Socket-Type": kind, "Identity": ""}
        ready = b"\x05READY" + b"".join(
            bytes([len(name)]) + name.encode() + len(value).to_bytes(4, "big") + value.encode()
            for name, value in properties.items()
        )
        self._socket.sendall(GREETING + bytes([COMMAND, len(ready)]) + ready)
        greeting = self._exactly(len(GREETING))
        if greeting[0] != 0xFF or greeting[10] < 3:
            raise Broken("the kernel does not speak ZeroMQ")
        flags, size = self._exactly(2)
        if flags != COMMAND or not self._exactly(size).startswith(b"\x05READY"):
            raise Broken("the kernel does not speak ZeroMQ")
        if kind == "SUB":
            self._socket.sendall(b"\0\1\1")  # subscribe to everything

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            if not (more := self._socket.recv(size - len(data))):
                raise Broken("the kernel closed its connection")
            data += more
        return data

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, parts: Sequence[bytes], seconds: float) -> None:
        """Send one message; a peer that does not take it in time is given up."""
        frames = []
        for part in parts:
            frames += [bytes([LONG | MORE]), len(part).to_bytes(8, "big"), part]
        frames[-3] = bytes([LONG])
        try:
            self._socket.settimeout(seconds)
            self._socket.sendall(b"".join(frames))
            self._socket.setblocking(False)
        except OSError as error:
            raise Broken("the kernel closed its connection") from error

    def read(self) -> tuple[int, list[list[bytes] | None]]:
        """Read what is there, once.

        Returns
        -------
        size : int
            How many bytes came.
        messages : list
            Those now complete, each a list of frames; None for one that was too large.
        """
        try:
            data = self._socket.recv(CHUNK)
        except BlockingIOError:
            return 0, []
        except OSError as error:
            raise Broken("the kernel closed its connection") from error
        if not data:
            raise Broken("the kernel closed its connection")
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        self._buffer += memoryview(data)[skipped:]
        return len(data), self._complete()

    def _complete(self) -> list[list[bytes] | None]:
        """Take whole frames off the buffer; what is to be dropped never enters it as a whole."""
        messages: list[list[bytes] | None] = []
        at = 0
        while len(self._buffer) - at >= 2:
            flags = self._buffer[at]
            start = at + (9 if flags & LONG else 2)
            if len(self._buffer) < start:
                break
            size = int.from_bytes(self._buffer[at + 1 : start], "big")
            if flags & COMMAND or not self._fits(size):
                self._dropping |= not flags & COMMAND
                self._skip = max(start + size - len(self._buffer), 0)
            elif len(self._buffer) < start + size:
                break
            else:
                self._parts.append(bytes(self._buffer[start : start + size]))
                self._size += size
            at = min(start + size, len(self._buffer))
            if not flags & (MORE | COMMAND):
                messages.append(None if self._dropping else self._parts)
                self._parts, self._size, self._dropping = [], 0, False
        del self._buffer[:at]
        return messages

    def _fits(self, size: int) -> bool:
        if not self._dropping and self._size + size <= LARGEST and len(self._parts) < MOST_FRAMES:
            return True
        self._parts = []
        return False

    def close(self) -> None:
        self._socket.close()
