"""Start the student's kernel: the first thing that runs inside the sandbox.

Sets the limits on its own process, for good: without CAP_SYS_RESOURCE they cannot be raised.
"""

import json
import resource
import sys
from typing import Any

limits = json.loads(sys.argv[1])
for name, value in limits.items():
    resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))

import tolerance  # noqa: E402
from ipykernel import kernelapp  # noqa: E402
from ipykernel.iostream import IOPubThread  # noqa: E402


class Alone(IOPubThread):
    """Prints without listening, over a network that is not there, for processes that are not either."""

    def __init__(self, socket: Any, pipe: bool = False, **rest: Any):
        super().__init__(socket, pipe=False, **rest)  # type: ignore[no-untyped-call]


kernelapp.IOPubThread = Alone  # type: ignore[attr-defined,assignment]
app = kernelapp.IPKernelApp.instance()
app.initialize(["-f", sys.argv[2], "--IPKernelApp.quiet=True", "--HistoryManager.enabled=False"])
tolerance.install(app.shell)
app.start()
