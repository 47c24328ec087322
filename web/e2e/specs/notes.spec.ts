import { expect, inspect, test } from "../test.ts";

test("a note is written, read, and changed where it is read", async ({ app }) => {
  const name = `Packing ${Date.now().toString(36)}`;
  await app.goto("/files");
  await app.getByRole("button", { name: "New", exact: true }).click();
  await app.getByRole("menuitem", { name: "New note" }).click();
  const dialog = app.getByRole("dialog", { name: "New note" });
  await dialog.getByLabel("Name").fill(name);
  // Closed by mistake, it has lost nothing.
  await app.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await app.getByRole("button", { name: "New", exact: true }).click();
  await app.getByRole("menuitem", { name: "New note" }).click();
  await expect(dialog.getByLabel("Name")).toHaveValue(name);
  await dialog.getByLabel("Text", { exact: true }).fill("- tent\n- stove");
  await inspect(app, "note-new");
  await app.keyboard.press("Control+Enter");
  await expect(dialog).toBeHidden();

  await app
    .getByRole("main")
    .getByRole("link", { name: `${name}.md`, exact: true })
    .click();
  await expect(app.getByRole("heading", { name: `${name}.md` })).toBeVisible();
  await app.getByRole("button", { name: "Edit the note" }).click();
  const edit = app.getByRole("dialog", { name: `${name}.md` });
  await expect(edit.getByLabel("Text", { exact: true })).toHaveValue("- tent\n- stove");
  await edit.getByLabel("Text", { exact: true }).fill("- tent\n- stove\n- maps");
  await edit.getByRole("button", { name: "Save" }).click();
  await expect(edit).toBeHidden();
  await expect(app.getByRole("main").getByText("maps")).toBeVisible();
});
