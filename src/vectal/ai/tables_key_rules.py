"""Mapping of the rules of API keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base

_KINDS = (
    "providers <@ ARRAY['openai', 'anthropic', 'deepseek', 'openai_compatible', 'simulator']"
    "::text[]"
)


class KeyRulesRow(Base):
    """What one API key may ask of models; no row, no rules. Empty lists allow all."""

    __tablename__ = "ai_key_rules"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "api_key_id"],
            ["api_keys.workspace_id", "api_keys.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("cardinality(models) <= 100", name="models"),
        CheckConstraint(_KINDS, name="providers"),
        CheckConstraint("requests_per_minute > 0", name="requests_per_minute"),
        CheckConstraint("tokens_per_minute > 0", name="tokens_per_minute"),
        CheckConstraint("max_output_tokens > 0", name="max_output_tokens"),
        CheckConstraint("length(note) <= 500", name="note"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    api_key_id: Mapped[UUID] = mapped_column(primary_key=True)
    models: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    providers: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    requests_per_minute: Mapped[int | None]
    tokens_per_minute: Mapped[int | None]
    max_output_tokens: Mapped[int | None]
    note: Mapped[str] = mapped_column(server_default="")
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
