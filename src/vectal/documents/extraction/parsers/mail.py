"""Mail: the headers that matter, the text, and the attachments as documents of their own."""

from __future__ import annotations

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage, Message
from pathlib import PurePosixPath
from typing import Final, cast

from vectal.documents.extraction.contracts import ExtractionOptions
from vectal.documents.extraction.faults import ParseFault
from vectal.documents.extraction.parsers.contracts import Attachment, Parsed
from vectal.documents.extraction.parsers.flowing import read
from vectal.documents.extraction.parsers.stretches import parsed_of

_HEADERS: Final = ("Subject", "From", "To", "Cc", "Date")
_LONGEST_HEADER: Final = 2_000


def parse_mail(content: bytes, media_type: str, options: ExtractionOptions) -> Parsed:
    del media_type
    try:
        message = message_from_bytes(content, policy=policy.default)
        lines = [f"{name}: {value}" for name, value in _headers(message)]
        text = "\n".join(lines) + "\n\n" + _body(message, options)
        attachments = tuple(_attachments(message, options.limits.parts))
    except (MessageError, ValueError, LookupError, AttributeError, TypeError) as error:
        # The library trips over its own parts where a mail is broken on purpose.
        raise ParseFault("damaged", "It is not a mail that can be read.") from error
    return parsed_of(text, str(message.get("Subject", ""))[:500], attachments=attachments)


def _headers(message: EmailMessage) -> Iterator[tuple[str, str]]:
    for name in _HEADERS:
        value = message.get(name)
        if value:
            yield name, " ".join(str(value).split())[:_LONGEST_HEADER]


def _body(message: EmailMessage, options: ExtractionOptions) -> str:
    """Plain text where there is some; else the HTML, read as any other."""
    body = cast("EmailMessage | None", message.get_body(("plain", "html")))
    if body is None:
        return ""
    payload = body.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else b""
    if body.get_content_subtype() == "html":
        return read(raw, "text/html", options.limits).content
    charset = body.get_content_charset("utf-8")
    return raw.decode(charset, errors="replace").replace("\r\n", "\n")


def _attachments(message: EmailMessage, most: int) -> Iterator[Attachment]:
    body = message.get_body(("plain", "html"))
    for number, part in enumerate(_leaves(message)):
        if number > most:
            return
        if part is body or (part.get_content_maintype() == "text" and not part.get_filename()):
            continue
        content = _content_of(part)
        if content:
            yield Attachment(_name_of(part, number), content)


def _leaves(message: Message) -> Iterator[Message]:
    """Parts that hold something, not going into attached mails: those are documents."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        if part is not message and part.get_content_type() == "message/rfc822":
            yield part
        elif part.is_multipart():
            inner = cast("list[Message]", part.get_payload())
            waiting += reversed(inner)
        elif part is not message:
            yield part


def _content_of(part: Message) -> bytes:
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        return bytes(cast("list[Message]", inner)[0]) if isinstance(inner, list) and inner else b""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _name_of(part: Message, number: int) -> str:
    """The last word of the stated name, whatever folders the sender wrote before it."""
    stated = (part.get_filename() or "").replace("\\", "/")
    name = "".join(c for c in PurePosixPath(stated).name if c.isprintable()).strip(". ")
    ending = ".eml" if part.get_content_type() == "message/rfc822" else ""
    return name or f"attachment-{number}{ending}"
