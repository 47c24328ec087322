import { useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { Select } from "@/ui/select";
import { calls } from "./calls";
import {
  type IssuedTrigger,
  isAboutTasks,
  isCalled,
  KINDS,
  type NewTrigger,
  scopesOf,
  type Trigger,
  type TriggerKind,
} from "./model";
import { draftFor, planOf } from "./planned-run";
import { useDo } from "./queries";
import { nameOf, StarterDialog, type StarterDraft } from "./starter-dialog";

interface Draft extends StarterDraft {
  kind: TriggerKind;
  label: string;
  words: string;
  senders: string;
  perHour: string;
}

function draftFrom(trigger: Trigger | undefined): Draft {
  return {
    name: trigger?.name ?? "",
    kind: trigger?.kind ?? "task_created",
    run: draftFor(trigger?.run),
    label: trigger?.filter.label ?? "",
    words: trigger?.filter.name_contains ?? "",
    senders: trigger?.filter.senders?.join("\n") ?? "",
    perHour: String(trigger?.per_hour ?? 10),
    rights: trigger ? "kept" : "reading",
  };
}

function bodyOf(draft: Draft, had: Trigger | undefined): Omit<NewTrigger, "kind"> {
  const { kind } = draft;
  const scopes = scopesOf(draft.rights);
  return {
    name: nameOf(draft),
    run: planOf(draft.run, had?.run),
    filter: {
      project_id: had?.filter.project_id ?? null,
      label: (isAboutTasks(kind) && draft.label.trim()) || null,
      name_contains: (!isCalled(kind) && draft.words.trim()) || null,
      senders: kind === "email" ? draft.senders.split(/[\s,;]+/).filter(Boolean) : [],
    },
    per_hour: Number(draft.perHour),
    ...(scopes === undefined ? {} : { scopes }),
  } as Omit<NewTrigger, "kind">;
}

interface TriggerDialogProps {
  trigger?: Trigger | undefined;
  onClose: () => void;
  onIssued?: (issued: IssuedTrigger) => void;
}

/** What is to be begun, by what, and how often at most. */
export function TriggerDialog({ trigger, onClose, onIssued }: TriggerDialogProps) {
  const { t } = useTranslation("schedules");
  const [draft, setDraft] = useState(() => draftFrom(trigger));
  const change = (fields: Partial<Draft>) => setDraft((now) => ({ ...now, ...fields }));
  const save = useDo(async () => {
    const body = bodyOf(draft, trigger);
    if (trigger) await calls.changeTrigger(trigger.id, body);
    else onIssued?.(await calls.createTrigger({ ...body, kind: draft.kind }));
    onClose();
  });
  const problem = save.error ? toProblem(save.error) : null;
  const hasSenders = draft.kind !== "email" || draft.senders.trim() !== "";
  const ready = draft.run.goal.trim() !== "" && hasSenders;
  return (
    <StarterDialog
      title={t(trigger ? "dialog.editTrigger" : "dialog.newTrigger")}
      draft={draft}
      onChange={change}
      isKnown={trigger !== undefined}
      ready={ready}
      isSaving={save.isPending}
      problem={problem}
      onSave={() => save.mutate(undefined)}
      onClose={onClose}
    >
      <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
        <Field label={t("kind.label")} hint={t(`kind.${draft.kind}Hint`)}>
          {(control) => (
            <Select<TriggerKind>
              {...control}
              value={draft.kind}
              disabled={trigger !== undefined}
              onChange={(kind) => change({ kind })}
              options={KINDS.map((value) => ({ value, label: t(`kind.${value}`) }))}
            />
          )}
        </Field>
        <Field label={t("dialog.perHour")} error={problem?.fieldError("per_hour")}>
          {(control) => (
            <Input
              {...control}
              type="number"
              inputMode="numeric"
              min={1}
              max={60}
              value={draft.perHour}
              onChange={(event) => change({ perHour: event.target.value })}
            />
          )}
        </Field>
      </div>
      <FilterFields draft={draft} onChange={change} />
    </StarterDialog>
  );
}

function FilterFields({
  draft,
  onChange,
}: {
  draft: Draft;
  onChange: (fields: Partial<Draft>) => void;
}) {
  const { t } = useTranslation("schedules");
  if (draft.kind === "email") {
    return (
      <Field label={t("filter.senders")} hint={t("filter.sendersHint")}>
        {(control) => (
          <Textarea
            {...control}
            rows={2}
            maxHeight={120}
            value={draft.senders}
            maxLength={4_000}
            onChange={(event) => onChange({ senders: event.target.value })}
          />
        )}
      </Field>
    );
  }
  if (isCalled(draft.kind)) return null;
  return (
    <div className="grid grid-cols-1 gap-4 sm:grid-cols-2">
      {isAboutTasks(draft.kind) && (
        <Field label={t("filter.onlyLabel")}>
          {(control) => (
            <Input
              {...control}
              value={draft.label}
              maxLength={50}
              onChange={(event) => onChange({ label: event.target.value })}
            />
          )}
        </Field>
      )}
      <Field label={t("filter.onlyName")}>
        {(control) => (
          <Input
            {...control}
            value={draft.words}
            maxLength={200}
            onChange={(event) => onChange({ words: event.target.value })}
          />
        )}
      </Field>
    </div>
  );
}
