import { adminApi, postAsNobody } from "../api.ts";
import { N8N_URL } from "../server.ts";
import { expect, inspect, signIn, test } from "../test.ts";

const LONG = "a passphrase of n8n";

test("a workflow is added, changed, switched off and deleted by keyboard; members read of it", async ({
  app,
  browser,
  baseURL,
}) => {
  // A workspace of its own, in which nothing is kept.
  const api = await adminApi();
  const { id } = await api.post("/api/v1/workspaces", { name: "Elm Court" });
  await app.addInitScript((chosen) => localStorage.setItem("vectal.workspace", chosen), id);
  await app.goto("/settings/profile");
  const sections = app.getByRole("navigation", { name: "Settings" });
  await sections.getByRole("link", { name: "Workflows" }).press("Enter");
  await expect(app.getByText("No workflows yet")).toBeVisible();
  await inspect(app, "workflows-empty");

  await app.getByRole("button", { name: "Add a workflow" }).press("Enter");
  const dialog = app.getByRole("dialog", { name: "Add a workflow" });
  await expect(dialog.getByLabel("Name", { exact: true })).toBeFocused();
  await app.keyboard.type("Order lunch");
  await app.keyboard.press("Tab");
  await app.keyboard.type("Order lunch");
  await app.keyboard.press("Tab");
  await app.keyboard.type("Orders lunch for the team.");
  await app.keyboard.press("Tab");
  const schema = dialog.getByLabel("Arguments");
  await expect(schema).toBeFocused();
  const valid = await schema.inputValue();
  await schema.fill('{"type": "object", }');
  await expect(dialog.getByText(/^This is no JSON: /)).toBeVisible();
  await app.keyboard.press("Tab");
  await expect(dialog.getByLabel("Webhook address")).toBeFocused();
  await app.keyboard.type("http://elsewhere.example/webhook/lunch");
  await app.keyboard.press("Tab");
  await expect(dialog.getByLabel("Passphrase")).toBeFocused();
  await app.keyboard.type(LONG);
  await app.keyboard.press("Enter");
  await expect(dialog.getByText(/^It begins with a small letter/)).toBeVisible();
  await expect(dialog.getByLabel("Name", { exact: true })).toBeFocused();
  await inspect(app, "workflow-new-faults");
  await dialog.getByLabel("Name", { exact: true }).fill("order_lunch");
  await schema.fill(valid);
  await expect(dialog.getByText(/^This is no JSON: /)).toBeHidden();
  await app.keyboard.press("Tab");
  await app.keyboard.press("Enter");
  // The server has the word of where webhooks are.
  await expect(dialog.getByText(`The address begins with ${N8N_URL}/webhook/`)).toBeVisible();
  await expect(dialog.getByLabel("Webhook address")).toBeFocused();
  await dialog.getByLabel("Webhook address").fill(`${N8N_URL}/webhook/team/lunch`);
  await app.keyboard.press("Enter");
  await expect(dialog).toBeHidden();

  const row = app.getByRole("list", { name: "Workflows" }).getByRole("listitem");
  await expect(row).toContainText(["n8n_order_lunch"]);
  await expect(row).toContainText([`${N8N_URL}/webhook/team/lunch`]);
  await row.getByText("Arguments").press("Enter");
  await expect(row.getByText('"required"')).toBeVisible();
  const toggle = row.getByRole("switch", { name: "Agents may call Order lunch" });
  await expect(toggle).toBeChecked();
  await toggle.press("Space");
  await expect(row.getByText("Off", { exact: true })).toBeVisible();
  await expect(toggle).not.toBeChecked();

  await row.getByRole("button", { name: "Change Order lunch" }).press("Enter");
  const change = app.getByRole("dialog", { name: "Change the workflow" });
  await expect(change.getByLabel("Title")).toBeFocused();
  await expect(change.getByLabel("Name", { exact: true })).toHaveCount(0);
  await expect(change.getByLabel("Passphrase")).toHaveValue("");
  await expect(change.getByLabel("Webhook address")).toHaveValue(`${N8N_URL}/webhook/team/lunch`);
  await inspect(app, "workflow-change");
  await app.setViewportSize({ width: 390, height: 844 });
  await inspect(app, "workflow-change");
  await app.setViewportSize({ width: 1440, height: 900 });
  await change.getByLabel("Title").fill("Lunch for all");
  await app.keyboard.press("Enter");
  await expect(change).toBeHidden();
  await expect(row).toContainText(["Lunch for all"]);

  const member = await browser.newContext(baseURL ? { baseURL } : {});
  const email = `grace${Date.now()}@example.com`;
  const invited = await api.post(`/api/v1/workspaces/${id}/invitations`, { email, role: "member" });
  const password = "a long password of a guest";
  await postAsNobody(app.url(), "/api/v1/auth/signup", {
    email,
    password,
    display_name: "Grace Hopper",
    timezone: "Europe/London",
    invitation_token: new URL(invited.url).searchParams.get("invitation"),
  });
  const theirs = await member.newPage();
  await theirs.addInitScript((chosen) => localStorage.setItem("vectal.workspace", chosen), id);
  await signIn(theirs, { email, password, displayName: "Grace Hopper" });
  await theirs.goto("/settings/workflows");
  const main = theirs.getByRole("main");
  await expect(main.getByText("Lunch for all", { exact: true })).toBeVisible();
  await expect(main.getByText(/^Owners and admins of this workspace/)).toBeVisible();
  await expect(main.getByRole("switch")).toHaveCount(0);
  await expect(main.getByRole("button", { name: /workflow|Lunch/ })).toHaveCount(0);
  await inspect(theirs, "workflows-member");
  await member.close();

  await row.getByRole("button", { name: "Delete Lunch for all" }).press("Enter");
  const sure = app.getByRole("dialog", { name: "Delete Lunch for all?" });
  await sure.getByRole("button", { name: "Cancel" }).press("Enter");
  await expect(row).toHaveCount(1);
  await row.getByRole("button", { name: "Delete Lunch for all" }).press("Enter");
  await sure.getByRole("button", { name: "Delete", exact: true }).press("Enter");
  await expect(app.getByText("No workflows yet")).toBeVisible();
  await app.setViewportSize({ width: 390, height: 844 });
  await inspect(app, "workflows-empty");
});
