"""How an operator names the server for mails, and what is said of half a set-up."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fixtures.command_line import Vectal

from vectal.entrypoints.notifications import make_mailer
from vectal.platform.config import Settings

SETTINGS = {
    "VECTAL_SMTP_HOST": "mail.example",
    "VECTAL_MAIL_FROM": "Vectal <vectal@mail.example>",
    "VECTAL_PUBLIC_URL": "https://vectal.example",
    "VECTAL_SMTP_USER": "vectal",
}


def test_without_a_server_there_is_no_way_out() -> None:
    assert make_mailer(Settings()) is None


@pytest.mark.parametrize("name", ["VECTAL_SMTP_PASSWORD_FILE", "VECTAL_SMTP_CA_FILE"])
async def test_the_check_reads_the_files_that_mails_need(
    vectal: Vectal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    password = tmp_path / "password"
    password.write_text("letters only\n")
    named = {**SETTINGS, "VECTAL_SMTP_PASSWORD_FILE": str(password)}
    for setting, value in named.items():
        monkeypatch.setenv(setting, value)
    status, said, _ = await vectal("config", "check")
    assert status == 0
    assert "letters only" not in said
    monkeypatch.setenv(name, str(tmp_path / "missing"))
    status, _, complaint = await vectal("config", "check")
    assert status != 0
    assert "Mails can't be set up" in complaint


async def test_the_check_refuses_half_a_set_up(
    vectal: Vectal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VECTAL_SMTP_HOST", "mail.example")
    status, _, complaint = await vectal("config", "check")
    assert status != 0
    assert "VECTAL_MAIL_FROM" in complaint
