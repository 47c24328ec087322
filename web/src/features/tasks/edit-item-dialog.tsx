import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { NameInput } from "@/ui/name-input";
import { Select } from "@/ui/select";
import { keys, takeChangeset } from "./cache";
import { calls } from "./calls";
import { draftOf, editable, editOf, type ItemDraft, type ItemField } from "./edit-item";
import { type ChangesetItem, STATUSES } from "./model";
import { useLabels, useProjects } from "./queries";

interface EditItemDialogProps {
  changesetId: string;
  item: ChangesetItem;
  onClose: () => void;
}

/** Puts a proposed change into other words, before it is accepted. */
export function EditItemDialog({ changesetId, item, onClose }: EditItemDialogProps) {
  const { t } = useTranslation("tasks");
  const queries = useQueryClient();
  const [draft, setDraft] = useState(draftOf(item));
  const edit = editOf(item, draft);
  const changed = Object.keys(edit).length > 0;
  const save = useMutation({
    mutationFn: () => calls.editItem(changesetId, item.id, edit),
    onSuccess: (changeset) => {
      takeChangeset(queries, changeset);
      onClose();
    },
    onError: () => void queries.invalidateQueries({ queryKey: keys.changeset(changesetId) }),
  });
  const problem = save.error ? toProblem(save.error) : null;
  const ready = changed && (!("title" in edit) || draft.title.trim() !== "");
  const submit = () => ready && !save.isPending && save.mutate();
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("changeset.editTitle")}
      description={t("changeset.editBody")}
      footer={
        <Button variant="primary" loading={save.isPending} disabled={!ready} onClick={submit}>
          {t("changeset.save")}
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
        {editable(item).map((field) => (
          <ItemInput
            key={field}
            field={field}
            draft={draft}
            onChange={(fields) => setDraft((now) => ({ ...now, ...fields }))}
          />
        ))}
        <button type="submit" hidden>
          {t("changeset.save")}
        </button>
      </form>
    </Dialog>
  );
}

interface ItemInputProps {
  field: ItemField;
  draft: ItemDraft;
  onChange: (fields: Partial<ItemDraft>) => void;
}

const WORDS = {
  title: "field.title",
  notes: "field.notes",
  status: "field.status",
  priority: "field.priority",
  due: "field.due_on",
  labels: "field.labels",
  project: "field.project_id",
  place: "field.place",
  starts: "field.starts_at",
  ends: "field.ends_at",
  text: "field.text",
} as const satisfies Record<ItemField, string>;
const PRIORITIES = ["1", "2", "3", "4"] as const;
const NONE = "none";

function ItemInput({ field, draft, onChange }: ItemInputProps): ReactNode {
  const { t } = useTranslation("tasks");
  const labels = useLabels();
  const projects = useProjects().filter(
    ({ archived_at: archived, id }) => !archived || id === draft.project,
  );
  return (
    <Field label={t(WORDS[field])}>
      {(control) => {
        switch (field) {
          case "title":
            return (
              <Input
                {...control}
                value={draft.title}
                maxLength={500}
                onChange={(event) => onChange({ title: event.target.value })}
              />
            );
          case "notes":
            return (
              <Textarea
                {...control}
                rows={3}
                maxHeight={220}
                value={draft.notes}
                onChange={(event) => onChange({ notes: event.target.value })}
              />
            );
          case "status":
            return (
              <Select
                {...control}
                value={draft.status}
                onChange={(status) => onChange({ status })}
                options={STATUSES.map((value) => ({ value, label: t(`status.${value}`) }))}
              />
            );
          case "priority":
            return (
              <Select
                {...control}
                value={draft.priority}
                onChange={(priority) => onChange({ priority })}
                options={PRIORITIES.map((value) => ({ value, label: t(`priority.p${value}`) }))}
              />
            );
          case "due":
            return (
              <Input
                {...control}
                type={draft.due.includes("T") ? "datetime-local" : "date"}
                value={draft.due}
                onChange={(event) => onChange({ due: event.target.value })}
              />
            );
          case "text":
            return (
              <Textarea
                {...control}
                rows={8}
                maxHeight={360}
                maxLength={50_000}
                value={draft.text}
                onChange={(event) => onChange({ text: event.target.value })}
              />
            );
          case "place":
            return (
              <Input
                {...control}
                value={draft.place}
                maxLength={500}
                onChange={(event) => onChange({ place: event.target.value })}
              />
            );
          case "starts":
          case "ends":
            return (
              <Input
                {...control}
                type={draft[field].includes("T") ? "datetime-local" : "date"}
                value={draft[field]}
                onChange={(event) => onChange({ [field]: event.target.value })}
              />
            );
          case "labels":
            return (
              <NameInput
                {...control}
                values={draft.labels}
                onChange={(names) => onChange({ labels: names })}
                suggestions={labels.map(({ name }) => name)}
              />
            );
          case "project":
            return (
              <Select
                {...control}
                value={draft.project ?? NONE}
                onChange={(id) => onChange({ project: id === NONE ? null : id })}
                options={[
                  { value: NONE, label: t("diff.none") },
                  ...projects.map(({ id, name }) => ({ value: id, label: name })),
                ]}
              />
            );
          default:
            return null;
        }
      }}
    </Field>
  );
}
