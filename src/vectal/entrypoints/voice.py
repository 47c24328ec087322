"""What `vectal up` says: one line at a time, marked with the process that it comes from."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, TextIO

from vectal.platform.clock import utc_now

WIDTH = 9


class Voice:
    """Prints lines of several processes; goes quiet when nobody reads them any more."""

    def __init__(self, log_format: Literal["console", "json"], out: TextIO | None = None) -> None:
        self._as_json = log_format == "json"
        self._out = sys.stdout if out is None else out
        self._heard = True

    def say(self, line: str) -> None:
        """Say something as `vectal up` itself."""
        for part in line.splitlines():
            self._write(self._own_line("vectal", part))

    def of(self, name: str) -> Callable[[str], None]:
        """Pass on lines of an embedded server, which have no format of their own."""

        def pass_on(line: str) -> None:
            self._write(self._own_line(name, line))

        return pass_on

    def of_program(self, name: str) -> Callable[[str], None]:
        """Pass on lines of a process of ours; as JSON they already say who speaks."""

        def pass_on(line: str) -> None:
            self._write(line if self._as_json else f"{name:<{WIDTH}} | {line}")

        return pass_on

    def _own_line(self, name: str, line: str) -> str:
        if not self._as_json:
            return f"{name:<{WIDTH}} | {line}"
        at = utc_now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return json.dumps({"timestamp": at, "level": "info", "module": name, "event": line})

    def _write(self, line: str) -> None:
        if not self._heard:
            return
        try:
            self._out.write(line + "\n")
            self._out.flush()
        except (BrokenPipeError, ValueError):  # the reader of a pipe has gone: keep serving
            self._heard = False
            with suppress(OSError):
                self._out.close()
