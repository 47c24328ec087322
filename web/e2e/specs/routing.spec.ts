import { adminApi } from "../api.ts";
import { expect, inspect, test } from "../test.ts";

test("a policy says what it means, and what is within reach follows it", async ({ app }) => {
  await app.goto("/settings/routing");
  const main = app.getByRole("main");
  const reach = main.getByRole("list", { name: "Providers and their models" });
  await expect(reach.getByRole("listitem").filter({ hasText: "Simulator" })).toContainText(
    "Can be asked",
  );
  await expect(main.getByText("Every provider of this workspace may be asked.")).toBeVisible();

  await main.getByRole("radio", { name: "Only some" }).click();
  await expect(main.getByText("Choose at least one.")).toBeVisible();
  await expect(main.getByRole("button", { name: "Save the policy" })).toBeDisabled();
  await main.getByRole("checkbox", { name: "Every Anthropic provider" }).check();
  await expect(main.getByText("only these are asked: Every Anthropic provider.")).toBeVisible();
  await main.getByRole("button", { name: "Save the policy" }).click();
  await expect(main.getByText("No model can be asked")).toBeVisible();
  await expect(reach.getByRole("listitem").filter({ hasText: "Simulator" })).toContainText(
    "This provider isn’t among those that may be asked.",
  );
  await inspect(app, "routing-refused");

  await main.getByRole("radio", { name: "Every one" }).click();
  await main.getByRole("button", { name: "Save the policy" }).click();
  await expect(main.getByText("No model can be asked")).toBeHidden();
});

test("names of one's own and fallbacks are added, changed and removed", async ({ app }) => {
  await app.goto("/settings/routing");
  const aliases = app.getByRole("list", { name: "Names of your own" });
  await app.getByRole("button", { name: "Add a name" }).click();
  const dialog = app.getByRole("dialog");
  await dialog.getByLabel("Name").fill("vectal/mine");
  await dialog.getByLabel("Model").fill("vectal/pro");
  await dialog.getByRole("button", { name: "Save the name" }).click();
  await expect(dialog.getByRole("alert")).toContainText("taken");
  await dialog.getByLabel("Name").fill("house-model");
  await inspect(app, "routing-alias");
  await dialog.getByRole("button", { name: "Save the name" }).click();
  await expect(dialog).toBeHidden();
  const alias = aliases.getByRole("listitem").filter({ hasText: "house-model" });
  await expect(alias).toContainText("vectal/pro");
  await alias.getByRole("button", { name: "Edit house-model" }).click();
  await dialog.getByLabel("Model").fill("vectal/fast");
  await dialog.getByRole("button", { name: "Save the name" }).click();
  await expect(alias).toContainText("vectal/fast");

  await app.getByRole("button", { name: "Add a fallback" }).click();
  await dialog.getByLabel("When this model fails").fill("gpt-6.1-sol");
  await dialog.getByLabel("Try these, in this order").fill("house-model");
  await dialog.getByLabel("Try these, in this order").press("Enter");
  await dialog.getByLabel("Try these, in this order").fill("vectal/pro");
  await dialog.getByLabel("Try these, in this order").press("Enter");
  await dialog.getByRole("button", { name: "Move vectal/pro up" }).click();
  await inspect(app, "routing-fallback");
  await dialog.getByRole("button", { name: "Save the fallback" }).click();
  const fallback = app.getByRole("list", { name: "Fallbacks" }).getByRole("listitem");
  await expect(fallback).toContainText("then vectal/pro, house-model");

  // What one form saves leaves the others alone.
  await app.getByRole("radio", { name: "Cheap" }).click();
  await app.getByRole("button", { name: "Save the choice" }).click();
  await expect(app.getByText(/^Saved\./).first()).toBeVisible();
  const api = await adminApi();
  expect(await api.get("/api/v1/ai/preferences")).toMatchObject({
    taste: "cheap",
    aliases: { "house-model": "vectal/fast" },
    fallbacks: { "gpt-6.1-sol": ["vectal/pro", "house-model"] },
  });

  for (const row of [alias, fallback]) {
    await row.getByRole("button", { name: "Remove" }).click();
    await app.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await expect(row).toHaveCount(0);
  }
  await app.getByRole("radio", { name: "Balanced" }).click();
  await app.getByRole("button", { name: "Save the choice" }).click();
  await expect
    .poll(() => api.get("/api/v1/ai/preferences"))
    .toMatchObject({ taste: "balanced", aliases: {}, fallbacks: {} });
});

test("guardrails and kept answers are set and lifted", async ({ app }) => {
  await app.goto("/settings/ai");
  const main = app.getByRole("main");
  await main.getByRole("radio", { name: "Replace" }).click();
  await main.getByRole("checkbox", { name: "IP addresses" }).uncheck();
  await main.getByLabel("Denied patterns").fill("(?=look)ahead");
  await main.getByRole("button", { name: "Save the guardrails" }).click();
  await expect(main.getByText(/^Pattern 1: has look-around at character 1/)).toBeVisible();
  await expect(main.getByLabel("Denied patterns")).toBeFocused();
  await main.getByLabel("Denied patterns").fill("");
  await main.getByLabel("Denied phrases").fill("Project Falcon");
  await main.getByRole("button", { name: "Save the guardrails" }).click();
  await expect(main.getByText(/^Answers are checked as a whole/)).toBeVisible();
  const api = await adminApi();
  expect(await api.get("/api/v1/ai/preferences")).toMatchObject({
    guardrails: {
      personal_data: "redact",
      kinds: ["email", "phone", "iban", "card", "secret"],
      denied_phrases: ["Project Falcon"],
    },
  });
  await main.getByRole("button", { name: "Make a secret" }).click();
  const once = app.getByRole("dialog");
  await expect(once.getByLabel("Secret")).toHaveValue(/^whsec_/);
  await inspect(app, "guardrails-secret");
  await once.getByRole("button", { name: "Done" }).click();
  await main.getByRole("button", { name: "Rotate the secret" }).click();
  await expect(once).toContainText("For 24 hours the old one signs beside it");
  await once.getByRole("button", { name: "Cancel" }).click();
  await main.getByRole("switch", { name: "Keep answers" }).click();
  await main.getByLabel("Kept for so many seconds").fill("60");
  await inspect(app, "guardrails-set");
  await main.getByRole("button", { name: "Save", exact: true }).click();
  await expect
    .poll(() => api.get("/api/v1/ai/preferences"))
    .toMatchObject({ response_cache: { enabled: true, ttl_s: 60 }, hedge_after_ms: null });

  await main.getByLabel("Denied phrases").fill("");
  await main
    .getByRole("radiogroup", { name: "Personal data and secrets in requests" })
    .getByRole("radio", { name: "Off" })
    .click();
  await main.getByRole("button", { name: "Save the guardrails" }).click();
  await expect(main.getByText(/^Answers are checked as a whole/)).toBeHidden();
  await main.getByRole("switch", { name: "Keep answers" }).click();
  await main.getByRole("button", { name: "Save", exact: true }).click();
  await expect
    .poll(() => api.get("/api/v1/ai/preferences"))
    .toMatchObject({ response_cache: { enabled: false }, guardrails: { personal_data: "off" } });
});

test("an administrator decides whether files can be searched", async ({ app }) => {
  await app.goto("/settings/ai");
  const main = app.getByRole("main");
  await main.getByRole("button", { name: "Stop and delete" }).click();
  await app.getByRole("dialog").getByRole("button", { name: "Stop and delete" }).click();
  await expect(main.getByText("What files say is not searched")).toBeVisible();
  await inspect(app, "documents-off");
  await main.getByRole("button", { name: "Make files searchable" }).click();
  await expect(main.getByText("What files say can be searched")).toBeVisible();
});
