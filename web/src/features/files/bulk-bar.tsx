import { FolderInput, RotateCcw, Trash2, X } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { IconButton } from "@/ui/icon-button";
import { useFileActions } from "./actions";
import type { Entry } from "./model";

interface BulkBarProps {
  entries: readonly Entry[];
  trashed: boolean;
  onDone: () => void;
}

/** What can be done with several entries at once. */
export function BulkBar({ entries, trashed, onDone }: BulkBarProps) {
  const { t } = useTranslation("files");
  const actions = useFileActions();
  return (
    <div
      role="toolbar"
      aria-label={t("bulk.label")}
      className="sticky bottom-3 z-10 mx-auto mt-3 flex w-fit max-w-full items-center gap-1 overflow-x-auto rounded-md border bg-raised px-2 py-1.5 shadow-pop"
    >
      <span className="px-2 font-medium text-sm tabular-nums">
        {t("bulk.count", { count: entries.length })}
      </span>
      {trashed ? (
        <>
          <Button
            size="sm"
            variant="ghost"
            icon={RotateCcw}
            onClick={() => void actions.restore(entries).then(onDone)}
          >
            {t("action.restore")}
          </Button>
          <Button
            size="sm"
            variant="danger-ghost"
            icon={Trash2}
            onClick={() => actions.ask({ kind: "purge", entries })}
          >
            {t("action.purge")}
          </Button>
        </>
      ) : (
        <>
          <Button
            size="sm"
            variant="ghost"
            icon={FolderInput}
            onClick={() => actions.ask({ kind: "move", entries })}
          >
            {t("action.move")}
          </Button>
          <Button
            size="sm"
            variant="danger-ghost"
            icon={Trash2}
            onClick={() => void actions.trash(entries).then(onDone)}
          >
            {t("action.delete")}
          </Button>
        </>
      )}
      <IconButton icon={X} size="sm" label={t("bulk.clear")} onClick={onDone} />
    </div>
  );
}
