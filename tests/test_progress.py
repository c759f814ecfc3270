import io
import sys

import pytest

import nnlib as nn

EPOCHS = range(1, 4)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_it_is_quiet_where_nobody_looks(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert nn.progress.bar(EPOCHS) is EPOCHS
    monkeypatch.setattr(sys, "stderr", None)  # a program without a console
    assert nn.progress.bar(EPOCHS) is EPOCHS


def test_a_terminal_shows_a_bar(monkeypatch):
    pytest.importorskip("tqdm")
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert list(nn.progress.bar(EPOCHS)) == list(EPOCHS)
    assert "3/3" in sys.stderr.getvalue()
    assert "epoch" in sys.stderr.getvalue()


def test_it_does_without_tqdm(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert nn.progress.bar(EPOCHS) is EPOCHS


def in_a_kernel(monkeypatch, shell):
    class IPython:
        @staticmethod
        def get_ipython():
            return shell

    monkeypatch.setitem(sys.modules, "IPython", IPython)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(sys, "stdout", io.StringIO())


def test_a_notebook_shows_a_bar(monkeypatch):
    tqdm = pytest.importorskip("tqdm.auto")
    made = []
    monkeypatch.setattr(tqdm, "tqdm", lambda epochs, unit: made.append(unit) or epochs)
    in_a_kernel(monkeypatch, type("ZMQShell", (), {"kernel": object()})())
    assert list(nn.progress.bar(EPOCHS)) == list(EPOCHS)
    assert made == ["epoch"]


@pytest.mark.parametrize("shell", [None, object()], ids=["none", "in a pipe"])
def test_ipython_alone_is_no_notebook(monkeypatch, shell):
    in_a_kernel(monkeypatch, shell)
    assert nn.progress.bar(EPOCHS) is EPOCHS
