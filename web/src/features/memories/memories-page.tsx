import { Brain, Plus, Search, SearchX } from "lucide-react";
import { useState } from "react";
import { Page } from "@/app/shell/page";
import { LoadProblem } from "@/features/settings/section";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useRole } from "@/lib/session/role";
import { useShortcut } from "@/lib/shortcuts";
import { useDebounced } from "@/lib/use-debounced";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { Input } from "@/ui/input";
import { SkeletonRows } from "@/ui/skeleton";
import { MemoryDialog } from "./memory-dialog";
import { MemoryRow } from "./memory-row";
import { type Memory, useForget, useMemories } from "./queries";

const PAUSE_MS = 250;

/** What Vectal remembers of the person's work, for her to see, change and have forgotten. */
export function MemoriesPage() {
  const { t } = useTranslation("memories");
  const [typed, setTyped] = useState("");
  const words = useDebounced(typed.trim(), PAUSE_MS);
  const [open, setOpen] = useState<Memory | "new" | null>(null);
  const mayWrite = useRole() !== "viewer";
  const list = useMemories(words);
  const forget = useForget({ forgotten: t("forgotten"), undo: t("undo"), back: t("back") });
  const begin = () => mayWrite && setOpen("new");
  useShortcut({ keys: "n", label: t("dialog.add"), section: t("section"), run: begin });
  const none = list.data !== undefined && list.memories.length === 0;
  const button = mayWrite && (
    <Button variant="primary" icon={Plus} onClick={begin}>
      {t("add")}
    </Button>
  );
  return (
    <Page title={t("title")} actions={button}>
      {!(none && !words) && (
        <>
          <p className="mb-3 text-pretty text-muted text-sm">{t("lead")}</p>
          <div className="mb-2">
            <Input
              type="search"
              icon={Search}
              value={typed}
              maxLength={1_000}
              aria-label={t("search")}
              placeholder={t("search")}
              onChange={(event) => setTyped(event.target.value)}
            />
          </div>
        </>
      )}
      <p role="status" className="sr-only">
        {words && list.data && !list.isPlaceholderData
          ? t("count", { count: list.memories.length })
          : ""}
      </p>
      {list.isPending && <SkeletonRows rows={5} />}
      {list.error && <LoadProblem error={list.error} onRetry={() => void list.refetch()} />}
      {none && !words && (
        <EmptyState icon={Brain} title={t("emptyTitle")} action={button}>
          {t(mayWrite ? "emptyBody" : "emptyViewer")}
        </EmptyState>
      )}
      {none && words && (
        <EmptyState size="panel" icon={SearchX} title={t("noneTitle")}>
          {t("noneBody")}
        </EmptyState>
      )}
      {list.memories.length > 0 && (
        <ul aria-label={t("list")}>
          {list.memories.map((memory) => (
            <MemoryRow
              key={memory.id}
              memory={memory}
              onEdit={mayWrite ? () => setOpen(memory) : undefined}
              onForget={mayWrite ? () => forget.mutate(memory) : undefined}
            />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button
          className="mt-2"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {t("more")}
        </Button>
      )}
      {open && <MemoryDialog memory={open === "new" ? null : open} onClose={() => setOpen(null)} />}
    </Page>
  );
}
