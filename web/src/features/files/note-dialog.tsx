import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";

const SUFFIX = ".md";
const MOST = 200_000;

export interface NoteDraft {
  name: string;
  text: string;
}

export const isNote = (name: string): boolean => /\.(md|markdown)$/i.test(name);

/** The note as a file; without a name of its own it has that of its first words. */
export function noteFile({ name, text }: NoteDraft): File {
  const first =
    text
      .trim()
      .split("\n", 1)[0]
      ?.replace(/^[#>*\-\s]+/, "") ?? "";
  const called = (name.trim() || first)
    .replace(/[/\\\0]/g, " ")
    .slice(0, 150)
    .trim();
  const whole = isNote(called) ? called : called + SUFFIX;
  return new File([text], whole, { type: "text/markdown" });
}

interface NoteDialogProps {
  title: string;
  draft: NoteDraft;
  onChange: (draft: NoteDraft) => void;
  /** A note that is there keeps its name. */
  isNamed?: boolean;
  onSave: () => void;
  onClose: () => void;
}

/** A note is a Markdown file: it is written here, and kept, found and shared as any file. */
export function NoteDialog({ title, draft, onChange, isNamed = false, ...on }: NoteDialogProps) {
  const { t } = useTranslation("files");
  const ready = draft.text.trim() !== "";
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && on.onClose()}
      title={title}
      size="lg"
      footer={
        <Button variant="primary" disabled={!ready} onClick={on.onSave}>
          {t("note.save")}
        </Button>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) on.onSave();
        }}
      >
        {!isNamed && (
          <Field label={t("note.name")} hint={t("note.nameHint")}>
            {(control) => (
              <Input
                {...control}
                value={draft.name}
                maxLength={150}
                onChange={(event) => onChange({ ...draft, name: event.target.value })}
              />
            )}
          </Field>
        )}
        <Field label={t("note.text")} hint={t("note.textHint")}>
          {(control) => (
            <Textarea
              {...control}
              rows={12}
              maxHeight={480}
              className="min-h-56 font-mono text-sm"
              value={draft.text}
              maxLength={MOST}
              onChange={(event) => onChange({ ...draft, text: event.target.value })}
              onKeyDown={(event) => {
                if (event.key === "Enter" && (event.metaKey || event.ctrlKey) && ready) {
                  event.preventDefault();
                  on.onSave();
                }
              }}
            />
          )}
        </Field>
      </form>
    </Dialog>
  );
}
