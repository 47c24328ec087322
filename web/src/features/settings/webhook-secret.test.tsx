import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { fireEvent, render, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { WebhookSecret } from "./webhook-secret";

const MADE_AT = "2026-01-02T03:04:05Z";

/** A server that keeps one secret, and shows it when it is made. */
function serve(madeAt: string | null) {
  let now = madeAt;
  let until: string | null = null;
  let made = 0;
  const answer = (body: object, status: number) =>
    new Response(JSON.stringify(body), {
      status,
      headers: { "Content-Type": "application/json" },
    });
  vi.stubGlobal("fetch", async (request: Request) => {
    if (new URL(request.url).pathname !== "/api/v1/ai/webhook-secret") throw new Error(request.url);
    if (request.method !== "POST") {
      return answer({ made_at: now, old_signs_until: until }, 200);
    }
    made += 1;
    until = now === null ? null : "2026-01-03T03:04:05Z";
    now = MADE_AT;
    return answer({ secret: `whsec_${made}`, made_at: now, old_signs_until: until }, 201);
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <WebhookSecret />
    </QueryClientProvider>,
  );
  return () => made;
}

afterEach(() => vi.unstubAllGlobals());

it("makes the first secret, shows it once, and then only tells that there is one", async () => {
  const made = serve(null);
  fireEvent.click(await screen.findByRole("button", { name: "Make a secret" }));
  const dialog = within(await screen.findByRole("dialog"));
  expect(dialog.getByDisplayValue("whsec_1")).toBeTruthy();
  fireEvent.click(dialog.getByRole("button", { name: "Done" }));
  await waitFor(() => expect(screen.queryByDisplayValue("whsec_1")).toBeNull());
  expect(await screen.findByRole("button", { name: "Rotate the secret" })).toBeTruthy();
  expect(made()).toBe(1);
});

it("asks before it rotates", async () => {
  const made = serve(MADE_AT);
  fireEvent.click(await screen.findByRole("button", { name: "Rotate the secret" }));
  const question = within(await screen.findByRole("dialog"));
  fireEvent.click(question.getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(made()).toBe(0);
  fireEvent.click(screen.getByRole("button", { name: "Rotate the secret" }));
  const again = within(await screen.findByRole("dialog"));
  fireEvent.click(again.getByRole("button", { name: "Rotate the secret" }));
  expect(await screen.findByDisplayValue("whsec_1")).toBeTruthy();
  expect(made()).toBe(1);
  fireEvent.click(screen.getByRole("button", { name: "Done" }));
  expect(await screen.findByText(/The one before signs beside it until Jan 3, 2026/)).toBeTruthy();
});
