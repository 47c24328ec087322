import { client } from "@/lib/api/client";
import type {
  Changeset,
  HistoryEntry,
  Label,
  Page,
  Preview,
  Project,
  Task,
  TaskFields,
  TaskQuery,
} from "./model";

interface Init {
  params?: { path?: Record<string, string>; query?: object; header?: Record<string, string> };
  body?: unknown;
  signal?: AbortSignal | undefined;
}

type Call = (path: string, init: Init) => Promise<{ data?: unknown }>;

// The one place that names task paths: answers are read as the shapes in `model.ts`, which
// `model.test-d.ts` holds against the generated schema.
const wire = client as unknown as Record<"GET" | "POST" | "PATCH" | "DELETE", Call>;

async function read<Result>(answer: Promise<{ data?: unknown }>): Promise<Result> {
  return (await answer).data as Result;
}

const TASK = "/api/v1/tasks/{task_id}";
const PROJECT = "/api/v1/projects/{project_id}";

export const calls = {
  listTasks: (query: TaskQuery & { cursor?: string }, signal?: AbortSignal) =>
    read<Page<Task>>(wire.GET("/api/v1/tasks", { params: { query }, signal })),
  getTask: (id: string, signal?: AbortSignal) =>
    read<Task>(wire.GET(TASK, { params: { path: { task_id: id } }, signal })),
  createTask: (body: TaskFields & { title: string }) =>
    read<Task>(wire.POST("/api/v1/tasks", { body })),
  quickAdd: (body: { text: string; project_id?: string; due_on?: string; parent_id?: string }) =>
    read<Task>(wire.POST("/api/v1/tasks/quick", { body })),
  parse: (text: string, signal?: AbortSignal) =>
    read<Preview>(wire.POST("/api/v1/tasks/parse", { body: { text }, signal })),
  changeTask: (id: string, version: number, fields: TaskFields) =>
    read<Task>(
      wire.PATCH(TASK, { params: { path: { task_id: id } }, body: { ...fields, version } }),
    ),
  deleteTask: (id: string) => read<void>(wire.DELETE(TASK, { params: { path: { task_id: id } } })),
  restoreTask: (id: string) =>
    read<Task>(wire.POST(`${TASK}/restore`, { params: { path: { task_id: id } } })),
  moveTask: (
    id: string,
    to: { status?: string; project_id?: string | null; after?: string | null; before?: string },
  ) => read<Task>(wire.POST(`${TASK}/move`, { params: { path: { task_id: id } }, body: to })),
  changeMany: (ids: string[], change: object) =>
    read<{ updated: Task[]; failed: { id: string; detail: string }[] }>(
      wire.POST("/api/v1/tasks/bulk", { body: { ids, change } }),
    ),
  listHistory: (id: string, signal?: AbortSignal) =>
    read<Page<HistoryEntry>>(
      wire.GET(`${TASK}/history`, {
        params: { path: { task_id: id }, query: { limit: 50 } },
        signal,
      }),
    ),
  listProjects: (signal?: AbortSignal) =>
    read<Page<Project>>(
      wire.GET("/api/v1/projects", { params: { query: { limit: 200 } }, signal }),
    ),
  createProject: (body: { name: string; color?: string }) =>
    read<Project>(wire.POST("/api/v1/projects", { body })),
  changeProject: (
    id: string,
    version: number,
    change: { name?: string; color?: string; archived?: boolean },
  ) =>
    read<Project>(
      wire.PATCH(PROJECT, { params: { path: { project_id: id } }, body: { ...change, version } }),
    ),
  deleteProject: (id: string) =>
    read<void>(wire.DELETE(PROJECT, { params: { path: { project_id: id } } })),
  listLabels: (signal?: AbortSignal) =>
    read<Page<Label>>(wire.GET("/api/v1/labels", { params: { query: { limit: 200 } }, signal })),
  getChangeset: (id: string, signal?: AbortSignal) =>
    read<Changeset>(
      wire.GET("/api/v1/changesets/{changeset_id}", {
        params: { path: { changeset_id: id } },
        signal,
      }),
    ),
  decide: (
    id: string,
    verb: "accept" | "reject" | "undo",
    body: { item_ids?: string[]; force?: boolean },
  ) =>
    read<Changeset>(
      wire.POST(`/api/v1/changesets/{changeset_id}/${verb}`, {
        params: { path: { changeset_id: id } },
        body,
      }),
    ),
};
