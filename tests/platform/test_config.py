"""Settings: read from the environment, checked, never printed in clear."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from vectal.platform.config import Settings


def test_the_environment_is_read_with_its_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VECTAL_PORT", "9001")
    monkeypatch.setenv("VECTAL_EGRESS_ALLOW", "ollama.lan, 10.0.0.0/8")
    settings = Settings()
    assert settings.port == 9001
    assert settings.egress_allow == ("ollama.lan", "10.0.0.0/8")


def test_secrets_are_masked_when_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VECTAL_DATABASE_URL", "postgresql://u:hunter2@db/x")
    monkeypatch.setenv("VECTAL_MASTER_KEY", "c2VjcmV0")
    shown = Settings().redacted()
    assert "hunter2" not in str(shown)
    assert "c2VjcmV0" not in str(shown)
    assert shown["VECTAL_PORT"] == "8484"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VECTAL_PORT", "70000"),
        ("VECTAL_PORT", "http"),
        ("VECTAL_DATABASE_URL", "mysql://db"),
        ("VECTAL_REDIS_URL", "http://redis"),
        ("VECTAL_SIGNUP", "anyone"),
        ("VECTAL_EGRESS_ALLOW", "127.0.0.1:8000"),
        ("VECTAL_RESEARCH_ALLOW", "https://example.com"),
        ("VECTAL_TRUSTED_PROXIES", "the proxy"),
        ("VECTAL_MODEL_ORIGINS", "chat.example.com"),
        ("VECTAL_MODEL_ORIGINS", "https://chat.example.com/"),
        ("VECTAL_MODEL_ORIGINS", "https://a.example.com,https://*"),
    ],
)
def test_a_wrong_value_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings()


def test_two_master_keys_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VECTAL_MASTER_KEY", "c2VjcmV0")
    monkeypatch.setenv("VECTAL_MASTER_KEY_FILE", "/etc/vectal/key")
    with pytest.raises(ValidationError, match="not both"):
        Settings()


MAIL = {
    "VECTAL_SMTP_HOST": "mail.example",
    "VECTAL_MAIL_FROM": "Vectal <vectal@mail.example>",
    "VECTAL_PUBLIC_URL": "https://vectal.example",
}


def test_a_server_for_mails_may_want_a_name_and_a_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("letters only\n")
    for name, value in MAIL.items():
        monkeypatch.setenv(name, value)
    assert Settings().read_smtp_password() is None
    monkeypatch.setenv("VECTAL_SMTP_USER", "vectal")
    monkeypatch.setenv("VECTAL_SMTP_PASSWORD_FILE", str(tmp_path / "password"))
    assert Settings().read_smtp_password() == "letters only"
    monkeypatch.delenv("VECTAL_SMTP_PASSWORD_FILE")
    monkeypatch.setenv("VECTAL_SMTP_PASSWORD", "another one")
    assert Settings().read_smtp_password() == "another one"
    assert "another one" not in str(Settings().redacted())


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"VECTAL_MAIL_FROM": None}, "needs VECTAL_MAIL_FROM"),
        ({"VECTAL_PUBLIC_URL": None}, "VECTAL_PUBLIC_URL"),
        ({"VECTAL_SMTP_HOST": None}, "need VECTAL_SMTP_HOST"),
        ({"VECTAL_MAIL_FROM": "nobody"}, "must be an address"),
        ({"VECTAL_MAIL_FROM": "a@b.example\nBcc: c@d.example"}, "must be an address"),
        ({"VECTAL_SMTP_USER": "vectal"}, "belong together"),
        ({"VECTAL_SMTP_PASSWORD": "x"}, "belong together"),
        ({"VECTAL_SMTP_TLS": "maybe"}, "starttls"),
        (
            {"VECTAL_SMTP_USER": "v", "VECTAL_SMTP_PASSWORD": "x", "VECTAL_SMTP_TLS": "none"},
            "for everybody to read",
        ),
        (
            {
                "VECTAL_SMTP_USER": "v",
                "VECTAL_SMTP_PASSWORD": "x",
                "VECTAL_SMTP_PASSWORD_FILE": "/etc/x",
            },
            "not both",
        ),
    ],
)
def test_half_a_set_up_of_mails_is_refused(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, str | None], why: str
) -> None:
    for name, value in (MAIL | changed).items():
        if value is not None:
            monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=why):
        Settings()
