"""Start the student's kernel: the first thing that runs inside the sandbox.

Sets the limits on its own process, for good: without CAP_SYS_RESOURCE they cannot be raised.
"""

import json
import resource
import sys

limits = json.loads(sys.argv[1])
for name, value in limits.items():
    resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))

from ipykernel.kernelapp import IPKernelApp  # noqa: E402

IPKernelApp.launch_instance(["-f", sys.argv[2], "--IPKernelApp.quiet=True", "--HistoryManager.enabled=False"])
