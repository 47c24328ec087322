import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { render, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { loadStrings } from "@/lib/i18n/i18n";
import { useSession } from "@/lib/session/session";
import type { WorkflowTool } from "./queries";
import { WorkflowsSection } from "./workflows-section";

const BASE = "http://n8n:5678/webhook/";
const LUNCH: WorkflowTool = {
  id: "01990000-0000-7000-8000-000000000001",
  name: "order_lunch",
  tool_name: "n8n_order_lunch",
  title: "Order lunch",
  description: "Orders lunch for the team.",
  input_schema: { type: "object" },
  webhook_path: "team/lunch",
  is_enabled: true,
  created_at: "2026-01-02T03:04:05Z",
  updated_at: "2026-01-02T03:04:05Z",
};

interface Sent {
  method: string;
  body: unknown;
}

/** A server that keeps workflows, and refuses a short passphrase as ours does. */
function serve(kept: WorkflowTool[], base: string | null): Sent[] {
  let items = kept;
  const sent: Sent[] = [];
  const answer = (body: object | null, status = 200) =>
    new Response(body && JSON.stringify(body), {
      status,
      headers: { "Content-Type": "application/json" },
    });
  vi.stubGlobal("fetch", async (request: Request) => {
    const { method } = request;
    if (method === "GET") return answer({ items, webhook_base: base });
    const body: Partial<WorkflowTool> & { secret?: string } =
      method === "DELETE" ? {} : await request.json();
    sent.push({ method, body });
    if (body.secret !== undefined && body.secret.length < 16) {
      const errors = [{ pointer: "/secret", code: "too_short", detail: "At least 16 characters" }];
      return answer({ status: 422, code: "invalid", title: "Not valid", errors }, 422);
    }
    if (method === "DELETE") items = [];
    else items = [{ ...(items[0] ?? LUNCH), ...body }];
    return method === "DELETE" ? answer(null, 204) : answer(items[0] ?? null);
  });
  return sent;
}

function open(role: "owner" | "member"): void {
  const user = {
    id: "u1",
    email: "ada@example.com",
    display_name: "Ada",
    timezone: "UTC",
    is_admin: false,
    default_workspace_id: "w1",
  };
  const workspaces = [{ id: "w1", name: "Home", role }];
  useSession.setState({ status: "signed-in", user, workspaces, workspaceId: "w1" }, true);
  const router = createRouter({
    routeTree: createRootRoute({ component: WorkflowsSection }),
    history: createMemoryHistory(),
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
}

beforeAll(() => loadStrings("workflows"));
afterEach(() => {
  vi.unstubAllGlobals();
  useSession.setState({ status: "anonymous" }, true);
});

it("says plainly that n8n is not set up, and what to do about it", async () => {
  serve([], null);
  open("owner");
  expect(await screen.findByText("n8n is not set up on this installation")).toBeTruthy();
  expect(screen.getByText(/VECTAL_N8N_URL/)).toBeTruthy();
  expect(screen.queryByRole("button", { name: "Add a workflow" })).toBeNull();
});

it("can be read by those who may not manage", async () => {
  serve([{ ...LUNCH, is_enabled: false }], BASE);
  open("member");
  expect(await screen.findByText(`${BASE}team/lunch`)).toBeTruthy();
  expect(screen.getByText("n8n_order_lunch")).toBeTruthy();
  expect(screen.getByText("Off")).toBeTruthy();
  expect(screen.getByText(/Owners and admins of this workspace/)).toBeTruthy();
  expect(screen.queryByRole("switch")).toBeNull();
  expect(screen.queryByRole("button")).toBeNull();
});

it("adds one, and says what is wrong at the field that it is wrong with", async () => {
  const sent = serve([], BASE);
  open("owner");
  await userEvent.click(await screen.findByRole("button", { name: "Add a workflow" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Add a workflow" }));
  await userEvent.type(dialog.getByLabelText("Name"), "Order lunch");
  await userEvent.type(dialog.getByLabelText("Title"), "Order lunch");
  await userEvent.type(dialog.getByLabelText("Description"), "Orders lunch.");
  await userEvent.type(dialog.getByLabelText("Webhook address"), `${BASE}lunch`);
  await userEvent.type(dialog.getByLabelText("Passphrase"), "too short");
  const schema = dialog.getByLabelText("Arguments") as HTMLTextAreaElement;
  const valid = schema.value;
  await userEvent.clear(schema);
  await userEvent.type(schema, '{{"type": object');
  expect(await dialog.findByText(/^This is no JSON: ./)).toBeTruthy();
  const save = dialog.getByRole("button", { name: "Save the workflow" });
  await userEvent.click(save);
  expect(sent).toEqual([]);
  const name = dialog.getByLabelText("Name");
  await waitFor(() => expect(document.activeElement).toBe(name));
  expect(name.getAttribute("aria-invalid")).toBe("true");

  await userEvent.clear(name);
  await userEvent.type(name, "order_lunch");
  await userEvent.clear(schema);
  await userEvent.click(schema);
  await userEvent.paste(valid);
  expect(dialog.queryByText(/^This is no JSON/)).toBeNull();
  await userEvent.click(save);
  expect(await dialog.findByText("At least 16 characters")).toBeTruthy();
  await userEvent.type(dialog.getByLabelText("Passphrase"), ", made longer");
  await userEvent.click(save);
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(sent.at(-1)).toMatchObject({
    method: "POST",
    body: { name: "order_lunch", webhook_url: `${BASE}lunch`, input_schema: JSON.parse(valid) },
  });
  expect(await screen.findByText("Orders lunch.")).toBeTruthy();
});

it("changes one without its passphrase, switches it off, and asks before it deletes", async () => {
  const sent = serve([LUNCH], BASE);
  open("owner");
  await userEvent.click(await screen.findByRole("button", { name: "Change Order lunch" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Change the workflow" }));
  expect(dialog.queryByLabelText("Name")).toBeNull();
  expect(dialog.getByText("Agents call it n8n_order_lunch.")).toBeTruthy();
  expect(dialog.getByLabelText<HTMLInputElement>("Passphrase").value).toBe("");
  const title = dialog.getByLabelText("Title");
  await userEvent.clear(title);
  await userEvent.type(title, "Lunch{Enter}");
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  const { description, input_schema } = LUNCH;
  expect(sent).toEqual([{ method: "PATCH", body: { title: "Lunch", description, input_schema } }]);

  const toggle = await screen.findByRole("switch", { name: "Agents may call Lunch" });
  await userEvent.click(toggle);
  expect(await screen.findByText("Off")).toBeTruthy();
  expect(sent.at(-1)).toEqual({ method: "PATCH", body: { is_enabled: false } });

  await userEvent.click(screen.getByRole("button", { name: "Delete Lunch" }));
  const sure = within(await screen.findByRole("dialog", { name: "Delete Lunch?" }));
  expect(sent).toHaveLength(2);
  await userEvent.click(sure.getByRole("button", { name: "Delete" }));
  expect(await screen.findByText("No workflows yet")).toBeTruthy();
});
