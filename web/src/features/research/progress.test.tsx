import { render, screen } from "@testing-library/react";
import { beforeAll, describe, expect, it } from "vitest";
import { loadStrings } from "@/lib/i18n/i18n";
import type { Research } from "./model";
import { Progress } from "./progress";

const LIMITS = { searches: 12, pages: 15, tokens: 1, cost_usd: 1, seconds: 900, rounds: 2 };
const SPENT = { searches: 6, pages: 11, tokens: 1, cost_usd: 0, rounds: 2 };
const RESEARCH: Research = {
  id: "r1",
  question: "How long?",
  depth: "standard",
  state: "running",
  stage: "searching",
  limits: LIMITS,
  spent: SPENT,
  sources_found: 14,
  pages_read: 9,
  created_at: "2026-11-29T12:00:00Z",
  deadline_at: "2026-11-29T12:15:00Z",
  ended_at: null,
  code: null,
  detail: null,
};
const words = () => screen.getAllByRole("listitem").map(({ textContent }) => textContent);

describe("how far a research is", () => {
  beforeAll(() => loadStrings("research"));

  it("names its round, and goes through the stages once more", () => {
    render(<Progress research={RESEARCH} />);
    expect(screen.getByRole("status").textContent).toBe("Searches. Round 2 of up to 2");
    expect(screen.getByText(/pages read$/).textContent).toContain("Round 2 of up to 2 · 14 pages");
    expect(words()).toContain("Looks for what is missing: to come");
  });

  it("speaks of no rounds where there is one", () => {
    const limits = { ...LIMITS, rounds: 1 };
    render(<Progress research={{ ...RESEARCH, limits, spent: { ...SPENT, rounds: 1 } }} />);
    expect(screen.getByRole("status").textContent).toBe("Searches");
    expect(words()).toHaveLength(5);
    expect(screen.queryByText(/Round/)).toBeNull();
  });
});
