import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { SessionUser } from "@/lib/session/contracts";
import { useSession } from "@/lib/session/session";
import type { CallFilter } from "./call-filter";
import { CallFilters } from "./call-filters";

/** Two keys of one name, which their hints tell apart. */
const ANSWERS: Readonly<Record<string, unknown>> = {
  "/api/v1/api-keys": {
    items: [
      { id: "k1", name: "Laptop", hint: "vct_aa" },
      { id: "k2", name: "Laptop", hint: "vct_bb" },
    ],
  },
  "/api/v1/ai/usage": { items: [{ group: "gpt-6-luna" }] },
};

let wanted: CallFilter[] = [];

beforeEach(() => {
  wanted = [];
  useSession.setState({
    status: "signed-in",
    user: { id: "u1" } as unknown as SessionUser,
    workspaces: [],
    workspaceId: "w1",
  });
  vi.stubGlobal("fetch", async (request: Request) => {
    const body = ANSWERS[new URL(request.url).pathname] ?? { items: [] };
    return new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } });
  });
});

afterEach(() => {
  useSession.setState({ status: "unknown" }, true);
  vi.unstubAllGlobals();
});

function show(filter: CallFilter): void {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <CallFilters filter={filter} everyone onChange={(next) => wanted.push(next)} />
    </QueryClientProvider>,
  );
}

it("finds a key by what is typed", async () => {
  const person = userEvent.setup();
  show({ model: "gpt-6-luna" });
  await person.click(await screen.findByRole("combobox", { name: "Key" }));
  await screen.findByText("vct_bb");
  await person.keyboard("laptop bb{Enter}");
  expect(wanted).toEqual([{ model: "gpt-6-luna", api_key_id: "k2" }]);
});

it("shows all again with the first of the list", async () => {
  const person = userEvent.setup();
  show({ api_key_id: "k1" });
  await person.click(await screen.findByRole("combobox", { name: "Key" }));
  await person.click(await screen.findByRole("option", { name: "All keys" }));
  expect(wanted).toEqual([{}]);
});
