"""Logs: one JSON object a line on standard error, with the request, the trace and no secret.

Everything that speaks through the standard library (uvicorn, docket, SQLAlchemy) takes the same
way, so that one format and one redaction hold for all.
"""

import logging
import sys
from collections.abc import Mapping
from contextvars import ContextVar, Token
from types import MappingProxyType
from typing import Any, Final, Literal, Protocol, TextIO

from vectal.platform.clock import SystemClock
from vectal.platform.telemetry.log_lines import (
    Render,
    make_line,
    to_coloured_words,
    to_json,
    to_words,
)
from vectal.platform.telemetry.tracing import current_trace_ids

LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_clock: Final = SystemClock()
_context: ContextVar[Mapping[str, str]] = ContextVar("log_context", default=MappingProxyType({}))


class _Output:
    """Where lines go. Before it is told, to standard error as it is at the moment of the line."""

    def __init__(self) -> None:
        self.least = logging.NOTSET
        """The level from which lines go anywhere."""
        self.stream: TextIO | None = None
        self.render: Render | None = None

    def write(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        known = {**fields}
        for name, value in _context.get().items():
            known.setdefault(name, value)
        trace_id, span_id = current_trace_ids()
        if trace_id:
            known["trace_id"], known["span_id"] = trace_id, span_id
        now = _clock.now().isoformat().replace("+00:00", "Z")
        stream = sys.stderr if self.stream is None else self.stream
        render = self.render or words_for(stream)
        stream.write(f"{render(make_line(now, level, event, known))}\n")
        stream.flush()


_output: Final = _Output()


class Logger(Protocol):
    """What a module may do with its logger; `fields` are JSON-able."""

    def debug(self, event: str, **fields: Any) -> Any: ...
    def info(self, event: str, **fields: Any) -> Any: ...
    def warning(self, event: str, **fields: Any) -> Any: ...
    def error(self, event: str, **fields: Any) -> Any: ...
    def exception(self, event: str, **fields: Any) -> Any: ...


def get_logger(name: str) -> Logger:
    """A logger that carries its module; cheap, and follows a later `configure_logging`."""
    return _ModuleLogger(name.removeprefix("vectal."))


class _ModuleLogger:
    __slots__ = ("_module",)

    def __init__(self, module: str) -> None:
        self._module = module

    def debug(self, event: str, **fields: Any) -> None:
        self._log("debug", event, fields)

    def info(self, event: str, **fields: Any) -> None:
        self._log("info", event, fields)

    def warning(self, event: str, **fields: Any) -> None:
        self._log("warning", event, fields)

    def error(self, event: str, **fields: Any) -> None:
        self._log("error", event, fields)

    def exception(self, event: str, **fields: Any) -> None:
        self._log("error", event, {"exc_info": True, **fields})

    def _log(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        if LEVELS[level] >= _output.least:
            _output.write(level, event, {"module": self._module, **fields})


def words_for(stream: TextIO) -> Render:
    """Lines for a person, in colours where they are shown."""
    return to_coloured_words if stream.isatty() else to_words


def reset_logging() -> None:
    """Log readably to standard error, as before `configure_logging`.

    Commands that are run once never call that, and what they print is read by scripts.
    """
    _output.least, _output.stream, _output.render = logging.NOTSET, None, None


def configure_logging(
    level: Literal["debug", "info", "warning", "error"] = "info",
    log_format: Literal["json", "console"] = "json",
    stream: TextIO | None = None,
) -> None:
    """Take over all logging of this process; it goes to standard error by default."""
    out = sys.stderr if stream is None else stream
    _output.least, _output.stream = LEVELS[level], out
    _output.render = to_json if log_format == "json" else words_for(out)
    root = logging.getLogger()
    root.handlers[:] = [_Bridge()]
    root.setLevel(LEVELS[level])
    for name, at_least in _CHATTY.items():
        logging.getLogger(name).setLevel(max(at_least, LEVELS[level]))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


class bind_log_context:  # noqa: N801 - reads as the function that it is to whoever uses it
    """Add fields to every line logged within, in this task and those it starts."""

    __slots__ = ("_fields", "_token")

    def __init__(self, **fields: str | None) -> None:
        self._fields = {name: value for name, value in fields.items() if value is not None}

    def __enter__(self) -> None:
        self._token: Token[Mapping[str, str]] = _context.set({**_context.get(), **self._fields})

    def __exit__(self, *_: object) -> None:
        _context.reset(self._token)


def is_logged(level: Literal["debug", "info", "warning", "error"]) -> bool:
    """Whether a line of this level goes anywhere; cheaper to ask than to be told."""
    return LEVELS[level] >= _output.least


# Access lines double our own, and these libraries tell each step of theirs.
_CHATTY: Final = {
    "asyncio": logging.WARNING,
    "docket": logging.WARNING,
    "httpcore2": logging.WARNING,
    "httpx2": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "uvicorn.access": logging.WARNING,
}


class _Bridge(logging.Handler):
    """Lets records of the standard library take the same way."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            fields: dict[str, Any] = {"module": record.name}
            if record.exc_info:
                fields["exc_info"] = record.exc_info
            if record.levelno >= _output.least:
                _output.write(record.levelname.lower(), record.getMessage(), fields)
        except Exception:  # noqa: BLE001 - a handler reports its own failure and never raises
            self.handleError(record)
