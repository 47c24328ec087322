import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { test as base, expect, type Page } from "@playwright/test";
import { ADMIN } from "./account.ts";
import { findGrave } from "./axe.ts";
import { type Stage, setStage } from "./stage.ts";

export { expect } from "@playwright/test";

const ARTIFACTS = fileURLToPath(new URL("../artifacts/", import.meta.url));
const THEMES = ["light", "dark"] as const;
/** Pictures are a fifth of the run's work, and no person looks at those of a machine's. */
const KEEPS_PICTURES = process.env.CI === undefined;

/** Signs in by the API: the refresh cookie lands in the page's own context. */
export async function signIn(page: Page, person = ADMIN): Promise<void> {
  const answer = await page.request.post("/api/v1/auth/login", {
    data: { email: person.email, password: person.password },
  });
  expect(answer.status(), await answer.text()).toBe(200);
}

async function inTheme(page: Page, theme: (typeof THEMES)[number]): Promise<void> {
  await page.emulateMedia({ colorScheme: theme });
  // It looks at each frame: an assertion's next look comes a tenth of a second later.
  await page.waitForFunction((wanted) => document.documentElement.dataset.theme === wanted, theme);
}

async function expectNothingGrave(page: Page, theme: string, onlyColours: boolean): Promise<void> {
  expect(await findGrave(page, onlyColours), `${page.url()}, ${theme} theme`).toEqual([]);
}

/** Opens Today and waits for it. */
export async function openToday(page: Page): Promise<void> {
  await page.goto("/today");
  await expect(page.getByRole("main")).toBeVisible();
}

async function keep(page: Page, name: string, theme: string): Promise<void> {
  if (!KEEPS_PICTURES) return;
  await mkdir(ARTIFACTS, { recursive: true });
  const size = (page.viewportSize()?.width ?? 0) < 768 ? "phone" : "desktop";
  await page.screenshot({ path: `${ARTIFACTS}${name}-${size}-${theme}.png` });
}

/** Looks at a page in both themes. It begins with the one that is there: a change takes a while. */
async function inBothThemes(
  page: Page,
  look: (theme: string, isSecond: boolean) => Promise<void>,
): Promise<void> {
  const shown = await page.locator("html").getAttribute("data-theme");
  const themes = shown === "dark" ? THEMES.toReversed() : THEMES;
  for (const theme of themes) {
    await inTheme(page, theme);
    await look(theme, theme !== themes[0]);
  }
}

/** 0 serious or critical findings by axe, in both themes. */
export function expectAccessible(page: Page): Promise<void> {
  return inBothThemes(page, (theme, isSecond) => expectNothingGrave(page, theme, isSecond));
}

/** Keeps `artifacts/<name>-<desktop|phone>-<theme>.png` for people to look at; not where CI is set. */
export async function capture(page: Page, name: string): Promise<void> {
  if (KEEPS_PICTURES) await inBothThemes(page, (theme) => keep(page, name, theme));
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
  await inBothThemes(page, async (theme, isSecond) => {
    await keep(page, name, theme);
    await expectNothingGrave(page, theme, isSecond);
  });
  await expectNothingWide(page);
}

interface Fixtures {
  /** A page of a signed-in administrator; it has been nowhere yet. */
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
      await use(await setStage(worker.workerIndex));
    },
    { scope: "worker", timeout: 240_000 },
  ],
});
