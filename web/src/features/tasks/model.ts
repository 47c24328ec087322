/** What the server says of tasks, in the shapes of its REST surface. */

export const STATUSES = ["todo", "doing", "done", "cancelled"] as const;
export type Status = (typeof STATUSES)[number];
export type Priority = 1 | 2 | 3 | 4;
export const NO_PRIORITY = 4;

export interface Label {
  id: string;
  name: string;
  color: string;
}

export interface Task {
  id: string;
  title: string;
  notes: string;
  status: Status;
  priority: number;
  project_id: string | null;
  parent_id: string | null;
  labels: Label[];
  due_on: string | null;
  due_at: string | null;
  position: string;
  assignee_id: string | null;
  created_by: string | null;
  created_at: string;
  updated_at: string;
  completed_at: string | null;
  version: number;
  subtasks: { total: number; done: number };
}

export interface Project {
  id: string;
  name: string;
  key: string;
  color: string;
  position: string;
  archived_at: string | null;
  version: number;
}

export interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
}

/** The fields of a task that people change. Labels go by name. */
export interface TaskFields {
  title?: string;
  notes?: string;
  status?: Status;
  priority?: number;
  project_id?: string | null;
  parent_id?: string | null;
  labels?: string[];
  due_on?: string | null;
  due_at?: string | null;
  assignee_id?: string | null;
}

export type Sort = "position" | "due" | "priority" | "created" | "updated" | "title";

/** The query of a list; it is also the list's key in the cache. */
export interface TaskQuery {
  view?: "today" | "upcoming" | "overdue" | "inbox";
  inbox?: boolean;
  roots?: boolean;
  project_id?: string;
  parent_id?: string;
  status?: Status[];
  priority?: number[];
  label?: string[];
  overdue?: boolean;
  due_from?: string;
  due_to?: string;
  q?: string;
  sort?: Sort;
  order?: "asc" | "desc";
  limit?: number;
}

export interface Span {
  start: number;
  end: number;
  kind: string;
  value: string;
}

export interface Preview {
  title: string;
  due_on: string | null;
  due_at: string | null;
  priority: number;
  project: { name: string; id: string | null } | null;
  labels: string[];
  spans: Span[];
}

export interface Change {
  field: string;
  before: unknown;
  after: unknown;
}

export interface HistoryEntry {
  id: string;
  version: number;
  actor: { id: string; name: string };
  changeset_id: string | null;
  changes: Change[];
  at: string;
}

export type ItemStatus = "pending" | "accepted" | "rejected" | "undone" | "conflict";

export interface ChangesetItem {
  id: string;
  position: number;
  operation: string;
  task_id: string;
  title: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  status: ItemStatus;
  conflict: { fields: string[]; current: Record<string, unknown>; detail?: string } | null;
}

export interface Changeset {
  id: string;
  title: string;
  status: "pending" | "partly" | "accepted" | "rejected" | "undone" | "superseded";
  conversation_id: string | null;
  turn_id: string | null;
  created_at: string;
  items: ChangesetItem[];
}

export function isOpen(task: Task): boolean {
  return task.status === "todo" || task.status === "doing";
}
