"""Links of mails: look at one call, and decide it, without being signed in.

A link carries no right of its own. It says who asks, like a session does; what she may do is
looked up when she does it, and the decision takes the same way as one that is made in the app.
Whatever is wrong with a link, the answer is the same: nobody learns which links there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from vectal.agents.contracts import PendingApproval, WaitingRun
from vectal.agents.errors import (
    ApprovalMismatchError,
    ApprovalNotFoundError,
    RunNotFoundError,
    RunTransitionError,
)
from vectal.agents.service import AgentService
from vectal.auth.policy import can
from vectal.auth.principal import Principal, Scope
from vectal.auth.service import AuthService
from vectal.notifications.contracts import LinkedApproval
from vectal.notifications.errors import LinkInvalidError, LinkThrottledError
from vectal.notifications.repository import links
from vectal.notifications.service.sending import hash_of
from vectal.notifications.tables import ApprovalLinkRow
from vectal.platform.clock import Clock
from vectal.platform.db import Database
from vectal.platform.rate_limit import Limit, RateLimiter, network_of
from vectal.platform.telemetry import get_logger

_BY_ADDRESS: Final = Limit("approval_link_address", burst=60, interval_s=1.0)
"""As signing in."""
_SCOPES: Final = frozenset((Scope.AGENTS_READ, Scope.AGENTS_WRITE))

_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Found:
    row: ApprovalLinkRow
    principal: Principal
    waiting: WaitingRun
    approval: PendingApproval


class ApprovalLinks:
    def __init__(
        self,
        database: Database,
        agents: AgentService,
        auth: AuthService,
        limiter: RateLimiter,
        clock: Clock,
    ) -> None:
        self._database = database
        self._agents = agents
        self._auth = auth
        self._limiter = limiter
        self._clock = clock

    async def check_address(self, address: str) -> None:
        """Before anything is looked up. Raises `LinkThrottledError`."""
        wait_s = await self._limiter.take([(_BY_ADDRESS, network_of(address))])
        if wait_s:
            seconds = math.ceil(wait_s)
            raise LinkThrottledError(
                f"Try again in {seconds} s.",
                extra={"retry_after_s": seconds},
                headers={"Retry-After": str(seconds)},
            )

    async def show(self, token: str) -> LinkedApproval:
        """The call that waits; looking decides nothing. Raises `LinkInvalidError`."""
        found = await self._find(token)
        return LinkedApproval(found.approval, found.waiting.run.goal, found.waiting.run.id)

    async def decide(self, token: str, *, sha256: str, approved: bool, note: str = "") -> None:
        """Approve or deny the call, once; `sha256` is of the arguments that were shown.

        Raises `LinkInvalidError`, also when somebody has decided meanwhile.
        """
        found = await self._find(token)
        if sha256 != found.row.sha256:
            raise LinkInvalidError
        principal, row = found.principal, found.row
        try:
            async with self._database.transaction(principal) as session:
                # In one transaction with the decision: used exactly if it has decided.
                if not await links.use(session, principal, row.id, self._clock.now()):
                    raise LinkInvalidError
                await self._agents.moves.decide(
                    principal,
                    row.run_id,
                    row.approval_id,
                    sha256=sha256,
                    approved=approved,
                    note=note,
                    via="mail_link",
                )
        except (
            ApprovalMismatchError,
            ApprovalNotFoundError,
            RunNotFoundError,
            RunTransitionError,
        ) as error:
            raise LinkInvalidError from error
        _log.info(
            "notifications.decided_by_link",
            user_id=principal.user_id,
            run_id=row.run_id,
            approval_id=row.approval_id,
            approved=approved,
        )

    async def _find(self, token: str) -> _Found:
        async with self._database.system("notifications.find_link") as session:
            row = await links.find_by_hash(session, hash_of(token))
        if row is None or row.used_at is not None or row.expires_at <= self._clock.now():
            raise LinkInvalidError
        principal = await self._auth.by_link(
            row.owner_id, row.workspace_id, row.session_epoch, _SCOPES
        )
        if principal is None or not can(principal, "runs.move"):
            raise LinkInvalidError
        waiting = await self._agents.runs.find_waiting(principal, row.run_id)
        approval = waiting and _pending_of(waiting, row)
        if waiting is None or approval is None:
            raise LinkInvalidError
        return _Found(row, principal, waiting, approval)


def _pending_of(waiting: WaitingRun, row: ApprovalLinkRow) -> PendingApproval | None:
    """The call that the link was made for, while nobody has decided it."""
    same = (each for each in waiting.approvals if each.id == row.approval_id)
    found = next(same, None)
    return found if found is not None and found.sha256 == row.sha256 else None
