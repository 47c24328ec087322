"""Mails that leave: to a real server, once, and with no word in them that a model has said."""

from __future__ import annotations

import asyncio
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.fixtures.accounts import MakeUser
from tests.fixtures.agents import call, finish
from tests.fixtures.smtp import USER, Mailbox, open_mailbox
from tests.notifications.conftest import ORIGIN, Post, text_of

from vectal.agents import control
from vectal.agents.contracts import Run
from vectal.notifications.service import sending
from vectal.notifications.smtp import MailNotSentError, SmtpMailer, SmtpServer
from vectal.platform.http import EgressReader
from vectal.platform.http.sums import EgressFilter
from vectal.platform.ids import new_id

CANARY = "canary-7f3a"


async def _rows(post: Post) -> list[tuple[str, int, str | None]]:
    """State, attempts and code of each mail, oldest first."""
    async with post.crew.database.read(post.me) as session:
        found = await session.execute(
            text("SELECT state, attempts, code FROM notification_mails ORDER BY created_at, id")
        )
        return [(state, attempts, code) for state, attempts, code in found]


async def _make_due(post: Post) -> None:
    """As when the pause, or the lease of one that is gone, is over."""
    await post.pass_by(
        "UPDATE notification_mails SET due_at = now(), lease_expires_at = NULL"
        " WHERE state = 'queued'"
    )


async def test_a_mail_says_what_waits_and_leads_there(post: Post) -> None:
    run = await post.ask_approval("Write to Bea.", text=CANARY)
    assert await post.service.sending.send_due() == 1
    (letter,) = post.mailbox.letters
    assert letter["From"] == "Vectal <vectal@mail.example>"
    assert post.person.user.email in letter["To"]
    assert letter["Subject"] == "A call waits for your approval: Write to Bea."
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@mail.example>")
    plain = text_of(letter)
    assert "the tool unsafe." in plain
    assert f"{ORIGIN}/approve#" in plain
    assert ("CET" in plain) or ("CEST" in plain)
    assert f"{ORIGIN}/settings" in plain
    assert str(run.id) not in letter.as_string()
    assert (post.mailbox.over_tls, post.mailbox.logins) == ([True], [USER])
    assert await _rows(post) == [("sent", 1, None)]
    assert await post.service.sending.send_due() == 0


@pytest.mark.parametrize(
    ("address", "sent_to"),
    [
        ("ada..lovelace@example.com", "ada..lovelace@example.com"),
        ("grüße@example.com", "grüße@example.com"),
        ("ada@exämple.com", "ada@xn--exmple-cua.com"),
    ],
)
async def test_any_address_that_an_account_may_have_is_written_to(
    post: Post, make_user: MakeUser, address: str, sent_to: str
) -> None:
    local, _, domain = address.partition("@")
    unique = f"{new_id().hex}{local}"
    post.person = await make_user(email=f"{unique}@{domain}")
    await post.ask_approval()
    await post.service.sending.send_due()
    assert await _rows(post) == [("sent", 1, None)]
    assert post.mailbox.recipients == [sent_to.replace(local, unique)]


async def test_no_word_of_a_model_is_in_a_mail(post: Post) -> None:
    """Neither of arguments, nor of a question, a report, or a goal that a run gave another."""
    await post.ask_approval(text=CANARY)
    await post.begin([call(control.ASK_USER, question=f"{CANARY}?")], [finish()])
    await post.begin([finish(CANARY)], task_id=new_id())
    agents_own = await post.begin([call("unsafe", text=CANARY)], [finish()], goal=CANARY)
    await post.execute(
        "UPDATE agent_runs SET parent_run_id = :parent WHERE id = :id",
        parent=(await post.begin()).id,
        id=agents_own.id,
    )
    assert await post.service.sending.send_due() == 4
    assert all(CANARY not in letter.as_string() for letter in post.mailbox.letters)
    assert all(CANARY not in text_of(letter, "html") for letter in post.mailbox.letters)
    assert len(post.mailbox.letters) == 4


async def test_a_goal_adds_no_header_and_no_markup(post: Post) -> None:
    goal = "Hi\r\nBcc: mallory@example.com\r\n\r\n<b>bold</b>\x00\u202e" + "x" * 200
    await post.ask_approval(goal.replace("\x00", ""))
    await post.service.sending.send_due()
    (letter,) = post.mailbox.letters
    assert letter["Bcc"] is None
    assert "mallory" in letter["Subject"]
    assert "\u202e" not in letter["Subject"]
    assert "<b>" not in text_of(letter, "html")
    assert "&lt;b&gt;bold" in text_of(letter, "html")


async def test_other_mails_lead_to_the_run(post: Post) -> None:
    run = await post.begin([call(control.ASK_USER, question="Which?")], [finish()])
    await post.service.sending.send_due()
    assert f"{ORIGIN}/runs/{run.id}" in text_of(post.mailbox.letters[0])
    assert "/approve" not in text_of(post.mailbox.letters[0])


async def test_the_ledger_says_that_a_mail_left_and_not_to_whom(post: Post) -> None:
    await post.ask_approval()
    await post.service.sending.send_due()
    await post.ledger.flush()
    reader = EgressReader(post.crew.database)
    (entry,) = (await reader.list_entries(post.me, EgressFilter(), cursor=None, limit=10)).items
    told = (entry.purpose, entry.host, entry.policy, entry.outcome, entry.user_id)
    assert told == ("mail", "example.com", "operator", "ok", post.me.user_id)
    assert entry.bytes_out > 500


async def test_a_wrong_password_waits_for_the_operator(post: Post) -> None:
    await post.ask_approval()
    wrong = post.with_mailer(post.mailbox.mailer("something else"))
    assert await wrong.sending.send_due() == 1
    assert await wrong.sending.send_due() == 0
    assert await _rows(post) == [("queued", 1, "SMTPAuthenticationError: 535")]
    await _make_due(post)
    await post.service.sending.send_due()
    assert await _rows(post) == [("sent", 2, None)]
    assert len(post.mailbox.letters) == 1


async def test_a_busy_server_is_asked_again_until_the_tries_are_used_up(post: Post) -> None:
    post.mailbox.refusals[:] = ["451 Later"] * sending.ATTEMPTS
    await post.ask_approval()
    for _ in range(sending.ATTEMPTS + 2):
        await post.service.sending.send_due()
        await _make_due(post)
    assert await _rows(post) == [("dead", sending.ATTEMPTS, "SMTPDataError: 451")]
    assert await post.told() == [("approval", True, "dead")]
    settings = await post.service.inbox.get_mail_settings(post.me)
    assert settings.health.dead == 1


async def test_an_address_that_is_refused_for_good_is_not_tried_again(post: Post) -> None:
    post.mailbox.unwanted[post.person.user.email] = "550 Nobody of that name"
    await post.ask_approval()
    await post.service.sending.send_due()
    assert await _rows(post) == [("dead", 1, "recipient refused: [550]")]


async def test_a_full_box_is_tried_again(post: Post) -> None:
    post.mailbox.unwanted[post.person.user.email] = "452 Full"
    await post.ask_approval()
    await post.service.sending.send_due()
    assert await _rows(post) == [("queued", 1, "recipient refused: [452]")]


async def test_nobody_there_puts_it_off(post: Post, unused_tcp_port: int) -> None:
    server = SmtpServer("127.0.0.1", unused_tcp_port, "none")
    away = post.with_mailer(SmtpMailer(server, "vectal@mail.example"))
    await post.ask_approval()
    await away.sending.send_due()
    assert await _rows(post) == [("queued", 1, "SMTPConnectError")]


async def test_without_starttls_nothing_is_said(tmp_path: Path, post: Post) -> None:
    async with open_mailbox(tmp_path, starttls=False) as plain:
        await post.ask_approval()
        await post.with_mailer(plain.mailer()).sending.send_due()
        assert (plain.letters, plain.logins) == ([], [])
    ((state, _, code),) = await _rows(post)
    assert (state, code is not None) == ("queued", True)


async def test_a_strangers_certificate_is_not_trusted(tmp_path: Path, mailbox: Mailbox) -> None:
    (tmp_path / "other").mkdir()
    async with open_mailbox(tmp_path / "other") as other:
        server = SmtpServer("127.0.0.1", mailbox.port, "starttls", ca_file=other.certificate)
        with pytest.raises(MailNotSentError):
            await SmtpMailer(server, "vectal@mail.example").send(_letter())
    assert mailbox.letters == []


def _letter() -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"] = "vectal@mail.example", "ada@example.com"
    letter.set_content("Hello.")
    return letter


class _Dying:
    """Hands the mail over, and is gone before anybody can note it."""

    def __init__(self, mailer: SmtpMailer) -> None:
        self._mailer = mailer
        self.sender = mailer.sender

    async def send(self, message: EmailMessage) -> None:
        await self._mailer.send(message)
        raise asyncio.CancelledError


async def test_a_mail_that_is_sent_twice_after_a_crash_is_the_same_mail(post: Post) -> None:
    await post.ask_approval()
    dying = post.with_mailer(_Dying(post.mailbox.mailer()))
    with pytest.raises(asyncio.CancelledError):
        await dying.sending.send_due()
    assert await post.service.sending.send_due() == 0
    await _make_due(post)
    assert await post.service.sending.send_due() == 1
    first, second = post.mailbox.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert text_of(first) == text_of(second)
    assert await _rows(post) == [("sent", 2, None)]


async def test_a_mail_that_ends_its_senders_is_given_up(post: Post) -> None:
    await post.ask_approval()
    await post.pass_by(
        "UPDATE notification_mails SET attempts = :tries WHERE state = 'queued'",
        tries=sending.ATTEMPTS,
    )
    await post.service.sending.send_due()
    ((state, _, _),) = await _rows(post)
    assert (state, post.mailbox.letters) == ("dead", [])


async def test_two_workers_send_each_mail_once(post: Post) -> None:
    for _ in range(6):
        await post.ask_approval()
    other = post.with_mailer(post.mailbox.mailer())
    counts = await asyncio.gather(post.service.sending.send_due(), other.sending.send_due())
    assert sum(counts) == 6
    assert len({letter["Message-ID"] for letter in post.mailbox.letters}) == 6
    assert len(post.mailbox.letters) == 6


async def _decide(post: Post, run: Run) -> None:
    waiting = await post.crew.agents.runs.find_waiting(post.me, run.id)
    assert waiting is not None
    (asked,) = waiting.approvals
    await post.crew.agents.moves.decide(
        post.me, run.id, asked.id, sha256=asked.sha256, approved=True
    )


async def test_what_is_decided_meanwhile_is_not_mailed(post: Post) -> None:
    await _decide(post, await post.ask_approval())
    await post.service.sending.send_due()
    ((state, _, _),) = await _rows(post)
    assert (state, post.mailbox.letters) == ("dropped", [])


async def test_who_is_shut_out_gets_no_mail(post: Post) -> None:
    await post.ask_approval()
    await post.accounts.people.set_disabled(post.person.user.email, disabled=True)
    await post.service.sending.send_due()
    ((state, _, _),) = await _rows(post)
    assert (state, post.mailbox.letters) == ("dropped", [])


async def test_a_bell_is_rung_for_what_is_due(post: Post) -> None:
    assert await post.service.sending.deliver() is False
    await post.ask_approval()
    assert await post.service.sending.deliver() is True
    await post.service.sending.send_due()
    assert await post.service.sending.deliver() is False
