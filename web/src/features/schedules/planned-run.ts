import { criteriaOf, type Draft, draftOf, EMPTY, limitsOf } from "@/features/runs/draft";
import type { PlannedRun, RunPlan } from "./model";

const HOUR_S = 3600;

/** What each run is to be, as the form has it. */
export const draftFor = (run: PlannedRun | undefined): Draft =>
  run ? draftOf({ ...run, hours: run.time_allowed_s / HOUR_S }) : EMPTY;

/** The run of a form; what the form does not show stays as it was. */
export function planOf(draft: Draft, had: PlannedRun | undefined): RunPlan {
  const limits = limitsOf(draft);
  return {
    ...had,
    ...limits,
    budget: { ...had?.budget, ...limits.budget },
    goal: draft.goal.trim(),
    criteria: criteriaOf(draft.criteria),
    time_allowed_s: Math.round(draft.hours * HOUR_S),
  } as RunPlan;
}
