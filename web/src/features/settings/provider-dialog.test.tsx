import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { ProviderDialog } from "./provider-dialog";
import type { Provider } from "./provider-test";

const stored: Provider = {
  id: "01990000-0000-7000-8000-000000000001",
  kind: "anthropic",
  name: "Claude",
  base_url: "https://api.anthropic.com",
  has_key: true,
  key_hint: "…wxyz",
  enabled: true,
  models: [],
  weight: 100,
  priority: 100,
  region: "",
  location: "outside",
  batches: "queue",
  responses: "chat",
  last_test: null,
  version: 3,
  created_at: "2026-01-02T03:04:05Z",
  updated_at: "2026-01-02T03:04:05Z",
};

function open(provider: Provider) {
  const sent: unknown[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    sent.push(await request.json());
    return new Response(JSON.stringify(provider), {
      headers: { "Content-Type": "application/json" },
    });
  });
  render(
    <ProviderDialog provider={provider} onClose={() => undefined} onSaved={() => undefined} />,
  );
  return sent;
}

afterEach(() => vi.unstubAllGlobals());

it("shows by which way batches go, and sends another when it is chosen", async () => {
  const sent = open(stored);
  const queue = await screen.findByRole("radio", { name: "Line by line" });
  expect(queue.getAttribute("aria-checked")).toBe("true");
  fireEvent.click(screen.getByRole("radio", { name: "At the vendor" }));
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]).toMatchObject({ name: "Claude", batches: "vendor", version: 3 });
});

it("has no such choice for kinds without a batch endpoint, and sends none", async () => {
  const sent = open({ ...stored, kind: "deepseek" });
  const save = await screen.findByRole("button", { name: "Save" });
  expect(screen.queryByRole("radio", { name: "Line by line" })).toBeNull();
  fireEvent.click(save);
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]).not.toHaveProperty("batches");
});

it("shows how requests of responses reach a server, and sends another way when it is chosen", async () => {
  const sent = open({ ...stored, kind: "openai_compatible" });
  const chat = await screen.findByRole("radio", { name: "As chat completions" });
  expect(chat.getAttribute("aria-checked")).toBe("true");
  fireEvent.click(screen.getByRole("radio", { name: "As they are" }));
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]).toMatchObject({ responses: "vendor", version: 3 });
});

it("has no such choice for vendors of another shape", async () => {
  open(stored);
  await screen.findByRole("button", { name: "Save" });
  expect(screen.queryByRole("radio", { name: "As they are" })).toBeNull();
});
