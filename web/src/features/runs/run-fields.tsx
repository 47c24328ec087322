import { ModelPicker } from "@/features/chat/model-picker";
import { useProjects } from "@/features/tasks/queries";
import type { ProblemError } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { Select } from "@/ui/select";
import { DEADLINES, type Draft } from "./draft";
import { ToolsField } from "./tools-field";

interface RunFieldsProps {
  draft: Draft;
  onChange: (fields: Partial<Draft>) => void;
  problem: ProblemError | null;
  goalHint?: string;
  /** Where the run stands in what is sent, as problems name it: `run/`. */
  at?: "" | "run/";
  /** Whether the time counts from now on, or for each of many runs. */
  repeats?: boolean;
}

/** What a run is told and may use: one that begins now, one that comes again, and a preset. */
export function RunFields({ draft, onChange, problem, goalHint, ...rest }: RunFieldsProps) {
  const { t } = useTranslation("runs");
  const at = rest.at ?? "";
  return (
    <>
      <Field label={t("dialog.goal")} hint={goalHint} error={problem?.fieldError(`${at}goal`)}>
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
        label={t("dialog.criteria")}
        hint={t("dialog.criteriaHint")}
        error={problem?.fieldError(`${at}criteria`)}
      >
        {(control) => (
          <Textarea
            {...control}
            rows={3}
            maxHeight={220}
            value={draft.criteria}
            maxLength={8_000}
            onChange={(event) => onChange({ criteria: event.target.value })}
          />
        )}
      </Field>
      <Limits draft={draft} onChange={onChange} problem={problem} {...rest} />
      <ToolsField value={draft.tools} onChange={(tools) => onChange({ tools })} />
      <div className="-mx-2 flex">
        <ModelPicker choice={draft.choice} onChoice={(choice) => onChange({ choice })} />
      </div>
    </>
  );
}

function Limits({ draft, onChange, problem, at = "", repeats = false }: RunFieldsProps) {
  const { t } = useTranslation("runs");
  return (
    <div className="grid grid-cols-1 gap-4 sm:grid-cols-3">
      <Field label={t("dialog.cost")} error={problem?.fieldError(`${at}budget/cost_usd`)}>
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
      <Field label={t("dialog.steps")} error={problem?.fieldError(`${at}budget/steps`)}>
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
      <TimeField hours={draft.hours} repeats={repeats} onChange={(hours) => onChange({ hours })} />
    </div>
  );
}

const WORDS = { 1: "dialog.inAnHour", 24: "dialog.inADay", 168: "dialog.inAWeek" } as const;

interface TimeFieldProps {
  hours: number;
  repeats: boolean;
  onChange: (hours: number) => void;
}

function TimeField({ hours, repeats, onChange }: TimeFieldProps) {
  const { t } = useTranslation("runs");
  const usual = DEADLINES.map((value) => ({
    value: String(value),
    label: repeats ? t("dialog.hours", { count: value }) : t(WORDS[value]),
  }));
  const known = usual.some(({ value }) => value === String(hours));
  const label = t(repeats ? "dialog.hours" : "dialog.inHours", { count: hours });
  return (
    <Field label={t(repeats ? "dialog.time" : "dialog.deadline")}>
      {(control) => (
        <Select
          {...control}
          value={String(hours)}
          onChange={(value) => onChange(Number(value))}
          options={known ? usual : [{ value: String(hours), label }, ...usual]}
        />
      )}
    </Field>
  );
}

const NONE = "none";

/** The project that runs count for which are begun again and again. */
export function ProjectField({
  value,
  onChange,
}: {
  value: string | null;
  onChange: (id: string | null) => void;
}) {
  const { t } = useTranslation("runs");
  const projects = useProjects();
  const known = value !== null && projects.some(({ id }) => id === value);
  return (
    <Field label={t("presets.project")} hint={t("presets.projectHint")}>
      {(control) => (
        <Select
          {...control}
          value={known ? value : NONE}
          onChange={(id) => onChange(id === NONE ? null : id)}
          options={[
            { value: NONE, label: t("presets.noProject") },
            ...projects.map(({ id, name }) => ({ value: id, label: name })),
          ]}
        />
      )}
    </Field>
  );
}
