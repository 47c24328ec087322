import { useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Field } from "@/ui/field";
import { Select } from "@/ui/select";
import { calls } from "./calls";
import { type NewSchedule, type Schedule, scopesOf } from "./model";
import { draftFor, planOf } from "./planned-run";
import { useDo } from "./queries";
import { ownZone, type Recurrence, recurrenceOf, ruleOf, tomorrow } from "./recurrence";
import { RecurrenceFields } from "./recurrence-fields";
import { nameOf, StarterDialog, type StarterDraft } from "./starter-dialog";

type Missed = Schedule["missed"];
type Overlap = Schedule["overlap"];
const MISSED: readonly Missed[] = ["skip", "once", "each"];
const OVERLAP: readonly Overlap[] = ["skip", "queue"];

/** When, as the form has it. */
export interface When {
  recurrence: Recurrence;
  day: string;
  time: string;
  timezone: string;
}

interface Draft extends StarterDraft {
  when: When;
  missed: Missed;
  overlap: Overlap;
}

function draftFrom(schedule: Schedule | undefined): Draft {
  return {
    name: schedule?.name ?? "",
    run: draftFor(schedule?.run),
    when: {
      recurrence: recurrenceOf(schedule?.rrule ?? "FREQ=DAILY"),
      day: schedule?.starts_at.slice(0, 10) ?? tomorrow(new Date()),
      time: schedule?.starts_at.slice(11, 16) ?? "09:00",
      timezone: schedule?.timezone ?? ownZone(),
    },
    missed: schedule?.missed ?? "once",
    overlap: schedule?.overlap ?? "skip",
    rights: schedule ? "kept" : "all",
  };
}

/** Each missed one is begun after the one before, so they have to wait. */
const overlapOf = (draft: Draft): Overlap => (draft.missed === "each" ? "queue" : draft.overlap);

function bodyOf(draft: Draft, had: Schedule | undefined): NewSchedule {
  const { when, rights } = draft;
  const scopes = scopesOf(rights);
  return {
    name: nameOf(draft),
    run: planOf(draft.run, had?.run),
    rrule: ruleOf(when.recurrence),
    starts_at: `${when.day}T${when.time}`,
    timezone: when.timezone.trim(),
    missed: draft.missed,
    overlap: overlapOf(draft),
    ...(scopes === undefined ? {} : { scopes }),
  } as NewSchedule;
}

interface ScheduleDialogProps {
  schedule?: Schedule | undefined;
  onClose: () => void;
}

/** What is to be begun, when, and what becomes of times that nobody was there for. */
export function ScheduleDialog({ schedule, onClose }: ScheduleDialogProps) {
  const { t } = useTranslation("schedules");
  const [draft, setDraft] = useState(() => draftFrom(schedule));
  const change = (fields: Partial<Draft>) => setDraft((now) => ({ ...now, ...fields }));
  const save = useDo(async () => {
    const body = bodyOf(draft, schedule);
    await (schedule ? calls.changeSchedule(schedule.id, body) : calls.createSchedule(body));
    onClose();
  });
  const problem = save.error ? toProblem(save.error) : null;
  const ready = draft.run.goal.trim() !== "" && ruleOf(draft.when.recurrence) !== "";
  return (
    <StarterDialog
      title={t(schedule ? "dialog.edit" : "dialog.new")}
      draft={draft}
      onChange={change}
      isKnown={schedule !== undefined}
      ready={ready}
      isSaving={save.isPending}
      problem={problem}
      onSave={() => save.mutate(undefined)}
      onClose={onClose}
      after={<Misses draft={draft} onChange={change} />}
    >
      <RecurrenceFields
        when={draft.when}
        onChange={(when) => change({ when: { ...draft.when, ...when } })}
      />
    </StarterDialog>
  );
}

function Misses({ draft, onChange }: { draft: Draft; onChange: (fields: Partial<Draft>) => void }) {
  const { t } = useTranslation("schedules");
  const overlap = overlapOf(draft);
  return (
    <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
      <Field label={t("missed.label")} hint={t(`missed.${draft.missed}Hint`)}>
        {(control) => (
          <Select<Missed>
            {...control}
            value={draft.missed}
            onChange={(missed) => onChange({ missed })}
            options={MISSED.map((value) => ({ value, label: t(`missed.${value}`) }))}
          />
        )}
      </Field>
      <Field label={t("overlap.label")} hint={t(`overlap.${overlap}Hint`)}>
        {(control) => (
          <Select<Overlap>
            {...control}
            value={overlap}
            disabled={draft.missed === "each"}
            onChange={(chosen) => onChange({ overlap: chosen })}
            options={OVERLAP.map((value) => ({ value, label: t(`overlap.${value}`) }))}
          />
        )}
      </Field>
    </div>
  );
}
