import { LifeBuoy, Plus } from "lucide-react";
import { useId, useState } from "react";
import { text, useSubmit } from "@/features/auth/use-submit";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { EmptyState } from "@/ui/empty-state";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { NameInput } from "@/ui/name-input";
import { toast } from "@/ui/toast";
import { type AiPreferences, useSavePreferences } from "./ai-preferences";
import { AllProblems } from "./all-problems";
import { Confirm } from "./confirm";
import { useModelNames } from "./model-names";
import { Row, Section } from "./section";
import { without } from "./without";

type Fallbacks = AiPreferences["fallbacks"];

/** What is tried when a model that was asked for by its name fails. */
export function FallbacksSection({ fallbacks }: { fallbacks: Fallbacks }) {
  const { t } = useTranslation("routing");
  const save = useSavePreferences();
  const [editing, setEditing] = useState<string | null>(null);
  const names = Object.keys(fallbacks).toSorted();
  const remove = (name: string) =>
    save((now) => ({ fallbacks: without(now.fallbacks, name) })).catch((error: unknown) =>
      toast.error(toProblem(error).message),
    );
  return (
    <Section
      title={t("fallbacks.title")}
      lead={t("fallbacks.lead")}
      action={
        <Button size="sm" icon={Plus} onClick={() => setEditing("")}>
          {t("fallbacks.add")}
        </Button>
      }
    >
      {names.length === 0 && (
        <EmptyState size="panel" icon={LifeBuoy} title={t("fallbacks.emptyTitle")}>
          {t("fallbacks.emptyBody")}
        </EmptyState>
      )}
      <ul aria-label={t("fallbacks.title")}>
        {names.map((name) => (
          <Row
            key={name}
            action={
              <>
                <Button
                  size="sm"
                  variant="ghost"
                  aria-label={t("editOf", { name })}
                  onClick={() => setEditing(name)}
                >
                  {t("edit")}
                </Button>
                <Confirm
                  label={t("remove")}
                  title={t("fallbacks.removeTitle", { name })}
                  body={t("fallbacks.removeBody")}
                  onConfirm={() => void remove(name)}
                />
              </>
            }
          >
            <code className="break-all font-medium text-sm">{name}</code>
            <p className="break-all text-muted text-xs">
              {t("fallbacks.then", { names: fallbacks[name]?.join(", ") })}
            </p>
          </Row>
        ))}
      </ul>
      {editing !== null && (
        <FallbackDialog
          name={editing}
          targets={fallbacks[editing] ?? []}
          onClose={() => setEditing(null)}
        />
      )}
    </Section>
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
