import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { useSession } from "@/lib/session/session";
import { WhereSection } from "./where-section";

const ANSWERS: Readonly<Record<string, unknown>> = {
  "/api/v1/ai/usage": {
    items: [{ group: "k2", calls: 3, input_tokens: 2, output_tokens: 1, cost_usd: 1, unpriced: 0 }],
  },
  "/api/v1/member-keys": { items: [{ id: "k2", name: "Mia's script" }] },
};

afterEach(() => {
  useSession.setState({ status: "unknown" }, true);
  vi.unstubAllGlobals();
});

it("names the keys of others for administrators", async () => {
  const user = {
    id: "u1",
    email: "ada@example.com",
    display_name: "Ada",
    timezone: "UTC",
    is_admin: false,
    default_workspace_id: "w1",
  };
  const workspaces = [{ id: "w1", name: "House", role: "owner" as const }];
  useSession.setState({ status: "signed-in", user, workspaces, workspaceId: "w1" }, true);
  vi.stubGlobal("fetch", async (request: Request) => {
    const body = ANSWERS[new URL(request.url).pathname] ?? { items: [] };
    return new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } });
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <WhereSection />
    </QueryClientProvider>,
  );
  fireEvent.click(await screen.findByRole("radio", { name: "Key" }));
  expect(await screen.findByRole("rowheader", { name: "Mia's script" })).toBeTruthy();
});
