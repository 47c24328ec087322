"""Text that prints: what breaks lists, logs and terminals is taken out."""

import re
from typing import Final

# Controls, lone surrogates and line separators.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
_NO_LINES: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")


def to_one_line(text: str) -> str:
    """The text on one line, single spaces apart, without what does not print."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def to_lines(text: str) -> str:
    """The text with plain line ends, without what does not print."""
    return _NO_LINES.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
