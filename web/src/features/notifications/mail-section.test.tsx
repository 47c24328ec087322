import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { client } from "@/lib/api/client";
import { loadStrings } from "@/lib/i18n/i18n";
import { MailSection } from "./mail-section";
import type { MailSettings } from "./queries";

const WISHES = { approval: true, question: true, review: true, failed: false };

function show(settings: MailSettings) {
  vi.spyOn(client, "GET").mockResolvedValue({ data: settings } as never);
  const put = vi.spyOn(client, "PUT").mockResolvedValue({ data: settings } as never);
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={queries}>
      <MailSection />
    </QueryClientProvider>,
  );
  return put;
}

describe("what is mailed", () => {
  beforeAll(() => loadStrings("notifications"));
  afterEach(() => vi.restoreAllMocks());

  it("sends all wishes when one of them changes", async () => {
    const put = show({ mails: WISHES, sender: "vectal@mail.example", dead: 0 });
    await userEvent.click(await screen.findByRole("switch", { name: "A run has failed" }));
    expect(put.mock.calls[0]?.[1]).toEqual({ body: { ...WISHES, failed: true } });
    expect(screen.queryByText(/Mails are not set up/)).toBeNull();
  });

  it("says that no mails are sent from here, and which could not be", async () => {
    show({ mails: WISHES, sender: null, dead: 2 });
    expect(await screen.findByText(/Mails are not set up on this installation/)).toBeTruthy();
    expect(screen.getByText(/^2 mails to you could not be sent/)).toBeTruthy();
  });
});
