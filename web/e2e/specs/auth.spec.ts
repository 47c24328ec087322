import { ADMIN } from "../account.ts";
import { expect, inspect, test } from "../test.ts";

test("signing in leads to the page that was asked for; signing out forgets it", async ({
  page,
}) => {
  await page.goto("/inbox");
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel("E-mail").fill(ADMIN.email);
  await page.getByLabel("Password", { exact: true }).fill(ADMIN.password);
  await page.getByRole("button", { name: "Show the password" }).click();
  await expect(page.getByLabel("Password", { exact: true })).toHaveAttribute("type", "text");
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/inbox$/);
  await page.getByRole("button", { name: "Account and workspace" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/login/);
  await page.goto("/inbox");
  await expect(page).toHaveURL(/\/login/);
});

test("an invitation that doesn't exist says so", async ({ page }) => {
  await page.goto("/signup?invitation=nothing-like-this");
  await expect(page.getByRole("alert")).toBeVisible();
  await inspect(page, "signup");
});
