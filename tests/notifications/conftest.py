"""A person whose runs wait, a mailbox to write to, and the notifications between them."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.fixtures.accounts import MakeUser, Person
from tests.fixtures.agents import (
    Crew,
    call,
    drop_effects_table,
    finish,
    make_effects_table,
    open_crew,
)
from tests.fixtures.servers import TestDatabase
from tests.fixtures.smtp import Mailbox, open_mailbox

from vectal.accounts.service import AccountService
from vectal.agents.contracts import Run
from vectal.ai.contracts import Part
from vectal.ai.contracts_runs import ThinkRequest
from vectal.auth.principal import Principal
from vectal.auth.service import AuthService
from vectal.notifications.contracts import Notification
from vectal.notifications.service import SEND, MailRoute, NotificationService
from vectal.notifications.smtp import Mailer
from vectal.platform.crypto import Keyring
from vectal.platform.db import Database
from vectal.platform.http import EgressLedger
from vectal.platform.jobs import Job, JobContext, JobRule
from vectal.platform.rate_limit import RateLimiter

ORIGIN = "https://vectal.example"


async def _nothing(context: JobContext, ids: Any) -> None:
    """Nobody rings in these tests: they send by themselves."""
    del context, ids


@dataclass
class Post:
    """One person, one process that works at her runs and tells her of them."""

    person: Person
    crew: Crew
    accounts: AccountService
    auth: AuthService
    limiter: RateLimiter
    ledger: EgressLedger
    mailbox: Mailbox
    service: NotificationService
    script: list[Sequence[Part]]

    @property
    def me(self) -> Principal:
        return self.person.principal

    def with_mailer(self, mailer: Mailer | None) -> NotificationService:
        """Another process, that sends another way, or not at all."""
        route = None if mailer is None else MailRoute(mailer, ORIGIN, self.ledger)
        return NotificationService.build(
            database=self.crew.database,
            agents=self.crew.agents,
            accounts=self.accounts,
            auth=self.auth,
            limiter=self.limiter,
            jobs=self.crew.jobs,
            route=route,
        )

    async def begin(self, *turns: Sequence[Part], goal: str = "Do it.", **asked: Any) -> Run:
        """Work at a new run until it needs nobody but a person, and tell her."""
        self.script[:] = list(turns) or [[finish()]]
        run = await self.crew.begin(self.me, goal, **asked)
        return await self.work(run)

    async def ask_approval(self, goal: str = "Do it.", **arguments: Any) -> Run:
        """A run that waits for a yes to an `unsafe` call."""
        self.crew.approver.why["unsafe"] = "Words of the reason."
        return await self.begin([call("unsafe", **arguments)], [finish()], goal=goal)

    async def work(self, run: Run) -> Run:
        run = await self.crew.work(self.me, run.id)
        await self.hear(run)
        return run

    async def hear(self, run: Run, service: NotificationService | None = None) -> None:
        await (service or self.service).telling.react(self.me, run.id, run.state)

    async def list(self, *, unread: bool = False) -> list[Notification]:
        page = await self.service.inbox.list_notifications(self.me, unread=unread, limit=50)
        return list(page.items)

    async def told(self) -> list[tuple[str, bool, str | None]]:
        """Kind, whether it needs her still, and its mail; oldest first."""
        shown = [(each.kind, each.settled_at is None, each.mail) for each in await self.list()]
        return shown[::-1]

    async def token(self) -> str:
        """Of the link in the newest mail, which is sent now."""
        await self.service.sending.send_due()
        found = re.search(r"/approve#(\S+)", text_of(self.mailbox.letters[-1]))
        assert found is not None
        return found[1]

    async def execute(self, statement: str, **values: Any) -> None:
        async with self.crew.database.transaction(self.me) as session:
            await session.execute(text(statement), values)

    async def pass_by(self, statement: str, **values: Any) -> None:
        """As the system, which alone may change the outbox."""
        await self.crew.execute(statement, **values)


def text_of(letter: EmailMessage, kind: str = "plain") -> str:
    body = letter.get_body((kind,))  # pyright: ignore[reportArgumentType] - "plain" or "html"
    assert body is not None
    content = body.get_content()
    assert isinstance(content, str)
    return content


@pytest.fixture(scope="module")
async def effects(postgres: TestDatabase) -> AsyncGenerator[None]:
    await make_effects_table(postgres.superuser_url)
    yield
    await drop_effects_table(postgres.superuser_url)


@pytest.fixture
async def mailbox(tmp_path: Path) -> AsyncGenerator[Mailbox]:
    async with open_mailbox(tmp_path) as opened:
        yield opened


@pytest.fixture
async def quiet(db: Database, effects: None) -> AsyncGenerator[None]:
    """What other tests have left is neither sent nor worked at by this one's processes."""
    del effects
    await _end_all(db)
    yield
    await _end_all(db)


async def _end_all(db: Database) -> None:
    async with db.system("test") as session:
        await session.execute(
            text(
                "UPDATE agent_runs SET state = 'cancelled', ended_at = now() WHERE ended_at IS NULL"
            )
        )
        await session.execute(
            text(
                "UPDATE notification_mails SET state = 'dropped', ended_at = now()"
                " WHERE ended_at IS NULL"
            )
        )


@pytest.fixture
async def post(
    db: Database,
    keyring: Keyring,
    make_user: MakeUser,
    accounts: AccountService,
    auth: AuthService,
    limiter: RateLimiter,
    mailbox: Mailbox,
    quiet: None,
) -> AsyncGenerator[Post]:
    del quiet
    script: list[Sequence[Part]] = []

    async def say(request: ThinkRequest) -> Sequence[Part]:
        del request
        return script.pop(0)

    async with open_crew(db, keyring, say) as crew:
        crew.jobs.register(Job(SEND, _nothing, JobRule(queue="mail")))
        ledger, person = EgressLedger(db), await make_user(timezone="Europe/Berlin")
        route = MailRoute(mailbox.mailer(), ORIGIN, ledger)
        service = NotificationService.build(
            database=db,
            agents=crew.agents,
            accounts=accounts,
            auth=auth,
            limiter=limiter,
            jobs=crew.jobs,
            route=route,
        )
        yield Post(person, crew, accounts, auth, limiter, ledger, mailbox, service, script)
