import { adminApi } from "../api.ts";
import { expect, inspect, test } from "../test.ts";

test("something is remembered, said in other words, found, forgotten and put back", async ({
  app,
}) => {
  // A workspace of its own, in which nothing is remembered.
  const api = await adminApi();
  const { id } = await api.post("/api/v1/workspaces", { name: "Elm Road" });
  await app.addInitScript((chosen) => localStorage.setItem("vectal.workspace", chosen), id);
  await app.goto("/today");
  await expect(app.getByRole("main")).toBeVisible();
  await app.keyboard.press("g");
  await app.keyboard.press("m");
  await expect(app.getByText("Nothing is remembered yet")).toBeVisible();
  await inspect(app, "memories-empty");

  await app.keyboard.press("n");
  const dialog = app.getByRole("dialog", { name: "Tell Vectal something" });
  const words = dialog.getByLabel("What should be remembered?");
  await words.fill("Invoices go to the office in Bonn.");
  await inspect(app, "memory-new");
  await words.press("Control+Enter");
  const list = app.getByRole("list", { name: "Memories, newest first" });
  await expect(list.getByRole("listitem")).toHaveCount(1);
  await app.getByRole("button", { name: "Add", exact: true }).click();
  await words.fill("The team meets on Mondays at ten.");
  await dialog.getByRole("button", { name: "Remember" }).click();
  await expect(list.getByRole("listitem")).toHaveText([/Mondays/, /Bonn.*Written down by you/]);

  await app.getByRole("button", { name: "Edit “The team meets" }).click();
  const other = app.getByRole("dialog", { name: "Say it in other words" });
  await other.getByLabel("What should be remembered?").fill("The team meets on Tuesdays at ten.");
  await other.getByRole("button", { name: "Save" }).click();
  await expect(list).toContainText("Tuesdays");

  await app.getByRole("searchbox", { name: "Search in memory" }).fill("bon");
  await expect(list.getByRole("listitem")).toHaveText([/Bonn/]);
  await app.getByRole("searchbox", { name: "Search in memory" }).fill("zebra");
  await expect(app.getByText("No memory says that")).toBeVisible();
  await app.getByRole("searchbox", { name: "Search in memory" }).fill("");

  await app.getByRole("button", { name: "Forget “Invoices" }).click();
  await expect(list.getByRole("listitem")).toHaveText([/Tuesdays/]);
  await app.getByRole("button", { name: "Undo" }).click();
  await expect(list.getByRole("listitem")).toHaveText([/Bonn/, /Tuesdays/]);
});
