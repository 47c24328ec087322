"""Wire shapes of triggers and of what comes in at a hook."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field

from vectal.agents.schedules.contracts import Trigger, TriggerFilter, TriggerKind, TriggerTerms
from vectal.agents.schedules.schemas import (
    FiringShape,
    PlannedRunShape,
    RunPlanShape,
    Scopes,
    StarterName,
)
from vectal.auth.principal import Scope
from vectal.platform.web import Schema
from vectal.platform.web.schema import Flag, Text

Sender = Annotated[
    str,
    Field(
        max_length=320,
        pattern=r"^[^\s@<>,;\"\x00]{0,64}@[A-Za-z0-9.-]{1,253}$",
        examples=["ada@example.com", "@example.com"],
    ),
]
PerHour = Annotated[
    int, Field(strict=True, ge=1, le=60, description="Runs that it may begin in an hour")
]


class TriggerFilterShape(Schema):
    """Each that is given must hold; project and label of tasks, `senders` of mails."""

    project_id: UUID | None = None
    label: Annotated[Text, Field(min_length=1, max_length=50)] | None = None
    name_contains: Annotated[Text, Field(min_length=1, max_length=200)] | None = None
    senders: Annotated[
        list[Sender],
        Field(max_length=50, description="Addresses, or whole domains such as `@example.com`"),
    ] = Field(default_factory=list[str])

    def filter(self) -> TriggerFilter:
        return TriggerFilter(self.project_id, self.label, self.name_contains, tuple(self.senders))

    @classmethod
    def of(cls, narrowed: TriggerFilter) -> Self:
        return cls(
            project_id=narrowed.project_id,
            label=narrowed.label,
            name_contains=narrowed.name_contains,
            senders=list(narrowed.senders),
        )


class NewTriggerShape(Schema):
    name: StarterName
    kind: TriggerKind
    run: RunPlanShape
    filter: TriggerFilterShape = TriggerFilterShape()
    per_hour: PerHour = 10
    enabled: Flag = True
    scopes: Scopes = None

    def terms(self) -> TriggerTerms:
        return TriggerTerms(
            name=self.name,
            kind=self.kind,
            plan=self.run.plan(),
            filter=self.filter.filter(),
            per_hour=self.per_hour,
            enabled=self.enabled,
            scopes=None if self.scopes is None else tuple(self.scopes),
        )


class TriggerPatchShape(Schema):
    """What is left out stays. From then on it has your rights, as far as it had them."""

    name: Annotated[StarterName, Field(default_factory=str)]
    run: RunPlanShape | None = None
    filter: TriggerFilterShape | None = None
    per_hour: Annotated[PerHour, Field(default_factory=int)]
    enabled: Annotated[Flag, Field(default_factory=bool)]
    scopes: Scopes = None

    def change(self, had: TriggerTerms) -> TriggerTerms:
        given: dict[str, Any] = {
            name: getattr(self, name)
            for name in self.model_fields_set
            if name not in ("run", "filter", "scopes")
        }
        if self.run is not None:
            given["plan"] = self.run.plan()
        if self.filter is not None:
            given["filter"] = self.filter.filter()
        if "scopes" in self.model_fields_set:
            given["scopes"] = None if self.scopes is None else tuple(self.scopes)
        return replace(had, **given)


class TriggerShape(Schema):
    id: UUID
    name: str
    kind: TriggerKind
    run: PlannedRunShape
    filter: TriggerFilterShape
    per_hour: int
    enabled: Flag
    off_code: Annotated[
        str | None, Field(description="Why it was switched off by itself: `auth.revoked`")
    ]
    scopes: list[Scope]
    path: Annotated[
        str | None, Field(description="Of webhooks and mail: where deliveries are posted")
    ]
    old_secret_until: Annotated[
        datetime | None, Field(description="Until then the secret before this one holds, too")
    ]
    refused_at: Annotated[datetime | None, Field(description="When it last began nothing")]
    refused_code: str | None
    last: FiringShape | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, trigger: Trigger) -> Self:
        terms = trigger.terms
        return cls(
            id=trigger.id,
            name=terms.name,
            kind=terms.kind,
            run=PlannedRunShape.of(terms.plan),
            filter=TriggerFilterShape.of(terms.filter),
            per_hour=terms.per_hour,
            enabled=terms.enabled,
            off_code=trigger.off_code,
            scopes=list(terms.scopes or ()),
            path=_path(trigger),
            old_secret_until=trigger.old_secret_until,
            refused_at=trigger.refused_at,
            refused_code=trigger.refused_code,
            last=None if trigger.last is None else FiringShape.of(trigger.last),
            created_at=trigger.created_at,
            updated_at=trigger.updated_at,
        )


class IssuedTriggerShape(Schema):
    trigger: TriggerShape
    secret: Annotated[
        str | None, Field(description="Shown this once; null where nobody calls the trigger")
    ]


class SecretRotationShape(Schema):
    """For how many hours the secret before this one holds, too."""

    overlap_hours: Annotated[int, Field(strict=True, ge=0, le=168)] = 24


class HookRunShape(Schema):
    """The run that the delivery has begun."""

    run_id: UUID


def _path(trigger: Trigger) -> str | None:
    match trigger.terms.kind:
        case "webhook":
            return f"/api/v1/hooks/{trigger.id}"
        case "email":
            return f"/api/v1/hooks/{trigger.id}/mail"
        case _:
            return None
