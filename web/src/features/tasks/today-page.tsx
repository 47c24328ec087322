import { CalendarCheck2 } from "lucide-react";
import { Suspense, useMemo, useState } from "react";
import { Page } from "@/app/shell/page";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { useRole } from "@/lib/session/role";
import { EmptyState } from "@/ui/empty-state";
import { dayOf, isOverdue } from "./due";
import { LoadFailed } from "./load-failed";
import { useTaskList } from "./queries";
import { QuickAdd } from "./quick-add";
import { TaskList } from "./task-list";
import { TaskSheetSlot } from "./task-sheet-slot";

const PrioritiseButton = lazyPart(
  () => import("@/features/runs/prioritise-button"),
  "PrioritiseButton",
);

const TODAY = { view: "today" } as const;

export function TodayPage() {
  const { t } = useTranslation("tasks");
  const list = useTaskList(TODAY);
  const mayStart = useRole() !== "viewer";
  const [now] = useState(() => new Date());
  const date = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });
  const groups = useMemo(() => {
    const late = list.tasks.filter((task) => isOverdue(task));
    const today = list.tasks.filter((task) => !isOverdue(task));
    return late.length === 0
      ? [{ tasks: today }]
      : [
          { heading: t("today.overdue"), tasks: late },
          { heading: t("today.due"), tasks: today },
        ];
  }, [list.tasks, t]);
  return (
    <Page
      title={t("today.title")}
      note={date.format(now)}
      actions={
        mayStart &&
        list.tasks.length > 1 && (
          <Suspense fallback={null}>
            <PrioritiseButton />
          </Suspense>
        )
      }
    >
      <QuickAdd dueOn={dayOf(now)} />
      {list.error ? (
        <LoadFailed error={list.error} onRetry={() => void list.refetch()} />
      ) : (
        <TaskList
          label={t("today.title")}
          groups={groups}
          showProject
          pending={list.isPending}
          hasMore={list.hasNextPage && !list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
          empty={
            <EmptyState icon={CalendarCheck2} title={t("today.emptyTitle")}>
              {t("today.emptyBody")}
            </EmptyState>
          }
        />
      )}
      <TaskSheetSlot />
    </Page>
  );
}
