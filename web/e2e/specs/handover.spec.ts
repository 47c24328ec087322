import { devices, type Page } from "@playwright/test";
import { adminApi } from "../api.ts";
import { expect, inspect, test } from "../test.ts";

const PHONE = devices["Pixel 7"].viewport;
const DESKTOP = { width: 1440, height: 900 };

const comments = (page: Page) => page.getByRole("region", { name: "Comments" });
const review = (page: Page) => page.getByRole("region", { name: "Waits for your review" });

async function onBoth(page: Page, name: string): Promise<void> {
  await inspect(page, name);
  await page.setViewportSize(PHONE);
  await inspect(page, name);
  await page.setViewportSize(DESKTOP);
}

test("a task is handed over, asked about, delivered, sent back and accepted", async ({ app }) => {
  const api = await adminApi();
  const task = await api.post("/api/v1/tasks", {
    title: "Order flowers. Ask me which colour",
  });
  await app.goto(`/task/${task.id}`);
  await expect(comments(app)).toContainText("Nobody has said anything yet.");
  await app.getByRole("button", { name: "Give to an agent" }).click();
  const dialog = app.getByRole("dialog", { name: "New run" });
  await dialog.getByLabel("It is done when…").fill("- A change is prepared\n- It is blue");
  await dialog.getByRole("button", { name: "Start" }).click();

  // It asks on the task, and is answered there by the keyboard.
  await expect(dialog).toBeHidden();
  await expect(comments(app).getByText("Which colour?")).toBeVisible({ timeout: 60_000 });
  await expect(comments(app).getByText("Asks you")).toBeVisible();
  const answer = comments(app).getByLabel("Answer the agent’s question");
  await answer.fill("Blue, as the **sea**.");
  await onBoth(app, "handover-question");
  await answer.press("Control+Enter");
  await expect(comments(app).getByText("Answer", { exact: true })).toBeVisible();
  await expect(comments(app).getByText("sea", { exact: true })).toHaveCSS("font-weight", /[67]00/);

  // What it hands in stands below, with the evidence for each criterion.
  await expect(review(app)).toBeVisible({ timeout: 60_000 });
  const evidence = comments(app).getByRole("list", { name: "Evidence" });
  await expect(evidence.getByRole("listitem")).toHaveText([
    /A change is prepared: met/,
    /It is blue: met/,
  ]);
  await expect(app.getByRole("region", { name: "Agents" })).toContainText("Waits for your review");
  await review(app).scrollIntoViewIfNeeded();
  await onBoth(app, "handover-delivery");

  await review(app).getByRole("button", { name: "Send back" }).click();
  await review(app).getByLabel("What is missing?").fill("Add a task to pay the florist.");
  await inspect(app, "handover-send-back");
  await review(app).getByLabel("What is missing?").press("Control+Enter");
  await expect(comments(app).getByText("Sent back", { exact: true })).toBeVisible();
  await expect(comments(app).getByText("Asks you")).toBeVisible({ timeout: 60_000 });
  await comments(app).getByLabel("Answer the agent’s question").fill("White.");
  await comments(app).getByRole("button", { name: "Answer" }).click();

  // What stays checked is done, and the task with it.
  await expect(review(app)).toBeVisible({ timeout: 60_000 });
  const change = review(app).getByRole("checkbox", { name: /Pay the florist/ });
  await expect(change).toBeChecked();
  await review(app).getByRole("button", { name: "Accept" }).click();
  await expect(comments(app).getByText("Accepted", { exact: true })).toBeVisible();
  await expect(review(app)).toBeHidden();
  await expect.poll(async () => (await api.get(`/api/v1/tasks/${task.id}`)).status).toBe("done");
  const open = await api.get("/api/v1/tasks?status=todo&q=florist");
  expect(open.items.map((each) => each.title)).toContain("Pay the florist");
});

test("a comment is written, changed and deleted", async ({ app }) => {
  const api = await adminApi();
  const task = await api.post("/api/v1/tasks", { title: "Paint the shed" });
  await app.goto(`/task/${task.id}`);
  const field = comments(app).getByLabel("Write a comment");
  await field.fill("Green?");
  await field.press("Control+Enter");
  await expect(comments(app).getByRole("listitem")).toContainText("Green?");
  await expect(field).toHaveValue("");
  await comments(app).getByRole("button", { name: "Edit the comment" }).click();
  const editor = comments(app).getByRole("textbox", { name: "Edit the comment" });
  await editor.fill("Red.");
  await editor.press("Control+Enter");
  await expect(comments(app).getByRole("listitem")).toContainText("Red.");
  await expect(comments(app)).toContainText("edited");

  // The same in the sheet beside a list, and live from elsewhere.
  await app.goto(`/inbox?task=${task.id}`);
  await expect(comments(app).getByRole("listitem")).toHaveCount(1);
  await api.post(`/api/v1/tasks/${task.id}/comments`, { text: "From elsewhere." });
  await expect(comments(app).getByRole("listitem")).toHaveCount(2);
  await onBoth(app, "handover-sheet");
  const mine = comments(app).getByRole("listitem").first();
  await mine.getByRole("button", { name: "Delete the comment" }).click();
  await expect(comments(app).getByRole("listitem")).toHaveText([/From elsewhere\./]);
});

test("a task is broken down, and the tasks of today are put in order", async ({ app }) => {
  const api = await adminApi();
  const today = new Date().toLocaleDateString("sv-SE");
  const task = await api.post("/api/v1/tasks", { title: "Write the report", due_on: today });
  await api.post("/api/v1/tasks", { title: "Send the invoice", due_on: today });
  await app.goto(`/task/${task.id}`);
  await app.getByRole("button", { name: "Break down", exact: true }).click();
  await expect(review(app)).toBeVisible({ timeout: 60_000 });
  await review(app).getByRole("checkbox").first().uncheck();
  await onBoth(app, "handover-steps");
  await review(app).getByRole("button", { name: "Accept" }).click();
  const steps = app.getByRole("region", { name: "Subtasks" }).getByRole("listitem");
  await expect(steps).toHaveCount(4);
  expect((await api.get(`/api/v1/tasks/${task.id}`)).status).toBe("todo");

  await app.goto("/today");
  await app.getByRole("button", { name: "Prioritise", exact: true }).click();
  await expect(app).toHaveURL(/\/runs\/[0-9a-f-]+$/);
  await expect(review(app)).toBeVisible({ timeout: 60_000 });
  await onBoth(app, "handover-prioritise");
  await review(app).getByRole("button", { name: "Accept" }).click();
  await expect(review(app)).toBeHidden();
  const first = await api.get("/api/v1/tasks?view=today&priority=1");
  expect(first.items).toHaveLength(1);
});
