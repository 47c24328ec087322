"""A try that was given up before another: it is paid for, and has a line of its own in the ledger.

Its vendor has read the request and may charge for it, whoever answers in the end; and for the words
that it had said, where they were held back. What is set aside for a call is the worst case of one
try; the others are paid from the budgets by themselves.
"""

from __future__ import annotations

from typing import Final

from vectal.ai.contracts import TokenUsage
from vectal.ai.proxy.record import CallRecord

GIVEN_UP: Final = "given_up"


async def set_apart(record: CallRecord) -> None:
    """Make room for another try; raises the last one's fault where no budget bears both."""
    given_up = record.given_up
    if given_up is None:
        return
    usage = TokenUsage() if record.count is None else record.count.usage()
    if record.is_beside:
        usage = TokenUsage(usage.input_tokens)
    purse = record.purse
    if purse is not None and not await purse.pay(given_up.target, usage):
        raise given_up.fault
    record.given_up = None
    tries = [attempt for attempt in record.attempts if attempt.spent]
    for attempt in tries:
        record.attempts.remove(attempt)
    record.rivals.append(
        CallRecord(
            target=given_up.target,
            reason=given_up.reason,
            attempts=tries,
            status="failed",
            fault=given_up.fault.kind,
            usage=usage,
            estimated=True,
            duration_ms=given_up.took_ms,
            codes=[GIVEN_UP],
            is_paid=purse is not None,
        )
    )
