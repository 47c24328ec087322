import type { Locator, Page } from "@playwright/test";
import { type Api, adminApi } from "../api.ts";
import { expect, inspect, openToday, test } from "../test.ts";

const field = (page: Page): Locator => page.getByRole("textbox", { name: "New task" });
const row = (page: Page, title: string): Locator =>
  page.getByRole("main").getByRole("link", { name: title });

/** A word that no other test uses, so that tests don't see each other's tasks. */
let counter = 0;
const unique = (word: string): string => `${word} ${Date.now().toString(36)}${counter++}`;

async function makeProject(api: Api, titles: readonly string[]): Promise<string> {
  const project = await api.post("/api/v1/projects", { name: unique("Plan"), color: "teal" });
  for (const title of titles) await api.post("/api/v1/tasks", { title, project_id: project.id });
  return project.id;
}

test("a line of words becomes a task, and what was understood shows while typing", async ({
  app,
}) => {
  await openToday(app);
  const title = unique("Pay the rent");
  // The key works from when the line shows it, whatever else is still to come.
  await expect(field(app)).toBeVisible();
  await app.keyboard.press("q");
  await expect(field(app)).toBeFocused();
  await app.keyboard.type(`${title} today 9am p1 #home`);
  const chips = app.locator("form").filter({ has: field(app) });
  await expect(chips.getByText("Today 09:00")).toBeVisible();
  await expect(chips.getByText("Urgent")).toBeVisible();
  await expect(chips.getByText("home", { exact: true })).toBeVisible();
  await inspect(app, "quick-add");
  await app.keyboard.press("Enter");
  await expect(field(app)).toHaveValue("");
  await expect(row(app, title)).toBeVisible();
});

test("q adds a task from a page without the line", async ({ app }) => {
  await app.goto("/settings/profile");
  await expect(app.getByRole("heading", { name: "Settings" })).toBeVisible();
  await app.keyboard.press("q");
  await expect(app).toHaveURL(/\/inbox$/);
  await expect(field(app)).toBeFocused();
});

test("a list is worked by keyboard alone", async ({ app }) => {
  const api = await adminApi();
  const project = await makeProject(api, ["Alpha", "Beta", "Gamma", "Delta"]);
  await app.goto(`/p/${project}?view=list`);
  await expect(row(app, "Delta")).toBeVisible();
  const list = app.getByRole("main").getByRole("group").filter({ hasText: "Alpha" });
  await list.focus();
  await app.keyboard.press("j");
  await app.keyboard.press("ArrowDown");
  await app.keyboard.press("k");
  // On Beta: p raises the priority, once a press, also when pressed faster than the server answers.
  await app.keyboard.press("p");
  await app.keyboard.press("p");
  await expect(row(app, "Beta").getByRole("img", { name: "High" })).toBeVisible();
  await app.keyboard.press(" ");
  await expect(app.getByText("“Beta” is done")).toBeVisible();
  await expect(row(app, "Beta")).toBeHidden();
  await app.getByRole("button", { name: "Undo" }).click();
  await expect(row(app, "Beta")).toBeVisible();

  await list.focus();
  await app.keyboard.press("x");
  await app.keyboard.press("Shift+ArrowDown");
  await expect(app.getByRole("toolbar", { name: "Selected tasks" })).toContainText("2 tasks");
  await inspect(app, "list-selected");
  await app.keyboard.press("Escape");
  await expect(app.getByRole("toolbar", { name: "Selected tasks" })).toBeHidden();

  await app.keyboard.press("Enter");
  await expect(app.getByRole("dialog", { name: "Task" })).toBeVisible();
  await expect(app).toHaveURL(/task=/);
  await app.keyboard.press("Escape");
  await expect(app.getByRole("dialog", { name: "Task" })).toBeHidden();
  await expect(list).toBeFocused();

  await app.keyboard.press("Delete");
  await expect(app.getByText(/is deleted$/)).toBeVisible();
  const left = await app.getByRole("main").getByRole("checkbox").count();
  expect(left).toBe(3);
});

test("cards move by keyboard, and the order is kept", async ({ app }) => {
  const api = await adminApi();
  const project = await makeProject(api, ["One", "Two", "Three"]);
  await app.goto(`/p/${project}?view=board`);
  const column = (name: string) => app.getByRole("region", { name, exact: true });
  await expect(column("To do").getByRole("listitem")).toHaveCount(3);
  const titles = (name: string) => column(name).getByRole("link");
  const before = await titles("To do").allInnerTexts();
  await titles("To do").first().focus();
  await app.keyboard.press("Shift+ArrowDown");
  await expect(titles("To do").nth(1)).toHaveText(before[0] ?? "");
  await expect(titles("To do").nth(1)).toBeFocused();
  await app.keyboard.press("Shift+ArrowRight");
  await expect(titles("In progress")).toHaveText([before[0] ?? ""]);
  await expect(titles("In progress").first()).toBeFocused();
  await app.keyboard.press("Shift+ArrowRight");
  await expect(titles("Done").first()).toBeFocused();
  await expect
    .poll(
      async () => (await api.get(`/api/v1/tasks?project_id=${project}&status=done`)).items.length,
    )
    .toBe(1);
  await app.reload();
  await expect(titles("Done")).toHaveText([before[0] ?? ""]);
  await expect(titles("To do")).toHaveText(before.slice(1));
});

test("a change in one tab shows in the other", async ({ app, context }) => {
  const title = unique("Seen by both");
  const other = await context.newPage();
  await other.goto("/inbox");
  await expect(field(other)).toBeVisible();
  await app.goto("/inbox");
  await field(app).fill(title);
  await field(app).press("Enter");
  await expect(row(other, title)).toBeVisible();
  await other.getByRole("checkbox", { name: `Complete “${title}”` }).click();
  await expect(row(app, title)).toBeHidden();
});

test("who writes on what has changed meanwhile is asked, and nothing is lost", async ({ app }) => {
  const api = await adminApi();
  const task = await api.post("/api/v1/tasks", { title: unique("Draft") });
  await app.goto(`/task/${task.id}`);
  const title = app.getByRole("textbox", { name: "Title" });
  await title.fill("My title");
  await api.patch(`/api/v1/tasks/${task.id}`, { title: "Their title", version: task.version });
  await expect(title).toHaveValue("My title");
  await title.press("Enter");
  await expect(app.getByText("Changed meanwhile")).toBeVisible();
  await inspect(app, "clash");
  await app.getByRole("button", { name: "Keep mine" }).click();
  await expect(app.getByText("Changed meanwhile")).toBeHidden();
  await expect(title).toHaveValue("My title");
  await expect.poll(async () => (await api.get(`/api/v1/tasks/${task.id}`)).title).toBe("My title");
});

test("a long list scrolls to the row that the keyboard points at", async ({ app }) => {
  const api = await adminApi();
  const titles = Array.from({ length: 60 }, (_, i) => `Row ${String(i).padStart(2, "0")}`);
  const project = await makeProject(api, titles);
  await app.goto(`/p/${project}?view=list&sort=title`);
  await expect(row(app, "Row 00")).toBeVisible();
  const list = app.getByRole("main").getByRole("group").filter({ hasText: "Row 00" });
  await list.focus();
  for (let i = 0; i < 45; i++) await app.keyboard.press("j");
  await expect(row(app, "Row 45")).toBeInViewport({ ratio: 1 });
});
