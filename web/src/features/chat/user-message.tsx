import { BookOpen, FileX2, Pencil } from "lucide-react";
import { memo, useState } from "react";
import { attachmentPath, chipClass, KindIcon } from "@/features/attachments/chips";
import { useTranslation } from "@/lib/i18n/use-translation";
import { usePathClick } from "@/lib/path-click";
import { Button } from "@/ui/button";
import { IconButton } from "@/ui/icon-button";
import { Textarea } from "@/ui/input";
import { BranchSwitch } from "./branch-switch";
import type { Message } from "./model";

export interface UserMessageProps {
  message: Message;
  busy: boolean;
  onEdit: (message: Message, text: string) => void;
  onBranch: (id: string) => void;
}

interface EditProps {
  text: string;
  onSave: (text: string) => void;
  onCancel: () => void;
}

function Edit({ text, onSave, onCancel }: EditProps) {
  const { t } = useTranslation("chat");
  const [value, setValue] = useState(text);
  const ready = value.trim() !== "" && value !== text;
  return (
    <form
      className="w-full rounded-lg border border-strong bg-raised p-2 shadow-button"
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) onSave(value);
      }}
    >
      <Textarea
        bare
        autoFocus
        aria-label={t("edit.label")}
        className="px-1.5 py-1"
        value={value}
        rows={2}
        maxLength={32_000}
        onChange={(event) => setValue(event.target.value)}
        onFocus={(event) => event.target.setSelectionRange(text.length, text.length)}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.preventDefault();
            onCancel();
          } else if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            if (ready) onSave(value);
          }
        }}
      />
      <div className="mt-1 flex items-center justify-end gap-2">
        <span className="flex-1 px-1.5 text-faint text-xs">{t("edit.hint")}</span>
        <Button size="sm" variant="ghost" onClick={onCancel}>
          {t("edit.cancel")}
        </Button>
        <Button size="sm" variant="primary" type="submit" disabled={!ready}>
          {t("edit.save")}
        </Button>
      </div>
    </form>
  );
}

/** What went with the message. */
function Attached({ message }: { message: Message }) {
  const { t } = useTranslation("chat");
  const open = usePathClick();
  if (message.attachments.length === 0 && !message.knowledge) return null;
  return (
    <ul aria-label={t("attach.chips")} className="mt-1.5 flex flex-wrap justify-end gap-1.5">
      {message.attachments.map((one) => {
        const content = (
          <>
            {one.is_gone ? (
              <FileX2 aria-hidden size={12} className="shrink-0" />
            ) : (
              <KindIcon kind={one.kind} />
            )}
            <span className="min-w-0 truncate">{one.name}</span>
            {one.is_gone && <span className="shrink-0">{t("sources.gone")}</span>}
          </>
        );
        return (
          <li key={`${one.kind}.${one.id}`} className="min-w-0">
            {one.is_gone ? (
              <span className={`${chipClass} opacity-70`}>{content}</span>
            ) : (
              <a href={attachmentPath(one)} onClick={open} className={chipClass}>
                {content}
              </a>
            )}
          </li>
        );
      })}
      {message.knowledge && (
        <li className={chipClass}>
          <BookOpen aria-hidden size={12} />
          {t("knowledge.label")}
        </li>
      )}
    </ul>
  );
}

/** What the person said: edited, it begins another branch. */
export const UserMessage = memo(({ message, busy, onEdit, onBranch }: UserMessageProps) => {
  const { t } = useTranslation("chat");
  const [editing, setEditing] = useState(false);
  return (
    <article aria-label={t("you")} className="group flex flex-col items-end">
      {editing ? (
        <Edit
          text={message.text}
          onCancel={() => setEditing(false)}
          onSave={(text) => {
            setEditing(false);
            onEdit(message, text);
          }}
        />
      ) : (
        <>
          <div className="flex w-full items-center justify-end gap-1">
            <span className="opacity-0 transition-opacity duration-100 focus-within:opacity-100 group-hover:opacity-100 touch:opacity-100">
              <IconButton
                size="sm"
                icon={Pencil}
                label={t("edit.action")}
                disabled={busy}
                onClick={() => setEditing(true)}
              />
            </span>
            <p className="min-w-0 max-w-[85%] whitespace-pre-wrap break-words rounded-lg bg-active px-3.5 py-2 text-base">
              {message.text}
            </p>
          </div>
          <Attached message={message} />
          <BranchSwitch message={message} disabled={busy} onBranch={onBranch} />
        </>
      )}
    </article>
  );
});
