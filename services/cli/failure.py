"""Why a command did not do what was asked, and the exit codes scripts rely on."""

from __future__ import annotations

NOT_AS_WANTED = 1
USAGE = 2
NOT_REACHABLE = 3


class Failure(Exception):
    """`code` is stable, `text` is for people, `following` says what to do next."""

    def __init__(self, code: str, text: str, following: str = "", exit_code: int = NOT_AS_WANTED) -> None:
        super().__init__(text)
        self.code, self.text, self.following, self.exit_code = code, text, following, exit_code
