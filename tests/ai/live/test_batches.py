"""The real vendors' batch endpoints: made, found again by its mark, cancelled.

Runs only where VECTAL_LIVE_OPENAI_KEY or VECTAL_LIVE_ANTHROPIC_KEY is set. The jobs are cancelled
at once, so that they cost nothing or a fraction of a cent.
"""

from __future__ import annotations

import json
import os
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from vectal.ai.ports import Credentials, ProviderKind
from vectal.ai.providers import anthropic, openai
from vectal.ai.providers.batches.port import NotYetKnownError, Sought, VendorBatches, VendorLine
from vectal.ai.providers.batches.registry import vendor_batches
from vectal.ai.providers.egress import HttpEgress
from vectal.platform.clock import utc_now
from vectal.platform.db import Database
from vectal.platform.http import EgressLedger, HttpClient
from vectal.platform.http.guard import EgressGuard

PLACES: dict[ProviderKind, tuple[str, str, str]] = {
    "openai": (openai.BASE_URL, "/v1/chat/completions", "gpt-6-luna"),
    "anthropic": (anthropic.BASE_URL, "/v1/messages", "claude-haiku-5-5"),
}


def _key(kind: str) -> str:
    return os.environ.get(f"VECTAL_LIVE_{kind.upper()}_KEY", "")


KINDS = [
    pytest.param(
        kind,
        marks=pytest.mark.skipif(
            not _key(kind), reason=f"VECTAL_LIVE_{kind.upper()}_KEY is not set"
        ),
    )
    for kind in PLACES
]


@pytest.fixture
async def vendors(db: Database) -> AsyncGenerator[dict[ProviderKind, VendorBatches]]:
    client = HttpClient(EgressLedger(db), EgressGuard())
    yield vendor_batches(HttpEgress(client))
    await client.close()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_job_is_made_found_and_cancelled(
    vendors: dict[ProviderKind, VendorBatches], kind: ProviderKind
) -> None:
    base_url, endpoint, model = PLACES[kind]
    vendor, credentials = vendors[kind], Credentials(base_url, _key(kind))
    mark, began = f"v{uuid4().hex}-1-", utc_now()
    limit = {"max_completion_tokens": 16} if kind == "openai" else {"max_tokens": 16}
    body = {"model": model, "messages": [{"role": "user", "content": "Say yes."}], **limit}
    lines = [VendorLine(f"{mark}{number}", json.dumps(body).encode()) for number in (1, 2)]
    made = await vendor.submit(credentials, mark, endpoint, lines)
    try:
        sought = Sought(mark, began - timedelta(minutes=1), len(lines))
        try:
            found = await vendor.find(credentials, sought)
            assert found is not None
            assert found.id == made.id
        except NotYetKnownError:
            assert kind == "anthropic"
        others = replace(sought, mark=f"v{uuid4().hex}-1-", known=frozenset((made.id,)))
        assert await vendor.find(credentials, others) is None
    finally:
        if (await vendor.get(credentials, made.id)).state == "running":
            await vendor.cancel(credentials, made.id)
    assert (await vendor.get(credentials, made.id)).state in {"ending", "ended"}
