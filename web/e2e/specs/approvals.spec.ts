import { expect, inspect, test } from "../test.ts";

test("when agents ask is read as sentences, and changed", async ({ app }) => {
  await app.goto("/settings/approvals");
  const sentences = app.getByRole("list", { name: /^When runs ask/ });
  await expect(sentences).toContainText("Once a run has read what strangers wrote");
  await expect(sentences).toContainText("ask before a call that may cost more than $0.50");
  const tools = app.getByRole("list", { name: "Tools", exact: true }).getByRole("listitem");
  const calculator = tools.filter({ hasText: "Calculate" });
  await expect(calculator).toContainText("Never asks");

  await app.getByRole("button", { name: "Add a rule" }).click();
  const dialog = app.getByRole("dialog", { name: "Add a rule" });
  await dialog.getByRole("combobox", { name: "Tool" }).press("Enter");
  await app.getByRole("option", { name: "Calculate" }).press("Enter");
  await inspect(app, "approval-rule");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(sentences).toContainText("Ask before every call of “Calculate”.");
  await expect(calculator).toContainText("Always asks");

  await app.getByRole("button", { name: "Edit the rule for Calculate" }).click();
  const edited = app.getByRole("dialog", { name: "Rule for “Calculate”" });
  await edited.getByRole("radio", { name: "Ask", exact: true }).press("ArrowLeft");
  await expect(edited.getByRole("radio", { name: "Go ahead" })).toBeChecked();
  await edited.getByRole("button", { name: "Save" }).click();
  await expect(sentences).toContainText("Don’t ask before a call of “Calculate”.");

  await app.getByRole("button", { name: "Edit the rule for the price of a call" }).click();
  const price = app.getByRole("dialog", { name: "What a call may cost" });
  await price.getByLabel(/^Ask from/).fill("0.02");
  await price.getByRole("button", { name: "Save" }).click();
  await expect(sentences).toContainText("more than $0.02");

  await app.getByRole("button", { name: "Edit the rule for every other tool" }).click();
  const rest = app.getByRole("dialog", { name: "Every other tool" });
  await rest.getByRole("radio", { name: "Ask", exact: true }).click();
  await rest.getByRole("button", { name: "Save" }).click();
  await expect(sentences).toContainText("For every other tool: ask before every call.");
  await expect(sentences).not.toContainText("$0.02");

  await app.getByRole("button", { name: "Remove the rule for Calculate" }).click();
  const sure = app.getByRole("dialog", { name: "Remove the rule for “Calculate”?" });
  await sure.getByRole("button", { name: "Remove" }).click();
  await expect(sentences).not.toContainText("Calculate");
  await expect(calculator).toContainText("Always asks");
  // As it was, for the tests that come after.
  await app.getByRole("button", { name: "Edit the rule for every other tool" }).click();
  await rest.getByRole("radio", { name: "As usual" }).click();
  await rest.getByRole("button", { name: "Save" }).click();
  await app.getByRole("button", { name: "Edit the rule for the price of a call" }).click();
  await price.getByLabel(/^Ask from/).fill("0.5");
  await price.getByRole("button", { name: "Save" }).click();
  await expect(sentences).toContainText("more than $0.50");
});
