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
  await expect(home.getByRole("dialog", { name: "Keyboard shortcuts" })).toBeVisible();
  await inspect(home, "shortcuts");
});
