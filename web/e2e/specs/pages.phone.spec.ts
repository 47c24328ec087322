import { testPages } from "../pages.ts";
import { expect, inspect, test } from "../test.ts";

testPages();

test("what the bar opens over a page", async ({ home }) => {
  await home.goto("/today");
  const bar = home.getByRole("navigation", { name: "Main" });
  await bar.getByRole("button", { name: "Search" }).tap();
  await expect(home.getByRole("dialog", { name: "Commands and search" })).toBeVisible();
  await inspect(home, "palette");
  await home.goto("/today");
  await bar.getByRole("button", { name: "Menu" }).tap();
  const menu = home.getByRole("dialog", { name: "Menu" });
  await expect(menu.getByRole("link", { name: "Reading group" })).toBeVisible();
  await inspect(home, "menu");
});
