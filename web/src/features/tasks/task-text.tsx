import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Markdown } from "@/markdown/markdown";
import { Textarea } from "@/ui/input";
import type { Task } from "./model";

interface TaskTextProps {
  task: Task;
  onSave: (text: string) => void;
}

/** The title, edited in place: Enter saves, Escape takes it back. */
export function TaskTitle({ task, onSave }: TaskTextProps) {
  const { t } = useTranslation("tasks");
  const [text, setText] = useState(task.title);
  function save(): void {
    const clean = text.replace(/\s+/g, " ").trim();
    if (clean && clean !== task.title) onSave(clean);
    else setText(task.title);
  }
  return (
    <Textarea
      bare
      rows={1}
      maxLength={500}
      value={text}
      aria-label={t("field.title")}
      onChange={(event) => setText(event.target.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === "Enter") {
          event.preventDefault();
          event.currentTarget.blur();
        } else if (event.key === "Escape") {
          event.stopPropagation();
          setText(task.title);
        }
      }}
      className="rounded-sm py-1 font-semibold text-xl tracking-[-0.012em]"
    />
  );
}

/** The notes: shown as Markdown, edited as text. */
export function TaskNotes({ task, onSave }: TaskTextProps) {
  const { t } = useTranslation("tasks");
  const [editing, setEditing] = useState(false);
  const [text, setText] = useState(task.notes);
  if (!editing) {
    return (
      <div className="group relative min-h-16 rounded-md border border-transparent p-2 hover:border-line">
        {task.notes ? (
          <Markdown text={task.notes} />
        ) : (
          <p className="text-faint text-sm">{t("detail.noNotes")}</p>
        )}
        <button
          type="button"
          onClick={() => setEditing(true)}
          className="absolute top-1 right-1 rounded-xs bg-raised px-2 py-0.5 text-accent-ink text-xs opacity-0 focus-visible:opacity-100 group-hover:opacity-100 touch:opacity-100"
        >
          {t("detail.editNotes")}
        </button>
      </div>
    );
  }
  function save(): void {
    setEditing(false);
    if (text !== task.notes) onSave(text);
  }
  return (
    <Textarea
      autoFocus
      rows={6}
      maxLength={20_000}
      value={text}
      aria-label={t("field.notes")}
      onChange={(event) => setText(event.target.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) save();
        if (event.key === "Escape") {
          event.stopPropagation();
          setText(task.notes);
          setEditing(false);
        }
      }}
    />
  );
}
