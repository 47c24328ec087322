import type { Locator, Page } from "@playwright/test";
import { expect, expectAccessible, inspect, openToday, test } from "../test.ts";

// Long answers, and two themes each for the checks: more than a minute on a busy machine.
test.describe.configure({ timeout: 120_000 });

const composer = (page: Page) => page.getByRole("textbox", { name: "Message", exact: true });
const messages = (page: Page) => page.getByRole("log", { name: "Messages" });
const answers = (page: Page) => messages(page).getByRole("article", { name: "Vectal" });
const stop = (page: Page) => page.getByRole("button", { name: "Stop", exact: true });
/** A finished answer can be written again. */
const again = (answer: Locator) => answer.getByRole("button", { name: "Answer again" });

async function say(page: Page, text: string, mode: "Ask" | "Act" = "Ask"): Promise<void> {
  await page.getByRole("radio", { name: mode }).click();
  await composer(page).fill(text);
  await composer(page).press("Enter");
}

/** The text of an answer, without what stands below it. */
async function textOf(answer: Locator): Promise<string> {
  return (await answer.locator(".md").allInnerTexts()).join("\n");
}

test("an answer streams into the pane, says where it came from, and takes a title", async ({
  app,
}) => {
  await openToday(app);
  await say(app, "Write a text of 120 words");
  await expect(stop(app)).toBeVisible();
  const answer = answers(app).last();
  await expect(answer).toContainText("simulated");
  await expect(again(answer)).toBeVisible();
  await expect(answer).toContainText("Simulator");
  await expect(answer).toContainText("tokens");
  await answer.getByRole("button", { name: "Why this model" }).click();
  await expect(app.getByRole("dialog", { name: "Why this model" })).toContainText("Whole answer");
  await expectAccessible(app);
  await app.keyboard.press("Escape");
  await answer.getByRole("button", { name: "Context" }).click();
  await expect(app.getByRole("dialog", { name: "What went in" })).toContainText("Instructions");
  await app.keyboard.press("Escape");
  await expect(app.getByRole("complementary").getByRole("heading", { level: 2 })).toContainText(
    "Write a text",
  );
  await inspect(app, "chat-pane");
});

test("a reload in mid stream goes on where it was, to the same end", async ({ app }) => {
  await app.goto("/chat");
  await say(app, "Write a text of 400 words");
  await expect(app).toHaveURL(/\/chat\/[0-9a-f-]{36}$/);
  await expect(answers(app).last()).toContainText("simulated");
  await app.reload();
  await expect(stop(app)).toBeVisible();
  const answer = answers(app).last();
  await expect(again(answer)).toBeVisible({ timeout: 30_000 });
  const streamed = await textOf(answer);
  await app.reload();
  await expect(again(answer)).toBeVisible();
  expect(await textOf(answer)).toBe(streamed);
  expect(streamed.split(/\s+/).length).toBeGreaterThan(390);
});

test("two tabs show the same stream", async ({ app, context }) => {
  await app.goto("/chat");
  await say(app, "Write a text of 10 words");
  await expect(again(answers(app).last())).toBeVisible();
  const other = await context.newPage();
  await other.goto(app.url());
  await expect(again(answers(other).last())).toBeVisible();
  await say(app, "Write a text of 300 words");
  await expect(stop(other)).toBeVisible();
  await expect(again(answers(app).nth(1))).toBeVisible({ timeout: 30_000 });
  await expect(again(answers(other).nth(1))).toBeVisible();
  expect(await textOf(answers(other).nth(1))).toBe(await textOf(answers(app).nth(1)));
});

test("an answer can be stopped, keeps its words, and can be tried again", async ({ app }) => {
  await app.goto("/chat");
  await say(app, "Write a text of 2000 words");
  const answer = answers(app).last();
  await expect(answer).toContainText("simulated");
  await app.keyboard.press("Escape");
  await expect(answer).toContainText("You stopped this answer.");
  await expect(answer).toContainText("simulated");
  await expect(composer(app)).toBeFocused();
  await answer.getByRole("button", { name: "Try again" }).click();
  await expect(answers(app).last().getByText("2/2")).toBeHidden();
  await stop(app).click();
  await expect(answers(app).last().getByText("2/2")).toBeVisible();
});

test("a broken answer says so and keeps what was written", async ({ app }) => {
  await app.goto("/chat");
  await say(app, "Write a text of 100 words [simulate:cut]");
  const answer = answers(app).last();
  await expect(answer).toContainText("The answer broke off");
  await expect(answer.getByRole("button", { name: "Try again" })).toBeVisible();
  await expectAccessible(app);
});

test("an edited question begins a branch, and both can be read", async ({ app }) => {
  await app.goto("/chat");
  await say(app, "Say one thing");
  await expect(again(answers(app).last())).toBeVisible();
  const question = messages(app).getByRole("article", { name: "You" });
  await question.hover();
  await question.getByRole("button", { name: "Edit your message" }).click();
  await app.getByRole("textbox", { name: "Your message" }).fill("Say another thing");
  await app.keyboard.press("Enter");
  await expect(question).toContainText("Say another thing");
  await expect(again(answers(app).last())).toBeVisible();
  await expect(question.getByText("2/2")).toBeVisible();
  await question.getByRole("button", { name: "Earlier version" }).click();
  await expect(question).toContainText("Say one thing");
  await expect(question.getByText("1/2")).toBeVisible();
  await question.getByRole("button", { name: "Later version" }).click();
  await expect(question).toContainText("Say another thing");
});

test("changes are proposed, accepted, seen in the list, and undone", async ({ app }) => {
  await app.goto("/inbox");
  const name = `water the ferns ${Date.now()}`;
  await say(app, `Add a task to ${name}`, "Act");
  const answer = answers(app).last();
  const accept = answer.getByRole("button", { name: /^Accept/ }).last();
  await expect(accept).toBeVisible();
  await accept.click();
  const row = app.getByRole("main").getByText(name);
  await expect(row.first()).toBeVisible();
  await answer.getByRole("button", { name: /^Undo/ }).last().click();
  await expect(row).toHaveCount(0);
  await expectAccessible(app);
});

test("conversations are renamed, found, archived and deleted", async ({ app }) => {
  await app.goto("/chat");
  await say(app, "Write a text of 10 words about walruses");
  await expect(again(answers(app).last())).toBeVisible();
  const list = app.getByRole("navigation", { name: "Conversations" });
  await app
    .getByRole("main")
    .getByRole("button", { name: /^Options of/ })
    .first()
    .click();
  await app.getByRole("menuitem", { name: "Rename" }).click();
  await app.getByRole("textbox", { name: "Title" }).fill("Tusks");
  await app.keyboard.press("Enter");
  await expect(list.getByRole("button", { name: "Tusks", exact: true })).toBeVisible();
  await list.getByRole("searchbox").fill("walruses");
  await expect(list.getByRole("list", { name: "Found conversations" })).toContainText("Tusks");
  await list.getByRole("searchbox").fill("");
  await app.getByRole("main").getByRole("button", { name: "Options of Tusks" }).first().click();
  await app.getByRole("menuitem", { name: "Archive" }).click();
  await expect(app).toHaveURL(/\/chat$/);
  await expect(list.getByRole("button", { name: "Tusks", exact: true })).toHaveCount(0);
  await list.getByRole("button", { name: "Archived" }).click();
  await list.getByRole("button", { name: "Options of Tusks" }).click();
  await app.getByRole("menuitem", { name: "Delete" }).click();
  await app.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(list.getByText("Nothing is archived.")).toBeVisible();
});

test("the picker says what each model is, and remembers the choice", async ({ app }) => {
  await app.goto("/chat");
  await app.getByRole("button", { name: /^Model:/ }).click();
  await expect(app.getByRole("menuitemradio", { name: /^Fast/ })).toContainText("Simulator");
  await expectAccessible(app);
  await app.getByRole("menuitemradio", { name: /^Reasoning/ }).click();
  await app.reload();
  await expect(app.getByRole("button", { name: /^Model:/ })).toContainText("Reasoning");
});

test("keys switch the mode and lead to the composer", async ({ app }) => {
  await openToday(app);
  const act = app.getByRole("radio", { name: "Act" });
  await app.getByRole("radio", { name: "Ask" }).click();
  await app.keyboard.press("Control+e");
  await expect(act).toBeChecked();
  await app.keyboard.press("Control+j");
  await expect(composer(app)).toBeFocused();
  await app.keyboard.press("Control+.");
  await expect(composer(app)).toBeHidden();
});
