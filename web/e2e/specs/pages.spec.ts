import { testPages } from "../pages.ts";
import { expect, inspect, test } from "../test.ts";

testPages();

test("what keys open over a page", async ({ home }) => {
  await home.goto("/today");
  await expect(home.getByRole("region", { name: "Projects" })).toBeVisible();
  await home.keyboard.press("Control+k");
  await expect(home.getByRole("dialog", { name: "Commands and search" })).toBeVisible();
  await expect(home.getByRole("option", { name: "Reading group" })).toBeAttached();
  await inspect(home, "palette");
  await home.keyboard.press("Escape");
  await expect(home.getByRole("dialog")).toHaveCount(0);
  await home.keyboard.press("?");
  const sheet = home.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(sheet.getByRole("heading", { name: "In a list of tasks" })).toBeVisible();
  await inspect(home, "shortcuts");
});

test("the palette finds things by their words, and shows one kind of them", async ({
  home,
  stage,
}) => {
  await home.goto("/today");
  await expect(home.getByRole("region", { name: "Projects" })).toBeVisible();
  await home.keyboard.press("Control+k");
  const palette = home.getByRole("dialog", { name: "Commands and search" });
  await expect(palette.getByRole("combobox")).toBeFocused();
  await home.keyboard.type("tiles");
  const task = palette.getByRole("option", { name: /^Order the tiles.*Task$/ });
  await expect(task).toBeVisible();
  await expect(
    palette.getByRole("option", { name: /^Tiles and the rest of the week.*Conversation$/ }),
  ).toBeVisible();
  await inspect(home, "palette-found");
  // A few Tabs away from the words: which kind of things is shown.
  const facets = palette.getByRole("group", { name: "What is shown" });
  await expect(facets.getByRole("button", { name: "All" })).toHaveAttribute("aria-pressed", "true");
  const conversations = facets.getByRole("button", { name: /^Conversations/ });
  await expect(async () => {
    await home.keyboard.press("Tab");
    await expect(conversations).toBeFocused({ timeout: 200 });
  }).toPass({ intervals: [0] });
  await expect(conversations).toBeFocused();
  await home.keyboard.press("Enter");
  await expect(palette.getByRole("combobox")).toBeFocused();
  await expect(task).toBeHidden();
  await expect(palette.getByRole("option")).toHaveCount(1);
  await inspect(home, "palette-facet");
  await facets.getByRole("button", { name: "All" }).click();
  await expect(task).toBeVisible();
  // Nothing that can be done goes by these words, so what was found comes first.
  await home.keyboard.press("Enter");
  await expect(home).toHaveURL(/\/task\/[0-9a-f-]+$/);
  await expect(palette).toBeHidden();

  await home.keyboard.press("Control+k");
  await expect(palette.getByRole("combobox")).toBeFocused();
  await home.keyboard.type("rest of the week");
  await expect(
    palette.getByRole("option", { name: /^Tiles and the rest of the week.*Conversation$/ }),
  ).toBeVisible();
  await expect(palette.getByRole("option")).toHaveCount(1);
  await home.keyboard.press("ArrowDown");
  await home.keyboard.press("Enter");
  await expect(home).toHaveURL(new RegExp(`/chat/${stage.conversationId}$`));
  // The same keys would close it while it is still there.
  await expect(palette).toBeHidden();

  await home.keyboard.press("Control+k");
  await expect(palette.getByRole("combobox")).toBeFocused();
  await home.keyboard.type("zebra crossing");
  await expect(palette.getByText("Nothing matches “zebra crossing”.")).toBeVisible();
});

test("what left the house is shown by day and host, and one by one", async ({ home }) => {
  await home.goto("/usage");
  await home.getByRole("link", { name: "What left the house" }).click();
  await expect(home).toHaveURL(/\/egress$/);
  const main = home.getByRole("main");
  // Nobody has asked anybody so far; a provider that is asked and never there changes that.
  await home.goto("/settings/providers");
  const ask = home.getByRole("button", { name: "Test The machine in the cellar" });
  await ask.click();
  await expect(home.getByTestId("verdict")).toHaveAttribute("data-ok", "false");
  await home.goto("/egress");
  const host = main.getByRole("button", { name: "models.example.com" });
  // The ledger is written in batches, so the page may have been faster.
  await expect(async () => {
    await home.getByRole("button", { name: "Look again" }).click();
    await expect(host).toBeVisible({ timeout: 2000 });
  }).toPass();
  await expect(main.getByRole("table", { name: "Requests by day" })).toBeAttached();
  await inspect(home, "egress");
  await host.click();
  const entries = main.getByRole("list", { name: "Requests, newest first" });
  await expect(entries.getByRole("listitem").first()).toContainText("models.example.com");
  await main.getByRole("combobox", { name: "How it ended" }).click();
  await home.getByRole("option", { name: "Answered", exact: true }).click();
  await expect(main.getByText("No request fits")).toBeVisible();
  await main.getByRole("button", { name: "Clear" }).click();
  await expect(entries.getByRole("listitem").first()).toBeVisible();
  await entries.getByRole("listitem").first().scrollIntoViewIfNeeded();
  await inspect(home, "egress-entries");
  await home.setViewportSize({ width: 390, height: 844 });
  await expect(entries).toBeVisible();
  await inspect(home, "egress-entries");
});
