import { ADMIN } from "../account.ts";
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
