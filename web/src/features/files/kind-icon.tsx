import { clsx } from "clsx";
import {
  Archive,
  File as FileIcon,
  FileText,
  Film,
  Folder,
  Image,
  type LucideIcon,
  Mail,
  Music,
  Presentation,
  ScrollText,
  Sheet,
} from "lucide-react";
import type { Entry, StoredFile } from "./model";

const ICONS: Record<StoredFile["kind"], { icon: LucideIcon; look: string }> = {
  image: { icon: Image, look: "text-(--label-teal)" },
  document: { icon: FileText, look: "text-(--label-red)" },
  sheet: { icon: Sheet, look: "text-(--label-green)" },
  slides: { icon: Presentation, look: "text-(--label-orange)" },
  text: { icon: ScrollText, look: "text-(--label-blue)" },
  mail: { icon: Mail, look: "text-(--label-purple)" },
  audio: { icon: Music, look: "text-(--label-pink)" },
  video: { icon: Film, look: "text-(--label-pink)" },
  archive: { icon: Archive, look: "text-(--label-yellow)" },
  other: { icon: FileIcon, look: "text-faint" },
};

/** What kind of thing an entry is. Decorative: the name stands beside it. */
export function KindIcon({ entry, size = 18 }: { entry: Entry; size?: number }) {
  if (entry.kind === "folder") {
    return (
      <Folder
        aria-hidden
        size={size}
        strokeWidth={1.75}
        className="shrink-0 fill-accent-soft text-accent-ink"
      />
    );
  }
  const { icon: Icon, look } = ICONS[entry.file.kind];
  return <Icon aria-hidden size={size} strokeWidth={1.75} className={clsx("shrink-0", look)} />;
}
