import type { Browser, Page } from "@playwright/test";
import { type Api, adminApi } from "../api.ts";
import { mailsWith } from "../mailbox.ts";
import { PHONE } from "../playwright.config.ts";
import { expect, inspect, test } from "../test.ts";

/** A workspace of its own, in which every call waits for a person; the answer is its API. */
async function careful(app: Page, name: string): Promise<Api> {
  const admin = await adminApi();
  const { id } = await admin.post("/api/v1/workspaces", { name });
  const api = admin.within(id);
  await api.put("/api/v1/approval-rules", {
    everything: "always",
    tools: {},
    ask_above_usd: "0.5",
  });
  await app.addInitScript((chosen) => localStorage.setItem("vectal.workspace", chosen), id);
  return api;
}

/** Begins a run that will ask for an approval, and waits for its mail; the answer is its link. */
async function linkOf(api: Api, goal: string): Promise<string> {
  await api.post("/api/v1/tasks", { title: "Water the plants" });
  await api.post("/api/v1/runs", { goal, criteria: ["It is said what is missing"] });
  const found = async () =>
    /\/approve#[\w-]+/.exec((await mailsWith(goal)).join("\n"))?.[0] ?? "none";
  await expect.poll(found, { timeout: 60_000 }).not.toBe("none");
  return found();
}

/** A page of somebody who is not signed in here. */
async function visitor(browser: Browser, base: string, path: string): Promise<Page> {
  const context = await browser.newContext({ baseURL: base });
  const page = await context.newPage();
  await page.goto(path);
  return page;
}

test("a run asks by mail, and the link in it decides without signing in", async ({
  app,
  browser,
  baseURL,
}) => {
  const api = await careful(app, "Ash Lane");
  const link = await linkOf(api, "See to the plants on the balcony.");

  // The bell says so, and leads to the list.
  await app.goto("/today");
  const bell = app
    .getByRole("navigation", { name: "Main" })
    .getByRole("link", { name: /^Notifications: 1 unread/ });
  await bell.click();
  const list = app.getByRole("list", { name: "Notifications" });
  await expect(list.getByRole("listitem")).toHaveText([
    /See to the plants.*Waits for your approval/,
  ]);
  await inspect(app, "notifications");

  // Whoever follows the link sees the call; nothing is decided by that.
  const page = await visitor(browser, baseURL ?? "", link);
  const card = page.getByRole("region", { name: "May it do this?" });
  await expect(card).toBeVisible();
  await expect(page.getByText("See to the plants on the balcony.")).toBeVisible();
  await inspect(page, "approve");
  await page.setViewportSize(PHONE);
  await inspect(page, "approve");
  await page.reload();
  await expect(card).toBeVisible();

  // By keyboard: the note, then Deny, then Approve.
  await card.getByRole("textbox").focus();
  await page.keyboard.press("Tab");
  await expect(card.getByRole("button", { name: "Deny" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Approved" })).toBeVisible();
  await inspect(page, "approve-done");

  // It was good for once.
  await page.reload();
  await expect(
    page.getByRole("heading", { name: "This link is not valid, or not any more" }),
  ).toBeVisible();
  await inspect(page, "approve-invalid");
  await page.context().close();

  // The app has heard of it: nothing needs her any more, until the next call asks.
  await expect(list.getByRole("listitem").filter({ hasText: "Settled" })).toHaveCount(1);
  await list.getByRole("link").last().click();
  await expect(app).toHaveURL(/\/runs\/[0-9a-f-]+$/);
  await expect(app.getByRole("list", { name: "What happened" })).toContainText(
    "by the link in a mail",
  );
});

test("what is mailed is chosen, and what waits for somebody is listed", async ({ app }) => {
  const api = await careful(app, "Birch Lane");
  await app.goto("/settings/notifications");
  await expect(app.getByText("Mails come from Vectal <vectal@mail.example>.")).toBeVisible();
  const failed = app.getByRole("switch", { name: "A run has failed" });
  await expect(failed).toBeChecked();
  await failed.press("Space");
  await expect(failed).not.toBeChecked();
  await expect(app.getByText("Saved")).toBeVisible();
  await inspect(app, "notification-settings");
  await app.reload();
  await expect(failed).not.toBeChecked();
  await expect(app.getByRole("switch", { name: "A run asks you something" })).toBeChecked();

  // A result that nobody has taken waits, too, though its run has ended.
  await api.put("/api/v1/approval-rules", { everything: "never", tools: {}, ask_above_usd: "0.5" });
  const task = await api.post("/api/v1/tasks", { title: "Plan the summer party" });
  const run = await api.post("/api/v1/runs", { goal: "Plan it.", task_id: task.id });
  const state = async () => (await api.get(`/api/v1/runs/${run.id}`)).state;
  await expect.poll(state, { timeout: 60_000 }).toBe("succeeded");
  await app.goto("/runs?show=waiting");
  await expect(app.getByRole("main").getByRole("link", { name: "Plan it." })).toBeVisible();
  await expect(app.getByRole("navigation", { name: "Main" })).toContainText("Notifications");
});
