"""Set up `.venv`, or leave it as it is when nothing it depends on has changed.

Runs under whatever `python3` is, before anything is installed, so it needs the standard
library alone and says in plain words what is missing.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "nnlib-stamp"
INPUTS = ("requirements.txt", "requirements-dev.txt", "pyproject.toml")
OLDEST = (3, 11)


def main() -> int:
    """Create or refresh the environment; the exit code is 0 if it is ready."""
    if sys.version_info < OLDEST:
        return _fail(
            "Python 3.11 or newer is needed, and {} is {}.{}. Name a newer one: "
            "make PYTHON=python3.13 ...".format(sys.executable, *sys.version_info[:2])
        )
    wanted = _fingerprint()
    if _ready(wanted):
        return 0
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return _fail(
            "this Python cannot make virtual environments. On Debian and Ubuntu: "
            "sudo apt install python3-venv"
        )
    print("Setting up .venv (a minute or two, and about 1 GB) ...", flush=True)
    if VENV.exists():
        shutil.rmtree(VENV)
    python = _python()
    quiet = ["-qq", "--disable-pip-version-check"]
    requirements = ["-r", str(ROOT / "requirements-dev.txt"), "-e", str(ROOT)]
    for command in (
        [sys.executable, "-m", "venv", str(VENV)],
        [python, "-m", "pip", "install", *quiet, *requirements],
        [python, "-m", "pip", "check", "--disable-pip-version-check"],
    ):
        code = subprocess.run(command, cwd=ROOT, env=_environ(), check=False).returncode
        if code:
            return _fail("this failed, with exit code {}: {}".format(code, " ".join(map(str, command))))
    STAMP.write_text(wanted)
    return 0


def _python() -> str:
    return str(VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def _fingerprint() -> str:
    """What the environment depends on: the files that name versions, the Python, the place."""
    parts = [sys.version, sys.base_prefix, str(ROOT)]
    parts += [hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in INPUTS]
    return "\n".join(parts) + "\n"


def _ready(wanted: str) -> bool:
    try:
        if STAMP.read_text() != wanted:
            return False
        return subprocess.run([_python(), "-c", ""], env=_environ(), check=False).returncode == 0
    except OSError:
        return False


def _environ() -> dict[str, str]:
    """Nothing from outside the environment: no PYTHONPATH, no packages of the user's."""
    environ = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    return dict(environ, PYTHONNOUSERSITE="1")


def _fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
