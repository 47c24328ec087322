import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { Counts } from "./model";
import { TotalsSection } from "./totals-section";

const NOTHING = { calls: 0, failed: 0, unpriced: 0, cost_usd: 0, input_tokens: 0 } as Counts;

afterEach(() => vi.unstubAllGlobals());

function renderOver(total: Partial<Counts>): void {
  const body = {
    from: "2026-11-01",
    to: "2026-11-30",
    everyone: true,
    items: [],
    total: { ...NOTHING, output_tokens: 0, ...total },
  };
  vi.stubGlobal("fetch", async () => {
    const headers = { "Content-Type": "application/json" };
    return new Response(JSON.stringify(body), { headers });
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <TotalsSection />
    </QueryClientProvider>,
  );
}

it("says nothing good of calls that nobody made", async () => {
  renderOver({});
  expect(await screen.findAllByText("No calls in these 30 days")).toHaveLength(2);
  expect(screen.queryByText("Every call has a price")).toBeNull();
  expect(screen.queryByText("None failed")).toBeNull();
});

it("says so when all calls have a price and none failed", async () => {
  renderOver({ calls: 2, cost_usd: 1 });
  expect(await screen.findByText("Every call has a price")).toBeTruthy();
  expect(screen.getByText("None failed")).toBeTruthy();
});
