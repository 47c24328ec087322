import { useState } from "react";
import { text, useSubmit } from "@/features/auth/use-submit";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { toast } from "@/ui/toast";
import { type AiPreferences, useSavePreferences } from "./ai-preferences";
import { AllProblems } from "./all-problems";
import { Choice } from "./choice";
import { Section } from "./section";

const USUAL_TTL_S = 3600;
const USUAL_HEDGE_MS = 2000;

/** Answers that are kept, and a second model when the first is silent. Both are off unless said. */
export function SpeedSection({ saved }: { saved: AiPreferences }) {
  const { t } = useTranslation("routing");
  const save = useSavePreferences();
  const [keeps, setKeeps] = useState(saved.response_cache.enabled ?? false);
  const [hedges, setHedges] = useState(saved.hedge_after_ms !== null);
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    await save((now) => ({
      response_cache: keeps
        ? { enabled: true, ttl_s: Number(text(values, "ttl_s")) }
        : { ...now.response_cache, enabled: false },
      hedge_after_ms: hedges ? Number(text(values, "hedge_after_ms")) : null,
    }));
    toast.success(t("saved"));
  });
  return (
    <Section title={t("speed.title")} lead={t("speed.lead")}>
      <form onSubmit={onSubmit} className="flex max-w-xl flex-col gap-5">
        <AllProblems problem={problem} />
        <Choice
          label={t("speed.keeps")}
          hint={t("speed.keepsHint")}
          checked={keeps}
          onChange={setKeeps}
        />
        {keeps && (
          <Field label={t("speed.ttl")} hint={t("speed.ttlHint")} className="max-w-48">
            {(control) => (
              <Input
                {...control}
                name="ttl_s"
                type="number"
                required
                min={1}
                max={86_400}
                inputMode="numeric"
                defaultValue={saved.response_cache.ttl_s ?? USUAL_TTL_S}
              />
            )}
          </Field>
        )}
        <Choice
          label={t("speed.hedges")}
          hint={t("speed.hedgesHint")}
          checked={hedges}
          onChange={setHedges}
        />
        {hedges && (
          <Field label={t("speed.hedgeAfter")} className="max-w-48">
            {(control) => (
              <Input
                {...control}
                name="hedge_after_ms"
                type="number"
                required
                min={50}
                max={60_000}
                inputMode="numeric"
                defaultValue={saved.hedge_after_ms ?? USUAL_HEDGE_MS}
              />
            )}
          </Field>
        )}
        <div>
          <Button type="submit" variant="primary" loading={busy}>
            {t("speed.save")}
          </Button>
        </div>
      </form>
    </Section>
  );
}
