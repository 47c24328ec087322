"""How a process that stays looks for garbage: less often than Python does by itself."""

from __future__ import annotations

import gc
from typing import Final

_YOUNG_OBJECTS: Final = 20_000
_OLDER: Final = 20


def settle_heap() -> None:
    """Call once what stays for ever is there: a full collection would walk it each time.

    That stops every answer for a fifth of a second. And what comes later is looked through less
    often: a model call or a step of a run makes hundreds of objects that die with it; to look for
    cycles among them after each takes a tenth of its time and finds none.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, _OLDER, _OLDER)
