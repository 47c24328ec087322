import type { paths } from "@/lib/api/schema";
import type { Changeset, HistoryEntry, Label, Page, Preview, Project, Task } from "./model";

// Compiled, never run: what the server promises has to fit what the components read.

type Answer<Operation> = Operation extends {
  responses: { 200: { content: { "application/json": infer Body } } };
}
  ? Body
  : never;

type Fits<Promised extends Read, Read> = [Promised, Read];

export type Checks = [
  Fits<Answer<paths["/api/v1/tasks/{task_id}"]["get"]>, Task>,
  Fits<Answer<paths["/api/v1/tasks"]["get"]>, Page<Task>>,
  Fits<Answer<paths["/api/v1/tasks/parse"]["post"]>, Preview>,
  Fits<Answer<paths["/api/v1/tasks/{task_id}/history"]["get"]>, Page<HistoryEntry>>,
  Fits<Answer<paths["/api/v1/projects"]["get"]>, Page<Project>>,
  Fits<Answer<paths["/api/v1/labels"]["get"]>, Page<Label>>,
  Fits<Answer<paths["/api/v1/changesets/{changeset_id}"]["get"]>, Changeset>,
];
