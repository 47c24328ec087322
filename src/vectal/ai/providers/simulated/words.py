"""Plain requests, read without a model: which tool they mean and with what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal, TypeAlias

View: TypeAlias = Literal["all", "today", "tomorrow", "week", "overdue"]


@dataclass(frozen=True, slots=True)
class ListTasks:
    """`view` narrows the list: what is due then, what is late, or all that is open."""

    view: View = "all"


@dataclass(frozen=True, slots=True)
class ListProjects:
    pass


@dataclass(frozen=True, slots=True)
class CreateTask:
    title: str
    due_on: str | None = None
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class CompleteTask:
    wanted: str


@dataclass(frozen=True, slots=True)
class BreakDown:
    wanted: str


@dataclass(frozen=True, slots=True)
class Reschedule:
    wanted: str
    due_on: str | None
    priority: int | None


@dataclass(frozen=True, slots=True)
class Prioritise:
    pass


Wish: TypeAlias = (
    ListTasks | ListProjects | CreateTask | CompleteTask | BreakDown | Reschedule | Prioritise
)

_POLITE: Final = re.compile(
    r"^(?:(?:please|hey|hi|ok(?:ay)?|now|also|then|and)\b[,!]?\s*"
    r"|(?:can|could|would|will) you\s+(?:please\s+)?"
    r"|i (?:want|need) (?:you )?to\s+|i'd like (?:you )?to\s+|help me (?:to )?)+",
    re.IGNORECASE,
)
_VERB: Final = (
    r"(?:add|create|make|remind|mark|complete|finish|tick|check off|break|split|list|show|plan"
    r"|prioriti[sz]e|move|reschedule|set)"
)
_CUT: Final = re.compile(
    rf"\s*(?:[.;\n]+\s*|,?\s+and then\s+|,?\s+then\s+|,\s*and\s+(?={_VERB}\b)"
    rf"|\s+and\s+(?={_VERB}\b)|,\s+(?={_VERB}\b))",
    re.IGNORECASE,
)
_CREATE: Final = re.compile(
    r"^(?:add|create|make|new)\s+(?:me\s+)?(?P<noun>(?:(?:a|an|another|new|some|the|my)\s+)*"
    r"(?:to-?dos?|tasks?|reminders?|items?)\b)?\s*(?:list\b)?\s*"
    r"(?:to\s+(?=\w)|for\s+(?=\w)|called\s+|named\s+|that says\s+|about\s+|[:\-\u2013]\s*)?"
    r"(?P<title>.+)$",
    re.IGNORECASE,
)
_REMIND: Final = re.compile(r"^remind me (?:to |about |of )?(?P<title>.+)$", re.IGNORECASE)
_DONE: Final = re.compile(
    r"^(?:mark|set|tick(?: off)?|check off|complete|finish|close)\s+(?:the\s+)?(?:task\s+)?"
    r"(?P<wanted>.+?)\s*(?:\s(?:as\s+|is\s+|to\s+)?(?:done|complete|completed|finished|off))?$",
    re.IGNORECASE,
)
_IS_DONE: Final = re.compile(
    r"^(?:i(?:'ve| have)?\s+(?:just\s+)?(?:finished|done|completed)\s+(?:the\s+)?(?P<did>.+)"
    r"|(?P<wanted>.+?)\s+is\s+(?:done|finished|complete))$",
    re.IGNORECASE,
)
_BREAK: Final = re.compile(
    r"^(?:break|split)\s+(?:down\s+|up\s+)?(?:the\s+)?(?:task\s+)?(?P<wanted>.+?)"
    r"(?:\s+(?:down|up))?(?:\s+(?:into|in)\s+.*)?$",
    re.IGNORECASE,
)
_MOVE: Final = re.compile(
    r"^(?:move|reschedule|postpone|set|change|make)\s+(?:the\s+)?(?:priority of\s+)?(?:task\s+)?"
    r"(?P<wanted>.+?)\s+(?:to|for|until|on|due)\s+(?P<change>.+)$",
    re.IGNORECASE,
)
_LIST: Final = re.compile(
    r"\b(?:what(?:'s| is| are| do i have)?|which|list|show(?: me)?|any|do i have)\b.*"
    r"\b(?:due|tasks?|to-?dos?|today|tomorrow|week|overdue|late|open|plate|left)\b",
    re.IGNORECASE,
)
_PROJECTS: Final = re.compile(r"\b(?:list|show|what|which)\b.*\bprojects?\b", re.IGNORECASE)
_PLAN: Final = re.compile(
    r"^(?:plan|prioriti[sz]e|organi[sz]e|sort out)\b|\bwhat should i (?:do|work on)\b",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(r"[\"“„«']([^\"”“»']{1,300})[\"”“»']")
_PRIORITY: Final = re.compile(
    r"\s*[,(]?\s*\b(?:with\s+)?(?:(?P<level>urgent|high|medium|low|top)(?:\s+priority)?|p(?P<n>[1-4]))"
    r"\b\)?",
    re.IGNORECASE,
)
_LEVELS: Final = {"urgent": 1, "top": 1, "high": 1, "medium": 2, "low": 3}
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DUE: Final = re.compile(
    r"\s*,?\s*\b(?:due\s+)?(?:by\s+|on\s+|for\s+)?(?P<day>today|tonight|tomorrow|next week"
    rf"|(?:next\s+)?(?:{'|'.join(_WEEKDAYS)})|\d{{4}}-\d{{2}}-\d{{2}})\b",
    re.IGNORECASE,
)
_MAX_WISHES: Final = 8
_MAX_TITLE: Final = 300


def read_wishes(text: str, today: date) -> tuple[Wish, ...]:
    """What the message asks for, in its order; nothing when it is no request we know."""
    wishes: list[Wish] = []
    for clause in _CUT.split(text):
        wishes.extend(_wishes(_POLITE.sub("", clause.strip()).strip(" !?."), today))
    return tuple(dict.fromkeys(wishes))[:_MAX_WISHES]


def _wishes(clause: str, today: date) -> Iterator[Wish]:
    if not clause:
        return
    if _PROJECTS.search(clause):
        yield ListProjects()
    elif _PLAN.search(clause):
        yield Prioritise()
    elif match := _REMIND.match(clause):
        yield _create(match["title"], today)
    elif match := _BREAK.match(clause):
        yield BreakDown(_unquoted(match["wanted"]))
    elif wish := _moved(clause, today):
        yield wish
    elif (match := _CREATE.match(clause)) and not _LIST.match(clause):
        yield from _created(match, today)
    elif wanted := _completed(clause):
        yield CompleteTask(_unquoted(wanted))
    elif _LIST.search(clause):
        yield ListTasks(_view(clause))


def _created(match: re.Match[str], today: date) -> Iterator[Wish]:
    title, noun = match["title"], match["noun"] or ""
    if not noun and not match.group().lower().startswith("add"):
        return  # "make coffee" is no wish for a task
    if noun.lower().endswith("s") and not _QUOTED.search(title):
        for single in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", title):
            yield _create(single, today)
    else:
        yield _create(title, today)


def _create(text: str, today: date) -> CreateTask:
    due_on, rest = _take_due(text, today)
    priority, rest = _take_priority(rest)
    title = _unquoted(rest) or _unquoted(text)
    return CreateTask(title[:1].upper() + title[1:_MAX_TITLE], due_on, priority)


def _moved(clause: str, today: date) -> Reschedule | None:
    match = _MOVE.match(clause)
    if match is None:
        return None
    due_on, rest = _take_due(match["change"], today)
    priority, _ = _take_priority(rest)
    if due_on is None and priority is None:
        return None
    return Reschedule(_unquoted(match["wanted"]), due_on, priority)


def _completed(clause: str) -> str | None:
    if match := _IS_DONE.match(clause):
        return match["did"] or match["wanted"]
    match = _DONE.match(clause)
    if match is None:
        return None
    # "Set X to high" or "mark X important" is no completion: it must say so, or begin with it.
    begins = re.match(r"(?:complete|finish|close|tick|check)", clause, re.IGNORECASE)
    says = re.search(r"\b(?:done|completed?|finished|off)$", clause, re.IGNORECASE)
    return match["wanted"] if begins or says else None


def _view(clause: str) -> View:
    if re.search(r"\b(?:overdue|late)\b", clause, re.IGNORECASE):
        return "overdue"
    if re.search(r"\bweek\b", clause, re.IGNORECASE):
        return "week"
    if re.search(r"\btomorrow\b", clause, re.IGNORECASE):
        return "tomorrow"
    return "today" if re.search(r"\b(?:today|due|plate)\b", clause, re.IGNORECASE) else "all"


def _take_due(text: str, today: date) -> tuple[str | None, str]:
    match = _DUE.search(text)
    if match is None:
        return None, text
    rest = (text[: match.start()] + text[match.end() :]).strip(" ,")
    return _day(match["day"].lower(), today), rest


def _day(word: str, today: date) -> str | None:
    if word in {"today", "tonight"}:
        return today.isoformat()
    if word == "tomorrow":
        return (today + timedelta(days=1)).isoformat()
    if word == "next week":
        return (today + timedelta(days=7 - today.weekday())).isoformat()
    name = word.removeprefix("next").strip()
    if name in _WEEKDAYS:
        ahead = (_WEEKDAYS.index(name) - today.weekday() - 1) % 7 + 1
        return (today + timedelta(days=ahead)).isoformat()
    try:
        return date.fromisoformat(word).isoformat()
    except ValueError:
        return None


def _take_priority(text: str) -> tuple[int | None, str]:
    match = _PRIORITY.search(text)
    if match is None:
        return None, text
    level = int(match["n"]) if match["n"] else _LEVELS[match["level"].lower()]
    return level, (text[: match.start()] + text[match.end() :]).strip(" ,")


def _unquoted(text: str) -> str:
    quoted = _QUOTED.search(text)
    return (quoted.group(1) if quoted else text).strip(" \"'“”„«».,:;!?")
