import { expect, expectAccessible, inspect, test } from "../test.ts";

test.describe.configure({ timeout: 120_000 });

test("a phone has the whole screen for a conversation, and its list one tap away", async ({
  app,
}) => {
  await app.goto("/chat");
  await app.getByRole("button", { name: "What is due today?" }).tap();
  const composer = app.getByRole("textbox", { name: "Message", exact: true });
  await expect(composer).toHaveValue("What is due today?");
  await inspect(app, "chat-new");
  await app.getByRole("button", { name: "Send" }).tap();
  const answer = app.getByRole("article", { name: "Vectal" });
  await expect(answer.getByRole("button", { name: "Answer again" })).toBeVisible();
  await app.getByRole("button", { name: "Conversations" }).tap();
  const sheet = app.getByRole("dialog", { name: "Conversations" });
  await expect(sheet.getByRole("searchbox")).toBeVisible();
  await expectAccessible(app);
});
