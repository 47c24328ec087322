r"""Bounds that stand in a description, since the vendor takes no schema that has them.

Anthropic's own client moves them there: `A number\n\n{minimum: 1, maximum: 10}`. It checks the
answer by them all the same, and a model reads them.
"""

from __future__ import annotations

import re
from typing import Any, Final

_CHARS: Final = 300
_BOUND: Final = re.compile(
    r"\b(minimum|maximum|exclusiveM(?:in|ax)imum|m(?:in|ax)(?:Length|Items)|multipleOf): "
    r"(-?\d{1,15}(?:\.\d{1,15})?)(?=[,}])"
)


def hinted(description: object) -> dict[str, Any]:
    """The bounds in braces at the end of it."""
    if not isinstance(description, str) or not description.endswith("}"):
        return {}
    end = description[-_CHARS:]
    braces = end[end.rfind("{") + 1 :] if "{" in end else ""
    return {key: float(said) if "." in said else int(said) for key, said in _BOUND.findall(braces)}
