"""What a line of the log looks like: an object for programs, or words for a person."""

import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias, cast

import msgspec

from vectal.platform.telemetry.redaction import redact, redact_text

Render: TypeAlias = Callable[[Mapping[str, Any]], str]

_OURS: Final = frozenset({"event", "level", "timestamp"})
"""Set by us, so no field of a caller may stand in their place."""
_EVENT_WIDTH: Final = 30
_PLAIN: Final = "\x1b[0m"
_BOLD: Final = "\x1b[1m"
_DIM: Final = "\x1b[2m"
_COLOURS: Final = {"warning": "\x1b[33m", "error": "\x1b[31m", "critical": "\x1b[31m"}
_QUIET_COLOUR: Final = "\x1b[32m"


def make_line(timestamp: str, level: str, event: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """All that a line says, without secrets; `exc_info` becomes the text of the `exception`."""
    line: dict[str, Any] = {"timestamp": timestamp, "level": level, "event": redact_text(event)}
    for name, value in fields.items():
        if name == "exc_info":
            told = _describe(value)
            if told:
                line["exception"] = redact("exception", told)
        elif name not in _OURS:
            line[name] = redact(name, value)
    return line


def to_json(line: Mapping[str, Any]) -> str:
    return msgspec.json.encode(line, enc_hook=str).decode(errors="replace")


def to_words(line: Mapping[str, Any]) -> str:
    return _to_words(line, "", "", "", "")


def to_coloured_words(line: Mapping[str, Any]) -> str:
    colour = _COLOURS.get(line["level"], _QUIET_COLOUR)
    return _to_words(line, _DIM, colour, _BOLD, _PLAIN)


def _to_words(line: Mapping[str, Any], dim: str, colour: str, bold: str, plain: str) -> str:
    exception = line.get("exception")
    fields = [
        f"{dim}{name}={plain}{value}"
        for name, value in line.items()
        if name not in _OURS and name != "exception"
    ]
    event = line["event"].ljust(_EVENT_WIDTH if fields else 0)
    head = f"{dim}{line['timestamp']}{plain} [{colour}{line['level']:<9}{plain}] "
    said = " ".join([f"{head}{bold}{event}{plain}", *fields])
    return said if exception is None else f"{said}\n{exception}"


def _describe(exc_info: object) -> str:
    """The traceback of what is being handled, of an error, or of what `sys.exc_info` gave."""
    if exc_info is True:
        exc_info = sys.exc_info()
    error = cast("tuple[object, ...]", exc_info)[1] if isinstance(exc_info, tuple) else exc_info
    if not isinstance(error, BaseException):
        return ""
    return "".join(traceback.format_exception(error)).rstrip("\n")
