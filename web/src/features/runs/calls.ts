import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { newId } from "@/lib/ids";
import type { JournalEntry } from "./journal";
import type { ASKED_FOR, NewRun, RunFilter } from "./model";

type Asked = (typeof ASKED_FOR)[RunFilter];

const RUN = "/api/v1/runs/{run_id}";
const PAGE = 50;
const OF_A_TASK = 10;
const ENTRIES = 200;
/** A run has at most ten thousand steps, and a few entries for each. */
const MOST_PAGES = 250;

const of = (id: string) => ({ params: { path: { run_id: id } } });

/** The calls of runs. */
export const calls = {
  listRuns: (asked: Asked, cursor: string | undefined, signal: AbortSignal) =>
    bodyOf(
      client.GET("/api/v1/runs", {
        params: {
          query: {
            limit: PAGE,
            ...asked,
            ...(cursor ? { cursor } : {}),
          },
        },
        signal,
      }),
    ),
  listRunsOf: (taskId: string, signal: AbortSignal) => {
    const query = { task_id: taskId, limit: OF_A_TASK };
    return bodyOf(client.GET("/api/v1/runs", { params: { query }, signal }));
  },
  getRun: (id: string, signal: AbortSignal) => bodyOf(client.GET(RUN, { ...of(id), signal })),
  createRun: (run: NewRun) =>
    bodyOf(
      client.POST("/api/v1/runs", {
        params: { header: { "Idempotency-Key": newId() } },
        body: run,
      }),
    ),
  /** All entries after the one with the number `after`. */
  readJournal: async (id: string, after: number, signal: AbortSignal): Promise<JournalEntry[]> => {
    const entries: JournalEntry[] = [];
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const last = entries.at(-1)?.seq ?? after;
      const params = { path: { run_id: id }, query: { after: last, limit: ENTRIES } };
      // oxlint-disable-next-line no-await-in-loop -- each page begins where the one before ended
      const found = await bodyOf(client.GET(`${RUN}/journal`, { params, signal }));
      entries.push(...(found.items as JournalEntry[]));
      if (found.items.length < ENTRIES) break;
    }
    return entries;
  },
  remove: (id: string) => client.DELETE(RUN, of(id)),
  pause: (id: string) => bodyOf(client.POST(`${RUN}/pause`, of(id))),
  resume: (id: string) => bodyOf(client.POST(`${RUN}/resume`, of(id))),
  cancel: (id: string) => bodyOf(client.POST(`${RUN}/cancel`, of(id))),
  close: (id: string) => bodyOf(client.POST(`${RUN}/close`, of(id))),
  steer: (id: string, text: string) =>
    bodyOf(client.POST(`${RUN}/messages`, { ...of(id), body: { text } })),
  answer: (id: string, text: string) =>
    bodyOf(client.POST(`${RUN}/answer`, { ...of(id), body: { text } })),
  settle: (id: string, outcome: "done" | "not_done" | null, text = "") =>
    bodyOf(client.POST(`${RUN}/settle`, { ...of(id), body: { outcome, text } })),
  decide: (id: string, approvalId: string, sha256: string, approved: boolean, note: string) =>
    bodyOf(
      client.POST(`${RUN}/approvals/{approval_id}`, {
        params: { path: { run_id: id, approval_id: approvalId } },
        body: { sha256, approved, note },
      }),
    ),
};
