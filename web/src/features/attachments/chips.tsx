import { CircleDot, FileText, Folder, type LucideIcon, X } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import type { Attachment, AttachmentKind } from "./model";

const ICONS: Readonly<Record<AttachmentKind, LucideIcon>> = {
  file: FileText,
  project: Folder,
  task: CircleDot,
};

export function KindIcon({ kind, size = 12 }: { kind: AttachmentKind; size?: number }) {
  const Icon = ICONS[kind];
  return <Icon aria-hidden size={size} className="shrink-0" />;
}

const CHIP =
  "inline-flex h-6 min-w-0 max-w-60 items-center gap-1.5 rounded-sm bg-accent-soft px-2 text-accent-ink text-xs touch:h-9";

export interface DraftChipsProps {
  attachments: readonly Attachment[];
  onRemove: (attachment: Attachment) => void;
}

/** What goes with the message that is being written. */
export function DraftChips({ attachments, onRemove }: DraftChipsProps) {
  const { t } = useTranslation("chat");
  if (attachments.length === 0) return null;
  return (
    <ul aria-label={t("attach.chips")} className="flex flex-wrap gap-1.5 px-2 pt-2">
      {attachments.map((one) => {
        return (
          <li key={`${one.kind}.${one.id}`} className={CHIP}>
            <KindIcon kind={one.kind} />
            <span className="min-w-0 truncate">{one.name}</span>
            {one.progress !== undefined && (
              <span className="shrink-0 tabular-nums">{Math.round(one.progress * 100)} %</span>
            )}
            <button
              type="button"
              aria-label={t("attach.remove", { name: one.name })}
              onClick={() => onRemove(one)}
              className="-mr-1 relative shrink-0 rounded-xs p-0.5 after:absolute after:-inset-1.5 hover:bg-hover"
            >
              <X aria-hidden size={12} />
            </button>
          </li>
        );
      })}
    </ul>
  );
}

const PATHS: Readonly<Record<AttachmentKind, string>> = {
  file: "/files/",
  project: "/p/",
  task: "/task/",
};

export const attachmentPath = ({ kind, id }: Pick<Attachment, "kind" | "id">): string =>
  `${PATHS[kind]}${id}`;

export { CHIP as chipClass };
