"""Do what Binder does, step by step and without Docker, and run notebooks through its server.

    python tools/binder_lane.py            every page and every solved assignment
    python tools/binder_lane.py --some 3   that many of them

repo2docker writes the Dockerfile that Binder would build. Its steps that concern this repository
are carried out in a fresh virtual environment, on a copy of the repository; then a Jupyter server
is started there, and each notebook is fetched, and its cells are run, through the server's HTTP
interface. The exit code is 0 if all ran, 1 if one failed, 77 if pip has no network.
"""

from __future__ import annotations

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

import lanes
import notebooks
from notebooks import ROOT

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
failed = False
for place, cell in enumerate(notebook["cells"]):
    if cell["cell_type"] == "code" and not failed:
        reply = kernel.execute("".join(cell["source"]), timeout=300)
        if failed := reply["status"] != "ok":
            print(f"cell {place}:", "".join(cell["source"]), json.dumps(reply["outputs"])[-3000:], sep="\\n")
kernel.stop(shutdown_kernel=False)  # before its kernel is gone, or it waits for ever
ask(f"sessions/{session['id']}", method="DELETE")
sys.exit(failed)
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the Dockerfile, carry it out, serve, run; the exit code says how it went."""
    some = lanes.arguments(__doc__, arguments)
    with tempfile.TemporaryDirectory(prefix="binder-") as name:
        folder = Path(name)
        tools, image, home = folder / "tools", folder / "image", folder / "home"
        environ = lanes.environ(folder)
        environ["PATH"] = os.pathsep.join([str(image / "bin"), environ["PATH"]])
        for place in (tools, image):
            subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        if not lanes.network(str(tools / "bin" / "python"), folder / "try"):
            print("skipped: Binder's steps, because pip has no network")
            return lanes.SKIPPED
        shutil.copytree(ROOT, home, ignore=LEFT_OUT)
        for place, packages in ((tools, TOOLS), (image, BASE)):
            command = [str(place / "bin" / "python"), "-m", "pip", "install", "-qq", *packages]
            subprocess.run(command, env=environ, check=True)
        command = [str(tools / "bin" / "jupyter-repo2docker"), "--no-build", "--debug", "."]
        shown = subprocess.run(command, cwd=home, capture_output=True, text=True, check=True)
        for step in steps(shown.stdout + shown.stderr):
            print("---", " ".join(step), flush=True)
            if subprocess.run(step, cwd=home, env=environ, stdout=subprocess.DEVNULL, check=False).returncode:
                if step == ["./postBuild"] and not all(map(notebooks.at_hand, notebooks.CALLS)):
                    print("skipped: what comes after postBuild, because it cannot fetch the data")
                    return lanes.SKIPPED
                return 1
        return lanes.report(_runs(home, tools, image, environ, some))


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


def _runs(
    home: Path, tools: Path, image: Path, environ: dict[str, str], some: int | None
) -> Iterator[tuple[str, subprocess.CompletedProcess[str]]]:
    script, token = home.parent / "client.py", "checked"
    script.write_text(CLIENT, encoding="utf-8")
    with _server(home, image, environ, token) as address:
        for name, notebook in lanes.cases(some):
            lanes.write(notebook, home / name)
            command = [str(tools / "bin" / "python"), str(script), address, token, name]
            yield name, subprocess.run(command, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
