import type { Choice } from "@/features/chat/model";
import { AUTO } from "@/features/chat/model";
import { ModelPicker } from "@/features/chat/model-picker";
import type { ProblemError } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { Select } from "@/ui/select";
import type { PlannedRun, Rights, RunPlan } from "./model";

const HOURS = ["1", "6", "24", "168"] as const;
type Hours = (typeof HOURS)[number];
const HOUR_S = 3600;

/** What each run is to be, as the form has it. */
export interface RunDraft {
  goal: string;
  criteria: string;
  cost: string;
  steps: string;
  hours: string;
  choice: Choice;
}

export function draftOf(run: PlannedRun | undefined): RunDraft {
  if (!run) {
    return { goal: "", criteria: "", cost: "1", steps: "100", hours: "24", choice: AUTO };
  }
  const { slot, model } = run.choice;
  return {
    goal: run.goal,
    criteria: run.criteria.join("\n"),
    cost: String(Number(run.budget.cost_usd)),
    steps: String(run.budget.steps),
    hours: String(run.time_allowed_s / HOUR_S),
    choice: slot ? { slot } : model ? { model } : AUTO,
  };
}

/** The run of a form; what the form does not show stays as it was. */
export function planOf(draft: RunDraft, had: PlannedRun | undefined): RunPlan {
  const criteria = draft.criteria
    .split("\n")
    .map((line) => line.replace(/^[-*•]\s+/, "").trim())
    .filter(Boolean);
  return {
    ...had,
    goal: draft.goal.trim(),
    criteria,
    budget: { ...had?.budget, cost_usd: draft.cost, steps: Number(draft.steps) },
    time_allowed_s: Math.round(Number(draft.hours) * HOUR_S),
    choice: "auto" in draft.choice ? {} : draft.choice,
  } as RunPlan;
}

interface RunFieldsProps {
  draft: RunDraft;
  onChange: (fields: Partial<RunDraft>) => void;
  problem: ProblemError | null;
}

export function RunFields({ draft, onChange, problem }: RunFieldsProps) {
  const { t } = useTranslation("schedules");
  const known = HOURS.some((hours) => hours === draft.hours);
  const options = (known ? HOURS : [draft.hours, ...HOURS]).map((value) => ({
    value: value as Hours,
    label: t("run.hours", { count: Number(value) }),
  }));
  return (
    <>
      <Field label={t("run.goal")} error={problem?.fieldError("run/goal")}>
        {(control) => (
          <Textarea
            {...control}
            rows={3}
            maxHeight={220}
            value={draft.goal}
            maxLength={8_000}
            onChange={(event) => onChange({ goal: event.target.value })}
          />
        )}
      </Field>
      <Field
        label={t("run.criteria")}
        hint={t("run.criteriaHint")}
        error={problem?.fieldError("run/criteria")}
      >
        {(control) => (
          <Textarea
            {...control}
            rows={2}
            maxHeight={220}
            value={draft.criteria}
            maxLength={8_000}
            onChange={(event) => onChange({ criteria: event.target.value })}
          />
        )}
      </Field>
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-3">
        <Field label={t("run.cost")} error={problem?.fieldError("run/budget/cost_usd")}>
          {(control) => (
            <Input
              {...control}
              type="number"
              inputMode="decimal"
              min={0}
              max={1_000}
              step="any"
              value={draft.cost}
              onChange={(event) => onChange({ cost: event.target.value })}
            />
          )}
        </Field>
        <Field label={t("run.steps")} error={problem?.fieldError("run/budget/steps")}>
          {(control) => (
            <Input
              {...control}
              type="number"
              inputMode="numeric"
              min={1}
              max={10_000}
              value={draft.steps}
              onChange={(event) => onChange({ steps: event.target.value })}
            />
          )}
        </Field>
        <Field label={t("run.time")}>
          {(control) => (
            <Select<string>
              {...control}
              value={draft.hours}
              onChange={(hours) => onChange({ hours })}
              options={options}
            />
          )}
        </Field>
      </div>
      <div className="-mx-2 flex">
        <ModelPicker choice={draft.choice} onChoice={(choice) => onChange({ choice })} />
      </div>
    </>
  );
}

interface RightsFieldProps {
  value: Rights;
  onChange: (rights: Rights) => void;
  /** There are rights already that may be kept. */
  mayKeep: boolean;
}

export function RightsField({ value, onChange, mayKeep }: RightsFieldProps) {
  const { t } = useTranslation("schedules");
  const choices: readonly Rights[] = mayKeep ? ["kept", "all", "reading"] : ["all", "reading"];
  return (
    <Field label={t("rights.label")} hint={t("rights.hint")}>
      {(control) => (
        <Select<Rights>
          {...control}
          value={value}
          onChange={onChange}
          options={choices.map((each) => ({ value: each, label: t(`rights.${each}`) }))}
        />
      )}
    </Field>
  );
}
