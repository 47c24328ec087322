import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { calls as taskCalls } from "@/features/tasks/calls";
import type { Changeset } from "@/features/tasks/model";
import { loadStrings } from "@/lib/i18n/i18n";
import { calls } from "./comment-calls";
import type { Run } from "./model";
import { Review } from "./review";

const RUN = { id: "r1", task_id: "t1", kind: "work", review: "waiting" } as Run;

const item = (id: string, status: "pending" | "accepted" | "conflict") => ({
  id,
  position: 0,
  kind: "task",
  operation: "create" as const,
  task_id: `t-${id}`,
  title: `Change ${id}`,
  before: null,
  after: { title: `Change ${id}` },
  status,
  conflict: status === "conflict" ? { fields: ["title"], current: {}, detail: "" } : null,
});

function show(items: ReturnType<typeof item>[]) {
  vi.spyOn(taskCalls, "listProjects").mockResolvedValue({ items: [], next_cursor: null });
  vi.spyOn(calls, "findChanges").mockResolvedValue({ id: "c1", items } as unknown as Changeset);
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  render(
    <QueryClientProvider client={queries}>
      <Review run={RUN} heading="h2" />
    </QueryClientProvider>,
  );
}

describe("the review of what a run hands in", () => {
  beforeAll(() => loadStrings("runs", "tasks"));
  afterEach(() => vi.restoreAllMocks());

  it("accepts what stays checked of what waits", async () => {
    const accept = vi.spyOn(calls, "accept").mockResolvedValue(RUN as never);
    show([item("a", "pending"), item("b", "pending"), item("c", "accepted")]);
    const boxes = await screen.findAllByRole("checkbox");
    expect(boxes).toHaveLength(2);
    await userEvent.click(screen.getByRole("checkbox", { name: /Change b/ }));
    await userEvent.click(screen.getByRole("button", { name: "Accept" }));
    expect(accept).toHaveBeenCalledWith("r1", ["a"]);
  });

  it("offers to force a change that others have overtaken", async () => {
    show([item("a", "conflict")]);
    expect(await screen.findByRole("button", { name: "Do it anyway" })).toBeTruthy();
  });

  it("sends back with words alone", async () => {
    const sendBack = vi.spyOn(calls, "sendBack").mockResolvedValue(RUN as never);
    show([]);
    await userEvent.click(await screen.findByRole("button", { name: "Send back" }));
    const send = screen.getByRole("button", { name: "Send back" });
    expect(send).toHaveProperty("disabled", true);
    await userEvent.type(screen.getByLabelText("What is missing?"), "  Cheaper. ");
    await userEvent.click(send);
    expect(sendBack).toHaveBeenCalledWith("r1", "Cheaper.");
  });
});
