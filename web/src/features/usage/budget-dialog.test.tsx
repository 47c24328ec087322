import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Suspense } from "react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { SessionUser } from "@/lib/session/contracts";
import { useSession } from "@/lib/session/session";
import { BudgetDialog } from "./budget-dialog";

const member = (user_id: string, display_name: string) => ({
  user_id,
  display_name,
  email: `${user_id}@example.com`,
});

/** The second page of people begins where the first says. */
const PAGES: Readonly<Record<string, unknown>> = {
  "/members": { items: [member("u1", "Ada Lovelace")], next_cursor: "more" },
  "/members more": { items: [member("u2", "Grace Hopper")], next_cursor: null },
  "/member-keys": {
    items: [{ id: "k1", name: "Laptop", hint: "vct_ab…yz", user_id: "u2" }],
    next_cursor: null,
  },
  "/projects": { items: [{ id: "p1", name: "Kitchen" }], next_cursor: null },
};

let sent: Record<string, unknown>[] = [];
const closed = vi.fn<() => void>();

const user = { id: "u1", email: "u1@example.com", display_name: "Ada Lovelace" };

beforeEach(() => {
  useSession.setState({
    status: "signed-in",
    user: user as unknown as SessionUser,
    workspaces: [],
    workspaceId: "w1",
  });
  sent = [];
  closed.mockClear();
  vi.stubGlobal("fetch", async (request: Request) => {
    const headers = { "Content-Type": "application/json" };
    if (request.method === "POST") {
      sent.push((await request.json()) as Record<string, unknown>);
      return new Response("{}", { status: 201, headers });
    }
    const url = new URL(request.url);
    const path = /\/(?:members|member-keys|projects)$/.exec(url.pathname)?.[0];
    const cursor = url.searchParams.get("cursor");
    const body = PAGES[cursor ? `${path} ${cursor}` : `${path}`];
    return new Response(JSON.stringify(body), { headers });
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Suspense>
        <BudgetDialog budget={null} onClose={closed} onSaved={() => undefined} />
      </Suspense>
    </QueryClientProvider>,
  );
});

afterEach(() => vi.unstubAllGlobals());

async function fill(person: ReturnType<typeof userEvent.setup>, whom: string): Promise<void> {
  await person.type(await screen.findByLabelText("Name"), "A cap");
  await person.type(screen.getByLabelText("Cap in US dollars"), "5");
  screen.getByLabelText("For").focus();
  await person.keyboard("{Enter}");
  await person.click(await screen.findByRole("option", { name: whom }));
}

/** As the button does; the test's document takes 5 for no multiple of 0.01. */
function submit(): void {
  const form = screen.getByRole("button", { name: "Set the budget" }).closest("form");
  if (form) fireEvent.submit(form);
}

const how = { name: "A cap", cap: "5", unit: "usd", period: "month", enabled: true };

it.each([
  ["A person", "Choose a person", "grace", { subject_kind: "user", subject_id: "u2" }],
  ["An API key", "Choose a key", "grace vct_ab", { subject_kind: "key", subject_id: "k1" }],
  ["A project", "Choose a project", "kit", { subject_kind: "project", subject_id: "p1" }],
])("sets a budget for %s out of all pages", async (whom, choose, typed, wanted) => {
  const person = userEvent.setup();
  await fill(person, whom);
  await person.click(screen.getByText(choose));
  await waitFor(() => expect(screen.queryByText("Loading…")).toBeNull());
  await person.keyboard(`${typed}{Enter}`);
  submit();
  await waitFor(() => expect(closed).toHaveBeenCalled());
  expect(sent).toEqual([{ ...how, ...wanted, timezone: expect.any(String) }]);
});

it("sets one for the workspace without asking more", async () => {
  const person = userEvent.setup();
  await person.type(await screen.findByLabelText("Name"), "A cap");
  await person.type(screen.getByLabelText("Cap in US dollars"), "5");
  submit();
  await waitFor(() => expect(closed).toHaveBeenCalled());
  expect(sent).toEqual([{ ...how, subject_kind: "workspace", timezone: expect.any(String) }]);
});

it("asks for whom it is before it sends anything", async () => {
  const person = userEvent.setup();
  await fill(person, "A person");
  submit();
  const field = await screen.findByLabelText("Person");
  await waitFor(() => expect(document.activeElement).toBe(field));
  expect(field.getAttribute("aria-invalid")).toBe("true");
  expect(sent).toEqual([]);
});
