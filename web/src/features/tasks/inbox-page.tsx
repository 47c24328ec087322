import { Inbox } from "lucide-react";
import { Page } from "@/app/shell/page";
import { useTranslation } from "@/lib/i18n/use-translation";
import { EmptyState } from "@/ui/empty-state";
import { LoadFailed } from "./load-failed";
import { useTaskList } from "./queries";
import { QuickAdd } from "./quick-add";
import { TaskList } from "./task-list";
import { TaskSheetSlot } from "./task-sheet-slot";

const INBOX = { view: "inbox" } as const;

export function InboxPage() {
  const { t } = useTranslation("tasks");
  const list = useTaskList(INBOX);
  return (
    <Page title={t("inbox.title")}>
      <QuickAdd />
      {list.error ? (
        <LoadFailed error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <TaskList
          label={t("inbox.title")}
          groups={[{ tasks: list.tasks }]}
          pending={list.isPending}
          hasMore={list.hasNextPage && !list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
          empty={
            <EmptyState icon={Inbox} title={t("inbox.emptyTitle")}>
              {t("inbox.emptyBody")}
            </EmptyState>
          }
        />
      )}
      <TaskSheetSlot />
    </Page>
  );
}
