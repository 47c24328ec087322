import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";
import { newId } from "@/lib/ids";

type Schemas = components["schemas"];

export type Comment = Schemas["TaskComment"];
export type CommentsPage = Schemas["Page_TaskComment_"];

const COMMENTS = "/api/v1/tasks/{task_id}/comments";
const PAGE = 30;

const once = () => ({ "Idempotency-Key": newId() });

/** The calls of comments, and of work that is handed over and taken back. */
export const calls = {
  listComments: (taskId: string, cursor: string | undefined, signal: AbortSignal) =>
    bodyOf(
      client.GET(COMMENTS, {
        params: {
          path: { task_id: taskId },
          query: { limit: PAGE, ...(cursor ? { cursor } : {}) },
        },
        signal,
      }),
    ),
  /** With `answers`, the id of an open question, the run that asked hears the words. */
  say: (taskId: string, text: string, answers: string | null) =>
    bodyOf(
      client.POST(COMMENTS, {
        params: { path: { task_id: taskId } },
        body: { text, ...(answers ? { answers } : {}) },
      }),
    ),
  edit: ({ id, task_id, version }: Comment, text: string) =>
    bodyOf(
      client.PATCH(`${COMMENTS}/{comment_id}`, {
        params: { path: { task_id, comment_id: id } },
        body: { text, version },
      }),
    ),
  remove: async ({ id, task_id }: Comment): Promise<void> => {
    await client.DELETE(`${COMMENTS}/{comment_id}`, {
      params: { path: { task_id, comment_id: id } },
    });
  },
  findChanges: async (runId: string, signal: AbortSignal) => {
    const query = { run_id: runId, limit: 1 };
    const page = await bodyOf(client.GET("/api/v1/changesets", { params: { query }, signal }));
    return page.items[0] ?? null;
  },
  accept: (runId: string, items: string[]) =>
    bodyOf(
      client.POST("/api/v1/runs/{run_id}/accept", {
        params: { path: { run_id: runId }, header: once() },
        body: { item_ids: items },
      }),
    ),
  sendBack: (runId: string, text: string) =>
    bodyOf(
      client.POST("/api/v1/runs/{run_id}/send-back", {
        params: { path: { run_id: runId }, header: once() },
        body: { text },
      }),
    ),
  breakDown: (taskId: string) =>
    bodyOf(
      client.POST("/api/v1/tasks/{task_id}/break-down", {
        params: { path: { task_id: taskId }, header: once() },
      }),
    ),
  prioritise: () => bodyOf(client.POST("/api/v1/tasks/prioritise", { params: { header: once() } })),
};
