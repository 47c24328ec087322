import type { components, operations } from "@/lib/api/schema";

type Schemas = components["schemas"];

export type Task = Schemas["Task"];
export type Status = Task["status"];
export type Project = Schemas["Project"];
export type Label = Schemas["Label"];
export type TasksPage = Schemas["Page_Task_"];
export type ProjectsPage = Schemas["Page_Project_"];
export type Preview = Schemas["Preview"];
export type HistoryEntry = Schemas["TaskHistoryEntry"];
export type Changeset = Schemas["Changeset"];
export type ChangesetItem = Schemas["ChangesetItem"];

export type NewTask = Schemas["TaskInput"];
export type QuickTask = Schemas["QuickInput"];
/** The fields of a task that people change. Labels go by name. */
export type TaskFields = Omit<Schemas["TaskPatch"], "version">;
export type BulkChange = Schemas["TaskBulkChange"];
export type TaskMove = Schemas["TaskMove"];
export type NewProject = Schemas["ProjectInput"];
export type ProjectFields = Omit<Schemas["ProjectPatch"], "version">;
export type ItemEdit = Schemas["ChangesetItemEdit"];
export type Decision = Schemas["ChangesetDecision"];

/** The query of a list; it is also the list's key in the cache. */
export type TaskQuery = Omit<
  NonNullable<operations["list_tasks"]["parameters"]["query"]>,
  "cursor"
>;
export type Sort = NonNullable<TaskQuery["sort"]>;

export const STATUSES = ["todo", "doing", "done", "cancelled"] as const satisfies readonly Status[];
export const NO_PRIORITY = 4;

export function isOpen(task: Task): boolean {
  return task.status === "todo" || task.status === "doing";
}
