"""A mail as it came, RFC 822: who it says it is from, its subject, its plain text. Nothing else.

Attachments and HTML are never opened. Python's older header policy is used on purpose: the newer
one parses addresses and words by a grammar whose cost a sender can choose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses
from typing import Final, TypeAlias, cast

from vectal.agents.schedules.errors import BadMailError

MAX_PARTS: Final = 50
MAX_HEADER_CHARS: Final = 2_000
_MAX_SENDER_CHARS: Final = 320
_CHARSET: Final = re.compile(
    r"utf-?(8|16|16le|16be)|us-ascii|ascii|latin-?1|iso-8859-\d{1,2}|windows-\d{3,4}|cp\d{3,4}"
    r"|koi8-[ru]|big5|gb2312|gbk|gb18030|shift_jis|euc-(jp|kr)|iso-2022-jp",
    re.IGNORECASE | re.ASCII,
)
"""What mails are written in. Python knows codecs besides that take forever, or decompress."""

RawMessage: TypeAlias = "Message[str, str]"


@dataclass(frozen=True, slots=True)
class Mail:
    """`left_out` counts the parts that were not read."""

    sender: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    left_out: int


def read_mail(raw: bytes) -> Mail:
    """Raises `BadMailError` for what is no mail, has no single sender or no plain text."""
    try:
        message = message_from_bytes(raw, policy=policy.compat32)
        parts = _list_parts(message)
        return Mail(_sender(message), _subject(message), *_text(parts))
    except (RecursionError, ValueError, LookupError, HeaderParseError) as error:
        raise BadMailError("It can't be read as a mail.") from error


def is_allowed(sender: str, allowed: tuple[str, ...]) -> bool:
    """Whether the address, or its domain as `@example.com`, is one of these."""
    address = sender.casefold()
    domain = "@" + address.rpartition("@")[2]
    return any(each.casefold() in (address, domain) for each in allowed)


def _sender(message: RawMessage) -> str:
    """The one address in the one From; two of them would let a server and us see another."""
    lines = [str(each) for each in message.get_all("from", [])]
    if len(lines) != 1 or len(lines[0]) > MAX_HEADER_CHARS:
        raise BadMailError("A mail has one sender.")
    found = getaddresses(lines)
    address = found[0][1] if len(found) == 1 else ""
    local, at, domain = address.rpartition("@")
    is_plain = address.isascii() and address.isprintable() and " " not in address
    if not (local and at and domain) or not is_plain or len(address) > _MAX_SENDER_CHARS:
        raise BadMailError("A mail has one sender.")
    return address


def _subject(message: RawMessage) -> str:
    raw = str(message.get("subject", ""))[:MAX_HEADER_CHARS]
    words: list[str] = []
    for piece, charset in decode_header(raw):
        if isinstance(piece, bytes):
            words.append(_decoded(piece, charset))
        else:
            words.append(piece)
    return " ".join("".join(words).split())


def _list_parts(message: RawMessage) -> list[RawMessage]:
    """The parts that hold something, in their order; mails in mails are not looked into."""
    found: list[RawMessage] = []
    waiting: list[RawMessage] = [message]
    while waiting:
        part = waiting.pop(0)
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting = [*cast("list[RawMessage]", part.get_payload()), *waiting]
        else:
            found.append(part)
        if len(found) + len(waiting) > MAX_PARTS:
            raise BadMailError(f"A mail has at most {MAX_PARTS} parts.")
    return found


def _text(parts: list[RawMessage]) -> tuple[str, int]:
    for part in parts:
        is_text = part.get_content_type() == "text/plain"
        if is_text and part.get_content_disposition() in (None, "inline"):
            payload = part.get_payload(decode=True)
            content = payload if isinstance(payload, bytes) else b""
            return _decoded(content, part.get_content_charset()), len(parts) - 1
    raise BadMailError("The mail has no plain text.")


def _decoded(content: bytes, charset: str | None) -> str:
    known = charset is not None and _CHARSET.fullmatch(charset) is not None
    try:
        text = content.decode(charset if known and charset else "utf-8", "replace")
    except LookupError:
        text = content.decode("utf-8", "replace")
    return text.replace("\x00", "\ufffd").replace("\r\n", "\n")
