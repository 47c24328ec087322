import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";
import { ADMIN } from "./account.ts";
import { type Stage, setStage } from "./stage.ts";

export { expect } from "@playwright/test";

const ARTIFACTS = fileURLToPath(new URL("../artifacts/", import.meta.url));
const THEMES = ["light", "dark"] as const;
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** What another theme can change: the same elements stand there in other colours. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"];

/** Signs in by the API: the refresh cookie lands in the page's own context. */
export async function signIn(page: Page, person = ADMIN): Promise<void> {
  const answer = await page.request.post("/api/v1/auth/login", {
    data: { email: person.email, password: person.password },
  });
  expect(answer.status(), await answer.text()).toBe(200);
}

async function inTheme(page: Page, theme: (typeof THEMES)[number]): Promise<void> {
  await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
  await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
}

async function expectNothingGrave(page: Page, theme: string, onlyColours = false): Promise<void> {
  // The legacy mode spares a second page for the results: there are no frames to look into.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ["violations"] });
  const set = onlyColours ? axe.withRules(OF_COLOURS) : axe.withTags(RULES);
  const { violations } = await set.analyze();
  const grave = violations.filter((v) => v.impact === "serious" || v.impact === "critical");
  const found = grave.map((v) => ({
    rule: v.id,
    help: v.help,
    nodes: v.nodes.slice(0, 5).map((node) => node.html),
  }));
  expect(found, `${page.url()}, ${theme} theme`).toEqual([]);
}

/** 0 serious or critical findings by axe, in both themes. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const [number, theme] of THEMES.entries()) {
    await inTheme(page, theme);
    await expectNothingGrave(page, theme, number > 0);
  }
}

async function keep(page: Page, name: string, theme: string): Promise<void> {
  await mkdir(ARTIFACTS, { recursive: true });
  const size = (page.viewportSize()?.width ?? 0) < 768 ? "phone" : "desktop";
  await page.screenshot({ path: `${ARTIFACTS}${name}-${size}-${theme}.png` });
}

/** Keeps `artifacts/<name>-<desktop|phone>-<theme>.png` for people to look at. */
export async function capture(page: Page, name: string): Promise<void> {
  for (const theme of THEMES) {
    await inTheme(page, theme);
    await keep(page, name, theme);
  }
}

/** Nothing scrolls sideways but what is made to: boards, tables, code, a row of tabs. */
export async function expectNothingWide(page: Page): Promise<void> {
  const wide = await page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll("body *")]
      .filter((node) => node.scrollWidth > node.clientWidth + 1)
      .filter((node) => {
        const { overflowX } = getComputedStyle(node);
        const made = /overflow-(?:x-)?auto/.test(node.className);
        return node === document.documentElement || (/auto|scroll/.test(overflowX) && !made);
      })
      .map((node) => `${node.tagName} ${node.className}`),
  );
  expect(wide, page.url()).toEqual([]);
}

/** All that a page has to stand: `expectAccessible`, `capture` and `expectNothingWide` in one go. */
export async function inspect(page: Page, name: string): Promise<void> {
  // It begins with the theme that is there: changing it takes longer than looking at it.
  const shown = await page.locator("html").getAttribute("data-theme");
  const themes = shown === "dark" ? THEMES.toReversed() : THEMES;
  for (const [number, theme] of themes.entries()) {
    await inTheme(page, theme);
    await keep(page, name, theme);
    await expectNothingGrave(page, theme, number > 0);
  }
  await expectNothingWide(page);
}

interface Fixtures {
  /** A page of a signed-in administrator. */
  app: Page;
  /** A signed-in page that shows the workspace of the stage; it has been nowhere yet. */
  home: Page;
}

interface WorkerFixtures {
  /** A workspace with content, made when a test first asks for it. */
  stage: Stage;
}

/**
 * Playwright's `test`, with `app` for signed-in pages. A page that logs an error, throws, or breaks
 * its content security policy fails its test.
 */
export const test = base.extend<Fixtures, WorkerFixtures>({
  page: async ({ page }, use) => {
    const problems: string[] = [];
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      // Failed calls are the product's business (a 401 before sign-in, a socket while offline).
      const call = /^(?:Failed to load resource|WebSocket connection to)/.test(message.text());
      if (message.type() === "error" && !call) problems.push(message.text());
    });
    await use(page);
    expect(problems).toEqual([]);
  },
  app: async ({ page }, use) => {
    await signIn(page);
    await page.goto("/today");
    // The first page of a browser loads everything, which takes a busy machine a while.
    await expect(page.getByRole("main")).toBeVisible({ timeout: 30_000 });
    await use(page);
  },
  home: async ({ page, stage }, use) => {
    await signIn(page);
    await page.addInitScript(
      (id) => localStorage.setItem("vectal.workspace", id),
      stage.workspaceId,
    );
    await use(page);
  },
  stage: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads which fixtures it names
    async ({}, use, worker) => {
      await use(await setStage(worker.project.use.baseURL ?? "", worker.workerIndex));
    },
    { scope: "worker", timeout: 240_000 },
  ],
});
