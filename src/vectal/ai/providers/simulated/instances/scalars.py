"""Texts and numbers that a schema takes. A text says that it is simulated, where it may."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import jsonschema_rs

from vectal.ai.providers.simulated.instances.errors import NoInstanceError, TooLargeError
from vectal.ai.providers.simulated.instances.merging import Json, check_size, number
from vectal.ai.providers.simulated.instances.patterns import spelled
from vectal.ai.providers.untrusted import as_list, as_text

LONGEST: Final = 10_000
_NAME_CHARS: Final = 40
_LIMIT_BYTES: Final = 1 << 20
_BACKTRACKS: Final = 10_000
_FORMATS: Final[Mapping[str, str]] = {
    "date": "2026-01-{day:02}",
    "date-time": "2026-01-{day:02}T12:00:00Z",
    "time": "12:00:{day:02}Z",
    "duration": "P{day}D",
    "email": "simulated{count}@example.com",
    "idn-email": "simulated{count}@example.com",
    "hostname": "simulated{count}.example.com",
    "idn-hostname": "simulated{count}.example.com",
    "uri": "https://example.com/simulated{count}",
    "uri-reference": "https://example.com/simulated{count}",
    "url": "https://example.com/simulated{count}",
    "iri": "https://example.com/simulated{count}",
    "iri-reference": "https://example.com/simulated{count}",
    "uri-template": "https://example.com/simulated{count}",
    "uuid": "00000000-0000-4000-8000-{at:012}",
    "ipv4": "192.0.2.{day}",
    "ipv6": "2001:db8::{day}",
    "json-pointer": "/simulated{count}",
    "relative-json-pointer": "{at}/simulated",
    "regex": "simulated{count}",
}


def compiled(schema: Json) -> jsonschema_rs.Validator:
    """A validator that fetches nothing, and gives up on patterns that would take long."""
    check_size(schema)
    limits = jsonschema_rs.FancyRegexOptions(_BACKTRACKS, _LIMIT_BYTES, _LIMIT_BYTES)
    try:
        return jsonschema_rs.validator_for(
            schema, pattern_options=limits, offline=True, validate_formats=True
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise NoInstanceError from error


def text_of(fields: Json, name: str, at: int) -> str:
    """A text under this name; `at` tells it from its neighbours in a list."""
    least, most = number(fields.get("minLength")) or 0, number(fields.get("maxLength"))
    if least > LONGEST:
        raise TooLargeError
    if isinstance(fields.get("pattern"), str):
        return _matching(fields, name, at, int(least))
    form = _FORMATS.get(str(fields.get("format")))
    if form is not None:
        return form.format(day=1 + at % 28, count=at + 1 if at else "", at=at)
    return _words(name, at, int(least), most)


def number_of(fields: Json, at: int, *, whole: bool) -> int | float:
    """A small number within the bounds."""
    step = number(fields.get("multipleOf"))
    for each in _candidates(fields, at, whole=whole):
        value = each
        if step is not None and step > 0:
            value = _multiple(each, step)
        elif whole:
            value = math.floor(each)
        if _is_within(fields, value) and (not whole or value == math.floor(value)):
            return int(value) if whole else value
    raise NoInstanceError


def _candidates(fields: Json, at: int, *, whole: bool) -> Iterator[int | float]:
    lows = [number(fields.get(key)) for key in ("minimum", "exclusiveMinimum")]
    highs = [number(fields.get(key)) for key in ("maximum", "exclusiveMaximum")]
    low = max((each for each in lows if each is not None), default=None)
    high = min((each for each in highs if each is not None), default=None)
    yield at + (1 if whole else 1.5)
    if low is not None:
        yield math.ceil(low) + at
        yield math.floor(low) + 1 + at
        yield low
    if high is not None:
        yield math.floor(high) - at
        yield math.ceil(high) - 1 - at
        yield high
    if low is not None and high is not None:
        yield low + (high - low) * (at + 1) / (at + 2)
    yield 0


def _multiple(value: float, step: float) -> int | float:
    """The next multiple of `step` from here on."""
    if isinstance(value, int) and isinstance(step, int):
        return -(-value // step) * step
    times = value / step
    if abs(times) >= 1e15:  # noqa: PLR2004  (past this a float has no fractions left)
        raise NoInstanceError
    return math.ceil(times) * step


def _is_within(fields: Json, value: float) -> bool:
    low, high = number(fields.get("minimum")), number(fields.get("maximum"))
    if low is not None and (
        value < low or (value == low and fields.get("exclusiveMinimum") is True)
    ):
        return False
    if high is not None and (
        value > high or (value == high and fields.get("exclusiveMaximum") is True)
    ):
        return False
    above, below = number(fields.get("exclusiveMinimum")), number(fields.get("exclusiveMaximum"))
    return (above is None or value > above) and (below is None or value < below)


def _words(name: str, at: int, least: int, most: float | None) -> str:
    said = " ".join(name.replace("_", " ").replace("-", " ").split())[:_NAME_CHARS] or "text"
    text, tail = f"Simulated {said}", f" {at + 1}" if at else ""
    missing = least - len(text) - len(tail)
    if missing > 0:
        filling = itertools.islice(itertools.cycle(" simulated"), missing)
        text += "".join(filling)
    if most is not None and len(text) + len(tail) > most:
        tail = tail.strip()
        text = text[: max(0, int(most) - len(tail))]
    return text + tail


def _matching(fields: Json, name: str, at: int, least: int) -> str:
    """The first text of many that the pattern takes."""
    bounds = {
        key: fields[key] for key in ("pattern", "minLength", "maxLength", "format") if key in fields
    }
    fits = compiled(bounds).is_valid
    for each in _guesses(fields, name, at, least):
        if fits(each):
            return each
    raise NoInstanceError


def _guesses(fields: Json, name: str, at: int, least: int) -> Iterator[str]:
    most = number(fields.get("maxLength"))
    plain = {key: value for key, value in fields.items() if key not in {"pattern", "minLength"}}
    yield _words(name, at, least, most)
    yield text_of(plain, name, at)
    pattern = str(fields["pattern"])
    for more in dict.fromkeys((0, 1, least, at)):
        written = spelled(pattern, more, at)
        if written is not None:
            yield written
    said: list[Any] = [fields.get("default"), *(as_list(fields.get("examples")) or [])]
    yield from filter(None, map(as_text, said))
    yield "simulated"
    yield from (f"simulated-{at + 1}", f"simulated_{at + 1}", f"Simulated{at + 1}")
