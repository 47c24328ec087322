import { UploadCloud } from "lucide-react";
import { type DragEvent, type ReactNode, useEffect, useEffectEvent, useRef, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { toast } from "@/ui/toast";
import { bringsFiles } from "./dragging";
import { ofDrop, ofPaste, type Picked } from "./uploads/picking";

interface DropAreaProps {
  /** What is shown says where the files go. */
  place: string;
  onPicked: (picked: Picked[]) => void;
  enabled: boolean;
  children: ReactNode;
}

function usePaste(onPicked: (picked: Picked[]) => void, enabled: boolean): void {
  const { t } = useTranslation("files");
  const take = useEffectEvent((event: ClipboardEvent) => {
    const stamp = new Date().toISOString().slice(0, 19).replace("T", " ").replaceAll(":", ".");
    const picked = ofPaste(event.clipboardData, (kind) => t("pasted", { time: stamp, kind }));
    if (picked.length === 0) return;
    event.preventDefault();
    onPicked(picked);
  });
  useEffect(() => {
    if (!enabled) return undefined;
    const onPaste = (event: ClipboardEvent) => take(event);
    window.addEventListener("paste", onPaste);
    return () => window.removeEventListener("paste", onPaste);
  }, [enabled]);
}

/** A part of the page that takes files that are dropped on it, or pasted. */
export function DropArea({ place, onPicked, enabled, children }: DropAreaProps) {
  const { t } = useTranslation("files");
  const [over, setOver] = useState(false);
  // Every child that the pointer enters and leaves tells of it.
  const depth = useRef(0);
  usePaste(onPicked, enabled);
  const leave = () => {
    depth.current = 0;
    setOver(false);
  };
  const takes = (event: DragEvent) => enabled && bringsFiles(event.dataTransfer);
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- a menu offers the same by keys
    <div
      className="relative flex h-full min-h-0 flex-col"
      onDragEnter={(event) => {
        if (!takes(event)) return;
        event.preventDefault();
        depth.current += 1;
        setOver(true);
      }}
      onDragOver={(event) => {
        if (!takes(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
      }}
      onDragLeave={(event) => {
        if (!takes(event)) return;
        depth.current -= 1;
        if (depth.current <= 0) leave();
      }}
      onDrop={(event) => {
        if (!takes(event)) return;
        event.preventDefault();
        leave();
        ofDrop(event.dataTransfer).then(onPicked, (error: unknown) =>
          toast.error(error instanceof Error ? error.message : String(error)),
        );
      }}
    >
      {children}
      {over && (
        <div className="pointer-events-none absolute inset-2 z-20 grid place-items-center rounded-lg border-2 border-accent border-dashed bg-accent-soft/90">
          <p className="flex items-center gap-3 px-6 font-medium text-accent-ink text-lg">
            <UploadCloud aria-hidden size={28} />
            {t("drop", { place })}
          </p>
        </div>
      )}
    </div>
  );
}
