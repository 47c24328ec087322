import { ArrowRight, Tags } from "lucide-react";
import { useId } from "react";
import { text, useSubmit } from "@/features/auth/use-submit";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { type AiPreferences, useSavePreferences } from "./ai-preferences";
import { AllProblems } from "./all-problems";
import { useModelNames } from "./model-names";
import { NamedEntries } from "./named-entries";
import { NoModel } from "./no-model";
import { without } from "./without";

type Aliases = AiPreferences["aliases"];
/** Those that stand for a model that no provider has now. */
type Lost = AiPreferences["unreached"]["aliases"];

/** The workspace's own names for models. */
export function AliasesSection({ aliases, lost }: { aliases: Aliases; lost: Lost }) {
  const { t } = useTranslation("routing");
  const save = useSavePreferences();
  return (
    <NamedEntries
      of="aliases"
      icon={Tags}
      names={Object.keys(aliases)}
      onRemove={(name) => save((now) => ({ aliases: without(now.aliases, name) }))}
      renderEntry={(name) => (
        <>
          <p className="flex flex-wrap items-center gap-x-2 break-all text-sm">
            <code className="font-medium">{name}</code>
            <ArrowRight
              role="img"
              aria-label={t("aliases.means")}
              size={14}
              className="text-faint"
            />
            <code className="text-muted">{aliases[name]}</code>
          </p>
          {lost?.[name] !== undefined && <NoModel>{t("aliases.lost")}</NoModel>}
        </>
      )}
      renderDialog={(name, onClose) => (
        <AliasDialog name={name} target={aliases[name] ?? ""} onClose={onClose} />
      )}
    />
  );
}

interface AliasDialogProps {
  /** Empty makes a new one. */
  name: string;
  target: string;
  onClose: () => void;
}

function AliasDialog({ name, target, onClose }: AliasDialogProps) {
  const { t } = useTranslation("routing");
  const save = useSavePreferences();
  const suggestions = useModelNames();
  const list = useId();
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    const next = text(values, "name").trim();
    const model = text(values, "target").trim();
    await save((now) => ({ aliases: { ...without(now.aliases, name), [next]: model } }));
    onClose();
  });
  const field = { size: "lg", required: true, maxLength: 200, spellCheck: false } as const;
  return (
    <Dialog open onOpenChange={onClose} title={t(name ? "aliases.edit" : "aliases.add")} size="sm">
      <form onSubmit={onSubmit} className="flex flex-col gap-4" autoComplete="off">
        <AllProblems problem={problem} />
        <Field label={t("aliases.name")} hint={t("aliases.nameHint")}>
          {(control) => (
            <Input
              {...control}
              {...field}
              name="name"
              defaultValue={name}
              placeholder="house-model"
            />
          )}
        </Field>
        <Field label={t("aliases.target")} hint={t("aliases.targetHint")}>
          {(control) => (
            <Input
              {...control}
              {...field}
              name="target"
              defaultValue={target}
              placeholder="vectal/pro"
              list={list}
            />
          )}
        </Field>
        <datalist id={list}>
          {suggestions.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </datalist>
        <div className="flex justify-end">
          <Button type="submit" variant="primary" loading={busy}>
            {t("aliases.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
