import { useState } from "react";
import { useSubmit } from "@/features/auth/use-submit";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { SegmentedControl } from "@/ui/segmented-control";
import { toast } from "@/ui/toast";
import { type AiPreferences, useSavePreferences } from "./ai-preferences";
import { AllProblems } from "./all-problems";
import {
  type Chosen,
  DENIED_IN,
  type Guardrails,
  holdsAnswers,
  KINDS,
  ON_FAILURE,
  PERSONAL,
  readGuardrails,
  refusedPattern,
  SCHEMA_CHECKS,
  UNREADABLE,
} from "./guarding";
import { Section } from "./section";
import { WebhookSecret } from "./webhook-secret";

/** What is checked before a model is asked, and before its answer is shown. */
export function GuardrailsSection({ saved }: { saved: AiPreferences }) {
  const { t } = useTranslation("routing");
  const save = useSavePreferences();
  const rules = saved.guardrails as Guardrails;
  const [chosen, choose] = useState<Chosen>(rules);
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    const guardrails = readGuardrails(values, chosen);
    await save(() => ({ guardrails }));
    toast.success(t("saved"));
  });
  const refused = refusedPattern(problem);
  return (
    <Section title={t("guard.title")} lead={t("guard.lead")}>
      <form onSubmit={onSubmit} className="flex max-w-xl flex-col gap-5">
        {!refused && <AllProblems problem={problem} />}
        {holdsAnswers(rules) && <Banner>{t("guard.holds")}</Banner>}
        <Personal chosen={chosen} onChoose={choose} />
        <Denied rules={rules} wrong={refused && t("guard.patternRefused", refused)} />
        <Segments
          label={t("guard.deniedIn")}
          value={chosen.denied_in}
          values={DENIED_IN}
          name={(value) => t(`guard.deniedIns.${value}`)}
          hint={t(`guard.deniedInHints.${chosen.denied_in}`)}
          onChange={(denied_in) => choose({ ...chosen, denied_in })}
        />
        <LongestAnswer rules={rules} />
        <Segments
          label={t("guard.unreadable")}
          value={chosen.unreadable}
          values={UNREADABLE}
          name={(value) => t(`guard.unreadables.${value}`)}
          hint={t(`guard.unreadableHints.${chosen.unreadable}`)}
          onChange={(unreadable) => choose({ ...chosen, unreadable })}
        />
        <Segments
          label={t("guard.schema")}
          value={chosen.schema_check}
          values={SCHEMA_CHECKS}
          name={(value) => t(`guard.schemas.${value}`)}
          hint={t(`guard.schemaHints.${chosen.schema_check}`)}
          onChange={(schema_check) => choose({ ...chosen, schema_check })}
        />
        <Webhook rules={rules} />
        <WebhookSecret />
        <Segments
          label={t("guard.onFailure")}
          value={chosen.on_failure}
          values={ON_FAILURE}
          name={(value) => t(`guard.failures.${value}`)}
          hint={t(`guard.failureHints.${chosen.on_failure}`)}
          onChange={(on_failure) => choose({ ...chosen, on_failure })}
        />
        <div>
          <Button type="submit" variant="primary" loading={busy}>
            {t("guard.save")}
          </Button>
        </div>
      </form>
    </Section>
  );
}

interface SegmentsProps<Value extends string> {
  label: string;
  value: Value;
  values: readonly Value[];
  name: (value: Value) => string;
  hint: string;
  onChange: (value: Value) => void;
}

function Segments<Value extends string>(props: SegmentsProps<Value>) {
  const { label, value, values, name, hint, onChange } = props;
  return (
    <div>
      <p className="mb-2 font-medium text-sm">{label}</p>
      <SegmentedControl
        label={label}
        value={value}
        onChange={onChange}
        segments={values.map((each) => ({ value: each, label: name(each) }))}
        className="max-sm:flex"
      />
      <p className="mt-1.5 text-pretty text-muted text-xs">{hint}</p>
    </div>
  );
}

interface PersonalProps {
  chosen: Chosen;
  onChoose: (chosen: Chosen) => void;
}

function Personal({ chosen, onChoose }: PersonalProps) {
  const { t } = useTranslation("routing");
  return (
    <div>
      <Segments
        label={t("guard.personal")}
        value={chosen.personal_data}
        values={PERSONAL}
        name={(value) => t(`guard.personals.${value}`)}
        hint={t(`guard.personalHints.${chosen.personal_data}`)}
        onChange={(personal_data) => onChoose({ ...chosen, personal_data })}
      />
      {chosen.personal_data !== "off" && (
        <fieldset className="mt-3">
          <legend className="mb-2 font-medium text-sm">{t("guard.kinds")}</legend>
          <div className="flex flex-wrap gap-x-4 gap-y-2">
            {KINDS.map((kind) => (
              <label key={kind} className="flex items-center gap-2 text-sm touch:min-h-9">
                <Checkbox
                  checked={chosen.kinds.includes(kind)}
                  onCheckedChange={(on) =>
                    onChoose({
                      ...chosen,
                      kinds: KINDS.filter((each) =>
                        each === kind ? on === true : chosen.kinds.includes(each),
                      ),
                    })
                  }
                />
                {t(`guard.kindNames.${kind}`)}
              </label>
            ))}
          </div>
        </fieldset>
      )}
    </div>
  );
}

interface DeniedProps {
  rules: Guardrails;
  /** What is wrong with a pattern. */
  wrong: string | null;
}

function Denied({ rules, wrong }: DeniedProps) {
  const { t } = useTranslation("routing");
  return (
    <>
      <Field label={t("guard.phrases")} hint={t("guard.phrasesHint")}>
        {(control) => (
          <Textarea
            {...control}
            name="denied_phrases"
            defaultValue={rules.denied_phrases.join("\n")}
          />
        )}
      </Field>
      <Field label={t("guard.patterns")} hint={t("guard.patternsHint")} error={wrong}>
        {(control) => (
          <Textarea
            {...control}
            name="denied_patterns"
            className="font-mono"
            spellCheck={false}
            defaultValue={rules.denied_patterns.join("\n")}
          />
        )}
      </Field>
    </>
  );
}

function LongestAnswer({ rules }: { rules: Guardrails }) {
  const { t } = useTranslation("routing");
  return (
    <Field label={t("guard.longest")} hint={t("guard.longestHint")} className="max-w-64">
      {(control) => (
        <Input
          {...control}
          name="max_answer_chars"
          type="number"
          min={1}
          max={1_000_000}
          inputMode="numeric"
          placeholder={t("guard.noLimit")}
          defaultValue={rules.max_answer_chars ?? ""}
        />
      )}
    </Field>
  );
}

function Webhook({ rules }: { rules: Guardrails }) {
  const { t } = useTranslation("routing");
  return (
    <div className="grid gap-4 sm:grid-cols-[1fr_9rem]">
      <Field label={t("guard.webhook")} hint={t("guard.webhookHint")}>
        {(control) => (
          <Input
            {...control}
            name="webhook"
            type="url"
            maxLength={2000}
            spellCheck={false}
            placeholder="https://judge.example/check"
            defaultValue={rules.webhook?.url ?? ""}
          />
        )}
      </Field>
      <Field label={t("guard.timeout")}>
        {(control) => (
          <Input
            {...control}
            name="timeout_ms"
            type="number"
            min={50}
            max={10_000}
            inputMode="numeric"
            placeholder="2000"
            defaultValue={rules.webhook?.timeout_ms ?? ""}
          />
        )}
      </Field>
    </div>
  );
}
