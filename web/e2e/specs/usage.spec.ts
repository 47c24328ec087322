import { adminApi } from "../api.ts";
import { capture, expect, expectNothingWide, inspect, openToday, test } from "../test.ts";

test("a call is listed, and a budget is set, shown and deleted", async ({ app }) => {
  await openToday(app);
  await app.getByRole("textbox", { name: "Message", exact: true }).fill("Say one thing");
  await app.keyboard.press("Enter");
  const answer = app.getByRole("log", { name: "Messages" }).getByRole("article").last();
  await expect(answer.getByRole("button", { name: "Answer again" })).toBeVisible();

  await app.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Usage" }).click();
  await expect(app).toHaveURL(/\/usage$/);
  const main = app.getByRole("main");
  const calls = main.getByRole("list", { name: "Calls, newest first" });
  await expect(calls.getByRole("listitem").first()).toContainText("tokens");
  await expect(main.getByRole("table", { name: "Tokens by day" })).toBeAttached();

  await main.getByRole("radio", { name: "Person" }).click();
  await expect(main.getByRole("rowheader", { name: "Ada Lovelace" })).toBeVisible();
  await main.getByRole("radio", { name: "Project" }).click();
  await expect(main.getByRole("rowheader", { name: "Without a project" })).toBeVisible();
  await main.getByRole("radio", { name: "Run", exact: true }).click();
  await expect(main.getByRole("rowheader", { name: "Outside of runs" })).toBeVisible();

  // The installation is shared with the other tests, and a try before may have left its budget.
  const name = `Everything this month ${Date.now()}`;
  await main.getByRole("button", { name: "Add a budget" }).click();
  const dialog = app.getByRole("dialog", { name: "Add a budget" });
  await dialog.getByLabel("Name").fill(name);
  await expect(dialog.getByLabel("Cap in US dollars")).toBeVisible();
  await dialog.getByLabel("Counts").click();
  await app.getByRole("option", { name: "Requests" }).click();
  await dialog.getByLabel("Cap in requests").fill("5000");
  await inspect(app, "usage-budget-dialog");
  await dialog.getByRole("button", { name: "Set the budget" }).click();
  await expect(dialog).toBeHidden();
  const budget = main.getByRole("listitem").filter({ hasText: name });
  await expect(budget).toContainText(/of 5,000 requests used/);
  await expect(budget).toContainText("The whole workspace");

  // What is used meanwhile shows by itself.
  await app.getByRole("textbox", { name: "Message", exact: true }).fill("Say another thing");
  await app.keyboard.press("Enter");
  await expect(budget).toContainText("At this pace it");
  // One for the answer; the title of the conversation before may have come late.
  await expect(budget).toContainText(/4,99[789] left/);

  await inspect(app, "usage");
  await calls.getByRole("listitem").last().scrollIntoViewIfNeeded();
  await capture(app, "usage-calls");
  await app.setViewportSize({ width: 390, height: 844 });
  await expect(calls).toBeVisible();
  await expectNothingWide(app);
  await capture(app, "usage");

  await app.setViewportSize({ width: 1440, height: 900 });
  await budget.getByRole("button", { name: `Edit ${name}` }).click();
  const change = app.getByRole("dialog", { name: "Change the budget" });
  await change.getByLabel("Cap in requests").fill("6000");
  await inspect(app, "usage-budget-change");
  await change.getByRole("button", { name: "Save" }).click();
  await expect(budget).toContainText(/of 6,000 requests used/);
  await budget.getByRole("button", { name: `Pause ${name}` }).click();
  await expect(budget).toContainText("Paused: calls aren’t held to it.");
  await budget.getByRole("button", { name: `Resume ${name}` }).click();
  await expect(budget).toContainText("At this pace it");

  await budget.getByRole("button", { name: `Delete ${name}` }).click();
  await app.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(budget).toHaveCount(0);
});

test("a budget for one person is set by the keyboard alone", async ({ app }) => {
  await app.goto("/usage");
  const main = app.getByRole("main");
  const name = `For one person ${Date.now()}`;
  await main.getByRole("button", { name: "Add a budget" }).press("Enter");
  const dialog = app.getByRole("dialog", { name: "Add a budget" });
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("For", { exact: true }).press("Enter");
  await expect(app.getByRole("option", { name: "The whole workspace" })).toBeFocused();
  await app.keyboard.press("ArrowDown");
  // The focus follows a moment later; whoever is quicker chooses what was there before.
  await expect(app.getByRole("option", { name: "A person" })).toBeFocused();
  await app.keyboard.press("Enter");
  await dialog.getByRole("combobox", { name: "Person" }).press("Enter");
  const list = app.getByRole("listbox", { name: "Person" });
  await expect(list.getByRole("option", { name: /^Ada Lovelace/ })).toBeVisible();
  await inspect(app, "usage-budget-person");
  await app.keyboard.type("lovelace");
  await app.keyboard.press("Enter");
  await expect(list).toBeHidden();
  await dialog.getByLabel("Cap in US dollars").fill("5");
  await inspect(app, "usage-budget-for-person");
  await app.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
  const budget = main.getByRole("listitem").filter({ hasText: name });
  await expect(budget).toContainText("Ada Lovelace · Every month");
  await budget.getByRole("button", { name: `Delete ${name}` }).click();
  await app.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(budget).toHaveCount(0);
});

test("calls come by themselves, are filtered, and tell all about themselves", async ({ app }) => {
  const polled: string[] = [];
  await app.goto("/usage");
  const main = app.getByRole("main");
  await expect(main.getByRole("heading", { name: "Recent calls" })).toBeVisible();
  app.on("request", (request) => {
    if (request.url().includes("/api/v1/ai/calls")) polled.push(request.url());
  });
  await app.getByRole("textbox", { name: "Message", exact: true }).fill("A word that comes live");
  await app.keyboard.press("Enter");
  const rows = main.getByRole("list", { name: "Calls, newest first" }).getByRole("listitem");
  await expect.poll(() => polled.length).toBeGreaterThan(0);
  await expect(rows.first()).toContainText(/now|minute/);
  // A model's health is told once five calls speak for it.
  const api = await adminApi();
  const messages = [{ role: "user", content: "One of five" }];
  for (let count = 0; count < 5; count++) {
    await api.post("/v1/chat/completions", { model: "simulator", messages });
  }
  await expect(
    main.getByRole("list", { name: "Health of models" }).getByRole("listitem").first(),
  ).toBeVisible();

  await main.getByRole("combobox", { name: "How it ended" }).click();
  await app.getByRole("option", { name: "Failed" }).click();
  // Other tests may have had a call fail: then it is shown, and nothing else is.
  await expect(rows.filter({ hasNotText: "Failed" })).toHaveCount(0);
  await expect(main.getByText("No call fits").or(rows.first())).toBeVisible();
  await inspect(app, "usage-failed");
  await main.getByRole("button", { name: "Clear" }).click();
  await main.getByRole("combobox", { name: "Model" }).click();
  await app.getByRole("option", { name: "simulator", exact: true }).click();
  await expect(rows.first()).toContainText("simulator");

  await rows.first().getByRole("button").focus();
  await app.keyboard.press("Enter");
  const detail = app.getByRole("dialog", { name: /^Call to/ });
  await expect(detail.getByText("Why this model")).toBeVisible();
  await expect(detail.getByText("Of these read from cache")).toBeVisible();
  await expect(detail.getByText("Ada Lovelace")).toBeVisible();
  await inspect(app, "usage-call");
  await app.keyboard.press("Escape");
  await expect(detail).toBeHidden();
  await expect(rows.first().getByRole("button")).toBeFocused();
});

test("keys lead to the page", async ({ app }) => {
  await openToday(app);
  await app.getByRole("main").click();
  await app.keyboard.press("g");
  await app.keyboard.press("u");
  await expect(app).toHaveURL(/\/usage$/);
});
