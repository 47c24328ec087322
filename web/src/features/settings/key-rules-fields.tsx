import type { ProblemError } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Checkbox } from "@/ui/checkbox";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { NameInput } from "@/ui/name-input";
import { TextField } from "../auth/fields";
import { AMOUNTS, type ProviderKind, type Rules } from "./key-rules";
import { useModelNames } from "./model-names";

export const KINDS = [
  "openai",
  "anthropic",
  "deepseek",
  "openai_compatible",
  "simulator",
] as const satisfies readonly ProviderKind[];

export interface Chosen {
  models: readonly string[];
  providers: readonly ProviderKind[];
}

interface KeyRulesFieldsProps {
  rules: Rules;
  chosen: Chosen;
  onChoose: (chosen: Chosen) => void;
  problem: ProblemError | null;
}

/** What limits a key: the form around them reads the plain fields with `readRules`. */
export function KeyRulesFields({ rules, chosen, onChoose, problem }: KeyRulesFieldsProps) {
  const { t } = useTranslation("settings");
  const names = useModelNames();
  return (
    <>
      <Field
        label={t("rules.models")}
        hint={t("rules.modelsHint")}
        error={listError(problem, "models")}
      >
        {(control) => (
          <NameInput
            {...control}
            values={chosen.models}
            suggestions={names}
            placeholder="vectal/fast"
            onChange={(models) => onChoose({ ...chosen, models })}
          />
        )}
      </Field>
      <fieldset>
        <legend className="font-medium text-sm">{t("rules.providers")}</legend>
        <p className="mb-2 text-faint text-xs">{t("rules.providersHint")}</p>
        <div className="flex flex-wrap gap-x-4 gap-y-2">
          {KINDS.map((kind) => (
            <label key={kind} className="flex items-center gap-2 text-sm touch:min-h-9">
              <Checkbox
                checked={chosen.providers.includes(kind)}
                onCheckedChange={(on) =>
                  onChoose({
                    ...chosen,
                    providers: KINDS.filter((each) =>
                      each === kind ? on === true : chosen.providers.includes(each),
                    ),
                  })
                }
              />
              {t(`providers.kinds.${kind}`)}
            </label>
          ))}
        </div>
      </fieldset>
      <div className="grid items-end gap-4 sm:grid-cols-3">
        {AMOUNTS.map((name) => (
          <Field key={name} label={t(`rules.${name}`)} error={problem?.fieldError(name)}>
            {(control) => (
              <Input
                {...control}
                name={name}
                type="number"
                min={1}
                step={1}
                inputMode="numeric"
                placeholder={t("rules.noLimit")}
                defaultValue={rules[name] ?? ""}
              />
            )}
          </Field>
        ))}
      </div>
      <TextField
        name="note"
        label={t("rules.note")}
        hint={t("rules.noteHint")}
        problem={problem}
        required={false}
        defaultValue={rules.note}
      />
    </>
  );
}

/** The server names the entry that it refuses; the field shows them all. */
function listError(problem: ProblemError | null, name: string): string | undefined {
  const found = problem?.errors.filter(({ pointer }) => pointer.includes(`/${name}`)) ?? [];
  return found.length > 0 ? found.map(({ detail }) => detail).join(" ") : undefined;
}
