import { useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useUser } from "@/lib/session/session";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { Select } from "@/ui/select";
import { toast } from "@/ui/toast";
import { calls } from "./calls";
import { bodyOf, type Draft, draftOf, isReady, REPEATS, type Repeats, withFirstDay } from "./draft";
import type { Opened } from "./model";
import { ownZone, useDo } from "./queries";

interface EventDialogProps {
  opened: Opened;
  onClose: () => void;
}

/** An event: made, looked at, changed, cancelled once or deleted. */
export function EventDialog({ opened, onClose }: EventDialogProps) {
  const { t } = useTranslation("calendar");
  const me = useUser().id;
  const [draft, setDraft] = useState(() => draftOf(opened));
  const occurrence = "occurrence" in opened ? opened.occurrence : null;
  const event = occurrence?.event;
  const mayChange = !event || event.owner_id === me;
  const save = useDo(async () => {
    const body = bodyOf(draft, ownZone());
    if (event) await calls.change(event.id, { ...body, version: event.version });
    else await calls.create(body);
  }, true);
  const problem = save.error ? toProblem(save.error) : null;
  const ready = isReady(draft);
  const submit = () =>
    ready && mayChange && !save.isPending && save.mutate(undefined, { onSuccess: onClose });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t(event ? "dialog.edit" : "dialog.new")}
      {...(event?.is_imported ? { description: t("dialog.imported") } : {})}
      footer={
        mayChange && (
          <>
            {occurrence && <Removal occurrence={occurrence} onDone={onClose} />}
            <Button variant="primary" loading={save.isPending} disabled={!ready} onClick={submit}>
              {t("dialog.save")}
            </Button>
          </>
        )
      }
    >
      <form
        onSubmit={(pressed) => {
          pressed.preventDefault();
          submit();
        }}
      >
        <fieldset disabled={!mayChange} className="flex flex-col gap-4">
          <legend className="sr-only">{t("dialog.legend")}</legend>
          {!mayChange && <Banner tone="info">{t("dialog.ofOthers")}</Banner>}
          {problem && <Banner tone="danger">{problem.message}</Banner>}
          <Fields draft={draft} onChange={setDraft} />
        </fieldset>
        <button type="submit" hidden>
          {t("dialog.save")}
        </button>
      </form>
    </Dialog>
  );
}

interface FieldsProps {
  draft: Draft;
  onChange: (draft: Draft) => void;
}

function Fields({ draft, onChange }: FieldsProps) {
  const { t } = useTranslation("calendar");
  const change = (fields: Partial<Draft>) => onChange({ ...draft, ...fields });
  return (
    <>
      <Field label={t("dialog.title")}>
        {(control) => (
          <Input
            {...control}
            value={draft.title}
            maxLength={500}
            onChange={(event) => change({ title: event.target.value })}
          />
        )}
      </Field>
      <Tick
        label={t("dialog.allDay")}
        checked={draft.allDay}
        onChange={(allDay) => change({ allDay })}
      />
      <Times draft={draft} onChange={onChange} />
      <Field label={t("dialog.repeats")}>
        {(control) => (
          <Select<Repeats>
            {...control}
            value={draft.repeats}
            onChange={(repeats) => change({ repeats })}
            options={REPEATS.map((value) => ({ value, label: t(`repeats.${value}`) }))}
          />
        )}
      </Field>
      {draft.repeats === "own" && (
        <Field label={t("dialog.rule")} hint={t("dialog.ruleHint")}>
          {(control) => (
            <Input
              {...control}
              className="font-mono"
              value={draft.rule}
              maxLength={500}
              spellCheck={false}
              onChange={(event) => change({ rule: event.target.value })}
            />
          )}
        </Field>
      )}
      <Field label={t("dialog.place")}>
        {(control) => (
          <Input
            {...control}
            value={draft.place}
            maxLength={500}
            onChange={(event) => change({ place: event.target.value })}
          />
        )}
      </Field>
      <Field label={t("dialog.notes")}>
        {(control) => (
          <Textarea
            {...control}
            rows={3}
            maxHeight={180}
            maxLength={20_000}
            value={draft.notes}
            onChange={(event) => change({ notes: event.target.value })}
          />
        )}
      </Field>
      <Tick
        label={t("dialog.shown")}
        checked={draft.shown}
        onChange={(shown) => change({ shown })}
      />
    </>
  );
}

function Times({ draft, onChange }: FieldsProps) {
  const { t } = useTranslation("calendar");
  const change = (fields: Partial<Draft>) => onChange({ ...draft, ...fields });
  return (
    <div className="grid grid-cols-2 gap-4">
      <Field label={t("dialog.firstDay")}>
        {(control) => (
          <Input
            {...control}
            type="date"
            value={draft.firstDay}
            onChange={(event) => onChange(withFirstDay(draft, event.target.value))}
          />
        )}
      </Field>
      {!draft.allDay && (
        <Field label={t("dialog.from")}>
          {(control) => (
            <Input
              {...control}
              type="time"
              value={draft.from}
              onChange={(event) => change({ from: event.target.value })}
            />
          )}
        </Field>
      )}
      <Field label={t("dialog.lastDay")}>
        {(control) => (
          <Input
            {...control}
            type="date"
            value={draft.lastDay}
            min={draft.firstDay}
            onChange={(event) => change({ lastDay: event.target.value })}
          />
        )}
      </Field>
      {!draft.allDay && (
        <Field label={t("dialog.to")}>
          {(control) => (
            <Input
              {...control}
              type="time"
              value={draft.to}
              onChange={(event) => change({ to: event.target.value })}
            />
          )}
        </Field>
      )}
    </div>
  );
}

interface TickProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
}

function Tick({ label, checked, onChange }: TickProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control within is radix's
    <label className="flex items-center gap-2 text-sm touch:min-h-11">
      <Checkbox checked={checked} onCheckedChange={(on) => onChange(on === true)} />
      {label}
    </label>
  );
}

function Removal({
  occurrence,
  onDone,
}: {
  occurrence: NonNullable<Extract<Opened, { occurrence: unknown }>["occurrence"]>;
  onDone: () => void;
}) {
  const { t } = useTranslation("calendar");
  const { event, key } = occurrence;
  const remove = useDo(async () => {
    await calls.remove(event.id);
    toast.show(t("deleted"));
  });
  const cancel = useDo(async () => {
    await calls.cancel(event.id, key);
    toast.show(t("cancelled"));
  });
  return (
    <>
      {event.rule && (
        <Button
          variant="ghost"
          loading={cancel.isPending}
          onClick={() => cancel.mutate(undefined, { onSuccess: onDone })}
        >
          {t("dialog.cancelOne")}
        </Button>
      )}
      <Button
        variant="danger-ghost"
        loading={remove.isPending}
        onClick={() => remove.mutate(undefined, { onSuccess: onDone })}
      >
        {t(event.rule ? "dialog.deleteAll" : "dialog.delete")}
      </Button>
    </>
  );
}
