"""How long a call may take at all.

Its clients wait ten minutes for an answer in one piece, as OpenAI's and Anthropic's own SDKs do. A
stream shows all the while that it lives, and the longest answers take half an hour; silence of a
minute ends both.
"""

from __future__ import annotations

from typing import Final

from vectal.ai.proxy.wires.passing import Peek

WHOLE_S: Final = 600.0
STREAM_S: Final = 3_600.0


def deadline_s(peeked: Peek) -> float:
    """Seconds. What a vendor runs meanwhile is charged as ten minutes of it; see `usage.fees`."""
    runs = peeked.terms.code_runs or peeked.terms.containers
    return STREAM_S if peeked.stream and not runs else WHOLE_S
