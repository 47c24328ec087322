import { useState } from "react";
import { useSubmit } from "@/features/auth/use-submit";
import { api } from "@/lib/api/hooks";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Field } from "@/ui/field";
import { NameInput, NameLines } from "@/ui/name-input";
import { SegmentedControl } from "@/ui/segmented-control";
import { Select } from "@/ui/select";
import { toast } from "@/ui/toast";
import { type AiPreferences, type Slot, useSavePreferences } from "./ai-preferences";
import { AllProblems } from "./all-problems";
import type { ProviderKind } from "./key-rules";
import { KINDS } from "./key-rules-fields";
import { MODELS } from "./model-names";
import { Section } from "./section";

const TASTES = ["cheap", "balanced", "best"] as const;

/** What `auto` leans to, who is tried first, and what is never asked. */
export function ChoiceSection({ saved }: { saved: AiPreferences }) {
  const { t } = useTranslation("routing");
  const save = useSavePreferences();
  const { data } = api.useQuery("get", MODELS);
  const [taste, setTaste] = useState(saved.taste);
  const [first, setFirst] = useState<readonly ProviderKind[]>(saved.providers);
  const [blocked, setBlocked] = useState<readonly string[]>(saved.blocked_models);
  const [slots, setSlots] = useState<readonly Slot[] | null>(saved.slots);
  const { busy, problem, onSubmit } = useSubmit(async () => {
    await save(() => ({
      taste,
      providers: [...first],
      blocked_models: [...blocked],
      slots: slots && [...slots],
    }));
    toast.success(t("saved"));
  });
  const names = [...new Set(data?.models.map(({ name }) => name))];
  return (
    <Section title={t("choice.title")} lead={t("choice.lead")}>
      <form onSubmit={onSubmit} className="flex flex-col gap-5">
        <AllProblems problem={problem} />
        <div>
          <p className="mb-2 font-medium text-sm">{t("choice.taste")}</p>
          <SegmentedControl
            label={t("choice.taste")}
            value={taste}
            onChange={setTaste}
            segments={TASTES.map((value) => ({ value, label: t(`choice.tastes.${value}`) }))}
          />
          <p className="mt-1.5 text-faint text-xs">{t(`choice.tasteHints.${taste}`)}</p>
        </div>
        <First kinds={first} onChange={setFirst} />
        <Field label={t("choice.blocked")} hint={t("choice.blockedHint")}>
          {(control) => (
            <NameInput {...control} values={blocked} onChange={setBlocked} suggestions={names} />
          )}
        </Field>
        <Roles slots={slots} known={data?.slots ?? []} onChange={setSlots} />
        <div>
          <Button type="submit" variant="primary" loading={busy} disabled={slots?.length === 0}>
            {t("choice.save")}
          </Button>
        </div>
      </form>
    </Section>
  );
}

interface FirstProps {
  kinds: readonly ProviderKind[];
  onChange: (kinds: ProviderKind[]) => void;
}

function First({ kinds, onChange }: FirstProps) {
  const { t } = useTranslation("routing");
  const { t: s } = useTranslation("settings");
  const label = (kind: ProviderKind) => s(`providers.kinds.${kind}`);
  const rest = KINDS.filter((kind) => !kinds.includes(kind));
  return (
    <Field label={t("choice.first")} hint={t("choice.firstHint")}>
      {(control) => (
        <div className="flex max-w-xs flex-col gap-1.5">
          <NameLines
            values={kinds.map(label)}
            onChange={(labels) =>
              onChange(labels.flatMap((each) => KINDS.filter((kind) => label(kind) === each)))
            }
          />
          {rest.length > 0 && (
            <Select
              {...control}
              // A new one after each choice, for it shows none itself.
              key={kinds.join()}
              value={undefined}
              placeholder={t("choice.add")}
              onChange={(kind: ProviderKind) => onChange([...kinds, kind])}
              options={rest.map((value) => ({ value, label: label(value) }))}
            />
          )}
        </div>
      )}
    </Field>
  );
}

interface RolesProps {
  /** Null allows all. */
  slots: readonly Slot[] | null;
  known: readonly { slot: Slot; label: string }[];
  onChange: (slots: Slot[] | null) => void;
}

function Roles({ slots, known, onChange }: RolesProps) {
  const { t } = useTranslation("routing");
  const all = known.map(({ slot }) => slot);
  const chosen = slots ?? all;
  return (
    <fieldset>
      <legend className="font-medium text-sm">{t("choice.slots")}</legend>
      <p className="mb-2 text-faint text-xs">{t("choice.slotsHint")}</p>
      <div className="flex flex-wrap gap-x-4 gap-y-2">
        {known.map(({ slot, label }) => (
          <label key={slot} className="flex items-center gap-2 text-sm touch:min-h-9">
            <Checkbox
              checked={chosen.includes(slot)}
              onCheckedChange={(on) => {
                const next = all.filter((each) =>
                  each === slot ? on === true : chosen.includes(each),
                );
                onChange(next.length === all.length ? null : next);
              }}
            />
            {label}
          </label>
        ))}
      </div>
      {slots?.length === 0 && (
        <p className="mt-2 text-danger-ink text-xs">{t("choice.chooseOne")}</p>
      )}
    </fieldset>
  );
}
