import { AUTO, type Choice } from "@/features/chat/model";
import type { components } from "@/lib/api/schema";
import type { NewRun } from "./model";

type Shape = components["schemas"]["NewRunPreset"];
export type Preset = components["schemas"]["RunPreset"];

/** A run as it is written down: everything as its field holds it. */
export interface Draft {
  goal: string;
  /** One a line. */
  criteria: string;
  cost: string;
  steps: string;
  hours: number;
  choice: Choice;
  /** Null grants all. */
  tools: readonly string[] | null;
  projectId: string | null;
}

export const DEADLINES = [1, 24, 168] as const;
const HOUR_MS = 3_600_000;

export const EMPTY: Draft = {
  goal: "",
  criteria: "",
  cost: "1",
  steps: "100",
  hours: 24,
  choice: AUTO,
  tools: null,
  projectId: null,
};

type Content = Pick<
  Preset,
  "goal" | "criteria" | "budget" | "hours" | "tools" | "choice" | "project_id"
>;

export function draftOf(preset: Content): Draft {
  const { slot, model } = preset.choice;
  return {
    goal: preset.goal,
    criteria: preset.criteria.join("\n"),
    cost: String(Number(preset.budget.cost_usd)),
    steps: String(preset.budget.steps),
    hours: preset.hours,
    choice: slot ? { slot } : model ? { model } : AUTO,
    tools: preset.tools,
    projectId: preset.project_id,
  };
}

export function criteriaOf(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.replace(/^[-*•]\s+/, "").trim())
    .filter(Boolean);
}

export const limitsOf = ({ cost, steps, choice, tools, projectId }: Draft) => ({
  budget: { cost_usd: cost, steps: Number(steps) },
  choice: "auto" in choice ? {} : choice,
  tools: tools && [...tools],
  project_id: projectId,
});

/** A run to begin, with every placeholder filled in. */
export function runOf(
  draft: Draft,
  values: Readonly<Record<string, string>>,
  taskId: string | undefined,
  now: number,
): NewRun {
  return {
    ...limitsOf(draft),
    goal: filled(draft.goal, values).trim(),
    criteria: criteriaOf(filled(draft.criteria, values)),
    deadline_at: new Date(now + draft.hours * HOUR_MS).toISOString(),
    ...(taskId ? { task_id: taskId } : {}),
  } as NewRun;
}

export interface PresetFacts {
  name: string;
  icon: string;
  shared: boolean;
}

export function presetOf(draft: Draft, { name, icon, shared }: PresetFacts): Shape {
  return {
    ...limitsOf(draft),
    name: name.trim(),
    icon: icon.trim(),
    goal: draft.goal.trim(),
    criteria: criteriaOf(draft.criteria),
    hours: draft.hours,
    is_shared: shared,
  } as Shape;
}

// As the server reads them; see `agents/contracts_presets.py`.
const PLACEHOLDER = /\{([\p{L}\p{N}][\p{L}\p{N}_ -]{0,39})\}/gu;

/** The names in braces, each once, in the order in which a reader meets them. */
export function placeholdersOf({ goal, criteria }: Pick<Draft, "goal" | "criteria">): string[] {
  const found = `${goal}\n${criteria}`.matchAll(PLACEHOLDER);
  return [...new Set([...found].map(([, name]) => name ?? ""))];
}

/** A text with its placeholders replaced, in one go: what is filled in is not read again. */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(PLACEHOLDER, (whole, name: string) => values[name]?.trim() || whole);
}
