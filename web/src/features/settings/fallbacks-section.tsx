import { LifeBuoy } from "lucide-react";
import { useId, useState } from "react";
import { text, useSubmit } from "@/features/auth/use-submit";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { NameInput } from "@/ui/name-input";
import { type AiPreferences, useSavePreferences } from "./ai-preferences";
import { AllProblems } from "./all-problems";
import { useModelNames } from "./model-names";
import { NamedEntries } from "./named-entries";
import { NoModel } from "./no-model";
import { without } from "./without";

type Fallbacks = AiPreferences["fallbacks"];
/** Those of them that no provider has now. */
type Lost = AiPreferences["unreached"]["fallbacks"];

/** What is tried when a model that was asked for by its name fails. */
export function FallbacksSection({ fallbacks, lost }: { fallbacks: Fallbacks; lost: Lost }) {
  const { t } = useTranslation("routing");
  const save = useSavePreferences();
  return (
    <NamedEntries
      of="fallbacks"
      icon={LifeBuoy}
      names={Object.keys(fallbacks)}
      onRemove={(name) => save((now) => ({ fallbacks: without(now.fallbacks, name) }))}
      renderEntry={(name) => (
        <>
          <code className="break-all font-medium text-sm">{name}</code>
          <p className="break-all text-muted text-xs">
            {t("fallbacks.then", { names: fallbacks[name]?.join(", ") })}
          </p>
          {lost?.[name] && (
            <NoModel>{t("fallbacks.lost", { names: lost[name].join(", ") })}</NoModel>
          )}
        </>
      )}
      renderDialog={(name, onClose) => (
        <FallbackDialog name={name} targets={fallbacks[name] ?? []} onClose={onClose} />
      )}
    />
  );
}

interface FallbackDialogProps {
  /** Empty makes a new one. */
  name: string;
  targets: readonly string[];
  onClose: () => void;
}

function FallbackDialog({ name, targets, onClose }: FallbackDialogProps) {
  const { t } = useTranslation("routing");
  const save = useSavePreferences();
  const suggestions = useModelNames();
  const list = useId();
  const [next, setNext] = useState<readonly string[]>(targets);
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    const model = text(values, "name").trim();
    await save((now) => ({ fallbacks: { ...without(now.fallbacks, name), [model]: [...next] } }));
    onClose();
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t(name ? "fallbacks.edit" : "fallbacks.add")}
      size="sm"
    >
      <form onSubmit={onSubmit} className="flex flex-col gap-4" autoComplete="off">
        <AllProblems problem={problem} />
        <Field label={t("fallbacks.name")}>
          {(control) => (
            <Input
              {...control}
              name="name"
              size="lg"
              required
              maxLength={200}
              spellCheck={false}
              defaultValue={name}
              list={list}
            />
          )}
        </Field>
        <datalist id={list}>
          {suggestions
            .filter((each) => !each.startsWith("vectal/"))
            .map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
        </datalist>
        <Field label={t("fallbacks.targets")} hint={t("fallbacks.targetsHint")}>
          {(control) => (
            <NameInput
              {...control}
              ordered
              values={next}
              onChange={setNext}
              suggestions={suggestions}
            />
          )}
        </Field>
        <div className="flex justify-end">
          <Button type="submit" variant="primary" loading={busy} disabled={next.length === 0}>
            {t("fallbacks.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
