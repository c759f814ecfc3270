"""nnlib.datasets: reading IDX, finding and fetching files, the sets themselves.

Downloads come from a server on this machine that misbehaves on request. Tests that
need the real MNIST or Fashion-MNIST are skipped by name where those are not at hand.
"""

import contextlib
import errno
import gzip
import hashlib
import itertools
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import nnlib as nn
from nnlib import datasets
from nnlib.datasets import DataUnavailable, __main__, download, read_idx
from nnlib.datasets._sources import FASHION_MNIST, MNIST, SOURCES, File, Source
from nnlib.datasets.download import Found, available, fetch

ROOT = Path(__file__).resolve().parent.parent

needs_mnist = pytest.mark.skipif(not available("mnist"), reason="MNIST is not at hand (set NNLIB_DATA)")
needs_fashion = pytest.mark.skipif(
    not available("fashion-mnist"), reason="Fashion-MNIST is not at hand (set NNLIB_DATA)"
)


# --- IDX files -----------------------------------------------------------------------------------


def idx(array, type_code=8):
    """The bytes of a plain IDX file."""
    array = np.asarray(array, dtype=np.uint8)
    return header(*array.shape, type_code=type_code) + array.tobytes()


def header(*shape, type_code=8):
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, type_code, len(shape), *shape)


@pytest.fixture
def written(tmp_path):
    """Write bytes to a file and give its path."""

    def write(content):
        path = tmp_path / "some-idx-ubyte"
        path.write_bytes(content)
        return path

    return write


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("idx") / "scratch"


@given(
    array=arrays(np.uint8, array_shapes(min_dims=1, max_dims=5, min_side=0, max_side=9)), zipped=st.booleans()
)
@settings(deadline=None)
def test_read_idx_gives_back_what_was_written(scratch, array, zipped):
    scratch.write_bytes(gzip.compress(idx(array), 1) if zipped else idx(array))
    result = read_idx(str(scratch))
    assert result.dtype == np.uint8
    assert result.shape == array.shape
    assert np.array_equal(result, array)


def test_read_idx_reads_more_than_one_chunk(written):
    array = np.random.default_rng(0).integers(0, 256, (3, 1000, 1000), dtype=np.uint8)
    assert np.array_equal(read_idx(written(gzip.compress(idx(array), 1))), array)


GOOD = idx(np.arange(24).reshape(2, 3, 4))

REFUSED = {
    "empty": (b"", "an IDX file, but it is empty"),
    "half a magic number": (GOOD[:3], "the file ends after 3"),
    "a web page": (b"<!DOCTYPE html>", "two zero bytes, but it begins with b'<!DO'"),
    "another magic number": (b"\x00\x01" + GOOD[2:], "two zero bytes"),
    "floats": (idx([1, 2], type_code=0x0D), r"\(type code 0x08\), but the type code is 0x0d"),
    "signed bytes": (idx([1, 2], type_code=0x09), "the type code is 0x09"),
    "no dimensions": (header() + b"\0", "1 to 32 dimensions, but the header announces 0"),
    "255 dimensions": (header(*[1] * 255) + b"\0", "the header announces 255"),
    "header cut short": (GOOD[:14], "a header of 16 bytes, but the file ends after 14"),
    "no data": (GOOD[:16], r"24 bytes of data for shape \(2, 3, 4\), but only 0 are there"),
    "data cut short": (GOOD[:-1], "24 bytes .* but only 23 are there"),
    "a byte too many": (GOOD + b"\0", "24 bytes .* but more bytes follow"),
    "two files in one": (GOOD + GOOD, "more bytes follow"),
    "absurd": (header(2**28 + 1), r"at most 268,435,456 bytes of data, but .* shape \(268435457,\)"),
    "64-bit overflow": (header(*[2**32 - 1] * 3), "at most 268,435,456 bytes"),
    "overflow to zero": (header(2**16, 2**16, 2**16, 2**16), "at most 268,435,456 bytes"),
    "zero beside absurd": (header(0, 2**32 - 1, 2**32 - 1), "at most 268,435,456 bytes"),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("zipped", [False, True])
def test_read_idx_refuses(written, content, message, zipped):
    if zipped:
        content = gzip.compress(content)
    path = written(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_idx(path)
    assert str(caught.value).startswith(f"{path}: expected ")
    assert caught.value.args[0].rpartition("; ")[2] in {
        "fetch the file again",
        "use a file of unsigned bytes",
    }


def test_read_idx_refuses_what_is_not_a_file(tmp_path):
    with pytest.raises(ValueError, match="expected a file, but this is not one"):
        read_idx(tmp_path)
    with pytest.raises(ValueError, match="nowhere: expected a file, but there is none; check the path"):
        read_idx(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="expected a file"):
        read_idx(tmp_path / "x" / "\u00e9")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_read_idx_does_not_wait_for_a_pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="this is not one"):
        read_idx(tmp_path / "pipe")


def test_read_idx_names_the_file_it_may_not_read(written, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    path = written(GOOD)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ValueError, match=r"some-idx-ubyte: .* reading failed: Permission denied; check"):
        read_idx(path)


def test_read_idx_refuses_every_cut_of_a_gzip_file(written):
    zipped = gzip.compress(GOOD)
    for length in range(len(zipped)):
        with pytest.raises(ValueError, match="some-idx-ubyte: expected"):
            read_idx(written(zipped[:length]))


@given(data=st.data())
@settings(max_examples=200, deadline=None)
def test_read_idx_never_gives_wrong_data_from_a_damaged_gzip_file(scratch, data):
    zipped = bytearray(gzip.compress(GOOD, mtime=0))
    place = data.draw(st.integers(0, len(zipped) - 1))
    zipped[place] ^= data.draw(st.integers(1, 255))
    scratch.write_bytes(zipped)
    with contextlib.suppress(ValueError):  # no error: the change is in gzip's header, which carries no data
        assert np.array_equal(read_idx(scratch), np.arange(24).reshape(2, 3, 4))


def test_read_idx_refuses_garbage_after_gzip(written):
    with pytest.raises(ValueError, match="an intact gzip file"):
        read_idx(written(gzip.compress(GOOD) + b"garbage"))


@pytest.mark.parametrize("announced", [(10, 28, 28), (1,)])
def test_read_idx_stops_at_a_gzip_bomb(written, announced):
    packer = zlib.compressobj(1, wbits=31)
    pieces = [packer.compress(header(*announced))]
    pieces += [packer.compress(bytes(2**20)) for _ in range(128)]
    path = written(b"".join([*pieces, packer.flush()]))
    assert path.stat().st_size < 2**20
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="more bytes follow"):
            read_idx(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2**20


def test_read_idx_copies_at_most_one_chunk(written):
    path = written(gzip.compress(idx(np.zeros((64, 2**20))), 1))
    tracemalloc.start()
    try:
        read_idx(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < (64 + 4) * 2**20


# --- a server that misbehaves ---------------------------------------------------------------------


class Handler(BaseHTTPRequestHandler):
    """Answers /behaviour/file as the method `behaviour` says."""

    def do_GET(self):
        self.server.asked.append(self.path)
        behaviour, _, name = self.path[1:].partition("/")
        getattr(self, behaviour)(self.server.files[name])

    def reply(self, body, status=200, length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(body)

    def good(self, content):
        self.reply(content)

    def without_length(self, content):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(content)

    def moved(self, content):
        self.reply(b"", 302, Location=self.path.replace("moved", "good"))

    def eager_to_zip(self, content):
        """As servers do that take .gz for an encoding to be undone on arrival."""
        zips = "gzip" in self.headers.get("Accept-Encoding", "")
        self.reply(content, **({"Content_Encoding": "gzip"} if zips else {}))

    def not_found(self, content):
        self.reply(b"no such file", 404)

    def failing(self, content):
        self.reply(content, 500)

    def login_page(self, content):
        self.reply(b"<html>Please log in to this network</html>")

    def altered(self, content):
        self.reply(content[:-1] + bytes([content[-1] ^ 1]))

    def empty(self, content):
        self.reply(b"")

    def too_long(self, content):
        self.reply(content + b"\0")

    def broken_off(self, content):
        self.reply(content[: len(content) // 2], length=len(content))

    def broken_off_without_length(self, content):
        self.without_length(content[: len(content) // 2])

    def endless(self, content):
        self.send_response(200)
        self.end_headers()
        while True:
            self.wfile.write(bytes(2**16))

    def hangs_up(self, content):
        pass

    def silent(self, content):
        self.server.closing.wait(10)

    def stalls(self, content):
        self.reply(content[: len(content) // 2], length=len(content))
        self.wfile.flush()
        self.server.closing.wait(10)

    def circles(self, content):
        self.reply(b"", 302, Location=self.path)

    def leads_to_a_local_file(self, content):
        self.reply(b"", 302, Location="file:///etc/hostname")

    def leads_nowhere(self, content):
        self.reply(b"", 302, Location="http://[")

    def two_lengths(self, content):
        self.reply(content, Content_Length=len(content) + 1)

    def length_in_words(self, content):
        self.reply(content, length="many")

    def not_http(self, content):
        self.wfile.write(b"\x1b[31m" + b"hello " * 1000 + b"\r\n\r\n")

    def log_message(self, *_args):
        pass


class Server(ThreadingHTTPServer):
    """Serves `files` on 127.0.0.1, and remembers which paths were asked for."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.asked, self.closing = files, [], threading.Event()

    def at(self, behaviour):
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/"

    def handle_error(self, *_args):
        """Keep quiet when a client leaves."""


DELIVERS = ["good", "without_length", "moved", "eager_to_zip"]

FAILS = {
    "not_found": "404 Client Error: Not Found",
    "failing": "500 Server Error",
    "login_page": "sent 42 bytes instead of 2,",
    "altered": "SHA256 hash of downloaded file .* does not match the known hash",
    "empty": "sent 0 bytes instead of 2,",
    "too_long": "sent more than the 2,... bytes",
    "broken_off": r"IncompleteRead\(1... bytes read, 1... more expected\)",
    "broken_off_without_length": "sent 1,... bytes instead of 2,",
    "endless": "sent more than the 2,... bytes",
    "hangs_up": "Remote end closed connection without response",
    "silent": r"Read timed out\. \(read timeout=0\.2\)",
    "stalls": "Read timed out",
    "circles": "Exceeded 30 redirects",
    "leads_to_a_local_file": "No connection adapters",
    "leads_nowhere": r"Failed to parse|Invalid",
    "two_lengths": "Content-Length",
    "length_in_words": "many",
    "not_http": r"BadStatusLine: \?\[31mhello ",
}


@pytest.fixture(scope="module")
def content():
    """The four files of a data set of noise: 60 and 20 images, 6 x 7 pixels, ten classes."""
    rng = np.random.default_rng(0)
    arrays = {
        "train-images.gz": rng.integers(0, 256, (60, 6, 7)),
        "train-labels.gz": np.arange(60) % 10,
        "test-images.gz": rng.integers(0, 256, (60, 6, 7)),
        "test-labels.gz": np.arange(60) % 10,
    }
    zipped = {name: gzip.compress(idx(array), mtime=0) for name, array in arrays.items()}
    assert 2000 < len(zipped["train-images.gz"]) < 3000
    return zipped


@pytest.fixture(scope="module")
def running(content):
    server = Server(content)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def server(running):
    running.asked.clear()
    return running


def sums(data):
    return len(data), hashlib.sha256(data).hexdigest()


@pytest.fixture
def tiny(content):
    """A table entry for the data set of noise with the mirrors given."""

    def make(*mirrors):
        files = [File(name, *sums(data), *sums(gzip.decompress(data))) for name, data in content.items()]
        return Source("tiny", "Tiny", mirrors, *files)

    return make


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache in place of the user's, no NNLIB_DATA, no proxy. Gives the folder of `tiny`."""
    monkeypatch.delenv("NNLIB_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "cache" / project)
    return tmp_path / "cache" / "nnlib" / "tiny"


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def put(folder, content, **changes):
    """Write the files of the data set of noise, some of them changed."""
    folder.mkdir(parents=True)
    for name, data in content.items():
        (folder / name).write_bytes(changes.get(name.partition(".")[0].replace("-", "_"), data))


# --- fetching --------------------------------------------------------------------------------------


@pytest.mark.parametrize("behaviour", DELIVERS)
def test_fetch_downloads_every_file_once(server, tiny, cache, content, behaviour):
    source = tiny(server.at(behaviour))
    found = list(fetch(source))
    assert found == [Found(cache / name, server.at(behaviour) + name) for name in content]
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == content
    server.asked.clear()
    assert list(fetch(source)) == [Found(cache / name) for name in content]
    assert server.asked == []


@pytest.mark.parametrize(("behaviour", "reason"), FAILS.items(), ids=FAILS)
def test_fetch_says_why_a_mirror_failed_and_leaves_nothing(server, tiny, cache, behaviour, reason):
    source = tiny(server.at(behaviour))
    with pytest.raises(DataUnavailable, match=reason) as caught:
        list(fetch(source, timeout=0.2))
    lines = str(caught.value).splitlines()
    assert all(line.isprintable() and len(line) < 500 for line in lines)
    assert lines[0] == "Tiny is not at hand, and no mirror gave train-images.gz:"
    assert lines[1].startswith(f"  {server.at(behaviour)}train-images.gz: ")
    assert lines[2].startswith("Run `python -m nnlib.datasets tiny` when there is a network; or run")
    assert "set NNLIB_DATA" in lines[2]
    assert lines[3:] == ["nn.datasets.digits() works offline."]
    assert names_in(cache) == []


@pytest.mark.parametrize("behaviour", FAILS)
def test_fetch_turns_to_the_next_mirror(server, tiny, cache, content, behaviour):
    source = tiny(server.at(behaviour), server.at("good"))
    found = next(fetch(source, timeout=0.2))
    assert found == Found(cache / "train-images.gz", server.at("good") + "train-images.gz")
    assert found.path.read_bytes() == content["train-images.gz"]
    assert names_in(cache) == ["train-images.gz"]


def test_fetch_lists_every_mirror(server, tiny, cache):
    with pytest.raises(DataUnavailable) as caught:
        list(fetch(tiny(server.at("not_found"), server.at("altered"), server.at("failing"))))
    _, first, second, third, *_ = str(caught.value).splitlines()
    assert first == (
        f"  {server.at('not_found')}train-images.gz: HTTPError: 404 Client Error: Not Found for url: "
        f"{server.at('not_found')}train-images.gz"
    )
    assert second.startswith(f"  {server.at('altered')}train-images.gz: ValueError: SHA256 hash")
    assert third.startswith(f"  {server.at('failing')}train-images.gz: HTTPError: 500 Server Error")


def test_fetch_says_that_nobody_answers(tiny, cache):
    with Server({}) as closed:
        address = closed.at("good")
    with pytest.raises(DataUnavailable, match=r"train-images.gz: .*[Rr]efused"):
        list(fetch(tiny(address)))


def test_fetch_says_that_there_is_no_network(tiny, cache, monkeypatch):
    def unknown(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(DataUnavailable, match=r"NameResolutionError: .*Failed to resolve 'mirror\.invalid'"):
        list(fetch(tiny("http://mirror.invalid/")))


def test_fetch_reports_its_own_error_while_another_is_handled(server, tiny, cache):
    try:
        raise FileNotFoundError("an earlier failure")
    except FileNotFoundError:
        with pytest.raises(DataUnavailable, match="404") as caught:
            list(fetch(tiny(server.at("not_found"))))
    assert "earlier" not in str(caught.value)


@pytest.mark.parametrize("damaged", [b"", b"garbage", "same length"])
def test_fetch_replaces_a_damaged_file_in_the_cache(server, tiny, cache, content, damaged):
    if damaged == "same length":
        damaged = bytes(len(content["test-labels.gz"]))
    put(cache, content, test_labels=damaged)
    found = list(fetch(tiny(server.at("good"))))
    assert [f.address for f in found] == [None, None, None, server.at("good") + "test-labels.gz"]
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == content


def test_fetch_never_gives_a_damaged_file_of_the_cache(server, tiny, cache, content):
    put(cache, content, train_labels=b"damaged")
    with pytest.raises(DataUnavailable, match=r"no mirror gave train-labels\.gz"):
        list(fetch(tiny(server.at("not_found"))))


def test_fetch_by_many_at_once(server, tiny, cache, content):
    source = tiny(server.at("good"))
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: list(fetch(source)), range(8)))
    assert all([f.path.name for f in found] == list(content) for found in results)
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == content


def test_fetched_files_can_be_read_by_others(server, tiny, cache):
    found = next(fetch(tiny(server.at("good"))))
    assert found.path.stat().st_mode & 0o444 == 0o444


def test_interrupted_download_leaves_nothing(server, tiny, cache, monkeypatch):
    def interrupt(bounded, chunk):
        bounded.stream.write(chunk[:100])
        bounded.stream.flush()
        assert len(names_in(cache)) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr(download._BoundedFile, "write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        list(fetch(tiny(server.at("good"), server.at("good"))))
    assert names_in(cache) == []
    assert len(server.asked) == 1


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_full_disk(server, tiny, cache, monkeypatch, code):
    def fail(bounded, chunk):
        bounded.stream.write(chunk[:100])
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(download._BoundedFile, "write", fail)
    with pytest.raises(DataUnavailable, match="there is no room for the 2,") as caught:
        list(fetch(tiny(server.at("good"), server.at("good"))))
    message = str(caught.value)
    assert str(cache) in message
    assert os.strerror(code) in message
    assert "Make room" in message
    assert "set NNLIB_DATA" in message
    assert names_in(cache) == []
    assert len(server.asked) == 1  # another mirror would not help


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")
def test_full_disk_for_real(server, tiny, cache, content):
    name, data = next(iter(content.items()))
    script = f"""
import resource
from nnlib.datasets._sources import File, Source
from nnlib.datasets.download import DataUnavailable, fetch
file = File({name!r}, {len(data)}, {hashlib.sha256(data).hexdigest()!r})
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    next(fetch(Source("tiny", "Tiny", ({server.at("good")!r},), file, file, file, file)))
except DataUnavailable as error:
    print(error)
"""
    result = run_python("-c", script, XDG_CACHE_HOME=str(cache.parent.parent), NO_PROXY="*")
    assert "there is no room for the 2," in result.stdout, result.stderr
    assert "File too large" in result.stdout
    assert names_in(cache) == []


def test_cache_that_cannot_be_made(server, tiny, tmp_path, cache, monkeypatch):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(DataUnavailable, match="cannot be written") as caught:
        list(fetch(tiny(server.at("good"))))
    message = str(caught.value)
    assert str(cache) in message
    assert "Not a directory" in message
    assert "Make that folder writable" in message
    assert "set NNLIB_DATA" in message
    assert server.asked == []


@pytest.mark.parametrize("function", ["pathlib.Path.mkdir", "tempfile.NamedTemporaryFile"])
@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_cache_that_is_read_only(server, tiny, cache, monkeypatch, function, code):
    def refuse(*_args, **_kwargs):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(function, refuse)
    with pytest.raises(
        DataUnavailable, match=f"cannot be written to {re.escape(str(cache))}.*{os.strerror(code)}"
    ):
        list(fetch(tiny(server.at("good"))))
    assert server.asked == []


def test_folder_in_the_place_of_a_file(server, tiny, cache):
    (cache / "train-images.gz").mkdir(parents=True)
    with pytest.raises(DataUnavailable, match="cannot be written"):
        list(fetch(tiny(server.at("good"))))
    assert names_in(cache) == ["train-images.gz"]


def test_fetch_without_pooch(tiny, cache, content, tmp_path, monkeypatch):
    monkeypatch.setitem(SOURCES, "tiny", tiny())
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(DataUnavailable, match=r"`pip install pooch`, or set NNLIB_DATA"):
        list(fetch(tiny()))
    assert not available("tiny")
    put(tmp_path / "given" / "tiny", content)
    monkeypatch.setenv("NNLIB_DATA", str(tmp_path / "given"))
    assert available("tiny")
    assert len(list(fetch(tiny()))) == 4


def test_fetch_without_tqdm(server, tiny, cache, monkeypatch, capfd):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert len(list(fetch(tiny(server.at("good"))))) == 4
    assert "%" not in capfd.readouterr().err


def test_fetch_shows_progress(server, tiny, cache, capfd):
    pytest.importorskip("tqdm")
    list(fetch(tiny(server.at("good"))))
    assert "100%" in capfd.readouterr().err


# --- NNLIB_DATA ------------------------------------------------------------------------------------


@pytest.fixture
def given_folder(tmp_path, cache, monkeypatch):
    monkeypatch.setenv("NNLIB_DATA", str(tmp_path / "given"))
    return tmp_path / "given" / "tiny"


def test_given_folder_is_used(server, tiny, cache, content, given_folder):
    put(given_folder, content)
    assert list(fetch(tiny(server.at("good")))) == [Found(given_folder / name) for name in content]
    assert server.asked == []
    assert not cache.exists()


def test_given_folder_may_begin_at_home(tiny, content, given_folder, tmp_path, monkeypatch):
    put(given_folder, content)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("NNLIB_DATA", "~/given")
    assert next(fetch(tiny())).path == given_folder / "train-images.gz"


def test_empty_setting_means_no_setting(server, tiny, cache, monkeypatch):
    monkeypatch.setenv("NNLIB_DATA", "")
    assert next(fetch(tiny(server.at("good")))).path.parent == cache


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (Path.unlink, "is missing"),
        (lambda path: path.write_bytes(b"short"), "is damaged: 5 bytes instead of "),
        (lambda path: path.write_bytes(bytes(path.stat().st_size)), "is damaged: its SHA-256 is "),
        (lambda path: (path.unlink(), path.mkdir()), "is not a file"),
    ],
)
def test_fault_in_the_given_folder(server, tiny, cache, content, given_folder, change, fault):
    put(given_folder, content)
    path = given_folder / "test-images.gz"
    change(path)
    before = names_in(given_folder)
    with pytest.raises(DataUnavailable) as caught:
        list(fetch(tiny(server.at("good"))))
    first, second, third = str(caught.value).splitlines()
    assert first.startswith(f"NNLIB_DATA is set to {given_folder.parent}, but {path} {fault}")
    assert f'`python -m nnlib.datasets tiny --to "{given_folder.parent}"`' in second
    assert "unset NNLIB_DATA" in second
    assert third == "nn.datasets.digits() works offline."
    assert names_in(given_folder) == before  # a given file is not ours to delete
    assert server.asked == []


@pytest.mark.parametrize("named", [lambda name: name, lambda name: name.removesuffix(".gz")])
def test_files_that_a_browser_has_unzipped_will_do(tiny, content, given_folder, named):
    put(given_folder, {named(name): gzip.decompress(data) for name, data in content.items()})
    assert [found.path.name for found in fetch(tiny())] == [named(name) for name in content]
    (given_folder / named("test-images.gz")).write_bytes(b"")
    with pytest.raises(DataUnavailable, match=r"test-images\.gz is (damaged: 0 bytes|missing)"):
        list(fetch(tiny()))


def test_a_setting_one_folder_too_deep_is_told(tiny, content, given_folder, monkeypatch):
    put(given_folder, content)
    monkeypatch.setenv("NNLIB_DATA", str(given_folder))
    with pytest.raises(DataUnavailable, match="set NNLIB_DATA to the folder above, ") as caught:
        list(fetch(tiny()))
    assert f"{given_folder.parent}, or unset" in str(caught.value)


def test_given_folder_that_may_not_be_read(tiny, content, given_folder, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(errno.EACCES, "Permission denied")

    put(given_folder, content)
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataUnavailable, match=r"train-images\.gz cannot be read: Permission denied"):
        list(fetch(tiny()))


def test_given_folder_that_does_not_exist(tiny, given_folder):
    with pytest.raises(DataUnavailable, match=r"train-images\.gz is missing"):
        list(fetch(tiny()))


# --- available, unknown names -------------------------------------------------------------------


def test_available_tells_without_downloading(server, tiny, cache, content, monkeypatch):
    monkeypatch.setitem(SOURCES, "tiny", tiny(server.at("good")))
    assert not available("tiny")
    put(cache, content)
    assert available("tiny")
    (cache / "test-labels.gz").write_bytes(b"damaged")
    assert not available("tiny")
    assert server.asked == []


def test_available_looks_in_the_given_folder_only(tiny, cache, content, given_folder, monkeypatch):
    monkeypatch.setitem(SOURCES, "tiny", tiny())
    put(cache, content)
    assert not available("tiny")
    put(given_folder, content)
    assert available("tiny")


def test_unknown_data_set():
    with pytest.raises(DataUnavailable, match=r"no data set 'cifar' .* there are: mnist, fashion-mnist"):
        available("cifar")


def test_table_of_sources():
    assert list(SOURCES) == ["mnist", "fashion-mnist"]
    for source in (MNIST, FASHION_MNIST):
        assert len(source.mirrors) >= 2
        assert all(mirror.startswith("http") and mirror.endswith("/") for mirror in source.mirrors)
        assert len({file.sha256 for file in source.files}) == 4
        assert all(len(file.sha256) == 64 and file.name.endswith(".gz") for file in source.files)


# --- the command line ----------------------------------------------------------------------------


def run_python(*arguments, **environment):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def command(server, tiny, cache, monkeypatch):
    """Run the command in this process with a table of one data set."""

    def run(*arguments, mirrors=("good",)):
        for name in list(SOURCES):
            monkeypatch.delitem(SOURCES, name)
        monkeypatch.setitem(SOURCES, "tiny", tiny(*map(server.at, mirrors)))
        return __main__.main(arguments)

    return run


def test_command_fetches_then_verifies(command, server, cache, content, capsys):
    for story in ("fetched from {} and verified", "already there, verified"):
        assert command("tiny") == 0
        assert capsys.readouterr().out.splitlines() == [
            f"{cache / name}: {story.format(server.at('good') + name)}" for name in content
        ]


def test_command_without_name_takes_all(command, cache, content):
    assert command() == 0
    assert names_in(cache) == sorted(content)


def test_command_fetches_to_a_folder(command, cache, content, tmp_path, capsys, tiny, monkeypatch):
    monkeypatch.setenv("NNLIB_DATA", "/nowhere")
    assert command("--to", str(tmp_path / "elsewhere")) == 0
    assert (
        capsys.readouterr().out.splitlines()[-1]
        == f"set NNLIB_DATA to {tmp_path / 'elsewhere'} to use these files"
    )
    monkeypatch.setenv("NNLIB_DATA", str(tmp_path / "elsewhere"))
    assert available("tiny")
    assert not cache.exists()


def test_command_repairs_the_given_folder(command, content, given_folder, capsys):
    put(given_folder, content, test_images=b"damaged")
    assert command("tiny") == 1
    assert "test-images.gz is damaged" in capsys.readouterr().err
    assert command("tiny", "--to", str(given_folder.parent)) == 0
    assert command("tiny") == 0


def test_command_fails_clearly(command, capsys):
    assert command("tiny", mirrors=["not_found"]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "error: Tiny is not at hand" in captured.err


def test_command_goes_on_to_the_next_data_set(command, tiny, server, cache, monkeypatch, capsys):
    broken = Source("broken", "Broken", (server.at("failing"),), *tiny().files)
    monkeypatch.setitem(SOURCES, "broken", broken)
    monkeypatch.setattr(__main__, "find_source", {"tiny": tiny(server.at("good")), "broken": broken}.get)
    assert command("broken", "tiny") == 1
    captured = capsys.readouterr()
    assert "error: Broken is not at hand" in captured.err
    assert len(captured.out.splitlines()) == 4


def test_command_stops_when_interrupted(command, cache, monkeypatch, capsys):
    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(download._BoundedFile, "write", interrupt)
    assert command() == 1
    assert "error: interrupted" in capsys.readouterr().err
    assert names_in(cache) == []


def test_command_names_the_known_data_sets(command, server, capsys):
    assert command("tiny", "cifar") == 1
    assert "no data set 'cifar' to fetch; there are: tiny" in capsys.readouterr().err
    assert server.asked == []


def test_command_is_a_command():
    result = run_python("-m", "nnlib.datasets", "cifar")
    assert result.returncode == 1
    assert result.stderr == "error: there is no data set 'cifar' to fetch; there are: mnist, fashion-mnist\n"


# --- loading -------------------------------------------------------------------------------------


def test_load_from_the_network_to_arrays(server, tiny, cache, content):
    splits = datasets._load(tiny(server.at("good")), validation=20)
    images = np.frombuffer(gzip.decompress(content["train-images.gz"])[16:], np.uint8).reshape(60, 42)
    assert np.array_equal(splits.train_and_validation.X, images.astype(np.float32) / np.float32(255))
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [40, 20, 60]
    assert np.array_equal(splits.validation.X, splits.train_and_validation.X[40:])
    assert np.array_equal(splits.validation.t, np.arange(40, 60) % 10)
    assert splits.test.Y.shape == (60, 10)
    assert "train_and_validation" not in repr(splits)


@pytest.mark.parametrize(
    ("validation", "error", "message"),
    [
        (0, ValueError, "at least 1, but is 0; to train on everything, .*train_and_validation"),
        (-1, ValueError, "validation must be at least 1, but is -1"),
        (60, ValueError, "validation must be less than 60, .* but is 60"),
        (1.5, TypeError, "validation must be a whole number, but is 1.5"),
        (True, TypeError, "validation must be a whole number, but is True"),
    ],
)
def test_validation_must_leave_something(tiny, given_folder, content, validation, error, message):
    put(given_folder, content)
    with pytest.raises(error, match=message):
        datasets._load(tiny(), validation=validation)


def test_import_loads_only_numpy():
    result = run_python(
        "-c",
        "import sys, nnlib.datasets as d; d.xor(); "
        "print({'pooch', 'requests', 'tqdm', 'sklearn', 'scipy', 'matplotlib'} & set(sys.modules))",
    )
    assert result.stdout == "set()\n", result.stderr


def test_all_names_exist_and_are_reached_from_nnlib():
    assert nn.datasets is datasets
    assert all(hasattr(datasets, name) for name in datasets.__all__)


# --- the real files ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mnist():
    return datasets.mnist()


def check_splits(splits):
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [50_000, 10_000, 10_000]
    assert len(splits.train_and_validation) == 60_000
    for part in (splits.train, splits.validation, splits.test, splits.train_and_validation):
        assert part.X.shape == (len(part), 784)
        assert part.Y.shape == (len(part), 10)
        assert part.X.dtype == part.Y.dtype == np.float32
        assert part.X.min() == 0
        assert part.X.max() == 1
        assert np.array_equal(part.Y.argmax(axis=1), part.t)
        assert np.array_equal(part.Y.sum(axis=1), np.ones(len(part)))
        assert np.bincount(part.t, minlength=10).sum() == len(part)


def pixel_statistics(X):
    """Mean and standard deviation, without a second array of that size."""
    mean = X.mean(dtype=np.float64)
    return mean, np.sqrt(np.einsum("ij,ij->", X, X, dtype=np.float64) / X.size - mean**2)


@needs_mnist
def test_mnist_shapes(mnist):
    check_splits(mnist)


@needs_mnist
def test_mnist_facts(mnist):
    both = mnist.train_and_validation
    mean, std = pixel_statistics(both.X)
    assert mean == pytest.approx(0.1307, abs=5e-5)
    assert std == pytest.approx(0.3081, abs=5e-5)
    assert both.t[:5].tolist() == [5, 0, 4, 1, 9]
    assert mnist.test.t[:5].tolist() == [7, 2, 1, 0, 4]
    assert np.bincount(both.t).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist.test.t).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


@needs_mnist
def test_mnist_parts_are_views_in_the_official_order(mnist):
    both = mnist.train_and_validation
    assert np.shares_memory(mnist.train.X, both.X[:50_000])
    assert np.shares_memory(mnist.validation.X, both.X[50_000:])
    assert not np.shares_memory(mnist.train.X, mnist.validation.X)
    assert np.array_equal(mnist.train.X[0], both.X[0])
    assert np.array_equal(mnist.validation.X[0], both.X[50_000])
    assert np.array_equal(mnist.validation.t, both.t[50_000:])


@needs_mnist
@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
def test_mnist_needs_little_memory():
    result = run_python(
        "-c",
        "from nnlib import datasets; splits = datasets.mnist(); "
        "print(*[line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')])",
    )
    assert int(result.stdout) < 400_000, result.stderr  # kB


@needs_fashion
def test_fashion_mnist_shapes_and_facts():
    fashion = datasets.fashion_mnist()
    check_splits(fashion)
    both = fashion.train_and_validation
    mean, std = pixel_statistics(both.X)
    assert mean == pytest.approx(0.2860, abs=5e-5)
    assert std == pytest.approx(0.3530, abs=5e-5)
    assert np.bincount(both.t).tolist() == [6000] * 10
    assert np.bincount(fashion.test.t).tolist() == [1000] * 10
    assert [datasets.FASHION_NAMES[k] for k in both.t[:4]] == [
        "Ankle boot",
        "T-shirt/top",
        "T-shirt/top",
        "Dress",
    ]


def test_fashion_names():
    assert len(datasets.FASHION_NAMES) == len(set(datasets.FASHION_NAMES)) == 10


# --- digits --------------------------------------------------------------------------------------


def test_digits():
    pytest.importorskip("sklearn")
    splits = datasets.digits()
    parts = (splits.train, splits.validation, splits.test)
    assert [len(part) for part in parts] == [1000, 397, 400]
    assert len(splits.train_and_validation) == 1397
    for part in parts:
        assert part.X.shape == (len(part), 64)
        assert part.X.dtype == part.Y.dtype == np.float32
        assert part.X.min() == 0
        assert part.X.max() == 1
        assert np.array_equal(part.Y.argmax(axis=1), part.t)
        assert np.bincount(part.t, minlength=10).min() > len(part) / 14  # classes are mixed


def test_digits_are_shared_out_completely_and_the_same_in_every_call():
    load_digits = pytest.importorskip("sklearn.datasets").load_digits
    splits, again = datasets.digits(), datasets.digits()
    X = np.concatenate([splits.train.X, splits.validation.X, splits.test.X])
    t = np.concatenate([splits.train.t, splits.validation.t, splits.test.t])
    pixels, labels = load_digits(return_X_y=True)
    rows = sorted((*x, k) for x, k in zip((X * 16).tolist(), t.tolist(), strict=True))
    assert rows == sorted((*x, k) for x, k in zip(pixels.tolist(), labels.tolist(), strict=True))
    assert np.array_equal(splits.train.X, again.train.X)
    assert splits.train.t[:10].tolist() == [6, 6, 6, 2, 5, 6, 6, 2, 2, 1]


def test_digits_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match="`pip install scikit-learn`"):
        datasets.digits()


# --- toy sets ------------------------------------------------------------------------------------

seeds = st.integers(0, 2**32 - 1)
RNG = np.random.default_rng


def widest_strip(A, B):
    """Width of the widest empty strip between two sets of points: positive if a line separates them."""

    def turned(P):
        return P @ np.array([[0.0, 1.0], [-1.0, 0.0]])

    def differences(P, Q):
        return (P[:, None] - Q[None]).reshape(-1, 2)

    across = [differences(A, B), turned(differences(A, A)), turned(differences(B, B))]
    directions = np.concatenate(across)
    lengths = np.linalg.norm(directions, axis=1)
    units = directions[lengths > 0] / lengths[lengths > 0, None]
    a, b = A @ units.T, B @ units.T
    return max((a.min(axis=0) - b.max(axis=0)).max(), (b.min(axis=0) - a.max(axis=0)).max())


def check_toy(data, n, classes):
    assert data.X.shape == (n, 2)
    assert data.X.dtype == data.Y.dtype == np.float64
    counts = np.bincount(data.t, minlength=classes)
    assert len(counts) == classes
    assert counts.max() - counts.min() <= 1


def check_one_column(data):
    assert np.array_equal(data.Y, data.t[:, None])


def test_xor():
    data = datasets.xor()
    assert data.X.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert data.Y.tolist() == [[0], [1], [1], [0]]
    assert data.t.tolist() == [0, 1, 1, 0]
    assert data.X.dtype == data.Y.dtype == np.float64
    assert widest_strip(data.X[data.t == 0], data.X[data.t == 1]) <= 0


@given(n=st.integers(2, 30), margin=st.floats(0, 0.899), seed=seeds)
@settings(deadline=None)
def test_separable_keeps_its_margin(n, margin, seed):
    data = datasets.separable(n, margin, RNG(seed))
    check_toy(data, n, 2)
    check_one_column(data)
    assert np.abs(data.X).max() <= 1
    strip = widest_strip(data.X[data.t == 0], data.X[data.t == 1])
    assert strip > 0
    assert strip >= 2 * margin - 1e-12


def test_separable_uses_the_room_up_to_its_margin():
    strips = []
    for seed in range(5):
        data = datasets.separable(200, 0.2, RNG(seed))
        strips.append(widest_strip(data.X[data.t == 0], data.X[data.t == 1]))
    assert 0.4 <= min(strips) <= max(strips) < 0.5


def test_separable_lines_go_every_way():
    differences = []
    for seed in range(200):
        data = datasets.separable(50, 0.1, RNG(seed))
        differences.append(data.X[data.t == 1].mean(axis=0) - data.X[data.t == 0].mean(axis=0))
    x, y = np.transpose(differences)
    quadrants = np.bincount((x > 0) * 2 + (y > 0), minlength=4)
    assert quadrants.min() > 25


def test_separable_meets_the_perceptron():
    data = datasets.separable(50, 0.1, RNG(0))
    s = nn.perceptron.signs(data.t)
    bound = (2 + 1) / 0.1**2  # Novikoff, with |x|² <= 2, the bias as a third weight
    steps = list(itertools.islice(nn.perceptron.rosenblatt(data.X, s), int(2 * bound)))
    assert len(steps[-1].mistakes) == 0


@pytest.mark.parametrize("margin", [0.9, 1, 2.0, -0.1, float("nan"), float("inf")])
def test_separable_refuses_a_margin_without_room(margin):
    with pytest.raises(
        ValueError, match=r"margin must be .*at least 0 and less than 0\.9, but is .* no room"
    ):
        datasets.separable(10, margin, RNG(0))


@given(n=st.integers(5, 200), classes=st.integers(2, 5), std=st.floats(0, 0.3), seed=seeds)
@settings(deadline=None)
def test_blobs(n, classes, std, seed):
    data = datasets.blobs(n, classes, std, RNG(seed))
    check_toy(data, n, classes)
    assert np.array_equal(data.Y.argmax(axis=1), data.t)
    angle = 2 * np.pi * data.t / classes
    centres = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    assert np.linalg.norm(data.X - centres, axis=1).max() <= 7 * std + 1e-12


def test_blobs_have_the_spread_asked_for():
    data = datasets.blobs(20_000, 2, 0.25, RNG(0))
    assert data.X[data.t == 1].std(axis=0) == pytest.approx([0.25, 0.25], rel=0.03)
    assert data.X[data.t == 1].mean(axis=0) == pytest.approx([-1, 0], abs=0.01)


def moon_distance(data):
    """How far each point is from the half circle of its class; wrong halves count as far."""
    lower = data.t == 1
    x, y = data.X[:, 0] - lower, data.X[:, 1] - 0.5 * lower
    return np.where(np.where(lower, -y, y) > -1e-9, np.abs(np.hypot(x, y) - 1), np.inf)


@given(n=st.integers(2, 200), seed=seeds)
@settings(deadline=None)
def test_moons_without_noise_are_half_circles(n, seed):
    data = datasets.moons(n, 0, RNG(seed))
    check_toy(data, n, 2)
    check_one_column(data)
    assert moon_distance(data).max() < 1e-12


def test_moons_interlock_and_take_noise():
    clean = datasets.moons(200, 0, RNG(0))
    assert widest_strip(clean.X[clean.t == 0], clean.X[clean.t == 1]) < 0
    assert clean.X[clean.t == 0, 0].min() < -0.9
    assert clean.X[clean.t == 1, 0].max() > 1.9
    noisy = datasets.moons(200, 0.1, RNG(0))
    assert (noisy.X - clean.X).std() == pytest.approx(0.1, rel=0.15)


@given(n=st.integers(5, 200), classes=st.integers(2, 5), seed=seeds)
@settings(deadline=None)
def test_spirals_without_noise_lie_on_their_arms(n, classes, seed):
    data = datasets.spirals(n, classes, 0.0, RNG(seed))
    check_toy(data, n, classes)
    assert np.array_equal(data.Y.argmax(axis=1), data.t)
    radius = np.hypot(*data.X.T)
    assert radius.min() >= 0.1 - 1e-12
    assert radius.max() <= 1 + 1e-12
    turned = np.arctan2(data.X[:, 1], data.X[:, 0]) / (2 * np.pi) - radius - data.t / classes
    assert np.abs(turned - np.round(turned)).max() < 1e-9


def test_spirals_take_noise():
    clean, noisy = (datasets.spirals(200, 3, noise, RNG(0)) for noise in (0, 0.05))
    assert (noisy.X - clean.X).std() == pytest.approx(0.05, rel=0.15)


TOYS = {
    "separable": lambda rng: datasets.separable(20, 0.1, rng),
    "blobs": lambda rng: datasets.blobs(20, 3, 0.1, rng),
    "moons": lambda rng: datasets.moons(20, 0.1, rng),
    "spirals": lambda rng: datasets.spirals(20, 3, 0.1, rng),
}


@pytest.mark.parametrize("make", TOYS.values(), ids=TOYS)
def test_randomness_comes_from_the_generator_alone(make):
    first, same, other = make(RNG(1)), make(RNG(1)), make(RNG(2))
    assert np.array_equal(first.X, same.X)
    assert np.array_equal(first.t, same.t)
    assert not np.array_equal(first.X, other.X)
    assert not np.array_equal(first.t, np.sort(first.t))
    with pytest.raises(TypeError, match=r"rng must be a generator such as np\.random\.default_rng\(0\)"):
        make(0)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda rng: datasets.separable(1, 0.1, rng), ValueError, "n must be at least 2, one point for each"),
        (lambda rng: datasets.blobs(2, 3, 0.1, rng), ValueError, "n must be at least 3, one point for each"),
        (lambda rng: datasets.blobs(9, 1, 0.1, rng), ValueError, "classes must be at least 2, but is 1"),
        (lambda rng: datasets.blobs(9, 3, -1, rng), ValueError, "std must be .*at least 0, but is -1"),
        (lambda rng: datasets.moons(0, 0.1, rng), ValueError, "n must be at least 1, but is 0"),
        (lambda rng: datasets.moons(2.5, 0.1, rng), TypeError, "n must be a whole number, but is 2.5"),
        (lambda rng: datasets.moons(9, "much", rng), TypeError, "noise must be a number, but is 'much'"),
        (
            lambda rng: datasets.spirals(9, 2, -0.1, rng),
            ValueError,
            "noise must be .*at least 0, but is -0.1",
        ),
    ],
)
def test_toys_refuse(make, error, message):
    with pytest.raises(error, match=message):
        make(RNG(0))
