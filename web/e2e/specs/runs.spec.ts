import { adminApi } from "../api.ts";
import { expect, inspect, test } from "../test.ts";

test("a task is given to an agent, whose changes are accepted and whose steps are looked back at", async ({
  app,
}) => {
  const api = await adminApi();
  // What an earlier try has left is another party.
  const title = `Plan the garden party ${Date.now()}`;
  const task = await api.post("/api/v1/tasks", { title });
  await app.goto(`/task/${task.id}`);
  await app.getByRole("button", { name: "Give to an agent" }).click();
  const dialog = app.getByRole("dialog", { name: "New run" });
  await expect(dialog.getByLabel("What should be done?")).toHaveValue(title);
  await dialog.getByLabel("It is done when…").fill("- A step is proposed\n- The report says why");
  await inspect(app, "run-new");
  await dialog.getByRole("button", { name: "Start" }).click();

  // The task shows what becomes of it; the run's own page tells how.
  await app.getByRole("region", { name: "Agents" }).getByRole("link", { name: title }).click();
  await expect(app).toHaveURL(/\/runs\/[0-9a-f-]+$/);
  const main = app.getByRole("main");
  await expect(main.getByText("Done", { exact: true }).first()).toBeVisible({ timeout: 60_000 });
  await expect(main.getByRole("region", { name: "Report" })).toContainText("Simulated");
  const criteria = main.getByRole("region", { name: "Done when" });
  await expect(criteria.getByRole("listitem")).toHaveText([
    /A step is proposed: met/,
    /The report says why: met/,
  ]);
  await expect(
    main.getByRole("region", { name: "Plan", exact: true }).getByRole("listitem"),
  ).toHaveCount(3);
  // Which task is changed, from what and to what, depends on the installation's other tasks.
  const changes = main.getByRole("list", { name: "Changes" });
  const first = changes.getByRole("listitem").first();
  const before = await first.getByRole("deletion").textContent();
  const proposed = await first.getByRole("insertion").textContent();
  const other = ["Medium", "High"].find((name) => name !== before && name !== proposed) ?? "Urgent";
  const edited = new RegExp(`${before}${other}`);
  await main
    .getByRole("button", { name: /^Edit “/ })
    .first()
    .click();
  const edit = app.getByRole("dialog", { name: "Edit before you accept" });
  await edit.getByRole("combobox", { name: "Priority" }).press("Enter");
  await app.getByRole("option", { name: other }).press("Enter");
  await expect(app.getByRole("listbox")).toHaveCount(0);
  await inspect(app, "change-edit");
  await edit.getByRole("button", { name: "Save" }).click();
  await expect(first).toContainText(edited);
  await changes.getByText("Edited by you; as it was proposed").click();
  await inspect(app, "run-edited");
  await main
    .getByRole("region", { name: "Waits for your review" })
    .getByRole("button", { name: "Accept" })
    .click();
  await expect(main.getByRole("button", { name: /^Undo(?: all \d+)?$/ })).toBeVisible();
  const done = main.getByRole("region", { name: "Changes", exact: true });
  await expect(done).toContainText(edited);

  const happened = main.getByRole("list", { name: "What happened" }).getByRole("listitem");
  const whole = await happened.count();
  await main.getByRole("button", { name: "Look back" }).click();
  await main.getByRole("slider").press("Home");
  await expect(main.getByText(/^Entry 1 of/)).toBeVisible();
  expect(await happened.count()).toBeLessThan(whole);
  await expect(main.getByRole("region", { name: "Report" })).toBeHidden();
  await inspect(app, "run-replay");

  const page = app.url();
  await app.goto(`/task/${task.id}`);
  const agents = app.getByRole("region", { name: "Agents" });
  await expect(agents.getByRole("link", { name: title })).toBeVisible();
  await app.keyboard.press("g");
  await app.keyboard.press("a");
  await expect(app).toHaveURL(/\/runs$/);
  await app.getByRole("radio", { name: "Waiting for you" }).click();
  await expect(app.getByRole("link", { name: title })).toBeHidden();

  // What it has changed stays where the run is deleted.
  await app.goto(page);
  await main.getByRole("button", { name: "Delete" }).click();
  const gone = app.getByRole("dialog", { name: "Delete this run?" });
  await inspect(app, "run-delete");
  await gone.getByRole("button", { name: "Delete" }).click();
  await expect(app).toHaveURL(/\/runs$/);
  await expect(app.getByRole("link", { name: title })).toBeHidden();
  await app.goto(page);
  await expect(main.getByText("There is no such run")).toBeVisible();
});
