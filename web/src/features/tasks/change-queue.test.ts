import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, it, vi } from "vitest";
import { hearOfTask, keys } from "./cache";
import { calls } from "./calls";
import { sendChange } from "./change-queue";
import type { Task } from "./model";

const at = (version: number): Task => ({ id: "t", version }) as Task;

afterEach(() => {
  vi.restoreAllMocks();
});

it("makes the second change on what the first has made", async () => {
  const versions: number[] = [];
  vi.spyOn(calls, "changeTask").mockImplementation(async (_id, version) => {
    versions.push(version);
    return at(version + 1);
  });
  await Promise.all([sendChange(at(4), { priority: 3 }), sendChange(at(4), { priority: 2 })]);
  expect(versions).toEqual([4, 5]);
});

it("doesn't hide a clash: what was written on an older state keeps its version", async () => {
  const versions: number[] = [];
  vi.spyOn(calls, "changeTask").mockImplementation(async (_id, version) => {
    versions.push(version);
    return at(version + 1);
  });
  await Promise.all([sendChange(at(7), { priority: 3 }), sendChange(at(6), { title: "old" })]);
  expect(versions).toEqual([7, 6]);
});

it("goes on after a change that failed, from the version that it was made on", async () => {
  const change = vi.spyOn(calls, "changeTask");
  change.mockRejectedValueOnce(new Error("refused"));
  change.mockImplementation(async (_id, version) => at(version + 1));
  const first = sendChange(at(4), { priority: 3 });
  const second = sendChange(at(4), { priority: 2 });
  await expect(first).rejects.toThrow("refused");
  expect((await second).version).toBe(5);
});

it("inherits too when the screen already shows what an earlier of the changes made", async () => {
  const versions: number[] = [];
  const replies: (() => void)[] = [];
  vi.spyOn(calls, "changeTask").mockImplementation((_id, version) => {
    versions.push(version);
    return new Promise((resolve) => replies.push(() => resolve(at(version + 1))));
  });
  const first = sendChange(at(4), { priority: 3 });
  const second = sendChange(at(4), { priority: 2 });
  await vi.waitFor(() => expect(replies).toHaveLength(1));
  replies[0]?.();
  const shown = await first;
  // The second is on its way: the third was made on what the first has left on screen.
  const third = sendChange(shown, { status: "done" });
  await vi.waitFor(() => expect(replies).toHaveLength(2));
  replies[1]?.();
  await second;
  await vi.waitFor(() => expect(replies).toHaveLength(3));
  replies[2]?.();
  expect((await third).version).toBe(7);
  expect(versions).toEqual([4, 5, 6]);
});

it("inherits too when the socket tells of an earlier change before its answer is here", async () => {
  const versions: number[] = [];
  const replies: (() => void)[] = [];
  vi.spyOn(calls, "changeTask").mockImplementation((_id, version) => {
    versions.push(version);
    return new Promise((resolve) => replies.push(() => resolve(at(version + 1))));
  });
  const first = sendChange(at(4), { priority: 3 });
  const second = sendChange(at(4), { priority: 2 });
  // The screen shows version 5 already, and nobody here has had an answer yet.
  const third = sendChange(at(5), { status: "done" });
  for (const [sent, change] of [first, second, third].entries()) {
    await vi.waitFor(() => expect(replies).toHaveLength(sent + 1));
    replies[sent]?.();
    await change;
  }
  expect(versions).toEqual([4, 5, 6]);
});

it("shows what the server says only when no later change waits its turn", async () => {
  const replies: (() => void)[] = [];
  vi.spyOn(calls, "changeTask").mockImplementation((_id, version) => {
    return new Promise((resolve) => replies.push(() => resolve(at(version + 1))));
  });
  const queries = new QueryClient();
  const shown = () => queries.getQueryData<Task>(keys.task("t"))?.version;
  queries.setQueryData(keys.task("t"), at(4));
  const first = sendChange(at(4), { status: "doing" });
  const second = sendChange(at(4), { status: "done" });
  await vi.waitFor(() => expect(replies).toHaveLength(1));
  replies[0]?.();
  hearOfTask(queries, await first);
  expect(shown()).toBe(4);
  await vi.waitFor(() => expect(replies).toHaveLength(2));
  replies[1]?.();
  hearOfTask(queries, await second);
  expect(shown()).toBe(6);
  queries.clear();
});
