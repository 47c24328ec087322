import { adminApi } from "../api.ts";
import { expect, inspect, test } from "../test.ts";

test("a starter is kept as a preset, shared, used for a run, changed and deleted", async ({
  app,
}) => {
  // A workspace of its own, in which nothing is kept.
  const api = await adminApi();
  const { id } = await api.post("/api/v1/workspaces", { name: "Oak Lane" });
  await app.addInitScript((chosen) => localStorage.setItem("vectal.workspace", chosen), id);
  await app.goto("/runs");
  await app.getByRole("link", { name: "Presets" }).click();
  const starters = app.getByRole("region", { name: "Four to begin with" });
  await expect(starters.getByRole("listitem")).toHaveCount(4);
  await inspect(app, "presets-empty");

  await starters.getByRole("button", { name: "Keep Break a goal down as a preset" }).click();
  const dialog = app.getByRole("dialog", { name: "New preset" });
  await expect(dialog.getByText("Asks for: date, goal")).toBeVisible();
  await dialog.getByLabel("Name", { exact: true }).fill("Break it down");
  await dialog.getByRole("switch", { name: "Share with the workspace" }).click();
  await inspect(app, "preset-new");
  await dialog.getByRole("button", { name: "Save" }).click();
  const list = app.getByRole("list", { name: "Presets" }).getByRole("listitem");
  await expect(list).toHaveText([/Break it down.*Shared.*Asks for: date, goal/]);

  await app.getByRole("button", { name: "Edit Break it down" }).click();
  const edit = app.getByRole("dialog", { name: "Edit the preset" });
  await edit.getByLabel("At most, in US dollars").fill("0.25");
  await edit.getByLabel("Name", { exact: true }).press("Enter");
  await expect(list).toContainText(["up to $0.25"]);

  await app.goto("/runs");
  await expect(app.getByRole("button", { name: "New run" }).first()).toBeVisible();
  await app.keyboard.press("n");
  const run = app.getByRole("dialog", { name: "New run" });
  await run.getByRole("button", { name: "Break it down" }).press("Enter");
  await expect(run.getByLabel("At most, in US dollars")).toHaveValue("0.25");
  await expect(run.getByRole("checkbox", { checked: true })).toHaveCount(5);
  await expect(run.getByRole("button", { name: "Start" })).toBeDisabled();
  await run.getByLabel("date", { exact: true }).fill("the end of May");
  await run.getByLabel("goal", { exact: true }).fill("a garden without weeds");
  await inspect(app, "run-new-preset");
  await run.getByRole("button", { name: "Start" }).click();
  await expect(app).toHaveURL(/\/runs\/[0-9a-f-]+$/);
  await expect(app.getByRole("heading", { level: 1 })).toHaveText(
    /^I want to reach this by the end of May: a garden without weeds\./,
  );

  await app.goto("/runs/presets");
  await app.getByRole("button", { name: "Delete Break it down" }).click();
  const sure = app.getByRole("dialog", { name: "Delete “Break it down”?" });
  await sure.getByRole("button", { name: "Delete" }).click();
  await expect(starters).toBeVisible();
});
