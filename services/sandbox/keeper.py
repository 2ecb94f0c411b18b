"""The process between ceebus and one embedded server: it stops the server when its own stdin closes, however the parent ended.

Started by `server.py` as `python -I keeper.py LOCK LOG SIGNAL GRACE COMMAND...`; standard library only, so it starts at once.
The server inherits the locked LOCK file: as long as anything of it lives, the pid written there is true.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress


def main() -> int:
    lock_path, log_path, stop_signal, grace, *command = sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which decides in what order things stop
    lock = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    end_leftover(lock, int(stop_signal), float(grace))
    with open(log_path, "ab") as log:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, pass_fds=(lock,)
        )
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(server.pid).encode(), 0)
    os.close(lock)  # from here on the server's own copy holds it
    signal.signal(signal.SIGTERM, lambda *_: server.send_signal(int(stop_signal)))
    threading.Thread(target=end_with_parent, args=(server, int(stop_signal), float(grace)), daemon=True).start()
    with suppress(BrokenPipeError):
        os.write(1, f"{server.pid}\n".encode())
    return abs(server.wait())


def end_with_parent(server: subprocess.Popen[bytes], stop_signal: int, grace: float) -> None:
    """Blocks until stdin closes, then ends the server: politely first, for `grace` seconds."""
    while sys.stdin.buffer.read(1):
        pass
    server.send_signal(stop_signal)
    try:
        server.wait(grace)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)


def end_leftover(lock: int, stop_signal: int, grace: float) -> None:
    """Takes the lock; a server that a crashed run left behind holds it, and is ended first."""
    asked, deadline = 0, time.monotonic() + grace
    while True:
        try:
            return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = int(os.pread(lock, 32, 0) or b"0")
        if pid and pid != asked:
            with suppress(ProcessLookupError):
                os.kill(pid, stop_signal)
            asked = pid
        elif pid and time.monotonic() > deadline:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        time.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
