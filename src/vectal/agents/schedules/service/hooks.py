"""What comes in from outside: checked before anything of it is believed, or even looked at.

Until the signature is found to be right, every reason to refuse has the same answer, so that
nobody learns which hooks there are. What is taken begins a run as words of a stranger.
"""

from __future__ import annotations

import math
from typing import Final
from uuid import UUID

from vectal.agents.contracts import Received
from vectal.agents.schedules.contracts import MAX_BODY_BYTES, Delivery
from vectal.agents.schedules.errors import (
    HookOffError,
    HookRefusedError,
    HookReplayedError,
    HookThrottledError,
    HookTooLargeError,
    SenderRefusedError,
)
from vectal.agents.schedules.mail import is_allowed, read_mail
from vectal.agents.schedules.repository import finding, starters
from vectal.agents.schedules.service.beginning import Beginner
from vectal.agents.schedules.service.firing import Came, Fired, fire
from vectal.agents.schedules.service.making import Opened
from vectal.agents.schedules.service.secrets import open_secrets
from vectal.agents.schedules.signing import find_signature, is_timely
from vectal.agents.schedules.tables import TriggerRow
from vectal.agents.sealing import Seals
from vectal.ai.contracts import Taint
from vectal.platform.clock import Clock
from vectal.platform.db import Database, Scope
from vectal.platform.rate_limit import Limit, RateLimiter, network_of

_BY_ADDRESS: Final = Limit.per_minute("hook_address", 120)
_UNTRUSTED: Final[frozenset[Taint]] = frozenset(("untrusted",))


class Hooks:
    def __init__(
        self,
        database: Database,
        beginner: Beginner,
        seals: Seals,
        limiter: RateLimiter,
        clock: Clock,
    ) -> None:
        self._database = database
        self._beginner = beginner
        self._seals = seals
        self._limiter = limiter
        self._clock = clock

    async def check_address(self, address: str) -> None:
        """Before the body is read. Raises `HookThrottledError`."""
        wait_s = await self._limiter.take([(_BY_ADDRESS, network_of(address))])
        if wait_s:
            raise _throttled(math.ceil(wait_s))

    async def take(self, delivery: Delivery) -> UUID:
        """The run that it begins. Raises `HookRefusedError` for all that is not signed rightly."""
        if len(delivery.body) > MAX_BODY_BYTES:
            raise HookTooLargeError(f"A delivery has at most {MAX_BODY_BYTES} bytes.")
        row = await self._find(delivery)
        known: list[str] = []
        if row is not None:
            scope = Scope(row.workspace_id, row.owner_id)
            async with self._database.read(scope) as session:
                known = await open_secrets(self._seals, session, scope, row, self._clock.now())
        signature = find_signature(known, delivery.timestamp, delivery.body, delivery.signature)
        is_timely_now = is_timely(delivery.timestamp, self._clock.now())
        if row is None or signature is None or not is_timely_now:
            raise HookRefusedError
        return _answer(await self._fire(row, delivery, signature))

    async def _find(self, delivery: Delivery) -> TriggerRow | None:
        async with self._database.system("agents.find_hook") as session:
            row = await finding.find_hook(session, delivery.hook_id)
        return row if row is not None and row.kind == delivery.kind else None

    async def _fire(self, row: TriggerRow, delivery: Delivery, signature: str) -> Fired:
        scope = Scope(row.workspace_id, row.owner_id)
        async with self._database.transaction(scope) as session:
            locked = await starters.find(session, scope, TriggerRow, row.id, lock=True)
            if locked is None:
                raise HookRefusedError
            opened = await self._beginner.open(session, scope, locked)
            came = Came(signature, _received(delivery, opened), delivery.delivery)
            return await fire(self._beginner, self._clock, session, scope, locked, opened, came)


def _received(delivery: Delivery, opened: Opened) -> Received:
    """What the run begins with, as a stranger wrote it."""
    if delivery.kind == "webhook":
        text = delivery.body.decode("utf-8", "replace").replace("\x00", "\ufffd")
        return Received(f"webhook ({delivery.content_type})", text, _UNTRUSTED)
    mail = read_mail(delivery.body)
    if not is_allowed(mail.sender, opened.filter.senders):
        raise SenderRefusedError
    left_out = f"\n[{mail.left_out} attachments or other parts were not read]"
    text = f"From: {mail.sender}\nSubject: {mail.subject}\n\n{mail.text}"
    return Received("e-mail", text + (left_out if mail.left_out else ""), _UNTRUSTED)


def _answer(fired: Fired) -> UUID:
    match fired.verdict:
        case "known":
            run_id = None if fired.run_id is None else str(fired.run_id)
            raise HookReplayedError(extra={"run_id": run_id})
        case "off":
            raise HookOffError
        case "throttled":
            raise _throttled(fired.wait_s)
        case _:
            if fired.run_id is None:
                raise HookOffError("No run can be begun now.", extra={"reason": fired.code})
            return fired.run_id


def _throttled(seconds: int) -> HookThrottledError:
    return HookThrottledError(
        f"Try again in {seconds} s.",
        extra={"retry_after_s": seconds},
        headers={"Retry-After": str(seconds)},
    )
