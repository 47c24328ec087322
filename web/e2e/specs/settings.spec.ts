import { ADMIN } from "../account.ts";
import { adminApi } from "../api.ts";
import { expect, expectAccessible, inspect, test } from "../test.ts";

test("sessions are listed, and the others can be ended", async ({ app, browser, baseURL }) => {
  const elsewhere = await browser.newContext(baseURL ? { baseURL } : {});
  const { email, password } = ADMIN;
  await elsewhere.request.post("/api/v1/auth/login", { data: { email, password } });
  await app.goto("/settings/sessions");
  await expect(app.getByText("This device")).toBeVisible();
  await app.getByRole("button", { name: "End all others" }).click();
  await app.getByRole("dialog").getByRole("button", { name: "End all others" }).click();
  await expect(app.getByRole("button", { name: "End", exact: true })).toHaveCount(0);
  const refused = await elsewhere.request.post("/api/v1/auth/refresh");
  expect(refused.status()).toBe(401);
  await elsewhere.close();
});

test("an API key is shown once, works, and is revoked", async ({ app }) => {
  await app.goto("/settings/keys");
  await app.getByRole("button", { name: "New key" }).click();
  const dialog = app.getByRole("dialog");
  await dialog.getByLabel("What is it for?").fill("My script");
  await expectAccessible(app);
  await dialog.getByRole("button", { name: "Make the key" }).click();
  const secret = await app.getByRole("dialog").getByLabel("Secret").inputValue();
  const call = () =>
    fetch(new URL("/api/v1/tasks?limit=1", app.url()), {
      headers: { Authorization: `Bearer ${secret}` },
    });
  expect((await call()).status).toBe(200);
  await app.getByRole("button", { name: "Done" }).click();
  const row = app.getByRole("listitem").filter({ hasText: "My script" });
  await expect(row).toBeVisible();
  await row.getByRole("button", { name: "Revoke" }).click();
  await app.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(row).toBeHidden();
  // A revoked key is refused within a second.
  await expect.poll(async () => (await call()).status).toBe(401);
});

test("a key gets another name and another end", async ({ app }) => {
  const name = `Calendar ${Date.now()}`;
  await app.goto("/settings/keys");
  await app.getByRole("button", { name: "New key" }).click();
  const dialog = app.getByRole("dialog");
  await dialog.getByLabel("What is it for?").fill(name);
  await dialog.getByLabel("Ends on").fill("2099-05-06");
  await dialog.getByRole("button", { name: "Make the key" }).click();
  await app.getByRole("button", { name: "Done" }).click();
  const row = app.getByRole("listitem").filter({ hasText: name });
  await expect(row).toContainText("ends May 6, 2099");

  await row.getByRole("button", { name: `Edit ${name}` }).click();
  await expect(dialog.getByLabel("Ends on")).toHaveValue("2099-05-06");
  await dialog.getByLabel("What is it for?").fill(`${name} sync`);
  await dialog.getByLabel("Ends on").fill("2098-01-02");
  await inspect(app, "key-edit");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(row).toContainText(`${name} sync`);
  await expect(row).toContainText("ends Jan 2, 2098");
  await row.getByRole("button", { name: `Edit ${name} sync` }).click();
  await dialog.getByLabel("Ends on").fill("");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(row).not.toContainText("ends");
});

test("an administrator sees everybody's keys and ends one by keyboard", async ({ app }) => {
  const name = `Forgotten ${Date.now()}`;
  const api = await adminApi();
  await api.post("/api/v1/api-keys", { name, scopes: ["tasks:read"] });
  await app.goto("/settings/member-keys");
  const row = app.getByRole("row").filter({ hasText: name });
  await expect(row.getByRole("cell", { name: ADMIN.displayName, exact: true })).toBeVisible();
  await expect(row).toContainText("tasks:read");
  await row.getByRole("button", { name: `End ${name} of ${ADMIN.displayName}` }).press("Enter");
  const dialog = app.getByRole("dialog");
  await expect(dialog).toContainText(`End “${name}” of ${ADMIN.displayName}?`);
  await inspect(app, "member-key-end");
  await dialog.getByRole("button", { name: "End", exact: true }).press("Enter");
  await expect(row).toBeHidden();
  await app.goto("/settings/keys");
  await expect(app.getByRole("button", { name: "New key" })).toBeVisible();
  await expect(app.getByText(name)).toBeHidden();
});

test("a key for models has limits, and an example to paste", async ({ app }) => {
  // The installation is shared with the other tests, and a try before may have left its key.
  const name = `Nightly report ${Date.now()}`;
  await app.goto("/settings/keys");
  await app.getByRole("button", { name: "New key" }).click();
  const dialog = app.getByRole("dialog");
  await dialog.getByLabel("What is it for?").fill(name);
  await expect(dialog.getByLabel("Requests a minute")).toBeHidden();
  await dialog.getByRole("checkbox", { name: "ai:use" }).check();
  await dialog.getByLabel("Models").fill("vectal/fast");
  await dialog.getByLabel("Models").press("Enter");
  await dialog.getByLabel("Requests a minute").fill("2");
  await dialog.getByLabel("Longest answer in tokens").fill("300");
  await inspect(app, "key-new");
  await dialog.getByRole("button", { name: "Make the key" }).click();
  const key = await dialog.getByLabel("Secret").inputValue();
  await expect(dialog.getByRole("region", { name: "Example for OpenAI SDK" })).toContainText(
    `base_url="${new URL("/v1", app.url()).href}", api_key="${key}"`,
  );
  await dialog.getByRole("radio", { name: "curl" }).click();
  await expect(dialog.getByRole("region", { name: "Example for curl" })).toContainText(key);
  await inspect(app, "key-made");
  await app.getByRole("button", { name: "Done" }).click();

  const row = app.getByRole("listitem").filter({ hasText: name });
  await expect(row).toContainText("Only vectal/fast · 2 requests a minute");
  await expect(row).toContainText("answers up to 300 tokens");
  const ask = async (model: string) => {
    const answer = await fetch(new URL("/v1/chat/completions", app.url()), {
      method: "POST",
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "Hello" }] }),
    });
    return answer.status;
  };
  expect(await ask("vectal/pro")).toBe(403);
  expect(await ask("vectal/fast")).toBe(200);

  await row.getByRole("button", { name: `Limits of ${name}` }).click();
  await app.getByRole("dialog").getByRole("button", { name: "Remove vectal/fast" }).click();
  await app.getByRole("dialog").getByLabel("Requests a minute").fill("");
  await app.getByRole("dialog").getByLabel("Longest answer in tokens").fill("");
  await inspect(app, "key-limits");
  await app.getByRole("button", { name: "Save the limits" }).click();
  await expect(row).not.toContainText("Only vectal/fast");
  // The rules that a call is judged by are a second old at most.
  await expect.poll(() => ask("vectal/pro")).toBe(200);
  await row.getByRole("button", { name: "Revoke" }).click();
  await app.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(row).toBeHidden();
});

test("a provider that can't be reached says so; it is stored, switched off and deleted", async ({
  app,
}) => {
  await app.goto("/settings/providers");
  await expect(app.getByText(/The Simulator answers until/)).toBeVisible();
  await inspect(app, "providers-none");
  await app.getByRole("button", { name: "Add a provider" }).click();
  const dialog = app.getByRole("dialog");
  await dialog.getByLabel("Kind").click();
  await app.getByRole("option", { name: "OpenAI-compatible" }).click();
  await dialog.getByLabel("Name").fill("Nobody there");
  // A name that is reserved never to exist.
  await dialog.getByLabel("Address").fill("https://models.invalid/v1");
  await dialog.getByRole("textbox", { name: "API key" }).fill("sk-not-a-real-key-3f9a");
  await dialog.getByRole("button", { name: "Test" }).click();
  await expect(dialog.getByTestId("verdict")).toHaveAttribute("data-ok", "false");
  await inspect(app, "provider-dialog");
  await dialog.getByRole("button", { name: "Save" }).click();
  const row = app.getByRole("listitem").filter({ hasText: "Nobody there" });
  await expect(row).toContainText("3f9a");
  await expect(row).not.toContainText("sk-not-a-real-key");
  await row.getByRole("button", { name: "Test Nobody there" }).click();
  await expect(row.getByTestId("verdict")).toHaveAttribute("data-ok", "false");
  await row.getByRole("switch").click();
  await expect(row.getByText("Off", { exact: true })).toBeVisible();
  await inspect(app, "provider-failed");
  await row.getByRole("button", { name: "Delete" }).click();
  await app.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(row).toBeHidden();
});
