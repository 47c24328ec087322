import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { AiPreferences } from "./ai-preferences";
import { GuardrailsSection } from "./guardrails-section";

const saved = {
  taste: "balanced",
  guardrails: {
    personal_data: "off",
    kinds: [],
    denied_phrases: ["Falcon"],
    denied_patterns: [],
    denied_in: "answers",
    unreadable: "allow",
    schema_check: "off",
    max_answer_chars: null,
    webhook: null,
    on_failure: "refuse",
  },
} as unknown as AiPreferences;

afterEach(() => vi.unstubAllGlobals());

it("saves where phrases are denied, and what becomes of what can't be read", async () => {
  const sent: unknown[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.method === "PUT") sent.push(await request.json());
    const body = request.url.endsWith("/webhook-secret") ? { made_at: null } : saved;
    return new Response(JSON.stringify(body), { headers: { "Content-Type": "application/json" } });
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <GuardrailsSection saved={saved} />
    </QueryClientProvider>,
  );
  fireEvent.click(await screen.findByRole("radio", { name: "Both" }));
  const group = screen.getByRole("radiogroup", { name: /^Images and PDFs/ });
  const refuse = [...group.querySelectorAll('[role="radio"]')].at(-1);
  if (!refuse) throw new Error("nothing to choose");
  fireEvent.click(refuse);
  fireEvent.click(screen.getByRole("button", { name: "Save the guardrails" }));
  await waitFor(() => expect(sent).toHaveLength(1));
  expect(sent[0]).toMatchObject({
    taste: "balanced",
    guardrails: { denied_in: "both", unreadable: "refuse", denied_phrases: ["Falcon"] },
  });
});

it("leads to the pattern that was refused, with the reason", async () => {
  vi.stubGlobal("fetch", async (request: Request) => {
    const puts = request.method === "PUT";
    const detail = "has look-around at character 1, which patterns here can't have";
    const errors = [{ pointer: "/guardrails/denied_patterns/1", code: "value_error", detail }];
    const refusal = { status: 422, code: "invalid_input", title: "Not taken", errors };
    const kept = request.url.endsWith("/webhook-secret") ? { made_at: null } : saved;
    return new Response(JSON.stringify(puts ? refusal : kept), {
      status: puts ? 422 : 200,
      headers: { "Content-Type": puts ? "application/problem+json" : "application/json" },
    });
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <GuardrailsSection saved={saved} />
    </QueryClientProvider>,
  );
  const field = await screen.findByLabelText("Denied patterns");
  fireEvent.change(field, { target: { value: "fine\n(?=x)y" } });
  fireEvent.click(screen.getByRole("button", { name: "Save the guardrails" }));
  await screen.findByText(/^Pattern 2: has look-around at character 1/);
  expect(document.activeElement).toBe(field);
});
