import { createHash, randomBytes } from "node:crypto";
import { expect, inspect, test } from "../test.ts";

const CALLBACK = "http://127.0.0.1:9/callback";

test("a program asks, gets a part of it, works, and is ended", async ({ app, baseURL }) => {
  const name = `Editor ${Date.now()}`;
  const registered = await app.request.post("/oauth/register", {
    data: { redirect_uris: [CALLBACK], client_name: name },
  });
  expect(registered.status(), await registered.text()).toBe(201);
  const { client_id } = (await registered.json()) as { client_id: string };
  const verifier = randomBytes(48).toString("base64url");
  const query = new URLSearchParams({
    response_type: "code",
    client_id,
    redirect_uri: CALLBACK,
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    scope: "ai:use tasks:read tasks:write",
    state: "12345678901234567890",
  });
  await app.goto(`/oauth/authorize?${query}`);
  await expect(app.getByRole("heading", { name: `Let ${name} use your tools?` })).toBeVisible();
  await expect(app.getByText("a program on this computer (127.0.0.1:9)")).toBeVisible();
  await inspect(app, "oauth-consent");
  await expect(app.getByLabel("use the tools of Vectal")).toBeDisabled();
  await app.getByLabel("propose changes to tasks").uncheck();

  // Nobody listens there: where the person was sent is what matters.
  const sent = app.waitForRequest((request) => request.url().startsWith(CALLBACK));
  await app.getByRole("button", { name: "Allow", exact: true }).click();
  const answer = new URL((await sent).url()).searchParams;
  expect(answer.get("state")).toBe("12345678901234567890");

  const redeemed = await app.request.post("/oauth/token", {
    form: {
      grant_type: "authorization_code",
      client_id,
      code: answer.get("code") ?? "",
      redirect_uri: CALLBACK,
      code_verifier: verifier,
    },
  });
  const tokens = (await redeemed.json()) as { access_token: string; scope: string };
  expect(tokens.scope).toBe("ai:use tasks:read");
  const ping = () =>
    fetch(new URL("/mcp", baseURL), {
      method: "POST",
      headers: {
        Authorization: `Bearer ${tokens.access_token}`,
        "Content-Type": "application/json",
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
    });
  expect((await ping()).status).toBe(200);

  await app.goto("/settings/programs");
  const row = app.getByRole("listitem").filter({ hasText: name });
  await expect(row).toContainText("tasks:read");
  await row.getByRole("button", { name: `End the connection of ${name}` }).click();
  await app.getByRole("dialog").getByRole("button", { name: "End", exact: true }).click();
  await expect(row).toBeHidden();
  await expect.poll(async () => (await ping()).status).toBe(401);
});

test("what must not be granted is not offered", async ({ app }) => {
  await app.goto("/oauth/authorize?response_type=code&client_id=nobody");
  await expect(app.getByRole("heading", { name: "This can’t be allowed" })).toBeVisible();
  await expect(app.getByRole("button", { name: "Allow", exact: true })).toHaveCount(0);
});
