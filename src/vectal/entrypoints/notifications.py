"""Notifications, wired: the way out for mails, the job that sends them, and what runs set off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from vectal.accounts.service import AccountService
from vectal.agents.events import RunWaitChanged
from vectal.agents.service import AgentService
from vectal.auth.service import AuthService
from vectal.notifications.service import SEND, MailRoute, NotificationService
from vectal.notifications.smtp import SmtpMailer, SmtpServer
from vectal.platform.config import Settings
from vectal.platform.db import Database, Scope, WriteSession
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.events import EventRecord
from vectal.platform.events.consumers import Consumer, consumer
from vectal.platform.http import EgressLedger
from vectal.platform.jobs import Job, JobContext, JobQueue, JobRule, Sweep, job
from vectal.platform.rate_limit import RateLimiter

_RULE: Final = JobRule(queue="mail", attempts=3, timeout=timedelta(minutes=3))
_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}


def open_notifications(
    settings: Settings,
    ledger: EgressLedger,
    database: Database,
    jobs: JobQueue,
    agents: AgentService,
    people: tuple[AccountService, AuthService],
    limiter: RateLimiter,
) -> NotificationService:
    """Build everything and register the job."""
    notifications = NotificationService.build(
        database=database,
        agents=agents,
        accounts=people[0],
        auth=people[1],
        limiter=limiter,
        jobs=jobs,
        route=_mail_route(settings, ledger),
    )
    jobs.register(_send_job(notifications))
    return notifications


def _mail_route(settings: Settings, ledger: EgressLedger) -> MailRoute | None:
    mailer = make_mailer(settings)
    return None if mailer is None else MailRoute(mailer, settings.origin, ledger)


def make_mailer(settings: Settings) -> SmtpMailer | None:
    """None where the operator has named no server for mails."""
    if settings.smtp_host is None or settings.mail_from is None:
        return None
    try:
        server = SmtpServer(
            host=settings.smtp_host,
            port=settings.smtp_port or _PORTS[settings.smtp_tls],
            tls=settings.smtp_tls,
            user=settings.smtp_user,
            password=settings.read_smtp_password(),
            ca_file=settings.smtp_ca_file,
        )
        return SmtpMailer(server, settings.mail_from)
    except (OSError, ValueError) as error:
        raise OperatorError(
            f"Mails can't be set up: {error}.",
            "Check VECTAL_SMTP_PASSWORD_FILE and VECTAL_SMTP_CA_FILE.",
            ExitCode.BAD_SETTINGS,
        ) from error


def make_sweeps(notifications: NotificationService) -> Sequence[Sweep]:
    """Mails whose pause is over or whose sender is gone, and what is too old to be shown."""
    return [
        Sweep("notifications.deliver", timedelta(seconds=5), notifications.sending.deliver),
        Sweep("notifications.purge", timedelta(hours=1), notifications.inbox.purge),
    ]


def make_consumer(notifications: NotificationService) -> Consumer:
    @consumer("notifications.runs", RunWaitChanged)
    async def take(session: WriteSession, record: EventRecord) -> None:
        del session  # the service joins it
        changed = record.read(RunWaitChanged)
        if record.user_id is not None:
            scope = Scope(record.workspace_id, record.user_id)
            await notifications.telling.react(scope, changed.run_id, changed.state)

    return take


def _send_job(notifications: NotificationService) -> Job:
    @job(SEND, _RULE)
    async def send(context: JobContext, ids: Mapping[str, str]) -> None:
        """A bell: which mails are due, the outbox says."""
        del context, ids
        await notifications.sending.send_due()

    return send
