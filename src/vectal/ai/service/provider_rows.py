"""A provider as it is drafted, changed, stored and shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from vectal.ai.catalog.offers import (
    USUAL_PRIORITY,
    USUAL_WEIGHT,
    BatchRoute,
    Location,
    ResponsesRoute,
)
from vectal.ai.ports import ListedModel, ProviderKind
from vectal.ai.service.reach import listed_models, spec_of
from vectal.ai.tables import ProviderRow

MAX_MODELS: Final = 500
_HINT_CHARS: Final = 4
_SHORT_KEY: Final = 12


@dataclass(frozen=True, slots=True)
class ProviderDraft:
    """What somebody entered. `key` and `base_url` None mean: none, or the vendor's own."""

    kind: ProviderKind
    name: str
    base_url: str | None = None
    key: str | None = field(default=None, repr=False)
    enabled: bool = True
    models: tuple[ListedModel, ...] = ()
    weight: int = USUAL_WEIGHT
    priority: int = USUAL_PRIORITY
    region: str = ""
    batches: BatchRoute = "vendor"
    responses: ResponsesRoute | None = None
    """None: as the vendor itself takes them."""


@dataclass(frozen=True, slots=True)
class ProviderChange:
    """Fields to change; None leaves as is."""

    name: str | None = None
    base_url: str | None = None
    key: str | None = field(default=None, repr=False)
    enabled: bool | None = None
    models: tuple[ListedModel, ...] | None = None
    weight: int | None = None
    priority: int | None = None
    region: str | None = None
    batches: BatchRoute | None = None
    responses: ResponsesRoute | None = None


@dataclass(frozen=True, slots=True)
class TestResult:
    """What a provider said when it was asked for its models."""

    __test__ = False  # no test of pytest's

    ok: bool
    latency_ms: int
    detail: str
    models: tuple[ListedModel, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider as it may be shown: of the key only a hint."""

    id: UUID
    kind: ProviderKind
    name: str
    base_url: str
    key_hint: str
    enabled: bool
    models: tuple[ListedModel, ...]
    weight: int
    priority: int
    region: str
    location: Location
    batches: BatchRoute
    responses: ResponsesRoute
    tested_at: datetime | None
    test_result: Mapping[str, Any] | None
    version: int
    created_at: datetime
    updated_at: datetime


def shown(row: ProviderRow) -> Provider:
    spec = spec_of(row)
    return Provider(
        id=row.id,
        kind=spec.kind,
        name=spec.name,
        base_url=spec.base_url,
        key_hint=row.key_hint,
        enabled=row.enabled,
        models=spec.models,
        weight=spec.weight,
        priority=spec.priority,
        region=spec.region,
        location=spec.location,
        batches=spec.batches,
        responses=spec.responses,
        tested_at=row.tested_at,
        test_result=row.test_result,
        version=row.version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def key_hint(key: str | None) -> str:
    """The last characters, so that people can tell their keys apart; nothing of a short one."""
    if not key:
        return ""
    return f"…{key[-_HINT_CHARS:]}" if len(key) >= _SHORT_KEY else "…"


def stored_models(models: Sequence[ListedModel]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in asdict(model).items() if value is not None}
        for model in models[:MAX_MODELS]
    ]


def plain_changes(row: ProviderRow, change: ProviderChange) -> dict[str, Any]:
    """The columns that change for themselves, without a look at anything else."""
    values: dict[str, Any] = {}
    if change.models is not None:
        values = {"models": stored_models(change.models), "hand_picked": bool(change.models)}
    for name in ("enabled", "weight", "priority", "region", "batches", "responses"):
        wanted = getattr(change, name)
        if wanted is not None and wanted != getattr(row, name):
            values[name] = wanted
    return values


def corrected(row: ProviderRow, told: Sequence[ListedModel]) -> list[dict[str, Any]]:
    """The models to store after a provider has listed its own.

    What somebody has picked by hand stays picked, and what they said of a model stands.
    """
    if not row.hand_picked:
        return stored_models(told)
    listed = {model.name: asdict(model) for model in told}
    picked = stored_models(tuple(listed_models(row.models)))
    merged = [ListedModel(**{**listed.get(fields["name"], {}), **fields}) for fields in picked]
    return stored_models(merged)


def test_json(result: TestResult) -> dict[str, Any]:
    return {
        "ok": result.ok,
        "latency_ms": result.latency_ms,
        "detail": result.detail,
        "models": len(result.models),
    }
