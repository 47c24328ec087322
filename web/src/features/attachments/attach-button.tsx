import { Paperclip } from "lucide-react";
import { Suspense, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { QuietIconButton } from "@/ui/quiet-icon-button";
import { SkeletonRows } from "@/ui/skeleton";
import type { Attachment, AttachmentKind } from "./model";

const fetchMenu = () => import("./attach-menu");
const AttachMenu = lazyPart(fetchMenu, "AttachMenu");

export interface AttachButtonProps {
  kinds: readonly AttachmentKind[];
  label: string;
  side?: "top" | "bottom";
  onPick: (picked: Attachment) => void;
  onFiles: (files: readonly File[]) => void;
}

/** Opens what can be attached; that is fetched when it is first wanted. */
export function AttachButton({ kinds, label, side = "top", onPick, onFiles }: AttachButtonProps) {
  const { t } = useTranslation("chat");
  const [open, setOpen] = useState(false);
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <QuietIconButton
          icon={Paperclip}
          label={label}
          data-tip={label}
          data-tip-side={side}
          onPointerEnter={() => void fetchMenu().catch(() => undefined)}
        />
      </PopoverTrigger>
      <PopoverContent
        label={t("attach.title")}
        side={side}
        className="w-80 max-w-[calc(100vw-16px)]"
      >
        <Suspense fallback={<SkeletonRows rows={4} />}>
          <AttachMenu
            kinds={kinds}
            onPick={(picked) => {
              setOpen(false);
              onPick(picked);
            }}
            onFiles={(files) => {
              setOpen(false);
              onFiles(files);
            }}
          />
        </Suspense>
      </PopoverContent>
    </Popover>
  );
}
