import { expect, openToday, test } from "../test.ts";

test("a phone has its navigation at the bottom, in reach of a thumb", async ({ app }) => {
  await openToday(app);
  const bar = app.getByRole("navigation", { name: "Main" });
  await expect(bar).toBeInViewport();
  const box = await bar.boundingBox();
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeGreaterThan(800);
  for (const link of await bar.getByRole("link").all()) {
    expect((await link.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  }
  await bar.getByRole("link", { name: "Inbox" }).tap();
  await expect(app).toHaveURL(/\/inbox$/);
});

test("the menu holds what the bar has no room for, and closes when it leads on", async ({
  app,
}) => {
  await openToday(app);
  await app.getByRole("button", { name: "Menu" }).tap();
  const menu = app.getByRole("dialog", { name: "Menu" });
  await expect(menu.getByText("ada@example.com")).toBeVisible();
  await menu.getByRole("link", { name: "Settings" }).tap();
  await expect(app).toHaveURL(/\/settings/);
  await expect(menu).toBeHidden();
});
