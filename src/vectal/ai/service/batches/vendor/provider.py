"""The provider of a job, as the workspace has it now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from vectal.ai.contracts import RouteReason
from vectal.ai.ports import ProviderFault
from vectal.ai.proxy.record import Target
from vectal.ai.service.batches.vendor.calls import LineCalls
from vectal.ai.service.reach import Reach
from vectal.ai.tables_batches import BatchJobRow

REASON: Final = RouteReason(
    ("batch.vendor",),
    "All lines of the batch lead to one provider, whose own batch endpoint is cheaper.",
)


@dataclass(frozen=True, slots=True)
class JobTarget:
    """Where a job is, and the rules of the workspace for what comes back."""

    target: Target
    reach: Reach


async def find_target(calls: LineCalls, job: BatchJobRow) -> JobTarget:
    """Raises ProviderFault while the provider is switched off or gone, or its key unreadable."""
    reach = await calls.models.reach(calls.principal)
    offers = reach.catalog.embeddings if calls.is_embedding else reach.catalog.offers
    ours = [offer for offer in offers if offer.provider.id == job.provider_id]
    offer = next((each for each in ours if each.model.name == job.model), None)
    if offer is None and ours:
        # The vendor has ended the model meanwhile; what it answered by then has its price.
        model = replace(ours[0].model, name=job.model, price=None)
        offer = replace(ours[0], model=model)
    credentials = None if offer is None else reach.credentials(offer)
    if offer is None or credentials is None or offer.provider.kind != job.kind:
        raise ProviderFault("unavailable", "The provider of the batch can't be reached.")
    scoped = replace(credentials, scope=calls.principal_scope)
    return JobTarget(Target(offer, scoped, "off", None, REASON), reach)
