import type { ReactNode } from "react";
import type { Draft as RunDraft } from "@/features/runs/draft";
import { ProjectField, RunFields } from "@/features/runs/run-fields";
import type { ProblemError } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Select } from "@/ui/select";
import type { Rights } from "./model";

/** What schedules and triggers have in common. */
export interface StarterDraft {
  name: string;
  run: RunDraft;
  rights: Rights;
}

/** The name of one; without one of its own, how its goal begins. */
export const nameOf = ({ name, run }: StarterDraft): string =>
  name.trim() || run.goal.trim().split("\n", 1)[0]?.slice(0, 100) || "";

interface StarterDialogProps {
  title: string;
  draft: StarterDraft;
  onChange: (fields: Partial<StarterDraft>) => void;
  /** It is there already, with rights that may be kept. */
  isKnown: boolean;
  ready: boolean;
  isSaving: boolean;
  problem: ProblemError | null;
  onSave: () => void;
  onClose: () => void;
  /** What begins it. */
  children: ReactNode;
  /** What becomes of it, below what it does. */
  after?: ReactNode;
}

/** The form of what begins runs: its name, when, what each run is, and with which rights. */
export function StarterDialog({ draft, onChange, problem, ...rest }: StarterDialogProps) {
  const { t } = useTranslation("schedules");
  const submit = () => rest.ready && !rest.isSaving && rest.onSave();
  const run = (fields: Partial<RunDraft>) => onChange({ run: { ...draft.run, ...fields } });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && rest.onClose()}
      title={rest.title}
      size="lg"
      footer={
        <Button variant="primary" loading={rest.isSaving} disabled={!rest.ready} onClick={submit}>
          {t("dialog.save")}
        </Button>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {problem && <Banner tone="danger">{problem.message}</Banner>}
        <Field
          label={t("dialog.name")}
          hint={t("dialog.nameHint")}
          error={problem?.fieldError("name")}
        >
          {(control) => (
            <Input
              {...control}
              value={draft.name}
              maxLength={100}
              onChange={(event) => onChange({ name: event.target.value })}
            />
          )}
        </Field>
        {rest.children}
        <RunFields draft={draft.run} onChange={run} problem={problem} at="run/" repeats />
        <ProjectField value={draft.run.projectId} onChange={(projectId) => run({ projectId })} />
        {rest.after}
        <RightsField
          value={draft.rights}
          mayKeep={rest.isKnown}
          onChange={(rights) => onChange({ rights })}
        />
      </form>
    </Dialog>
  );
}

interface RightsFieldProps {
  value: Rights;
  onChange: (rights: Rights) => void;
  mayKeep: boolean;
}

function RightsField({ value, onChange, mayKeep }: RightsFieldProps) {
  const { t } = useTranslation("schedules");
  const choices: readonly Rights[] = mayKeep ? ["kept", "all", "reading"] : ["all", "reading"];
  return (
    <Field label={t("rights.label")} hint={t("rights.hint")}>
      {(control) => (
        <Select<Rights>
          {...control}
          value={value}
          onChange={onChange}
          options={choices.map((each) => ({ value: each, label: t(`rights.${each}`) }))}
        />
      )}
    </Field>
  );
}
