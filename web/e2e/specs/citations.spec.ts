import type { Locator, Page } from "@playwright/test";
import { adminApi } from "../api.ts";
import { expect, inspect, test } from "../test.ts";

// A file is read by a worker, and two themes each are checked: more than a minute on a busy machine.
test.describe.configure({ timeout: 180_000 });

const LEASE = `Tenancy agreement

The tenant may end the agreement by giving three months written notice to the landlord.

Dogs and cats are welcome if the neighbours agree.
`;
const composer = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });
const answers = (page: Page) =>
  page.getByRole("log", { name: "Messages" }).getByRole("article", { name: "Vectal" });
const done = (answer: Locator) => answer.getByRole("button", { name: "Answer again" });
const chips = (within: Page | Locator) => within.getByRole("list", { name: "Attached" });

async function upload(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: "Attach a file, project or task" }).click();
  const file = { name, mimeType: "text/plain", buffer: Buffer.from(LEASE) };
  await page.getByLabel("Upload from this device").setInputFiles(file);
  await expect(chips(page).getByText(name)).toBeVisible();
  await expect(chips(page)).not.toContainText("%");
}

test("an answer cites the file that was uploaded, and what it does not say is marked", async ({
  app,
}) => {
  await app.goto("/chat");
  await upload(app, "Lease.txt");
  await composer(app).fill("How many months of written notice? Please cite badly.");
  await composer(app).press("Enter");
  const answer = answers(app).last();
  await expect(done(answer)).toBeVisible({ timeout: 90_000 });

  const right = answer.getByRole("link", { name: "Source 1: Lease.txt" }).first();
  const wrong = answer.getByRole("link", { name: /which does not say so: Lease.txt/ });
  await expect(right).toHaveText("1");
  await expect(wrong).toHaveText("1?");
  await expect(right).toHaveAttribute("href", /^\/files\/[0-9a-f-]{36}\?version=1&page=1&start=/);
  await expect(answer.getByRole("region", { name: "Sources" })).toContainText(
    "does not say all of it",
  );
  await expect(chips(app.getByRole("article", { name: "You" }))).toContainText("Lease.txt");

  await right.focus();
  await expect(app.getByText("three months written notice to the landlord").last()).toBeVisible();
  await inspect(app, "chat-citations");
  await app.setViewportSize({ width: 390, height: 844 });
  await inspect(app, "chat-citations");
  await app.setViewportSize({ width: 1440, height: 900 });

  await wrong.click();
  await expect(app).toHaveURL(/\/files\/[0-9a-f-]{36}\?version=1&page=1/);
});

test("an @ attaches by keyboard, and a task has its files", async ({ app }) => {
  await app.goto("/chat");
  await upload(app, "Notes on tiles.txt");
  await chips(app).getByRole("button", { name: "Remove Notes on tiles.txt" }).click();
  await expect(chips(app)).toBeHidden();

  await composer(app).pressSequentially("Compare @til");
  const option = app.getByRole("option", { name: "Notes on tiles.txt" });
  await expect(option).toHaveAttribute("aria-selected", "true");
  await inspect(app, "chat-mention");
  await composer(app).press("Escape");
  await expect(option).toBeHidden();
  await expect(composer(app)).toHaveValue("Compare @til");
  await composer(app).press("Backspace");
  await composer(app).press("Backspace");
  await composer(app).press("Backspace");
  await composer(app).press("Backspace");
  await composer(app).pressSequentially("@notes");
  await expect(option).toBeVisible();
  await composer(app).press("Enter");
  await expect(composer(app)).toHaveValue("Compare ");
  await expect(chips(app).getByText("Notes on tiles.txt")).toBeVisible();

  const api = await adminApi();
  const task = await api.post("/api/v1/tasks", { title: "Choose the tiles" });
  await app.goto(`/task/${task.id}`);
  const files = app.getByRole("region", { name: "Files" });
  await files.getByRole("button", { name: "Attach a file" }).click();
  await app.getByRole("option", { name: "Notes on tiles.txt" }).click();
  await expect(files.getByRole("link", { name: "Notes on tiles.txt" })).toBeVisible();
  await inspect(app, "task-files");
  await files.getByRole("button", { name: "Take Notes on tiles.txt off this task" }).click();
  await expect(files).toContainText("No file is attached.");

  const project = await api.post("/api/v1/projects", { name: "The bathroom" });
  await app.goto(`/p/${project.id}`);
  await app.getByRole("button", { name: "Files", exact: true }).click();
  const ofProject = app.getByRole("dialog", { name: "Files of this project" });
  await ofProject.getByRole("button", { name: "Attach a file" }).click();
  await app.getByRole("option", { name: "Notes on tiles.txt" }).click();
  await expect(ofProject.getByRole("link", { name: "Notes on tiles.txt" })).toBeVisible();
  await inspect(app, "project-files");
  await ofProject.getByRole("button", { name: "Take Notes on tiles.txt off this project" }).click();
  await expect(ofProject).toContainText("No file is attached.");
});
