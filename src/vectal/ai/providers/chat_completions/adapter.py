"""The adapter of everyone who speaks chat completions."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from vectal.ai.ports import (
    CallLimits,
    Credentials,
    Egress,
    EgressRequest,
    ListedModel,
    ModelEvent,
    ModelRequest,
    ProviderFault,
    ProviderKind,
)
from vectal.ai.providers.chat_completions.dialect import Dialect
from vectal.ai.providers.chat_completions.names import renamed, short_names
from vectal.ai.providers.chat_completions.request import request_body
from vectal.ai.providers.chat_completions.stream import ChatCompletionsDecoder
from vectal.ai.providers.driver import failing, fetch_json, stream_events, written
from vectal.ai.providers.untrusted import (
    MAX_LISTED,
    as_date,
    as_limit,
    as_list,
    as_model_name,
    as_object,
)

_TAKES_MARKS: Final = ("openrouter.ai",)
"""Hosts that are known to take marks for the cache; a strict server may refuse them."""


class ChatCompletionsAdapter:
    """One dialect over one way out."""

    def __init__(self, dialect: Dialect, egress: Egress) -> None:
        self._dialect = dialect
        self._egress = egress

    @property
    def kind(self) -> ProviderKind:
        return self._dialect.kind

    def stream(
        self, credentials: Credentials, request: ModelRequest, limits: CallLimits
    ) -> AsyncGenerator[ModelEvent]:
        names = short_names(request, self._dialect.longest_name)
        try:
            asked = renamed(request, names)
            body = written(request_body(asked, _spoken(self._dialect, credentials)))
        except ProviderFault as fault:
            return failing(fault)
        call = EgressRequest(
            "POST",
            f"{credentials.base_url.rstrip('/')}/chat/completions",
            {
                **_authorization(credentials),
                "content-type": "application/json",
                "accept": "text/event-stream",
            },
            body,
            limits.deadline_s,
            credentials.key,
            credentials.scope,
        )
        known = {short: name for name, short in names.items()}
        decoder = ChatCompletionsDecoder(self._dialect, credentials.key, names=known)
        return stream_events(self._egress, call, decoder, limits)

    async def list_models(
        self, credentials: Credentials, limits: CallLimits
    ) -> tuple[ListedModel, ...]:
        call = EgressRequest(
            "GET",
            f"{credentials.base_url.rstrip('/')}/models",
            {**_authorization(credentials), "accept": "application/json"},
            deadline_s=limits.deadline_s,
            secret=credentials.key,
            scope=credentials.scope,
        )
        return _listed(await fetch_json(self._egress, call, limits))


def _spoken(dialect: Dialect, credentials: Credentials) -> Dialect:
    """The dialect as this address speaks it."""
    if urlsplit(credentials.base_url).hostname in _TAKES_MARKS:
        return replace(dialect, cache_marks=True)
    return dialect


def _authorization(credentials: Credentials) -> dict[str, str]:
    return {"authorization": f"Bearer {credentials.key}"} if credentials.key else {}


def _listed(body: dict[str, Any]) -> tuple[ListedModel, ...]:
    rows = as_list(body.get("data"))
    if rows is None:
        raise ProviderFault("garbage", "The provider's list of models has another shape.")
    models = (_model(as_object(row)) for row in rows[:MAX_LISTED])
    return tuple(model for model in models if model is not None)


def _model(fields: dict[str, Any]) -> ListedModel | None:
    name = as_model_name(fields.get("id"))
    if name is None:
        return None
    # Not in OpenAI's own answer, but vLLM and gateways tell the window in one of these.
    window = (
        as_limit(fields.get("max_model_len"))
        or as_limit(fields.get("context_length"))
        or as_limit(fields.get("context_window"))
    )
    return ListedModel(name, name, window, retires_on=as_date(fields.get("shutdown_date")))
