import type { components } from "@/lib/api/schema";

type Schemas = components["schemas"];

export type Schedule = Schemas["ScheduleShape"];
export type NewSchedule = Schemas["NewScheduleShape"];
export type SchedulePatch = Schemas["SchedulePatchShape"];
export type Trigger = Schemas["TriggerShape"];
export type NewTrigger = Schemas["NewTriggerShape"];
export type TriggerPatch = Schemas["TriggerPatchShape"];
export type IssuedTrigger = Schemas["IssuedTriggerShape"];
export type RunPlan = Schemas["RunPlanShape"];
export type PlannedRun = Schemas["PlannedRunShape"];
export type Firing = Schemas["FiringShape"];
export type SchedulesPage = Schemas["Page_ScheduleShape_"];
export type TriggersPage = Schemas["Page_TriggerShape_"];
export type Scope = Schemas["Scope"];

export type TriggerKind = Trigger["kind"];
export const KINDS = [
  "task_created",
  "task_completed",
  "file_added",
  "webhook",
  "email",
] as const satisfies readonly TriggerKind[];

export const isAboutTasks = (kind: TriggerKind): boolean => kind.startsWith("task_");
export const isCalled = (kind: TriggerKind): boolean => kind === "webhook" || kind === "email";

/** What a run needs to look at things, and at nothing more. */
export const READING: readonly Scope[] = [
  "agents:read",
  "agents:write",
  "ai:use",
  "files:read",
  "tasks:read",
];

export type Rights = "all" | "reading" | "kept";

/** The scopes of a choice; undefined leaves those that it has. */
export function scopesOf(rights: Rights): Scope[] | null | undefined {
  if (rights === "kept") return undefined;
  return rights === "reading" ? [...READING] : null;
}
