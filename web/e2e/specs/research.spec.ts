import { readFile } from "node:fs/promises";
import { expect, inspect, openToday, test } from "../test.ts";

const QUESTION = "How much electricity does tidal power make, and what does it cost?";

test("a question is researched, and its report shows what it rests on", async ({ app }) => {
  await openToday(app);
  await app.keyboard.press("g");
  await app.keyboard.press("r");
  await expect(app).toHaveURL(/\/research$/);
  await expect(app.getByRole("button", { name: "New research" }).first()).toBeVisible();
  await app.keyboard.press("n");
  const dialog = app.getByRole("dialog", { name: "New research" });
  await expect(
    dialog.getByText("12 searches, 15 pages and 15 minutes at most, in up to 2 rounds."),
  ).toBeVisible();
  await dialog.getByRole("radio", { name: "Quick" }).click();
  await expect(dialog.getByLabel("At most, in US dollars")).toHaveValue("0.10");
  await dialog.getByLabel("What do you want to know?").fill(QUESTION);
  await inspect(app, "research-new");
  await dialog.getByRole("button", { name: "Start" }).click();

  await expect(app).toHaveURL(/\/research\/[0-9a-f-]+$/);
  const main = app.getByRole("main");
  const report = main.getByRole("region", { name: "Report", exact: true });
  await expect(report).toBeVisible({ timeout: 90_000 });
  await expect(main.getByText("Done", { exact: true })).toBeVisible();
  await expect(main.getByRole("region", { name: "Good to know" })).toContainText("strangers");
  const sources = main.getByRole("region", { name: "Sources" }).getByRole("listitem");
  await expect(sources).toHaveCount(3);
  await expect(sources.first().getByRole("progressbar")).toHaveAttribute("aria-label", /^Weight/);
  await expect(main.getByRole("region", { name: "What could not be supported" })).toBeVisible();

  await report
    .getByRole("button", { name: /^Source 1/ })
    .first()
    .press("Enter");
  const card = app.getByRole("dialog", { name: "Source 1" });
  await expect(card.locator("blockquote")).toContainText(/\w/);
  await expect(card.getByRole("link", { name: /Open the passage/ })).toHaveAttribute(
    "href",
    /^http:\/\/127\.0\.0\.1:\d+\/\w+#:~:text=/,
  );
  await inspect(app, "research-citation");
  await app.keyboard.press("Escape");

  for (const [name, begins] of [
    ["PDF", "%PDF-"],
    ["Markdown", "# "],
    ["JSON", "{"],
  ] as const) {
    await main.page().getByRole("button", { name: "Download" }).click();
    const [download] = await Promise.all([
      app.waitForEvent("download"),
      app.getByRole("menuitem", { name }).click(),
    ]);
    const text = await readFile(await download.path(), "latin1");
    expect(text.startsWith(begins), name).toBe(true);
  }
  await app.getByRole("link", { name: "Research" }).first().click();
  await expect(app.getByRole("link", { name: QUESTION })).toBeVisible();
});

test("a research is stopped, and asked again", async ({ app }) => {
  await app.goto("/research");
  await app.getByRole("button", { name: "New research" }).first().click();
  const dialog = app.getByRole("dialog", { name: "New research" });
  // The Simulator takes its time, so there is something to stop.
  await dialog.getByLabel("What do you want to know?").fill(`${QUESTION} Tell it at length.`);
  await dialog.getByRole("radio", { name: "Deep" }).click();
  await dialog.getByRole("button", { name: "Start" }).click();
  await expect(app).toHaveURL(/\/research\/[0-9a-f-]+$/);
  await app.getByRole("button", { name: "Stop" }).click();
  const question = app.getByRole("dialog", { name: "Stop this research?" });
  await question.getByRole("button", { name: "Stop" }).click();
  await expect(app.getByText("You have stopped it. There is no report.")).toBeVisible();
  await app.getByRole("button", { name: "Ask again" }).click();
  await expect(
    app.getByRole("dialog", { name: "New research" }).getByLabel("What do you want to know?"),
  ).toHaveValue(/Tell it at length/);
});

test("without a search engine the page says how to set one up", async ({ app }) => {
  // As a server without an engine answers; ours has one.
  await app.route("**/api/v1/research/status", async (route) => {
    const answer = await route.fetch();
    const body: object = await answer.json();
    await route.fulfill({ response: answer, json: { ...body, is_ready: false, engines: [] } });
  });
  await app.goto("/research");
  const refused = app.getByRole("region", { name: "No search engine is set up" });
  await expect(refused.getByRole("row")).toHaveCount(5);
  await expect(refused).toContainText("VECTAL_BRAVE_KEY");
  await expect(app.getByRole("button", { name: "New research" })).toHaveCount(0);
  await inspect(app, "research-refused");
});
