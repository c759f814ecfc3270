"""Do what Binder does, step by step and without Docker, and run notebooks through its server.

    python tools/binder_lane.py            every page and every solved assignment
    python tools/binder_lane.py --some 3   that many of them

repo2docker writes the Dockerfile that Binder would build. Its steps that concern this repository
are carried out in a fresh virtual environment, on a copy of the repository; then a Jupyter server
is started there, and each notebook is fetched, and its cells are run, through the server's HTTP
interface. The exit code is 0 if all ran, 1 if one failed, 77 if pip has no network.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import notebooks

sys.path.insert(0, str(notebooks.ROOT))
from assignments.marking import building

ROOT = notebooks.ROOT
SKIPPED = 77
TOOLS = ("jupyter-repo2docker==2026.4.0", "jupyter-kernel-client==1.0.2")
BASE = ("jupyterlab==4.4.9", "notebook==7.4.7", "jupyter_server==2.17.0")  # of repo2docker's environment
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", "_build", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", ".hypothesis"
)
WANTED = "python-3.13"

# Run by the tools' Python: a session for a notebook, its cells one after the other.
CLIENT = """
import json
import sys
import urllib.request

from jupyter_kernel_client import JupyterKernelClient

url, token, path = sys.argv[1:]

def ask(place, body=None, method=None):
    request = urllib.request.Request(
        f"{url}/api/{place}", None if body is None else json.dumps(body).encode(),
        {"Authorization": f"token {token}", "Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as reply:
        return json.loads(reply.read() or "null")

notebook = ask(f"contents/{path}")["content"]
session = ask("sessions", {"path": path, "name": path, "type": "notebook", "kernel": {"name": "python3"}})
kernel = JupyterKernelClient(server_url=url, token=token, kernel_id=session["kernel"]["id"])
kernel.start()
for place, cell in enumerate(notebook["cells"]):
    if cell["cell_type"] == "code":
        reply = kernel.execute("".join(cell["source"]), timeout=300)
        if reply["status"] != "ok":
            print(f"cell {place}:", "".join(cell["source"]), json.dumps(reply["outputs"])[-3000:], sep="\\n")
            sys.exit(1)
ask(f"sessions/{session['id']}", method="DELETE")
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the Dockerfile, carry it out, serve, run; the exit code says how it went."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--some", type=int, metavar="N", help="no more than N notebooks")
    some = parser.parse_args(arguments).some
    with tempfile.TemporaryDirectory(prefix="binder-") as name:
        folder = Path(name)
        environ = _environ(folder)
        tools, image = folder / "tools", folder / "image"
        for place in (tools, image):
            subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        if _pip(tools, environ, *TOOLS):
            print("skipped: Binder's steps, because pip has no network")
            return SKIPPED
        home = folder / "home"
        shutil.copytree(ROOT, home, ignore=LEFT_OUT)
        shown = subprocess.run(
            [str(tools / "bin" / "jupyter-repo2docker"), "--no-build", "--debug", "."],
            cwd=home,
            capture_output=True,
            text=True,
            check=True,
        )
        wanted = steps(shown.stdout + shown.stderr)
        if _pip(image, environ, *BASE):
            return 1
        for step in wanted:
            print("---", " ".join(step), flush=True)
            if subprocess.run(step, cwd=home, env=environ, stdout=subprocess.DEVNULL, check=False).returncode:
                return 1
        return _run(home, tools, image, environ, some)


def steps(dockerfile: str) -> list[list[str]]:
    """The commands of a Dockerfile that concern this repository, in order.

    Raises
    ------
    ValueError
        If it is not for the Python that runtime.txt names, or does not install the
        requirements, then nnlib, and then run postBuild.
    """
    if f"conda environment for {WANTED.replace('-', '=')}" not in dockerfile:
        raise ValueError(f"Binder would not take {WANTED}; does runtime.txt name it?")
    after = dockerfile.split("COPY --chown=0:0 src/ ${REPO_DIR}/")[-1]
    found = [
        shlex.split(line.replace("${KERNEL_PYTHON_PREFIX}/bin/", ""))
        for line in re.findall(r"(?m)^RUN (.+)$", after)
    ]
    wanted = [
        ["pip", "install", "--no-cache-dir", "-r", "requirements.txt"],
        ["pip", "install", "--no-cache-dir", "."],
        ["chmod", "+x", "postBuild"],
        ["./postBuild"],
    ]
    if found != wanted:
        raise ValueError(f"Binder would do {found}, not {wanted}")
    return found


def _environ(folder: Path) -> dict[str, str]:
    """Nothing of this repository or this environment, but the data if they are at hand."""
    environ = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
    environ.update(notebooks.QUIET, PYTHONNOUSERSITE="1", JUPYTER_PREFER_ENV_PATH="1")
    del environ["NNLIB_DEMOS"]  # live, as in Binder
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        environ[name] = str(folder / "settings" / name)
    if data := environ.get("NNLIB_DATA"):
        environ["NNLIB_DATA"] = str(Path(data).expanduser().resolve())
    environ["PATH"] = os.pathsep.join([str(folder / "image" / "bin"), environ["PATH"]])
    return environ


def _pip(place: Path, environ: dict[str, str], *packages: str) -> int:
    command = [str(place / "bin" / "python"), "-m", "pip", "install", "-qq", *packages]
    return subprocess.run(command, env=environ, check=False).returncode


@contextmanager
def _server(home: Path, image: Path, environ: dict[str, str], token: str) -> Iterator[str]:
    """A Jupyter server over the copy of the repository; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(str(image / "bin" / "jupyter"), "notebook", "--no-browser", "--allow-root", f"--port={port}"),
        *("--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
    ]
    log = home.parent / "server.log"
    with (
        log.open("w") as said,
        subprocess.Popen(command, cwd=home, env=environ, stdout=said, stderr=said) as server,
    ):
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(600):
                try:
                    request = urllib.request.Request(
                        f"{address}/api/status", headers={"Authorization": f"token {token}"}
                    )
                    urllib.request.urlopen(request, timeout=5).close()
                    break
                except (urllib.error.URLError, ConnectionError, TimeoutError):
                    try:
                        server.wait(0.1)
                    except subprocess.TimeoutExpired:
                        continue
                    raise RuntimeError(log.read_text(encoding="utf-8")) from None
            yield address
        finally:
            server.terminate()


def _run(home: Path, tools: Path, image: Path, environ: dict[str, str], some: int | None) -> int:
    ready, lacking = notebooks.runnable(notebooks.pages())
    paths = [f"book/{path.name}" for path in ready]
    for name in building.names():
        assignment = building.read(name)
        if (data := assignment.settings.get("data")) and not notebooks.at_hand(data):
            print(f"skipped: {name} needs {data}", flush=True)
            continue
        path = home / "assignments" / name / "student" / f"{name}.ipynb"
        nbformat.write(_solved(assignment), path)
        paths.append(path.relative_to(home).as_posix())
    for path, lack in lacking.items():
        print(f"skipped: {path.name} needs {', '.join(lack)}", flush=True)
    if some is not None:
        paths = paths[:: max(1, -(-len(paths) // some))]
    script = home.parent / "client.py"
    script.write_text(CLIENT, encoding="utf-8")
    failed, token = 0, "checked"
    with _server(home, image, environ, token) as address:
        for name in paths:
            command = [str(tools / "bin" / "python"), str(script), address, token, name]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            failed += done.returncode != 0
            print(f"{name}: {'FAILED' if done.returncode else 'passed'}", flush=True)
            if done.returncode:
                print((done.stdout + done.stderr)[-4000:], flush=True)
    print(f"{len(paths) - failed} passed, {failed} failed, {len(lacking)} skipped")
    return bool(failed)


def _solved(assignment: Any) -> Any:
    """The notebook of a student who got everything right, whose checks stop it where one does not pass."""
    notebook = building.build(assignment).solution
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.startswith("grader.check"):
            cell.source = f"result = {cell.source}\nassert result.passed_all, result"
    return notebook


if __name__ == "__main__":
    sys.exit(main())
