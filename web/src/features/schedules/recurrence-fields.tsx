import { useDeferredValue } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Checkbox } from "@/ui/checkbox";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Select } from "@/ui/select";
import { usePreview } from "./queries";
import { DAYS, dayName, PRESETS, type Preset, type Recurrence, ruleOf, wallOf } from "./recurrence";
import type { When } from "./schedule-dialog";

const ZONES = Intl.supportedValuesOf?.("timeZone") ?? [];

interface RecurrenceFieldsProps {
  when: When;
  onChange: (fields: Partial<When>) => void;
}

export function RecurrenceFields({ when, onChange }: RecurrenceFieldsProps) {
  const { t } = useTranslation("schedules");
  const { recurrence } = when;
  const recur = (fields: Partial<Recurrence>) =>
    onChange({ recurrence: { ...recurrence, ...fields } });
  const choose = (preset: Preset) =>
    // What a preset means is a good beginning for a rule of one's own.
    recur(preset === "own" ? { preset, own: ruleOf(recurrence) } : { preset });
  return (
    <fieldset className="flex flex-col gap-4">
      <legend className="sr-only">{t("when.legend")}</legend>
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-3">
        <Field label={t("when.repeats")}>
          {(control) => (
            <Select<Preset>
              {...control}
              value={recurrence.preset}
              onChange={choose}
              options={PRESETS.map((value) => ({ value, label: t(`when.${value}`) }))}
            />
          )}
        </Field>
        <Field label={t("when.from")}>
          {(control) => (
            <Input
              {...control}
              type="date"
              value={when.day}
              onChange={(event) => onChange({ day: event.target.value })}
            />
          )}
        </Field>
        <Field label={t("when.at")}>
          {(control) => (
            <Input
              {...control}
              type="time"
              value={when.time}
              onChange={(event) => onChange({ time: event.target.value })}
            />
          )}
        </Field>
      </div>
      {recurrence.preset === "weekly" && <WeekDays recurrence={recurrence} onChange={recur} />}
      {recurrence.preset === "own" && (
        <Field label={t("when.rule")} hint={t("when.ruleHint")}>
          {(control) => (
            <Input
              {...control}
              className="font-mono"
              value={recurrence.own}
              maxLength={500}
              spellCheck={false}
              onChange={(event) => recur({ own: event.target.value })}
            />
          )}
        </Field>
      )}
      <Field label={t("when.zone")}>
        {(control) => (
          <>
            <Input
              {...control}
              list="schedule-zones"
              value={when.timezone}
              maxLength={64}
              onChange={(event) => onChange({ timezone: event.target.value })}
            />
            <datalist id="schedule-zones">
              {ZONES.map((zone) => (
                <option key={zone} value={zone}>
                  {zone}
                </option>
              ))}
            </datalist>
          </>
        )}
      </Field>
      <Upcoming when={when} />
    </fieldset>
  );
}

function WeekDays({
  recurrence,
  onChange,
}: {
  recurrence: Recurrence;
  onChange: (fields: Partial<Recurrence>) => void;
}) {
  const { t } = useTranslation("schedules");
  const { days } = recurrence;
  return (
    <fieldset className="flex flex-wrap gap-x-4 gap-y-2">
      <legend className="mb-1.5 font-medium text-sm">{t("when.days")}</legend>
      {DAYS.map((day) => (
        // biome-ignore lint/a11y/noLabelWithoutControl: the control within is radix's
        <label key={day} className="flex items-center gap-2 text-sm touch:min-h-11">
          <Checkbox
            checked={days.includes(day)}
            onCheckedChange={(on) =>
              onChange({ days: on === true ? [...days, day] : days.filter((one) => one !== day) })
            }
          />
          {dayName(day)}
        </label>
      ))}
    </fieldset>
  );
}

/** The next five times, or why there are none. */
function Upcoming({ when }: { when: When }) {
  const { t } = useTranslation("schedules");
  const rule = useDeferredValue(
    when.recurrence.preset === "weekly" && when.recurrence.days.length === 0
      ? ""
      : ruleOf(when.recurrence),
  );
  const preview = usePreview(rule, `${when.day}T${when.time}`, when.timezone.trim());
  const times = preview.data?.items ?? [];
  const problem = preview.error ? toProblem(preview.error) : null;
  return (
    <section aria-label={t("next.label")} className="rounded-sm bg-sunken px-3 py-2.5 text-sm">
      <h3 className="font-medium text-xs text-muted">{t("next.label")}</h3>
      <div aria-live="polite">
        {problem && <p className="mt-1 text-danger-ink">{problem.message}</p>}
        {!problem && rule === "" && <p className="mt-1 text-muted">{t("next.choose")}</p>}
        {!problem && rule !== "" && preview.data && times.length === 0 && (
          <p className="mt-1 text-muted">{t("next.never")}</p>
        )}
        {!problem && rule !== "" && times.length > 0 && (
          <ol className="mt-1 tabular-nums">
            {times.map((each) => (
              <li key={each}>
                <time dateTime={each}>{wallOf(each, when.timezone.trim())}</time>
              </li>
            ))}
          </ol>
        )}
      </div>
    </section>
  );
}
