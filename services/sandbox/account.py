"""As whom the embedded PostgreSQL runs: it refuses root. Called by `postgres.py`."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from services.sandbox.server import StackError


def as_user(folder: Path, program: Path) -> list[str]:
    """The words before a PostgreSQL command: none for an ordinary user; for root, who hands `folder` over, a change of user."""
    if os.geteuid() != 0:
        return []
    owner = server_user() if folder.stat().st_uid == 0 else pwd.getpwuid(folder.stat().st_uid)
    os.chown(folder, owner.pw_uid, owner.pw_gid)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise StackError("PostgreSQL does not run as root, and `setpriv` (package util-linux) is missing; start ceebus as an ordinary user")
    become = [setpriv, f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
    if not (is_open_to_all(folder.parent) and is_open_to_all(program)):
        # a home or a checkout below /root: one capability to pass closed folders, instead of opening them to everybody;
        # without the secure bit access(2), by which initdb looks for `postgres`, would not count it
        become += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup"]
    return [*become, "--"]


def server_user() -> pwd.struct_passwd:
    """`pgserver`, made when missing as the wheel does; `nobody` where users cannot be made, as in a small container."""
    useradd = shutil.which("useradd")
    if useradd and not is_user("pgserver"):
        subprocess.run(
            [useradd, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "pgserver"], capture_output=True, check=False
        )
    name = next((name for name in ("pgserver", "nobody") if is_user(name)), None)
    if name is None:
        raise StackError("PostgreSQL does not run as root, and there is no user `pgserver` or `nobody`; start ceebus as an ordinary user")
    return pwd.getpwnam(name)


def is_user(name: str) -> bool:
    return any(entry.pw_name == name for entry in pwd.getpwall())


def is_open_to_all(path: Path) -> bool:
    return all(step.stat().st_mode & 0o001 for step in (path, *path.parents))
