import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactNode } from "react";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { ProblemError } from "@/lib/api/problem";
import { loadStrings } from "@/lib/i18n/i18n";
import { ApprovePage } from "./approve-page";
import { type LinkedApproval, linkCalls } from "./link-calls";

vi.mock("@tanstack/react-router", () => ({
  Link: ({ children, className }: { children: ReactNode; className: string }) => (
    <a href="/runs" className={className}>
      {children}
    </a>
  ),
}));

const LINKED: LinkedApproval = {
  run_id: "r1",
  goal: "Write to Ines.",
  tool: "send_mail",
  title: "Send a mail",
  arguments: '{"to": "ines@example.com"}',
  sha256: "a".repeat(64),
  why: "It leaves the house.",
  expires_at: "2026-11-29T12:00:00Z",
};
const GONE = new ProblemError({ status: 404, code: "notifications.link_invalid", title: "Gone" });
const AWAY = new ProblemError({ status: 0, code: "network", title: "The server is away" });

describe("the page of a mailed link", () => {
  beforeAll(() => loadStrings("notifications", "runs"));
  beforeEach(() => {
    window.location.hash = "#the-token";
  });
  afterEach(() => vi.restoreAllMocks());

  it("shows the exact call, and decides nothing by itself", async () => {
    const show = vi.spyOn(linkCalls, "show").mockResolvedValue(LINKED);
    const decide = vi.spyOn(linkCalls, "decide");
    render(<ApprovePage />);
    expect(await screen.findByText(/"to": "ines@example.com"/)).toBeTruthy();
    expect(screen.getByText("Write to Ines.")).toBeTruthy();
    expect(show.mock.calls[0]?.[0]).toBe("the-token");
    expect(decide).not.toHaveBeenCalled();
  });

  it("sends the decision with the arguments that were shown", async () => {
    vi.spyOn(linkCalls, "show").mockResolvedValue(LINKED);
    const decide = vi.spyOn(linkCalls, "decide").mockResolvedValue();
    render(<ApprovePage />);
    await userEvent.type(await screen.findByRole("textbox"), "Not today");
    await userEvent.click(screen.getByRole("button", { name: "Deny" }));
    expect(decide).toHaveBeenCalledWith("the-token", LINKED.sha256, false, "Not today");
    expect(await screen.findByRole("heading", { name: "Denied" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
  });

  it("says the same of every link that is over", async () => {
    vi.spyOn(linkCalls, "show").mockRejectedValue(GONE);
    render(<ApprovePage />);
    expect(await screen.findByRole("heading", { name: /^This link is not valid/ })).toBeTruthy();
  });

  it("is over when somebody else has decided meanwhile", async () => {
    vi.spyOn(linkCalls, "show").mockResolvedValue(LINKED);
    vi.spyOn(linkCalls, "decide").mockRejectedValue(GONE);
    render(<ApprovePage />);
    await userEvent.click(await screen.findByRole("button", { name: "Approve" }));
    expect(await screen.findByRole("heading", { name: /^This link is not valid/ })).toBeTruthy();
  });

  it("keeps the call when the server was away, and loads it anew on demand", async () => {
    const show = vi.spyOn(linkCalls, "show").mockRejectedValueOnce(AWAY);
    show.mockResolvedValue(LINKED);
    vi.spyOn(linkCalls, "decide").mockRejectedValue(AWAY);
    render(<ApprovePage />);
    await userEvent.click(await screen.findByRole("button", { name: "Try again" }));
    await userEvent.click(await screen.findByRole("button", { name: "Approve" }));
    expect(await screen.findByText("The server is away")).toBeTruthy();
    const approve = screen.getByRole<HTMLButtonElement>("button", { name: "Approve" });
    expect(approve.disabled).toBe(false);
  });
});
