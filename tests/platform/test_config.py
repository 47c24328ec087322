"""Settings: read from the environment, checked, never printed in clear."""

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
