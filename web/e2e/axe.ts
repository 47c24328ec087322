import type { Page } from "@playwright/test";
import axe from "axe-core";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** What another theme can change: the same elements stand there in other colours. */
const OF_COLOURS = ["color-contrast", "link-in-text-block"];

export interface Finding {
  rule: string;
  help: string;
  nodes: string[];
}

/** What axe finds that is serious or critical. */
export async function findGrave(page: Page, onlyColours: boolean): Promise<Finding[]> {
  // Half a million characters: once for a document, though it is looked at in two themes.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  const options: axe.RunOptions = {
    resultTypes: ["violations"],
    runOnly: onlyColours ? { type: "rule", values: OF_COLOURS } : { type: "tag", values: RULES },
  };
  return page.evaluate(async (how) => {
    const { axe: there } = window as unknown as { axe: typeof axe };
    const { violations } = await there.run(document, how);
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, help, nodes }) => ({
        rule: id,
        help,
        nodes: nodes.slice(0, 5).map((node) => node.html),
      }));
  }, options);
}
