import { ownAddress } from "../addresses.ts";
import { adminApi } from "../api.ts";
import { killServe } from "../server.ts";
import { capture, expect, expectNothingWide, inspect, test } from "../test.ts";

const BUDGETS = "/api/v1/ai/budgets";

test("what a killed server left in doubt is seen and decided", async ({ app }) => {
  const api = await adminApi();
  const name = `In doubt ${Date.now()}`;
  const cap = { unit: "tokens", period: "total", cap: "1000000" };
  const budget = await api.post(BUDGETS, { name, ...cap });
  const stalled = api
    .post("/v1/chat/completions", {
      model: "simulator",
      max_tokens: 500,
      messages: [{ role: "user", content: "[simulate:stall] Say one thing" }],
    })
    .catch(() => null);
  // How far a call is stands in the database from its second second on.
  await app.waitForTimeout(4000);
  killServe(ownAddress());
  await stalled;
  await expect
    .poll(async () => (await api.get(`${BUDGETS}/${budget.id}`).catch(() => null))?.doubt?.calls, {
      timeout: 60_000,
    })
    .toBe(1);

  await app.goto("/usage");
  const row = app.getByRole("main").getByRole("listitem").filter({ hasText: name });
  await expect(row).toContainText(
    /tokens in doubt · 1 call was under way when a server died · since /,
  );
  await row.scrollIntoViewIfNeeded();
  await inspect(app, "budget-doubt");
  await app.setViewportSize({ width: 390, height: 844 });
  await row.scrollIntoViewIfNeeded();
  await expectNothingWide(app);
  await capture(app, "budget-doubt");
  await row.getByRole("button", { name: `Decide what is in doubt of ${name}` }).click();
  const dialog = app.getByRole("dialog", { name: /^What became of [\d,]+ tokens\?$/ });
  await expect(dialog).toContainText("1 call is known to have been under way.");
  await dialog.getByRole("textbox", { name: "Why (optional)" }).fill("The invoice has this call");
  await inspect(app, "budget-doubt-dialog");
  await dialog.getByRole("button", { name: /^Charge \d+ tokens, release the rest$/ }).click();
  await expect(dialog).toBeHidden();
  await expect(row).not.toContainText("in doubt ·");
  const decided = await api.get(`${BUDGETS}/${budget.id}/settlements`);
  expect(decided.items).toHaveLength(1);

  const opener = row.getByRole("button", { name: `Decisions on what was in doubt of ${name}` });
  await expect(opener).toBeVisible();
  await expect(row.locator(":focus")).toHaveCount(1);
  await opener.press("Enter");
  const decisions = app.getByRole("dialog", { name: "What was decided" });
  const made = decisions.getByRole("listitem");
  await expect(made).toHaveCount(1);
  await expect(made).toContainText(/\d tokens charged, the rest released/);
  await expect(made).toContainText("The invoice has this call");
  await expect(made).toContainText("Ada Lovelace · ");
  await inspect(app, "budget-decisions");
  await app.keyboard.press("Escape");
  await expect(decisions).toBeHidden();
  await expect(opener).toBeFocused();
});
