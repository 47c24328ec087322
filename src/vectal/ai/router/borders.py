"""Where the words of a workspace may go: its data policy, held against one provider."""

from __future__ import annotations

from collections.abc import Collection

from vectal.ai.catalog.offers import ProviderSpec
from vectal.ai.router.request import DataPolicy

PREFIX = "policy."


def find_breach(provider: ProviderSpec, policy: DataPolicy) -> str | None:
    """The code of the rule that the provider would break; None when it may be asked."""
    if policy.never_leaves and provider.location != "inside":
        return "policy.never_leaves"
    if policy.providers and policy.providers.isdisjoint((provider.kind, str(provider.id))):
        return "policy.provider"
    if policy.regions and not _lies_in(provider, policy.regions):
        return "policy.region"
    return None


def _lies_in(provider: ProviderSpec, regions: Collection[str]) -> bool:
    # What runs in the house is in no foreign region, unless its tag says so.
    if not provider.region:
        return provider.location == "inside"
    return provider.region in regions
