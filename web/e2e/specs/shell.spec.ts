import { expect, expectAccessible, openToday, test } from "../test.ts";

test("the palette finds a command by words and runs it", async ({ app }) => {
  await openToday(app);
  await app.keyboard.press("Control+k");
  const palette = app.getByRole("dialog", { name: "Commands and search" });
  await expect(palette).toBeVisible();
  await app.keyboard.type("inbox");
  await app.keyboard.press("Enter");
  await expect(palette).toBeHidden();
  await expect(app).toHaveURL(/\/inbox$/);
});

test("keys lead to every page, and ? lists them", async ({ app }) => {
  await openToday(app);
  await app.keyboard.press("g");
  await app.keyboard.press("i");
  await expect(app).toHaveURL(/\/inbox$/);
  await app.keyboard.press("?");
  const sheet = app.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(sheet).toBeVisible();
  await app.keyboard.press("g");
  await app.keyboard.press("t");
  await expect(app).toHaveURL(/\/inbox$/);
  await app.keyboard.press("Escape");
  await expect(sheet).toBeHidden();
});

test("the first Tab offers to skip to the content", async ({ app }) => {
  await openToday(app);
  await app.keyboard.press("Tab");
  const skip = app.getByRole("link", { name: "Skip to content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await app.keyboard.press("Enter");
  await expect(app.getByRole("main")).toBeFocused();
});

test("the theme follows the system until one is chosen, over reloads too", async ({ app }) => {
  await openToday(app);
  const html = app.locator("html");
  await app.emulateMedia({ colorScheme: "dark" });
  await expect(html).toHaveAttribute("data-theme", "dark");
  await app.getByRole("button", { name: "Account and workspace" }).click();
  await app.getByRole("menuitem", { name: "Theme" }).press("ArrowRight");
  await expect(app.getByRole("menuitemradio", { name: "System" })).toBeFocused();
  await expectAccessible(app);
  await app.emulateMedia({ colorScheme: "dark" });
  await app.keyboard.press("ArrowDown");
  await expect(app.getByRole("menuitemradio", { name: "Light" })).toBeFocused();
  await app.keyboard.press("Enter");
  await expect(html).toHaveAttribute("data-theme", "light");
  await app.reload();
  await expect(html).toHaveAttribute("data-theme", "light");
  await app.goto("/settings/preferences");
  await app.getByRole("radio", { name: "Light" }).press("ArrowRight");
  await expect(html).toHaveAttribute("data-theme", "dark");
});

test("an address that doesn't exist says so and leads back", async ({ app }) => {
  await app.goto("/no/such/page");
  await expect(app.getByRole("heading", { name: "There’s nothing here" })).toBeVisible();
  await app.getByRole("link", { name: "Go to Today" }).click();
  await expect(app).toHaveURL(/\/today$/);
});

test("the page says when the browser is offline, and again when it is not", async ({ app }) => {
  await openToday(app);
  await app.context().setOffline(true);
  await expect(app.getByText("You’re offline. What you see may be old.")).toBeVisible();
  await app.context().setOffline(false);
  await expect(app.getByText("You’re offline. What you see may be old.")).toBeHidden();
});

test("signing out in one tab signs out the other", async ({ app, context }) => {
  await openToday(app);
  const other = await context.newPage();
  await other.goto("/inbox");
  await expect(other.getByRole("main")).toBeVisible();
  await app.getByRole("button", { name: "Account and workspace" }).click();
  await app.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(app).toHaveURL(/\/login/);
  await expect(other).toHaveURL(/\/login/);
});

test("a page behind the sign-in is where one lands after it", async ({ page }) => {
  await page.goto("/settings");
  await expect(page).toHaveURL(/\/login\?next=/);
});
