"""Set-up, login, sign-up and refresh over HTTP."""

from tests.fixtures.accounts import PASSWORD, MakeClient, Person


async def test_a_login_opens_a_session(edge_client: MakeClient, person: Person) -> None:
    client = edge_client()
    answer = await client.post(
        "/api/v1/auth/login", json={"email": person.user.email, "password": PASSWORD}
    )
    assert answer.status_code == 200, answer.text
    token = answer.json()["access_token"]
    me = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert me.status_code == 200, me.text
    again = await client.post("/api/v1/auth/refresh")
    assert again.status_code == 200, again.text
    for path in ["/sessions","/api-keys","/workspaces",f"/workspaces/{person.workspace_id}",f"/workspaces/{person.workspace_id}/members",f"/workspaces/{person.workspace_id}/invitations"]:
        r = await client.get("/api/v1"+path, headers=person.headers)
        print(path, r.status_code, r.text)
    r = await client.delete("/api/v1/sessions", headers=person.headers)
    print(r.status_code, r.text)
    r = await client.post("/api/v1/auth/logout")
    print(r.status_code, r.text)
