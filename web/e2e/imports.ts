import type { Locator, Page } from "@playwright/test";
import { adminApi } from "./api.ts";
import { expect, inspect, signIn, test } from "./test.ts";

const CONFIG = `# ${"The models of the house, with a first line that is longer than any window. ".repeat(4)}
model_list:
  - model_name: house
    litellm_params:
      model: openai/gpt-6.1-sol
      api_key: os.environ/HOUSE_KEY
  - model_name: vectors
    litellm_params:
      model: openai/text-embedding-3-small
      api_key: os.environ/HOUSE_KEY
    model_info:
      mode: embedding
  - model_name: quick
    litellm_params:
      model: groq/llama-9
      api_key: os.environ/QUICK_KEY
  - model_name: theirs
    litellm_params:
      model: bedrock/anthropic.claude
router_settings:
  fallbacks:
    - house: [quick]
general_settings:
  master_key: sk-1234
`;
const KEY = "sk-not-a-real-key-3f9a";

/** The providers of a workspace that nothing is in yet: what is imported must not meet other tests. */
async function openProviders(page: Page): Promise<void> {
  const api = await adminApi();
  const { id } = await api.post("/api/v1/workspaces", { name: `Imported ${Date.now()}` });
  await signIn(page);
  await page.addInitScript((own) => localStorage.setItem("vectal.workspace", own), id);
  await page.goto("/settings/providers");
}

/** Long lines and names make it no wider than the window. */
async function expectWithin(page: Page, dialog: Locator): Promise<void> {
  const box = await dialog.boundingBox();
  expect(box?.x).toBeGreaterThanOrEqual(0);
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
}

/** The test of an import from LiteLLM, for the window that the spec's project has. */
export function testImport(): void {
  test("a LiteLLM file is checked and imported by keyboard", async ({ page }) => {
    await openProviders(page);
    const opener = page.getByRole("button", { name: "Import from LiteLLM" });
    await expect(page.getByText("No providers yet")).toBeVisible();
    await inspect(page, "import-none");
    await opener.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Import from LiteLLM" });
    const file = dialog.getByLabel("config.yaml");
    await expect(file).toBeFocused();

    // A mistake is told with its place, and its line is marked.
    await file.fill(
      CONFIG.replace("    litellm_params:\n      model: groq", "   x\n      model: groq"),
    );
    await dialog.getByRole("button", { name: "Check" }).press("Enter");
    await expect(dialog.getByText(/in line \d+, column \d+/)).toBeVisible();
    await expect(file).toHaveAttribute("aria-invalid", "true");
    await expect(file).toBeFocused();
    await inspect(page, "import-mistake");

    await dialog.getByLabel("Choose a file").setInputFiles({
      name: "config.yaml",
      mimeType: "application/yaml",
      buffer: Buffer.from(CONFIG),
    });
    await expect(file).toHaveValue(CONFIG);
    await expect(file).not.toHaveAttribute("aria-invalid", "true");
    await expectWithin(page, dialog);
    await inspect(page, "import-file");
    await dialog.getByRole("button", { name: "Check" }).press("Enter");

    await expect(dialog.getByRole("heading", { name: "What will happen" })).toBeFocused();
    const table = dialog.getByRole("table", { name: "Providers" });
    const openai = table.getByRole("row").filter({ hasText: "https://api.openai.com" });
    const groq = table.getByRole("row").filter({ hasText: "https://api.groq.com" });
    await expect(openai).toContainText("2 models");
    await openai.getByText("2 models").press("Enter");
    await expect(openai.getByText("text-embedding-3-small")).toBeVisible();
    await expect(groq).toContainText("QUICK_KEY is missing");
    await expect(dialog.getByRole("region", { name: "Fallbacks" })).toContainText("house");
    await expect(dialog.getByText(/no adapter for bedrock/)).toBeAttached();
    await dialog.getByLabel("HOUSE_KEY").fill(KEY);
    await expect(openai).toContainText("HOUSE_KEY goes there");
    await expectWithin(page, dialog);
    await inspect(page, "import-preview");
    await dialog.getByText(/no adapter for bedrock/).scrollIntoViewIfNeeded();
    await inspect(page, "import-preview-end");

    // Nothing was changed by the check.
    await expect(page.getByText("No providers yet")).toBeAttached();
    await dialog.getByRole("button", { name: "Import", exact: true }).press("Enter");
    await expect(dialog.getByRole("heading", { name: "What was taken over" })).toBeFocused();
    await expect(dialog.getByText("2 providers were made.")).toBeVisible();
    await expect(dialog.getByText(/Enter the key of groq/)).toBeVisible();
    await expectWithin(page, dialog);
    await inspect(page, "import-done");

    await dialog.getByRole("button", { name: "Done" }).press("Enter");
    await expect(dialog).toBeHidden();
    await expect(opener).toBeFocused();
    const rows = page.getByRole("main").getByRole("listitem");
    await expect(rows.filter({ hasText: "https://api.openai.com" })).toContainText("3f9a");
    await expect(rows.filter({ hasText: "https://api.groq.com" })).toContainText("Off");
  });
}
