import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type {
  BulkChange,
  Decision,
  ItemEdit,
  NewProject,
  NewTask,
  ProjectFields,
  QuickTask,
  TaskFields,
  TaskMove,
  TaskQuery,
} from "./model";

const TASK = "/api/v1/tasks/{task_id}";
const PROJECT = "/api/v1/projects/{project_id}";
const CHANGESET = "/api/v1/changesets/{changeset_id}";

const ofTask = (id: string) => ({ path: { task_id: id } });
const ofProject = (id: string) => ({ path: { project_id: id } });
const ofChangeset = (id: string) => ({ path: { changeset_id: id } });

/** The calls of tasks, projects, labels and changesets; one object, so that tests can replace some. */
export const calls = {
  listTasks: (query: TaskQuery & { cursor?: string }, signal: AbortSignal) =>
    bodyOf(client.GET("/api/v1/tasks", { params: { query }, signal })),
  getTask: (id: string, signal: AbortSignal) =>
    bodyOf(client.GET(TASK, { params: ofTask(id), signal })),
  createTask: (body: NewTask) => bodyOf(client.POST("/api/v1/tasks", { body })),
  quickAdd: (body: QuickTask) => bodyOf(client.POST("/api/v1/tasks/quick", { body })),
  parse: (text: string, signal: AbortSignal) =>
    bodyOf(client.POST("/api/v1/tasks/parse", { body: { text }, signal })),
  changeTask: (id: string, version: number, fields: TaskFields) =>
    bodyOf(client.PATCH(TASK, { params: ofTask(id), body: { ...fields, version } })),
  deleteTask: async (id: string): Promise<void> => {
    await client.DELETE(TASK, { params: ofTask(id) });
  },
  restoreTask: (id: string) => bodyOf(client.POST(`${TASK}/restore`, { params: ofTask(id) })),
  moveTask: (id: string, body: TaskMove) =>
    bodyOf(client.POST(`${TASK}/move`, { params: ofTask(id), body })),
  changeMany: (ids: string[], change: BulkChange) =>
    bodyOf(client.POST("/api/v1/tasks/bulk", { body: { ids, change } })),
  listHistory: (id: string, signal: AbortSignal) =>
    bodyOf(
      client.GET(`${TASK}/history`, { params: { ...ofTask(id), query: { limit: 50 } }, signal }),
    ),
  listProjects: (signal: AbortSignal) =>
    bodyOf(client.GET("/api/v1/projects", { params: { query: { limit: 200 } }, signal })),
  createProject: (body: NewProject) => bodyOf(client.POST("/api/v1/projects", { body })),
  changeProject: (id: string, version: number, change: ProjectFields) =>
    bodyOf(client.PATCH(PROJECT, { params: ofProject(id), body: { ...change, version } })),
  listLabels: (signal: AbortSignal) =>
    bodyOf(client.GET("/api/v1/labels", { params: { query: { limit: 200 } }, signal })),
  getChangeset: (id: string, signal: AbortSignal) =>
    bodyOf(client.GET(CHANGESET, { params: ofChangeset(id), signal })),
  editItem: (id: string, itemId: string, body: ItemEdit) =>
    bodyOf(
      client.PATCH(`${CHANGESET}/items/{item_id}`, {
        params: { path: { changeset_id: id, item_id: itemId } },
        body,
      }),
    ),
  decide: (id: string, verb: "accept" | "reject" | "undo", body: Decision) =>
    bodyOf(client.POST(`${CHANGESET}/${verb}`, { params: ofChangeset(id), body })),
};
