"""Mappings of providers, preferences and the usage ledger."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from vectal.platform.db.tables import Base, TenantTable

_KIND = "kind IN ('openai', 'anthropic', 'deepseek', 'openai_compatible', 'simulator')"
_SLOT = "slot IN ('pro', 'reasoning', 'large-context', 'experimental', 'fast')"
_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "duration_ms",
    "attempts",
)


class ProviderRow(TenantTable, Base):
    """A provider of a workspace; its key is sealed under the workspace's data key."""

    __tablename__ = "ai_providers"
    __table_args__ = (
        CheckConstraint(_KIND, name="kind"),
        CheckConstraint("length(name) BETWEEN 1 AND 80", name="name"),
        CheckConstraint("length(base_url) <= 500", name="base_url"),
        CheckConstraint("octet_length(sealed_key) <= 4096", name="sealed_key"),
        CheckConstraint("length(key_hint) <= 16", name="key_hint"),
        CheckConstraint("octet_length(models::text) <= 524288", name="models"),
        CheckConstraint("octet_length(test_result::text) <= 4096", name="test_result"),
        CheckConstraint("weight BETWEEN 1 AND 1000", name="weight"),
        CheckConstraint("priority BETWEEN 0 AND 1000", name="priority"),
        CheckConstraint("length(region) <= 40", name="region"),
        CheckConstraint("location IN ('inside', 'outside')", name="location"),
        CheckConstraint("batches IN ('vendor', 'queue')", name="batches"),
        CheckConstraint("responses IN ('vendor', 'chat')", name="responses"),
        Index(
            "uq_ai_providers_workspace_id_name", "workspace_id", text("lower(name)"), unique=True
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str]
    name: Mapped[str]
    base_url: Mapped[str]
    sealed_key: Mapped[bytes | None]
    key_hint: Mapped[str] = mapped_column(server_default="")
    enabled: Mapped[bool] = mapped_column(server_default="true")
    models: Mapped[list[Any]] = mapped_column(server_default="[]")
    tested_at: Mapped[datetime | None]
    test_result: Mapped[dict[str, Any] | None]
    weight: Mapped[int] = mapped_column(server_default="100")
    priority: Mapped[int] = mapped_column(server_default="100")
    region: Mapped[str] = mapped_column(server_default="")
    location: Mapped[str] = mapped_column(server_default="outside")
    batches: Mapped[str] = mapped_column(server_default="vendor")
    responses: Mapped[str] = mapped_column(server_default="chat")
    hand_picked: Mapped[bool] = mapped_column(server_default="false")
    version: Mapped[int] = mapped_column(server_default="1")
    created_by: Mapped[UUID]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class PreferencesRow(Base):
    """How a workspace likes its models chosen; one row, or none for the defaults."""

    __tablename__ = "ai_preferences"
    __table_args__ = (
        CheckConstraint("taste IN ('cheap', 'balanced', 'best')", name="taste"),
        CheckConstraint("cardinality(providers) <= 10", name="providers"),
        CheckConstraint("cardinality(blocked_models) <= 200", name="blocked_models"),
        CheckConstraint("cardinality(slots) <= 10", name="slots"),
        CheckConstraint("cardinality(allowed_providers) <= 30", name="allowed_providers"),
        CheckConstraint("cardinality(allowed_regions) <= 20", name="allowed_regions"),
        CheckConstraint("octet_length(aliases::text) <= 262144", name="aliases"),
        CheckConstraint("octet_length(fallbacks::text) <= 1048576", name="fallbacks"),
        CheckConstraint("octet_length(response_cache::text) <= 1024", name="response_cache"),
        CheckConstraint("hedge_after_ms BETWEEN 50 AND 60000", name="hedge_after_ms"),
        CheckConstraint("octet_length(guardrails::text) <= 262144", name="guardrails"),
        CheckConstraint(
            "octet_length(sealed_webhook_secret) <= 4096", name="sealed_webhook_secret"
        ),
        CheckConstraint(
            "(webhook_secret_at IS NULL) = (sealed_webhook_secret IS NULL)",
            name="webhook_secret_at",
        ),
        CheckConstraint(
            "octet_length(sealed_old_webhook_secret) <= 4096", name="sealed_old_webhook_secret"
        ),
        CheckConstraint(
            "(old_webhook_secret_until IS NULL) = (sealed_old_webhook_secret IS NULL)",
            name="old_webhook_secret_until",
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    taste: Mapped[str] = mapped_column(server_default="balanced")
    providers: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    blocked_models: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    slots: Mapped[list[str] | None] = mapped_column(ARRAY(Text()))
    never_leaves: Mapped[bool] = mapped_column(server_default="false")
    allowed_providers: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    allowed_regions: Mapped[list[str]] = mapped_column(ARRAY(Text()), server_default="{}")
    aliases: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    fallbacks: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    response_cache: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    hedge_after_ms: Mapped[int | None]
    guardrails: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    sealed_webhook_secret: Mapped[bytes | None]
    webhook_secret_at: Mapped[datetime | None]
    sealed_old_webhook_secret: Mapped[bytes | None]
    old_webhook_secret_until: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class UsageRow(TenantTable, Base):
    """One call to a model, as far as it came. Counts and names, never content."""

    __tablename__ = "ai_usage"
    __table_args__ = (
        CheckConstraint("length(purpose) BETWEEN 1 AND 40", name="purpose"),
        CheckConstraint("length(request_id) <= 64", name="request_id"),
        CheckConstraint("length(provider) BETWEEN 1 AND 80", name="provider"),
        CheckConstraint("length(model) BETWEEN 1 AND 200", name="model"),
        CheckConstraint(_SLOT, name="slot"),
        CheckConstraint("octet_length(route_reason::text) <= 4096", name="route_reason"),
        CheckConstraint("status IN ('ok', 'failed', 'cancelled')", name="status"),
        CheckConstraint("length(error_code) <= 100", name="error_code"),
        CheckConstraint(" AND ".join(f"{name} >= 0" for name in _COUNTS), name="counts"),
        CheckConstraint("cost_usd >= 0", name="cost_usd"),
        Index("ix_ai_usage_workspace_id_at", "workspace_id", "at"),
        Index("ix_ai_usage_workspace_id_user_id_at", "workspace_id", "user_id", "at"),
        Index(
            "ix_ai_usage_workspace_id_lost_at",
            "workspace_id",
            "at",
            postgresql_where=text("error_code = 'ai.server_lost'"),
        ),
        Index(
            "ix_ai_usage_workspace_id_api_key_id_at",
            "workspace_id",
            "api_key_id",
            "at",
            postgresql_where=text("api_key_id IS NOT NULL"),
        ),
        Index(
            "ix_ai_usage_workspace_id_turn_id",
            "workspace_id",
            "turn_id",
            postgresql_where=text("turn_id IS NOT NULL"),
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(
        ForeignKey("workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[UUID]
    purpose: Mapped[str]
    conversation_id: Mapped[UUID | None]
    turn_id: Mapped[UUID | None]
    api_key_id: Mapped[UUID | None]
    project_id: Mapped[UUID | None]
    run_id: Mapped[UUID | None]
    request_id: Mapped[str | None]
    provider: Mapped[str]
    model: Mapped[str]
    slot: Mapped[str | None]
    route_reason: Mapped[dict[str, Any]]
    input_tokens: Mapped[int] = mapped_column(server_default="0")
    output_tokens: Mapped[int] = mapped_column(server_default="0")
    cache_read_tokens: Mapped[int] = mapped_column(server_default="0")
    cache_write_tokens: Mapped[int] = mapped_column(server_default="0")
    reasoning_tokens: Mapped[int] = mapped_column(server_default="0")
    duration_ms: Mapped[int] = mapped_column(server_default="0")
    attempts: Mapped[int] = mapped_column(server_default="0")
    first_token_ms: Mapped[int | None]
    cost_usd: Mapped[Decimal | None] = mapped_column(Numeric(18, 8))
    estimated: Mapped[bool] = mapped_column(server_default="false")
    simulated: Mapped[bool] = mapped_column(server_default="false")
    status: Mapped[str]
    error_code: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(server_default=func.now())
