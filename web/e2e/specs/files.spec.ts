import type { Locator, Page } from "@playwright/test";
import { adminApi } from "../api.ts";
import { LEASE, pdf } from "../documents.ts";
import { expect, inspect, test } from "../test.ts";

/** A name that no other test uses, so that tests don't see each other's files. */
let counter = 0;
const unique = (word: string, ending: string): string =>
  `${word} ${Date.now().toString(36)}${counter++}.${ending}`;

const tray = (page: Page): Locator => page.getByRole("region", { name: "Uploads" });
const rows = (page: Page): Locator => page.getByRole("main").getByRole("group", { name: "Files" });
const row = (page: Page, name: string): Locator =>
  page.getByRole("main").getByRole("link", { name, exact: true });

async function bring(page: Page, name: string, buffer: Buffer, mimeType = ""): Promise<void> {
  await page
    .getByRole("main")
    .locator("input[type=file][multiple]")
    .first()
    .setInputFiles({ name, mimeType, buffer });
}

test("a file is brought, read, found by what it says, and its passage marked", async ({ app }) => {
  const name = unique("Lease", "pdf");
  await app.goto("/files");
  await expect(app.getByRole("button", { name: "New", exact: true })).toBeVisible();
  await bring(app, name, pdf(LEASE), "application/pdf");
  await expect(tray(app).getByText("Uploaded", { exact: true })).toBeVisible();
  await inspect(app, "files-tray");
  // What is read is told of live.
  await expect(rows(app).locator("div").filter({ hasText: name }).first()).toContainText(
    "Searchable",
    { timeout: 90_000 },
  );
  // The tray is there on every page.
  await app.getByRole("link", { name: "Today", exact: true }).click();
  await expect(app).toHaveURL(/\/today$/);
  await tray(app).getByRole("button", { name: "Clear the finished ones" }).click();
  await expect(tray(app)).toBeHidden();

  await app.keyboard.press("g");
  await app.keyboard.press("f");
  await expect(app).toHaveURL(/\/files$/);
  await app.keyboard.press("/");
  await app.keyboard.type("How long before I move out must I tell them?");
  const found = app.getByRole("list", { name: "In the text" }).getByRole("link");
  await found.filter({ hasText: name }).first().click();
  await expect(app).toHaveURL(/\/files\/[0-9a-f-]+\?version=1&page=\d+/);
  await expect(app.getByRole("heading", { name })).toBeVisible();
});

test("the address of a citation leads to the page, and marks the line where it stands", async ({
  app,
}) => {
  const api = await adminApi();
  const name = unique("Citation", "pdf");
  const file = await api.send(`/api/v1/files?name=${encodeURIComponent(name)}`, pdf(LEASE));
  await expect
    .poll(async () => (await api.get(`/api/v1/documents?file_id=${file.id}`)).items[0]?.state)
    .toBe("indexed");
  const page = await api.get(`/api/v1/documents/${file.id}/pages/2`);
  const start = page.text.indexOf("three months");
  await app.goto(`/files/${file.id}?version=1&page=2&start=${start}&end=${start + 12}`);
  const mark = app.getByTestId("mark");
  await expect(mark).toHaveCount(1);
  await expect(mark).toBeInViewport();
  await expect(app.getByRole("textbox", { name: "Page" })).toHaveValue("2");
  // The second line's baseline is 112 points below the top of a page of 792.
  const figure = app.getByRole("figure", { name: "Page 2" });
  // Pages above it take their places while it is looked at.
  await expect(async () => {
    const [at, within] = [await mark.boundingBox(), await figure.boundingBox()];
    const top = ((at?.y ?? 0) - (within?.y ?? 0)) / (within?.height ?? 1);
    expect(top * 792).toBeGreaterThan(96);
    expect(top * 792).toBeLessThan(112);
  }).toPass({ timeout: 30_000 });

  await app.getByRole("radio", { name: "Text" }).click();
  await expect(app.getByTestId("mark")).toHaveText("three months");

  await app.getByRole("searchbox", { name: "Search in this file" }).fill("are dogs allowed");
  const finds = app.getByRole("list", { name: "In the text" }).getByRole("link");
  await expect(finds.first()).toBeVisible();
  await finds.first().click();
  await expect(app).toHaveURL(/page=\d+&start=\d+&end=\d+/);
});

test("what is deleted is in the trash, and comes back", async ({ app }) => {
  const api = await adminApi();
  const name = unique("Draft", "txt");
  await api.send(`/api/v1/files?name=${encodeURIComponent(name)}`, Buffer.from("a draft"));
  await app.goto("/files");
  await expect(row(app, name)).toBeVisible();
  await app.getByRole("button", { name: `Actions for “${name}”` }).click();
  await app.getByRole("menuitem", { name: "Delete" }).click();
  await expect(app.getByText(`“${name}” is in the trash`)).toBeVisible();
  await expect(row(app, name)).toBeHidden();
  await app.getByRole("main").getByRole("link", { name: "Trash" }).click();
  await app.getByRole("button", { name: `Actions for “${name}”` }).click();
  await app.getByRole("menuitem", { name: "Restore" }).click();
  await expect(app.getByText(`“${name}” is back`)).toBeVisible();
  await app.getByRole("navigation", { name: "Folders that lead here" }).getByRole("link").click();
  await expect(row(app, name)).toBeVisible();
});

test("a file is downloaded, given to others by a link, and an older version brought back", async ({
  app,
  request,
}) => {
  const api = await adminApi();
  const name = unique("Minutes", "txt");
  const file = await api.send(`/api/v1/files?name=${encodeURIComponent(name)}`, Buffer.from("one"));
  await api.send(`/api/v1/files/${file.id}/versions`, Buffer.from("two, and longer"));
  await app.goto(`/files/${file.id}?version=1`);
  await expect(app.getByText("You look at an older version.")).toBeVisible();
  await expect(app.getByRole("article", { name: "Text" })).toHaveText("one");
  const coming = app.waitForEvent("download");
  await app.getByRole("main").getByRole("button", { name: "Download" }).first().click();
  const download = await coming;
  expect(download.suggestedFilename()).toBe(name);

  await app.getByRole("button", { name: `Actions for “${name}”` }).click();
  await app.getByRole("menuitem", { name: "Link that expires…" }).click();
  const dialog = app.getByRole("dialog", { name: `Link to “${name}”` });
  await dialog.getByRole("button", { name: "Create a link" }).click();
  const address = await dialog.getByRole("region", { name: "Link" }).innerText();
  await inspect(app, "files-link");
  const opened = await request.get(address.trim());
  expect(await opened.text()).toBe("two, and longer");
  await app.keyboard.press("Escape");

  const versions = app.getByRole("list", { name: "Versions" });
  await expect(versions.getByRole("listitem")).toHaveCount(2);
  await versions.getByRole("button", { name: "Make it the newest" }).click();
  await expect(app.getByText("Version 1 is the newest again")).toBeVisible();
  await expect(versions.getByRole("listitem")).toHaveCount(3);
});

test("an upload goes on where the network broke", async ({ app }) => {
  const api = await adminApi();
  const name = unique("Film", "bin");
  const bytes = Buffer.alloc(5_000_000, 7);
  let broken = 0;
  await app.route("**/api/v1/uploads/*", async (route) => {
    if (route.request().method() === "PATCH" && broken < 2) {
      broken += 1;
      await route.abort("connectionreset");
    } else await route.continue();
  });
  await app.goto("/files");
  await bring(app, name, bytes);
  await expect(tray(app).getByText("Waiting for the connection")).toBeVisible();
  await expect(tray(app).getByText("Uploaded", { exact: true })).toBeVisible();
  expect(broken).toBe(2);
  const { items } = await api.get(`/api/v1/files?q=${encodeURIComponent(name)}`);
  expect(items.map(({ size }) => size)).toEqual([bytes.length]);
});

test("an upload is paused, goes on, and another one is given up", async ({ app }) => {
  const [kept, dropped] = [unique("Kept", "bin"), unique("Dropped", "bin")];
  await app.goto("/files");
  let hold = true;
  await app.route("**/api/v1/uploads/*", async (route) => {
    if (route.request().method() === "PATCH" && hold) return; // it never gets there
    await route.continue();
  });
  await bring(app, kept, Buffer.alloc(100_000, 1));
  await bring(app, dropped, Buffer.alloc(100_000, 2));
  await tray(app)
    .getByRole("button", { name: `Pause “${kept}”` })
    .click();
  await expect(tray(app).getByText(/^Paused at/)).toBeVisible();
  await tray(app)
    .getByRole("button", { name: `Cancel “${dropped}”` })
    .click();
  await expect(tray(app).getByText(dropped)).toBeHidden();
  hold = false;
  await tray(app)
    .getByRole("button", { name: `Go on with “${kept}”` })
    .click();
  await expect(tray(app).getByText("Uploaded", { exact: true })).toBeVisible();
  await expect(row(app, kept)).toBeVisible();
  await expect(row(app, dropped)).toBeHidden();
});

test("files are selected and moved by keyboard alone", async ({ app }) => {
  const api = await adminApi();
  const [first, second] = [unique("Aaa", "txt"), unique("Aab", "txt")];
  for (const name of [first, second]) {
    await api.send(`/api/v1/files?name=${encodeURIComponent(name)}`, Buffer.from(name));
  }
  const folder = `Moved ${Date.now().toString(36)}`;
  await app.goto("/files");
  await expect(row(app, first)).toBeVisible();
  await app.keyboard.press("Shift+N");
  const dialog = app.getByRole("dialog", { name: "New folder" });
  await dialog.getByRole("textbox", { name: "Name" }).fill(folder);
  await app.keyboard.press("Enter");
  await expect(row(app, folder)).toBeVisible();
  await rows(app).focus();
  // Folders stand first; the files follow by name.
  for (let i = 0; i < 60; i += 1) {
    if (await app.getByText(first, { exact: true }).and(app.locator("[aria-live]")).count()) break;
    await app.keyboard.press("ArrowDown");
  }
  await app.keyboard.press("x");
  await app.keyboard.press("Shift+ArrowDown");
  await expect(app.getByRole("toolbar", { name: "Selected files" })).toContainText("2 selected");
  await inspect(app, "files-selected");
  await app.keyboard.press("m");
  const move = app.getByRole("dialog", { name: "Move 2 items" });
  await move.getByRole("textbox", { name: "Find a folder" }).fill(folder);
  await move.getByRole("radio", { name: folder }).focus();
  await app.keyboard.press("Space");
  await expect(move.getByRole("radio", { name: folder })).toBeChecked();
  await inspect(app, "files-move");
  await move.getByRole("button", { name: "Move here" }).click();
  await expect(row(app, first)).toBeHidden();
  await row(app, folder).click();
  await expect(row(app, first)).toBeVisible();
  await expect(row(app, second)).toBeVisible();
});
