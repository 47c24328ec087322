"""The head of a request as it goes onto the wire. Some headers are ours alone to set."""

import functools
import re
from collections.abc import Mapping
from typing import Final

from vectal.platform.http.decoding import ACCEPTED
from vectal.platform.http.errors import UnsendableError
from vectal.platform.http.messages import HttpRequest, Target

_OURS: Final = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "accept-encoding", "te",
     "upgrade", "keep-alive", "proxy-connection", "traceparent", "tracestate"}
)  # fmt: skip
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "DELETE"})
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# What HTTP calls a field's content: no control characters but the tab, no blanks around it.
_UNSENDABLE: Final = re.compile(r"[\x00-\x1f\x7f]")
_VALUE: Final = re.compile(r"(?:[!-~](?:[\t -~]*[!-~])?)?")


def encode_head(
    request: HttpRequest, target: Target, user_agent: str, trace: Mapping[str, str]
) -> bytes:
    """Raise `UnsendableError` for what HTTP can't carry."""
    method, head = request.method.upper(), encode_fields(request, target, user_agent, trace)
    if request.content or method not in _BODILESS:
        return b"%bcontent-length: %d\r\n\r\n" % (head, len(request.content))
    return head + b"\r\n"


def encode_fields(
    request: HttpRequest, target: Target, user_agent: str, trace: Mapping[str, str]
) -> bytes:
    """All of a head that does not depend on the content, without its end."""
    fields = {"user-agent": user_agent, "accept": "*/*"}
    for name, value in request.headers.items():
        key = _field_name(name)
        if key is not None:
            fields[key] = value
    method = request.method.upper()
    if _TOKEN.fullmatch(method) is None:
        raise UnsendableError
    lines = [f"{method} {target.path} HTTP/1.1\r\nhost: {target.authority}\r\n"]
    for name, value in fields.items():
        if _VALUE.fullmatch(value) is None:
            raise UnsendableError
        lines.append(f"{name}: {value}\r\n")
    for name, value in trace.items():
        lines.append(f"{name}: {value}\r\n")
    lines.append(f"accept-encoding: {ACCEPTED}\r\n")
    return "".join(lines).encode("ascii")


@functools.lru_cache(maxsize=4_096)
def field_line(name: str, value: str) -> bytes:
    """A line of the head of an answer. Raises ValueError for what HTTP can't carry."""
    if _UNSENDABLE.search(name) or _UNSENDABLE.search(value):
        raise ValueError("a header holds what HTTP can't carry")
    return f"{name}: {value}\r\n".encode("latin-1")


@functools.lru_cache(maxsize=1_024)
def _field_name(name: str) -> str | None:
    """The name in lower case; None for one that is ours."""
    key = name.lower()
    if _TOKEN.fullmatch(key) is None:
        raise UnsendableError
    return None if key in _OURS else key
