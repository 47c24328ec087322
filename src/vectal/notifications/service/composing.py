"""What stands in a mail. Pure.

A mail is read by others on its way, and mail clients and scanners follow what looks like a link.
So it carries nothing that a model, a tool or a stranger has written: not the arguments of a call,
not a question, not a report. It says what waits and where to look; the page behind its link shows
the rest.
"""

from __future__ import annotations

import html
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from vectal.agents.contracts import Run
from vectal.notifications.contracts import Kind

TITLE_CHARS: Final = 80
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_.-]")
_HEADS: Final[dict[Kind, str]] = {
    "approval": "A call waits for your approval",
    "question": "A run asks you something",
    "review": "A result waits for you",
    "failed": "A run has failed",
}
_BODIES: Final[dict[Kind, str]] = {
    "question": "It goes on when you have answered.",
    "review": "Look at it, then take it or send it back.",
    "failed": "The page of the run says why.",
}
_BUTTONS: Final[dict[Kind, str]] = {
    "approval": "Look at the call and decide",
    "question": "Read the question and answer",
    "review": "Look at the result",
    "failed": "Look at the run",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be said, to whom; `tool` and `expires_at` are of an approval."""

    mail_id: UUID
    kind: Kind
    to_name: str
    to_address: str
    sender: str
    origin: str
    link: str
    title: str | None
    timezone: str
    now: datetime
    tool: str | None = None
    expires_at: datetime | None = None


def title_of(goal: str) -> str:
    """The beginning of what was asked, as one short line without control characters."""
    plain = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in goal)
    line = " ".join(plain.split())
    return line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1].rstrip() + "…"


def title_for_mail(run: Run) -> str | None:
    """The person's own words only: what a run asks of another, or about a task, has no title."""
    return title_of(run.goal) if run.parent_run_id is None and run.kind == "work" else None


def compose(letter: Letter) -> EmailMessage:
    message = EmailMessage()
    name, address = parseaddr(letter.sender)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = _recipient(letter)
    message["Subject"] = _subject(letter)
    message["Date"] = format_datetime(letter.now)
    # Of the mail's own id: whoever gets it twice, after a crash, can tell that it is one.
    message["Message-ID"] = f"<{letter.mail_id}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    lines = _lines(letter)
    settings = f"{letter.origin}/settings/notifications"
    message.set_content(
        "\n\n".join([*lines, f"{_BUTTONS[letter.kind]}:\n{letter.link}", _footer(settings)]) + "\n"
    )
    message.add_alternative(_page(letter, lines, settings), subtype="html")
    return message


def _recipient(letter: Letter) -> Address:
    """Of two parts, since as a whole it would have to be as RFC 5322 likes it."""
    local, _, domain = letter.to_address.rpartition("@")
    with suppress(UnicodeError):  # the mail server says what is wrong with it
        domain = domain.encode("idna").decode()
    return Address(title_of(letter.to_name), username=local, domain=domain)


def _subject(letter: Letter) -> str:
    head = _HEADS[letter.kind]
    return f"{head}: {letter.title}" if letter.title else head


def _lines(letter: Letter) -> list[str]:
    lines = [f"{_HEADS[letter.kind]}."]
    if letter.title:
        lines.append(f"The run: {letter.title}")
    if letter.kind == "approval":
        tool = _NO_NAME.sub("", letter.tool or "")[:TITLE_CHARS]
        lines.append(f"It wants to call the tool {tool}. The page of the link shows with what.")
        lines.append(f"Nothing happens until you decide. {_until(letter)}")
        lines.append("Whoever has the link can decide in your name: pass this mail to nobody.")
    else:
        lines.append(_BODIES[letter.kind])
    return lines


def _until(letter: Letter) -> str:
    if letter.expires_at is None:
        return ""
    there = letter.expires_at.astimezone(ZoneInfo(letter.timezone))
    return f"Without a decision the call is denied on {there:%d %B %Y at %H:%M} ({there.tzname()})."


def _footer(settings: str) -> str:
    return f"Which mails you get is set under {settings}."


def _page(letter: Letter, lines: list[str], settings: str) -> str:
    said = "".join(f"<p>{html.escape(each)}</p>" for each in lines)
    link, button = html.escape(letter.link, quote=True), html.escape(_BUTTONS[letter.kind])
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="color-scheme" content="light dark"></head>'
        '<body style="font-family:sans-serif;line-height:1.5;max-width:36rem">'
        f'{said}<p><a href="{link}">{button}</a></p>'
        f'<p style="font-size:.85em">{html.escape(_footer(settings))}</p></body></html>'
    )
