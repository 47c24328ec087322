"""Logs: one JSON object a line on standard error, with the request, the trace and no secret.

Everything that speaks through the standard library (uvicorn, docket, SQLAlchemy) takes the same
way, so that one format and one redaction hold for all.
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, Final, Literal, Protocol, TextIO, cast

import msgspec
import structlog
from structlog.contextvars import bind_contextvars, merge_contextvars, reset_contextvars
from structlog.typing import Processor

from vectal.platform.telemetry.redaction import redact, redact_text
from vectal.platform.telemetry.tracing import current_trace_ids

LEVELS: Final = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_least: Final = [logging.NOTSET]
"""The level from which lines go anywhere."""
# Set by us, so no field of a caller may stand in their place.
_OURS: Final = frozenset({"event", "level", "timestamp"})


class Logger(Protocol):
    """What a module may do with its logger; `fields` are JSON-able."""

    def debug(self, event: str, **fields: Any) -> Any: ...
    def info(self, event: str, **fields: Any) -> Any: ...
    def warning(self, event: str, **fields: Any) -> Any: ...
    def error(self, event: str, **fields: Any) -> Any: ...
    def exception(self, event: str, **fields: Any) -> Any: ...


def get_logger(name: str) -> Logger:
    """A logger that carries its module; cheap, and follows a later `configure_logging`."""
    return cast("Logger", structlog.get_logger(module=name.removeprefix("vectal.")))


def reset_logging() -> None:
    """Log readably to standard error, as before `configure_logging`.

    Commands that are run once never call that, and what they print is read by scripts.
    """
    _least[0] = logging.NOTSET
    structlog.reset_defaults()
    structlog.configure(
        processors=[*_PROCESSORS, _console(sys.stderr)], logger_factory=_StandardError()
    )


def _console(out: TextIO | None) -> structlog.dev.ConsoleRenderer:
    """Plain tracebacks: painted ones show what variables hold, and take a tenth of a second each.

    They are text already when they come here, so that they are redacted like the rest.
    """
    return structlog.dev.ConsoleRenderer(
        colors=out is not None and out.isatty(),  # a process may be started without any output
        exception_formatter=structlog.dev.plain_traceback,
    )


class _StandardError:
    """Standard error as it is at the moment of the line: whoever captures it gets the line."""

    def __call__(self, *args: object) -> structlog.PrintLogger:
        del args
        return structlog.PrintLogger(sys.stderr)


def configure_logging(
    level: Literal["debug", "info", "warning", "error"] = "info",
    log_format: Literal["json", "console"] = "json",
    stream: TextIO | None = None,
) -> None:
    """Take over all logging of this process; it goes to standard error by default."""
    out = sys.stderr if stream is None else stream
    _least[0] = LEVELS[level]
    structlog.configure(
        processors=[*_PROCESSORS, _json_line if log_format == "json" else _console(out)],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(file=out),
        cache_logger_on_first_use=False,
    )
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

    __slots__ = ("_fields", "_tokens")

    def __init__(self, **fields: str | None) -> None:
        self._fields = {name: value for name, value in fields.items() if value is not None}

    def __enter__(self) -> None:
        self._tokens = bind_contextvars(**self._fields)

    def __exit__(self, *_: object) -> None:
        reset_contextvars(**self._tokens)


def is_logged(level: Literal["debug", "info", "warning", "error"]) -> bool:
    """Whether a line of this level goes anywhere; cheaper to ask than to be told."""
    return LEVELS[level] >= _least[0]


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
    """Hands records of the standard library to the same processors."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            fields: dict[str, Any] = {"module": record.name}
            if record.exc_info:
                fields["exc_info"] = record.exc_info
            logger = cast("structlog.typing.FilteringBoundLogger", structlog.get_logger())
            logger.log(record.levelno, record.getMessage(), **fields)
        except Exception:  # noqa: BLE001 - a handler reports its own failure and never raises
            self.handleError(record)


def _add_trace(_: object, __: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    trace_id, span_id = current_trace_ids()
    if trace_id:
        fields["trace_id"], fields["span_id"] = trace_id, span_id
    return fields


def _redact_fields(
    _: object, __: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name in fields:
        if name not in _OURS:
            fields[name] = redact(name, fields[name])
    fields["event"] = redact_text(str(fields.get("event", "")))
    return fields


def _json_line(_: object, __: str, fields: MutableMapping[str, Any]) -> str:
    ordered = {name: fields.pop(name) for name in ("timestamp", "level", "event") if name in fields}
    return msgspec.json.encode(ordered | dict(fields), enc_hook=str).decode(errors="replace")


_PROCESSORS: Final[list[Processor]] = [
    merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _add_trace,
    structlog.processors.format_exc_info,
    _redact_fields,
]


reset_logging()
