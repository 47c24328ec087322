import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor, within } from "@testing-library/react";
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
  doubt: null,
  settled_at: null,
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
  await screen.findByText(/^Key Laptop/);
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
  fireEvent.click(screen.getByRole("button", { name: "Edit Move" }));
  const dialog = await screen.findByRole("dialog", { name: "Change the budget" });
  expect(within(dialog).getByText("Project Moving house · Every month")).toBeTruthy();
});

const DOUBTFUL = budget("Shared", {
  unit: "usd",
  cap: 5,
  in_doubt: 1.25,
  left: 3.75,
  doubt: { since: new Date().toISOString(), calls: 2, estimated: 0.4 },
});

/** Renders the section over a server that has this budget; returns the bodies that it is sent. */
function renderOver(held: Budget, manages: boolean, status = 200): unknown[] {
  const sent: unknown[] = [];
  const settled = { ...held, in_doubt: 0, doubt: null, settled_at: new Date().toISOString() };
  vi.stubGlobal("fetch", async (request: Request) => {
    const isList = request.method === "GET";
    if (!isList) sent.push(await request.json());
    const body = isList
      ? { items: [sent.length && status === 200 ? settled : held] }
      : { ...held, code: "ai.budget_doubt_changed", status };
    const headers = { "Content-Type": "application/json" };
    return new Response(JSON.stringify(body), { status: isList ? 200 : status, headers });
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <BudgetsSection manages={manages} />
    </QueryClientProvider>,
  );
  return sent;
}

it.each([
  ["Charge $0.40, release the rest", 0.4],
  ["Release it all", 0],
])("lets an administrator decide what is in doubt: %s", async (button, charge) => {
  const sent = renderOver(DOUBTFUL, true);
  await screen.findByText(/\$1\.25 in doubt · 2 calls were under way .* · since /);
  const opener = screen.getByRole("button", { name: "Decide what is in doubt of Shared" });
  opener.focus();
  fireEvent.click(opener);
  const dialog = await screen.findByRole("dialog", { name: "What became of $1.25?" });
  within(dialog).getByText(/By our own count they took \$0\.40/);
  const note = within(dialog).getByRole("textbox", { name: "Why (optional)" });
  fireEvent.change(note, { target: { value: "The invoice has it" } });
  fireEvent.click(within(dialog).getByRole("button", { name: button }));
  const wanted = { in_doubt: 1.25, charge, note: "The invoice has it" };
  await waitFor(() => expect(sent).toEqual([wanted]));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  await waitFor(() => expect(screen.queryByText(/in doubt/)).toBeNull());
  await waitFor(() =>
    expect(document.activeElement?.closest("li")?.textContent).toMatch(/^Shared/),
  );
});

it("only releases where no call is known", async () => {
  renderOver({ ...DOUBTFUL, doubt: { since: null, calls: 0, estimated: 0 } }, true);
  await screen.findByText("$1.25 in doubt · a server died and had this set aside");
  fireEvent.click(screen.getByRole("button", { name: /^Decide/ }));
  const dialog = await screen.findByRole("dialog");
  expect(within(dialog).queryByRole("button", { name: /^Charge/ })).toBeNull();
  within(dialog).getByRole("button", { name: "Release it all" });
});

it("shows members what is in doubt and nothing to decide", async () => {
  renderOver(DOUBTFUL, false);
  await screen.findByText(/\$1\.25 in doubt/);
  expect(screen.queryByRole("button", { name: /^Decide/ })).toBeNull();
});

const at = "2026-11-29T10:00:00Z";

const LISTS: Readonly<Record<string, unknown>> = {
  "/api/v1/ai/budgets": {
    items: [budget("Decided", { unit: "usd", settled_at: at }), budget("Never", { unit: "usd" })],
  },
  "first page": {
    items: [
      { id: "s3", user_name: "Ada", in_doubt: 1.25, charged: 0.4, note: "Seen on the invoice", at },
      { id: "s2", user_name: null, in_doubt: 2, charged: 0, note: "", at },
    ],
    next_cursor: "older",
  },
  older: {
    items: [{ id: "s1", user_name: "Ada", in_doubt: 3, charged: 3, note: "", at }],
    next_cursor: null,
  },
};

/** Renders the section over a server where one budget has decisions, in two pages. */
function renderDecided(manages: boolean): void {
  vi.stubGlobal("fetch", async (request: Request) => {
    const url = new URL(request.url);
    const isList = url.pathname in LISTS;
    const page = isList ? url.pathname : (url.searchParams.get("cursor") ?? "first page");
    return new Response(JSON.stringify(LISTS[page]), {
      headers: { "Content-Type": "application/json" },
    });
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <BudgetsSection manages={manages} />
    </QueryClientProvider>,
  );
}

it("shows an administrator who decided what, when and why, page by page", async () => {
  renderDecided(true);
  const name = "Decisions on what was in doubt of Decided";
  fireEvent.click(await screen.findByRole("button", { name }));
  expect(screen.queryByRole("button", { name: /^Decisions .* of Never$/ })).toBeNull();
  const dialog = await screen.findByRole("dialog", { name: "What was decided" });
  const told = async () => {
    const items = await within(dialog).findAllByRole("listitem");
    return items.map((each) => each.textContent);
  };
  const [parted, released] = await told();
  expect(parted).toMatch(/^\$0\.40 of \$1\.25 charged, the rest released/);
  expect(parted).toContain("Seen on the invoice");
  expect(parted).toContain("Ada · ");
  expect(released).toMatch(/^\$2\.00 released.*Someone who left · /);
  fireEvent.click(within(dialog).getByRole("button", { name: "Show earlier ones" }));
  await waitFor(async () => expect((await told())[2]).toMatch(/^\$3\.00 charged/));
  expect(within(dialog).queryByRole("button", { name: "Show earlier ones" })).toBeNull();
});

it("shows members no decisions", async () => {
  renderDecided(false);
  await screen.findByText("Decided");
  expect(screen.queryByRole("button", { name: /^Decisions/ })).toBeNull();
});
