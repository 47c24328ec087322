import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { BudgetsSection } from "./budgets-section";
import type { Budget } from "./forecast";

const plain = {
  id: "0",
  name: "Plain",
  subject_kind: "workspace",
  subject_id: null,
  subject_name: null,
  unit: "requests",
  period: "month",
  enabled: true,
  version: 1,
  resets_at: null,
  cap: 5,
  spent: 0,
  held: 0,
  in_doubt: 0,
  left: 5,
  spent_per_hour: 0,
} as unknown as Budget;

function budget(name: string, part: Partial<Budget>): Budget {
  return { ...plain, id: name, name, ...part };
}

const ANSWERS: Readonly<Record<string, unknown>> = {
  "/api/v1/ai/budgets": {
    items: [
      budget("Everything", { cap: 1, left: 1 }),
      budget("Move", { subject_kind: "project", subject_id: "p1" }),
      budget("Gone", { subject_kind: "project", subject_id: "p2-lost" }),
      budget("Agent", { subject_kind: "run", subject_id: "r1" }),
      budget("Hidden", { subject_kind: "run", subject_id: "r2-hidden" }),
      budget("Key", { subject_kind: "key", subject_id: "k1", subject_name: "Laptop" }),
      budget("Words", { unit: "tokens", cap: 1 }),
    ],
  },
  "/api/v1/projects": { items: [{ id: "p1", name: "Moving house" }] },
  "/api/v1/runs/r1": { id: "r1", goal: "Sort the mail" },
};

afterEach(() => vi.unstubAllGlobals());

it("says by name whom each budget is for, and which of them a button deletes", async () => {
  vi.stubGlobal("fetch", async (request: Request) => {
    const body = ANSWERS[new URL(request.url).pathname];
    const headers = { "Content-Type": "application/json" };
    return new Response(JSON.stringify(body ?? { status: 404 }), {
      status: body ? 200 : 404,
      headers,
    });
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <BudgetsSection manages />
    </QueryClientProvider>,
  );
  await screen.findByText(/Run “Sort the mail”/);
  await screen.findByText(/Project Moving house/);
  await screen.findByText(/^Laptop/);
  const rows = screen.getAllByRole("listitem").map((row) => ({
    text: row.textContent,
    remove: within(row)
      .getByRole("button", { name: /^Delete/ })
      .getAttribute("aria-label"),
  }));
  expect(rows.map(({ remove }) => remove)).toEqual([
    "Delete Everything",
    "Delete Move",
    "Delete Gone",
    "Delete Agent",
    "Delete Hidden",
    "Delete Key",
    "Delete Words",
  ]);
  expect(rows[0]?.text).toContain("0 of 1 request used");
  expect(rows[1]?.text).toContain("0 of 5 requests used");
  expect(rows[2]?.text).toContain("Project …lost");
  expect(rows[4]?.text).toContain("Run …dden");
  expect(rows[6]?.text).toContain("0 of 1 token used");
});
