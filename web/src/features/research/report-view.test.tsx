import { render, screen, within } from "@testing-library/react";
import { beforeAll, describe, expect, it } from "vitest";
import { loadStrings } from "@/lib/i18n/i18n";
import type { Report } from "./model";
import { ReportView } from "./report-view";

const REPORT: Report = {
  research: {
    id: "r1",
    question: "How long?",
    depth: "standard",
    state: "done",
    stage: "done",
    limits: { searches: 12, pages: 15, tokens: 1, cost_usd: 1, seconds: 900, rounds: 2 },
    spent: { searches: 2, pages: 3, tokens: 1, cost_usd: 0, rounds: 2 },
    sources_found: 3,
    pages_read: 3,
    created_at: "2026-11-29T12:00:00Z",
    deadline_at: "2026-11-29T12:15:00Z",
    ended_at: "2026-11-29T12:05:00Z",
    code: null,
    detail: null,
  },
  body: "Three months.",
  written_by: "model",
  model: "a-model",
  simulated: false,
  is_untrusted: true,
  sources: [],
  claims: [],
  notices: [],
  queries: ["notice period", "notice exceptions"],
  follow_ups: [
    {
      round: 2,
      lack: "contradicted",
      what: "<b>Two</b> pages differ.",
      query: "notice exceptions",
    },
  ],
  engines: ["searxng"],
};
const made = () => screen.getByRole("region", { name: "How it was made" });

describe("how a report was made", () => {
  beforeAll(() => loadStrings("research"));

  it("tells what a further round asked for, and why, as plain text", () => {
    render(<ReportView report={REPORT} />);
    const words = within(made())
      .getAllByRole("listitem")
      .map(({ textContent }) => textContent);
    expect(words).toEqual([
      "notice period",
      "notice exceptionsRound 2 · Sources disagree: <b>Two</b> pages differ.",
    ]);
  });

  it("says nothing of rounds where there was one", () => {
    render(<ReportView report={{ ...REPORT, follow_ups: [] }} />);
    expect(within(made()).getAllByRole("listitem")).toHaveLength(2);
    expect(screen.queryByText(/Round/)).toBeNull();
  });
});
