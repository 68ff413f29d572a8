"""Starts the pinned MiniStack with the few corrections that a local platform needs.

Nothing on disk is changed. Each correction checks that what it replaces is there and stops with a
message if not, so that a new MiniStack version is looked at before it is used. Run by
`local/emulator/emulator.ts` as the leader of its own process group with a pipe as standard input:
when the pipe closes, the parent is gone, and the whole group (the functions' processes too) ends.
"""

import inspect
import os
import signal
import sys
import threading
from importlib.metadata import version

import ministack.app as app
import ministack.core.lambda_runtime as runtime
import ministack.services.scheduler as scheduler

PINNED = "1.5.33"


def need(holds: bool, what: str) -> None:
    if not holds:
        sys.exit(f"launch: {what} differs in MiniStack {version('ministack')}; written for {PINNED}")


need(version("ministack") == PINNED, "the version")

# A warm call that logs nothing waits 50 ms for its first log line (55 ms against 6 ms per call).
need(runtime.Worker._drain_stderr_bounded.__defaults__ == (0.05, 0.005, 0.25), "the log wait")
runtime.Worker._drain_stderr_bounded.__defaults__ = (0.002, 0.002, 0.25)

# One-off schedules are looked for every 10 s.
need(scheduler._SCHEDULE_TICK_INTERVAL == 10, "the scheduler's interval")
scheduler._SCHEDULE_TICK_INTERVAL = 1

# LAMBDA_WARM_TTL_SECONDS never ends a function's first idle process.
source, kept = inspect.getsource(runtime.reap_idle_workers), " or (i == 0 and not snapstart_version)"
need(source.count(kept) == 1, "the idle reaper")
exec(compile(source.replace(kept, ""), "launch:reap_idle_workers", "exec"), runtime.__dict__)
for module in list(sys.modules.values()):
    if getattr(module, "__name__", "").startswith("ministack.") and hasattr(module, "reap_idle_workers"):
        module.reap_idle_workers = runtime.reap_idle_workers


# The CDK bootstrap roles are refused under IAM enforcement: deploy first, then `kill -USR1`.
def switch_iam(*_: object) -> None:
    app.AUTH = not app.AUTH
    print("IAM enforcement", "on" if app.AUTH else "off", flush=True)


def end_with_parent() -> None:
    """Waits for the end of standard input, then kills this process's own group."""
    while os.read(0, 4096):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, switch_iam)
    if os.getpgrp() == os.getpid():
        threading.Thread(target=end_with_parent, daemon=True).start()
    sys.argv = ["ministack"]
    app.main()
