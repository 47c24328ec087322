"""The table of actions: roles and scopes only ever add up."""

import itertools
from uuid import UUID

import pytest

from vectal.auth.policy import ACTIONS, can, grantable_scopes
from vectal.auth.principal import ALL_SCOPES, Principal, Role, Scope, expand_scopes

ORDER = (Role.VIEWER, Role.MEMBER, Role.ADMIN, Role.OWNER)


def _principal(
    role: Role, scopes: frozenset[Scope] = ALL_SCOPES, *, is_admin: bool = False
) -> Principal:
    return Principal(UUID(int=1), UUID(int=2), role, scopes, is_admin)


def _allowed(principal: Principal) -> set[str]:
    return {name for name in ACTIONS if can(principal, name)}


@pytest.mark.parametrize(("lower", "higher"), list(itertools.pairwise(ORDER)))
def test_each_role_includes_those_below(lower: Role, higher: Role) -> None:
    assert _allowed(_principal(lower)) <= _allowed(_principal(higher))
    assert higher.includes(lower)
    assert not lower.includes(higher)


def test_no_scope_allows_nothing_and_all_scopes_everything() -> None:
    assert _allowed(_principal(Role.OWNER, frozenset(), is_admin=True)) == set()
    assert _allowed(_principal(Role.OWNER, is_admin=True)) == set(ACTIONS)


def test_a_viewer_changes_nothing_of_the_workspace() -> None:
    changing = {"create", "update", "delete", "accept", "reject", "undo", "stop"}
    own = {
        "account.update",
        "api_keys.create",
        "api_keys.update",
        "notification_preferences.update",
        "notifications.update",
        "workspaces.create",
    }
    for name in _allowed(_principal(Role.VIEWER)) - own:
        assert name.rpartition(".")[2] not in changing, name


def test_the_installation_is_for_its_administrators() -> None:
    mine = {name for name, action in ACTIONS.items() if action.instance_admin}
    assert mine
    assert not mine & _allowed(_principal(Role.OWNER))


def test_a_star_is_every_scope() -> None:
    assert expand_scopes([Scope.ALL]) == ALL_SCOPES
    assert expand_scopes([Scope.TASKS_READ]) == {Scope.TASKS_READ}


@pytest.mark.parametrize("role", ORDER)
def test_what_can_be_granted_is_what_one_has(role: Role) -> None:
    assert Scope.ALL in grantable_scopes(_principal(role))
    narrow = _principal(role, frozenset({Scope.TASKS_READ, Scope.TASKS_WRITE}))
    assert grantable_scopes(narrow) <= narrow.scopes
    assert (Scope.TASKS_WRITE in grantable_scopes(narrow)) == role.includes(Role.MEMBER)


def test_an_unknown_action_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        can(_principal(Role.OWNER), "tasks.teleport")
