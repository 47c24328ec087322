import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { Suspense } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CallDetail } from "./call-detail";
import { CallRow } from "./calls-section";
import type { Call } from "./model";

const call: Call = {
  id: "c1",
  at: "2026-11-29T10:00:00Z",
  user_id: "u1",
  api_key_id: null,
  project_id: null,
  run_id: null,
  purpose: "gateway",
  provider: "OpenAI",
  model: "gpt-6-luna",
  slot: null,
  route_codes: ["choice.model"],
  route_sentence: "You chose GPT-6 Luna.",
  status: "ok",
  error_code: null,
  input_tokens: 0,
  output_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  reasoning_tokens: 0,
  cost_usd: 0,
  estimated: false,
  simulated: false,
  first_token_ms: null,
  duration_ms: 4,
  attempts: 0,
  request_id: null,
};
const kept: Call = { ...call, route_codes: ["choice.model", "cache.hit"] };

beforeEach(() => {
  vi.stubGlobal("fetch", async (request: Request) => {
    const items = request.url.includes("/projects") ? [{ id: "p1", name: "Kitchen" }] : [];
    return Response.json({ items, next_cursor: null });
  });
});
afterEach(() => vi.unstubAllGlobals());

function show(one: Call): void {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Suspense>
        <ul>
          <CallRow call={one} onOpen={() => undefined} />
        </ul>
        <CallDetail call={one} onClose={() => undefined} />
      </Suspense>
    </QueryClientProvider>,
  );
}

it("says of a kept answer that it was one, and of no tokens", async () => {
  show(kept);
  await screen.findByRole("dialog");
  expect(screen.getAllByText("Kept answer")).toHaveLength(2);
  expect(screen.getByText(/no model asked/)).toBeDefined();
  expect(screen.getByText(/that answer was kept and given again/)).toBeDefined();
  expect(screen.queryByText(/0 tokens/)).toBeNull();
  expect(screen.queryByText("Tokens")).toBeNull();
});

it("tells the tokens of a call that took none and was not kept", async () => {
  show(call);
  await screen.findByRole("dialog");
  expect(screen.queryByText("Kept answer")).toBeNull();
  expect(screen.getByText(/0 tokens/)).toBeDefined();
  expect(screen.getByText("Tokens")).toBeDefined();
});

it.each([
  ["ai.provider_authentication", "The provider refused the key."],
  ["ai.guardrail_blocked_answer", "A guardrail refused the answer."],
  ["ai.server_lost", "The server that made the call died."],
])("says in words why a call failed: %s", async (code, words) => {
  show({ ...call, status: "failed", error_code: code });
  await screen.findByRole("dialog");
  expect(screen.getAllByText(words)).toHaveLength(2);
  expect(screen.getByText(code)).toBeDefined();
});

it("tells a code that it has no words for as it is", async () => {
  show({ ...call, status: "failed", error_code: "ai.unheard_of" });
  await screen.findByRole("dialog");
  expect(screen.getAllByText("ai.unheard_of")).toHaveLength(2);
});

it("names the project and the run that a call was for", async () => {
  show({ ...call, project_id: "p1", run_id: "01a22a26-efa5" });
  expect(await screen.findByText("Kitchen")).toBeDefined();
  expect(screen.getByText("Run …efa5")).toBeDefined();
});
