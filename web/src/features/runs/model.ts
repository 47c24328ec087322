import type { components } from "@/lib/api/schema";

type Schemas = components["schemas"];

export type Run = Schemas["RunShape"];
export type RunState = Run["state"];
export type NewRun = Schemas["NewRunShape"];
export type RunsPage = Schemas["Page_RunShape_"];

export const FILTERS = ["all", "open", "waiting", "ended"] as const;
export type RunFilter = (typeof FILTERS)[number];

const ENDED: readonly RunState[] = ["succeeded", "failed", "cancelled"];

/** What a filter asks for. Whether a run waits for a person, its state alone does not say. */
export const ASKED_FOR: Record<RunFilter, { state?: RunState[]; waiting?: true }> = {
  all: {},
  open: { state: ["queued", "running"] },
  waiting: { waiting: true },
  ended: { state: [...ENDED] },
};

export const hasEnded = (run: Run): boolean => ENDED.includes(run.state);
export const isAtWork = (run: Run): boolean => run.state === "queued" || run.state === "running";
export const canPause = (run: Run): boolean =>
  isAtWork(run) || run.state === "waiting_for_approval" || run.state === "waiting_for_input";
/** What is said to it now comes into its next thought. */
export const canHear = (run: Run): boolean => canPause(run) || run.state === "paused";
