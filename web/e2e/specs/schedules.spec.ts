import { execFile } from "node:child_process";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, inspect, test } from "../test.ts";

const run = promisify(execFile);

test("a schedule is made, previewed, switched off by the keyboard, changed and deleted", async ({
  app,
}) => {
  await app.goto("/runs");
  await app.getByRole("link", { name: "Schedules" }).click();
  await expect(app).toHaveURL(/\/runs\/schedules$/);
  await expect(app.getByRole("heading", { name: "Schedules", exact: true })).toBeVisible();
  await app.keyboard.press("n");
  const dialog = app.getByRole("dialog", { name: "New schedule" });
  await dialog.getByLabel("What should be done?").fill("Look at my tasks and say what is late.");
  await dialog.getByLabel("Time zone").fill("Europe/Berlin");
  await dialog.getByLabel("At", { exact: true }).fill("07:30");
  await dialog.getByRole("combobox", { name: "Repeats" }).click();
  await app.getByRole("option", { name: "By a rule" }).click();
  const next = dialog.getByRole("region", { name: "The next five times" });
  await dialog.getByLabel("Rule (RFC 5545)").fill("FREQ=MINUTELY");
  await expect(next).toContainText("each 15 minutes at the most");
  await dialog.getByLabel("Rule (RFC 5545)").fill("FREQ=MONTHLY;BYDAY=-1FR");
  await expect(next.getByRole("listitem")).toHaveCount(5);
  await expect(next.getByRole("listitem").first()).toContainText(/Friday.*7:30/);
  await dialog.getByRole("combobox", { name: "Repeats" }).click();
  await app.getByRole("option", { name: "Each week" }).click();
  await dialog.getByRole("checkbox", { name: "Monday" }).check();
  await dialog.getByRole("checkbox", { name: "Thursday" }).check();
  await expect(next.getByRole("listitem").first()).toContainText(/Monday|Thursday/);
  await dialog.getByRole("combobox", { name: "When a time was missed" }).click();
  await app.getByRole("option", { name: "Make up for each" }).click();
  await expect(dialog.getByRole("combobox", { name: "When the last run" })).toBeDisabled();
  await inspect(app, "schedule-new");
  await dialog.getByRole("button", { name: "Save" }).click();

  const list = app.getByRole("list", { name: "Schedules" });
  await expect(list).toContainText("Each week on Monday and Thursday at 07:30");
  await expect(list).toContainText(/Next in \d+ (?:days?|hours?)|Next tomorrow/);
  await expect(list).toContainText("Nothing was begun yet.");
  await inspect(app, "schedules");
  const name = "Look at my tasks and say what is late.";
  const onOff = list.getByRole("switch", { name: `${name} is on` });
  await onOff.focus();
  await app.keyboard.press("Space");
  await expect(onOff).not.toBeChecked();
  await expect(list).toContainText("Switched off.");
  await app.keyboard.press("Space");
  await expect(onOff).toBeChecked();

  await list.getByRole("button", { name: `Edit ${name}` }).click();
  const edit = app.getByRole("dialog", { name: "Edit the schedule" });
  await expect(edit.getByLabel("At", { exact: true })).toHaveValue("07:30");
  await edit.getByLabel("Name").fill("Late tasks");
  await edit.getByRole("button", { name: "Save" }).click();
  await expect(list.getByRole("heading", { name: "Late tasks" })).toBeVisible();
  await list.getByRole("button", { name: "Delete Late tasks" }).click();
  await app
    .getByRole("dialog", { name: "Delete Late tasks?" })
    .getByRole("button", { name: "Delete" })
    .click();
  await expect(app.getByText("Let an agent begin by itself")).toBeVisible();
});

test("a webhook shows its secret once, and the example that comes with it begins a run", async ({
  app,
}) => {
  await app.goto("/runs/schedules");
  await app.getByRole("tab", { name: "Triggers" }).click();
  await app.getByRole("button", { name: "New trigger" }).first().click();
  const dialog = app.getByRole("dialog", { name: "New trigger" });
  await dialog.getByRole("combobox", { name: "When", exact: true }).click();
  await app.getByRole("option", { name: "Another system calls" }).click();
  await dialog.getByLabel("Name").fill("Deploys");
  await dialog.getByLabel("What should be done?").fill("Say what was deployed.");
  await inspect(app, "trigger-new");
  await dialog.getByRole("button", { name: "Save" }).click();

  const secret = app.getByRole("dialog", { name: "The secret of this trigger" });
  const example = secret.getByRole("region", { name: "Try it from a shell" });
  await expect(example).toContainText("Vectal-Signature");
  await inspect(app, "trigger-secret");
  const script = await example.innerText();
  const folder = await mkdtemp(join(tmpdir(), "vectal-hook-"));
  const { stdout } = await run("bash", ["-euo", "pipefail", "-c", script], { cwd: folder });
  expect(stdout).toContain("run_id");
  await secret.getByRole("button", { name: "I have kept it" }).click();

  const list = app.getByRole("list", { name: "Triggers" });
  await expect(list.getByRole("link", { name: "Last run" })).toBeVisible({ timeout: 30_000 });
  await inspect(app, "triggers");
  await list.getByRole("link", { name: "Last run" }).click();
  await expect(app.getByRole("main")).toContainText("Begun by webhook");
  await app.goBack();
  await list.getByRole("button", { name: "New secret for Deploys" }).click();
  await expect(app.getByRole("dialog", { name: "The secret of this trigger" })).toBeVisible();
});
