"""Positions in a manual order: text keys between which there is always room for another.

A key is an integer part, whose first letter tells its length, and an optional fraction, both in
base 62, so that plain byte order (`COLLATE "C"`) is the order of the numbers. Adding at either
end counts the integer up or down and stays short; only repeated insertion into one gap grows a
fraction, and then `is_long` asks for the neighbourhood to be spread anew.
"""

from itertools import pairwise

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE = len(_DIGITS)
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
_ZERO = _DIGITS[0]
_LAST = _DIGITS[-1]
_FIRST_KEY = "a0"
_SMALLEST_INTEGER = "A" + _ZERO * 26
LONG = 48
"""Keys past this length are worth spreading anew; it takes some hundred insertions in one gap."""


class PositionError(ValueError):
    """A key that this module did not make, or two keys in the wrong order."""


def between(before: str | None, after: str | None) -> str:
    """Return a key that sorts after `before` and before `after`; None is the open end."""
    for key in (before, after):
        if key is not None and not is_position(key):
            raise PositionError(f"not a position: {key!r}")
    if before is not None and after is not None:
        if before >= after:
            raise PositionError("the keys are equal or in the wrong order")
        return _between_two(before, after)
    if before is not None:
        return _after(before)
    return _FIRST_KEY if after is None else _before(after)


def spread(before: str | None, after: str | None, count: int) -> list[str]:
    """Return `count` keys in order between two keys, as short as halving makes them."""
    if count <= 0:
        return []
    if before is None or after is None:
        return _count_from_one_end(before, after, count)
    middle = between(before, after)
    left = (count - 1) // 2
    return [*spread(before, middle, left), middle, *spread(middle, after, count - 1 - left)]


def is_long(key: str) -> bool:
    return len(key) > LONG


def is_position(key: str) -> bool:
    """Tell whether this module could have made the key."""
    length = _integer_length(key)
    return (
        0 < length <= len(key)
        and all(digit in _VALUES for digit in key)
        and not key[length:].endswith(_ZERO)
        and key != _SMALLEST_INTEGER
    )


def is_in_order(keys: list[str]) -> bool:
    return all(left < right for left, right in pairwise(keys))


def _count_from_one_end(before: str | None, after: str | None, count: int) -> list[str]:
    if before is None and after is not None:
        keys = [after]
        for _ in range(count):
            keys.append(between(None, keys[-1]))
        return keys[:0:-1]
    keys = [between(before, None)]
    while len(keys) < count:
        keys.append(between(keys[-1], None))
    return keys


def _integer_length(key: str) -> int:
    """Return how long the integer part is by its first letter; 0 for a key of another make."""
    head = key[:1]
    if "a" <= head <= "z":
        return ord(head) - ord("a") + 2
    if "A" <= head <= "Z":
        return ord("Z") - ord(head) + 2
    return 0


def _split(key: str) -> tuple[str, str]:
    length = _integer_length(key)
    return key[:length], key[length:]


def _after(key: str) -> str:
    integer, fraction = _split(key)
    following = _increment(integer)
    return following if following is not None else integer + _middle(fraction, None)


def _before(key: str) -> str:
    integer, fraction = _split(key)
    if integer == _SMALLEST_INTEGER:
        return integer + _middle("", fraction)
    if fraction:
        return integer
    preceding = _decrement(integer)
    return preceding + _middle("", None) if preceding == _SMALLEST_INTEGER else preceding


def _between_two(before: str, after: str) -> str:
    integer, fraction = _split(before)
    other_integer, other_fraction = _split(after)
    if integer == other_integer:
        return integer + _middle(fraction, other_fraction)
    following = _increment(integer)
    if following is not None and following < after:
        return following
    return integer + _middle(fraction, None)


def _increment(integer: str) -> str | None:
    head, digits = integer[0], integer[1:]
    kept = digits.rstrip(_LAST)
    if kept:
        up = _DIGITS[_VALUES[kept[-1]] + 1]
        return head + kept[:-1] + up + _ZERO * (len(digits) - len(kept))
    if head == "Z":
        return "a" + _ZERO
    if head == "z":
        return None
    longer = chr(ord(head) + 1)
    return longer + _ZERO * (_integer_length(longer) - 1)


def _decrement(integer: str) -> str:
    """Return the integer below; the smallest one is never asked, it has fractions instead."""
    head, digits = integer[0], integer[1:]
    kept = digits.rstrip(_ZERO)
    if kept:
        down = _DIGITS[_VALUES[kept[-1]] - 1]
        return head + kept[:-1] + down + _LAST * (len(digits) - len(kept))
    if head == "a":
        return "Z" + _LAST
    shorter = chr(ord(head) - 1)
    return shorter + _LAST * (_integer_length(shorter) - 1)


def _middle(low: str, high: str | None) -> str:
    """Return a fraction strictly between two fractions; None is one."""
    shared = 0
    if high is not None:
        padded = low.ljust(len(high), _ZERO)
        while shared < len(high) and padded[shared] == high[shared]:
            shared += 1
        if shared:
            return high[:shared] + _middle(low[shared:], high[shared:])
    lowest = _VALUES[low[0]] if low else 0
    highest = _VALUES[high[0]] if high else _BASE
    if highest - lowest > 1:
        return _DIGITS[(lowest + highest) // 2]
    if high is not None and len(high) > 1:
        return high[0]
    return _DIGITS[lowest] + _middle(low[1:], None)
