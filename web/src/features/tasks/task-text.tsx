import { NotebookPen, Pencil } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Markdown } from "@/markdown/markdown";
import { Button } from "@/ui/button";
import { Textarea } from "@/ui/input";
import type { Task } from "./model";

interface TaskTextProps {
  task: Task;
  /** `on` is the task as it was when the writing began, so that a clash is found. */
  onSave: (text: string, on: Task) => void;
}

/** What is being written, and the task it began on; others' changes don't reach into it. */
interface Draft {
  text: string;
  on: Task;
}

/** The title, edited in place: Enter saves, Escape takes it back. */
export function TaskTitle({ task, onSave }: TaskTextProps) {
  const { t } = useTranslation("tasks");
  const [draft, setDraft] = useState<Draft | null>(null);
  function save(): void {
    const clean = draft?.text.replace(/\s+/g, " ").trim();
    if (draft && clean && clean !== draft.on.title) onSave(clean, draft.on);
    setDraft(null);
  }
  return (
    <Textarea
      bare
      rows={1}
      maxLength={500}
      value={draft?.text ?? task.title}
      aria-label={t("field.title")}
      onChange={(event) => setDraft({ on: draft?.on ?? task, text: event.target.value })}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === "Enter") {
          event.preventDefault();
          event.currentTarget.blur();
        } else if (event.key === "Escape" && draft) {
          event.stopPropagation();
          setDraft(null);
        }
      }}
      className="-mx-2 rounded-sm px-2 py-1 font-semibold text-xl tracking-[-0.012em] touch:text-xl hover:bg-hover focus:bg-transparent focus:ring-2 focus:ring-accent"
    />
  );
}

/** The notes: shown as Markdown, edited as text. */
export function TaskNotes({ task, onSave }: TaskTextProps) {
  const { t } = useTranslation("tasks");
  const [draft, setDraft] = useState<Draft | null>(null);
  const edit = () => setDraft({ on: task, text: task.notes });
  if (!draft && !task.notes) {
    return (
      <button
        type="button"
        onClick={edit}
        className="flex min-h-10 items-center gap-2.5 rounded-md border border-dashed px-3 text-left text-muted text-sm hover:border-strong hover:text-ink touch:min-h-11"
      >
        <NotebookPen aria-hidden size={15} className="shrink-0" />
        {t("detail.addNotes")}
      </button>
    );
  }
  if (!draft) {
    return (
      <section aria-label={t("field.notes")}>
        <header className="-mt-1 mb-0.5 flex items-center justify-between">
          <h3 className="font-semibold text-sm">{t("field.notes")}</h3>
          <Button size="sm" variant="ghost" icon={Pencil} className="-mr-2.5" onClick={edit}>
            {t("detail.editNotes")}
          </Button>
        </header>
        <Markdown text={task.notes} />
      </section>
    );
  }
  function save(): void {
    if (draft && draft.text !== draft.on.notes) onSave(draft.text, draft.on);
    setDraft(null);
  }
  return (
    <Textarea
      autoFocus
      rows={6}
      maxLength={20_000}
      value={draft.text}
      aria-label={t("field.notes")}
      onChange={(event) => setDraft({ ...draft, text: event.target.value })}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) save();
        if (event.key === "Escape") {
          event.stopPropagation();
          setDraft(null);
        }
      }}
    />
  );
}
