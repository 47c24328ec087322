"""Use cases of notifications.

`NotificationService` is what doors and processes hold: what a person sees, the reaction to runs,
the outbox of mails, and the links in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from vectal.accounts.service import AccountService
from vectal.agents.service import AgentService
from vectal.auth.service import AuthService
from vectal.notifications.service.inbox import Inbox
from vectal.notifications.service.links import ApprovalLinks
from vectal.notifications.service.sending import MailRoute, Sending
from vectal.notifications.service.telling import SEND, Telling
from vectal.platform.clock import Clock, SystemClock
from vectal.platform.db import Database
from vectal.platform.jobs import JobQueue
from vectal.platform.rate_limit import RateLimiter

__all__ = ["SEND", "MailRoute", "NotificationService"]


@dataclass(frozen=True, slots=True)
class NotificationService:
    inbox: Inbox
    telling: Telling
    sending: Sending
    links: ApprovalLinks

    @classmethod
    def build(
        cls,
        *,
        database: Database,
        agents: AgentService,
        accounts: AccountService,
        auth: AuthService,
        limiter: RateLimiter,
        jobs: JobQueue,
        route: MailRoute | None,
        clock: Clock | None = None,
    ) -> Self:
        """Without a `route` no mail is queued, and nobody is told that one would come."""
        clock = clock or SystemClock()
        return cls(
            inbox=Inbox(database, agents, None if route is None else route.mailer.sender),
            telling=Telling(database, agents, jobs, mails_out=route is not None),
            sending=Sending(database, agents, accounts, auth, jobs, clock, route),
            links=ApprovalLinks(database, agents, auth, limiter, clock),
        )
