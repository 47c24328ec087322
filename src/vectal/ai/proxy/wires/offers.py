"""Tools that a vendor itself runs, in a request for a model of another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from vectal.ai.proxy.wires.reading import refuse


def left_out(offers: Sequence[tuple[str, str]], *, beside: bool) -> tuple[str, ...]:
    """The kinds of these tools, each once; `offers` are places in the body, and kinds.

    Beside tools of the client's own, such a tool is one offer among others, which a model may or
    may not take up: it is left out, and the client is told so. Alone, it is what the request is
    about: raises BadCallError.
    """
    if offers and not beside:
        refuse_kind(*offers[0])
    return tuple(dict.fromkeys(kind for _, kind in offers))


def refuse_kind(at: str, kind: str) -> NoReturn:
    refuse(at, f"{kind[:60]!r} is not supported.")
