"""The outbox, worked off: claim a mail, make it of what is true now, hand it over, mark it.

A process that dies between the last two sends it once more, under the same Message-ID.
"""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from datetime import timedelta
from email.errors import HeaderParseError
from email.headerregistry import AddressHeader
from email.message import EmailMessage
from typing import Final, Literal, TypeAlias, cast
from uuid import UUID

from vectal.accounts.service import AccountService
from vectal.agents.contracts import PendingApproval, WaitingRun
from vectal.agents.service import AgentService
from vectal.auth.service import AuthService
from vectal.notifications.contracts import Claimed, Kind, Told
from vectal.notifications.repository import inbox, links, mails
from vectal.notifications.service.composing import Letter, compose, title_for_mail
from vectal.notifications.service.telling import SEND, told_of
from vectal.notifications.smtp import Mailer, MailNotSentError
from vectal.platform.clock import Clock, monotonic
from vectal.platform.db import Database, DataScope, ReadSession, Scope, WriteSession
from vectal.platform.http import Caller, EgressLedger
from vectal.platform.http.ledger import Entry
from vectal.platform.jobs import JobQueue
from vectal.platform.telemetry import counter, get_logger

ATTEMPTS: Final = 8
LEASE: Final = timedelta(seconds=90)
"""Longer than handing one mail over may take."""
_FIRST_PAUSE: Final = timedelta(seconds=30)
_LONGEST_PAUSE: Final = timedelta(hours=1)
_AT_ONCE_S: Final = 60.0
"""How long one job goes on; what is left, the next one takes."""

_Ended: TypeAlias = Literal["sent", "dropped", "dead"]

_mails = counter("notification_mails_total", "Mails by what became of them.", ["outcome"])
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MailRoute:
    """How mails leave, and where their links lead."""

    mailer: Mailer
    origin: str
    ledger: EgressLedger
    """Where it is noted that one has left."""


class Sending:
    def __init__(
        self,
        database: Database,
        agents: AgentService,
        accounts: AccountService,
        auth: AuthService,
        jobs: JobQueue,
        clock: Clock,
        route: MailRoute | None,
    ) -> None:
        self._database = database
        self._agents = agents
        self._accounts = accounts
        self._auth = auth
        self._jobs = jobs
        self._clock = clock
        self._route = route

    async def deliver(self) -> bool:
        """Ring for mails that are due: after a pause, or because their sender is gone."""
        if self._route is None:
            return False
        async with self._database.system("notifications.deliver") as session:
            is_due = await mails.has_due(session)
            if is_due:
                await self._jobs.enqueue(session, SEND, "sweep")
        return is_due

    async def send_due(self) -> int:
        """Send what is due, one after the other; returns how many were claimed."""
        if self._route is None:
            return 0
        claimed, until = 0, monotonic() + _AT_ONCE_S
        while monotonic() < until:
            async with self._database.system("notifications.claim_mail") as session:
                mail = await mails.claim(session, LEASE)
            if mail is None:
                break
            claimed += 1
            await self._send(self._route, mail)
        return claimed

    async def _send(self, route: MailRoute, mail: Claimed) -> None:
        if mail.attempts > ATTEMPTS:
            # Each claim counts, so that a mail which ends its senders is given up, too.
            await self._end(mail, "dead", "gave up")
            return
        try:
            message = await self._compose(route, mail)
        except (ValueError, HeaderParseError) as error:
            await self._fail(mail, MailNotSentError(f"bad mail: {type(error).__name__}"))
            return
        if message is None:
            await self._end(mail, "dropped", "nobody needs it any more")
            return
        started, outcome = monotonic(), "cancelled"
        try:
            await route.mailer.send(message)
            outcome = "ok"
            await self._end(mail, "sent")
        except MailNotSentError as error:
            outcome = f"failed: {error.code}"
            await self._fail(mail, error)
        finally:
            _note(route.ledger, mail, message, outcome, started)

    async def _fail(self, mail: Claimed, error: MailNotSentError) -> None:
        _log.warning(
            "notifications.mail_failed", mail_id=mail.id, attempt=mail.attempts, code=error.code
        )
        if error.is_final or mail.attempts >= ATTEMPTS:
            await self._end(mail, "dead", error.code)
            return
        exact = min(_FIRST_PAUSE * 2.0 ** (mail.attempts - 1), _LONGEST_PAUSE)
        pause = exact * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing
        async with self._database.system("notifications.put_off_mail") as session:
            await mails.put_off(session, mail, pause, error.code)
        _mails.labels("put_off").inc()

    async def _end(self, mail: Claimed, state: _Ended, code: str | None = None) -> None:
        async with self._database.system("notifications.end_mail") as session:
            is_ours = await mails.end(session, mail, state, code)
        if is_ours:
            _mails.labels(state).inc()
        if state == "dead":
            _log.warning("notifications.mail_dead", mail_id=mail.id, code=code)

    async def _compose(self, route: MailRoute, mail: Claimed) -> EmailMessage | None:
        """None when there is nothing to say any more, or nobody to say it to."""
        standing = await self._accounts.people.find_standing(mail.owner_id)
        if standing is None or standing.disabled or not standing.role_in(mail.workspace_id):
            return None
        scope, now = Scope(mail.workspace_id, mail.owner_id), self._clock.now()
        async with self._database.transaction(scope) as session:
            told, waiting = await self._find(session, scope, mail)
            if told is None or waiting is None:
                return None
            user = await self._accounts.people.get(scope)
            approval = next((a for a in waiting.approvals if str(a.id) == told.subject), None)
            link = f"{route.origin}/runs/{waiting.run.id}"
            if approval is not None:
                if approval.expires_at <= now:
                    return None
                epoch = standing.session_epoch
                token = await self._make_link(session, mail, waiting.run.id, approval, epoch)
                # Behind a #: no browser sends that part anywhere, so no log and no Referer has it.
                link = f"{route.origin}/approve#{token}"
        letter = Letter(
            mail_id=mail.id,
            kind=told.kind,
            to_name=user.display_name,
            to_address=user.email,
            sender=route.mailer.sender,
            origin=route.origin,
            link=link,
            title=title_for_mail(waiting.run),
            timezone=user.timezone,
            now=now,
            tool=approval and approval.tool,
            expires_at=approval and approval.expires_at,
        )
        return compose(letter)

    async def _find(
        self, session: ReadSession, scope: DataScope, mail: Claimed
    ) -> tuple[Told | None, WaitingRun | None]:
        """What the mail is about, as far as its run still needs the person for it."""
        row = await inbox.find(session, scope, mail.notification_id)
        if row is None:
            return None, None
        waiting = await self._agents.runs.find_waiting(scope, row.run_id)
        told = Told(cast("Kind", row.kind), row.subject)
        if waiting is None or told not in told_of(waiting):
            return None, None
        return told, waiting

    async def _make_link(
        self,
        session: WriteSession,
        mail: Claimed,
        run_id: UUID,
        approval: PendingApproval,
        epoch: int,
    ) -> str:
        token = self._auth.link_token(mail.owner_id, mail.id)
        await links.put(
            session,
            mail,
            mail.id,
            hash_of(token),
            run_id=run_id,
            approval_id=approval.id,
            sha256=approval.sha256,
            session_epoch=epoch,
            expires_at=approval.expires_at,
        )
        return token


def _note(
    ledger: EgressLedger, mail: Claimed, message: EmailMessage, outcome: str, started: float
) -> None:
    """The operator's server was named by the operator: no rule judges it."""
    entry = Entry(
        caller=Caller("mail", mail.workspace_id, mail.owner_id),
        method="MAIL",
        host=_domain_of(message),
        bytes_out=len(bytes(message)),
        policy="operator",
        outcome=outcome,
    )
    ledger.note(entry, started)


def hash_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _domain_of(message: EmailMessage) -> str:
    """Of the recipient: the ledger says where a mail went, and not to whom."""
    header = cast("AddressHeader", message["To"])
    return header.addresses[0].domain.lower()
