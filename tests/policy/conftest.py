"""The world of the matrix: one workspace, and one person for each kind of caller."""

import pytest
from tests.fixtures.accounts import MakeUser, Person, people_of
from tests.policy.matrix import ROLES, Caller, World

from vectal.entrypoints.services import Services


async def _make(make: MakeUser, owner: Person, caller: Caller) -> Person:
    if caller is Caller.OWNER:
        return owner
    if caller in (Caller.INTRUDER, Caller.OUTSIDER, Caller.ANONYMOUS):
        return await make()
    role = ROLES.get(caller, owner.role)
    admin = caller is Caller.ADMINISTRATOR
    return await make(workspace_id=owner.workspace_id, role=role, admin=admin)


@pytest.fixture(scope="session")
async def world(house_services: Services) -> World:
    services = house_services
    make = people_of(services.database, services.accounts, services.auth)
    owner = await make()
    people = {caller: await _make(make, owner, caller) for caller in Caller}
    return World(services, owner.workspace_id, people)
