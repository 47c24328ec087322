import { getRouteApi } from "@tanstack/react-router";
import { clsx } from "clsx";
import { FolderOpen, LayoutList, Search, SquareKanban } from "lucide-react";
import { useMemo } from "react";
import { Page } from "@/app/shell/page";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { Input } from "@/ui/input";
import { SegmentedControl } from "@/ui/segmented-control";
import { Select } from "@/ui/select";
import { SkeletonRows } from "@/ui/skeleton";
import { Board, COLUMNS } from "./board";
import { LoadFailed } from "./load-failed";
import type { Sort, TaskQuery } from "./model";
import { ProjectFiles } from "./project-files";
import { useProjects, useTaskList } from "./queries";
import { QuickAdd } from "./quick-add";
import { TaskList } from "./task-list";
import { TaskSheetSlot } from "./task-sheet-slot";

const route = getRouteApi("/app/p/$project");
const SORTS = ["position", "due", "priority", "created", "updated", "title"] as const;
const OPEN = ["todo", "doing"] as const;

/** A project as a list or as a board. Filter, sort and view are in the address. */
export function ProjectPage() {
  const { t } = useTranslation("tasks");
  const { project: key } = route.useParams();
  const { view, sort, q, all } = route.useSearch();
  const navigate = route.useNavigate();
  const project = useProjects().find((each) => each.id === key || each.key === key);
  const board = view === "board";
  const query = useMemo(
    (): TaskQuery => ({
      project_id: project?.id ?? key,
      roots: true,
      status: board ? [...COLUMNS] : all ? [...OPEN, "done", "cancelled"] : [...OPEN],
      sort: board ? "position" : (sort ?? "position"),
      ...(q ? { q } : {}),
    }),
    [project?.id, key, board, all, sort, q],
  );
  const list = useTaskList(query);
  const filtered = Boolean(q);
  const empty = (
    <EmptyState
      icon={FolderOpen}
      title={t(filtered ? "project.noMatchTitle" : "project.emptyTitle")}
      action={
        filtered && (
          <Button onClick={() => void navigate({ search: (s) => ({ ...s, q: undefined }) })}>
            {t("project.clear")}
          </Button>
        )
      }
    >
      {t(filtered ? "project.noMatchBody" : "project.emptyBody")}
    </EmptyState>
  );
  return (
    <Page
      title={project?.name ?? t("project.title")}
      width={board ? "full" : "reading"}
      actions={
        <SegmentedControl
          label={t("project.view")}
          iconsOnly
          value={board ? "board" : "list"}
          onChange={(next) => void navigate({ search: (s) => ({ ...s, view: next }) })}
          segments={[
            { value: "list", label: t("project.list"), icon: LayoutList },
            { value: "board", label: t("project.board"), icon: SquareKanban },
          ]}
        />
      }
    >
      <div className={clsx(board && "flex h-full flex-col")}>
        <QuickAdd projectId={project?.id ?? key} />
        <div className="mb-3 flex shrink-0 flex-wrap items-center gap-2">
          <div className="min-w-40 flex-1 @max-lg:basis-full">
            <Input
              type="search"
              icon={Search}
              aria-label={t("project.search")}
              placeholder={t("project.search")}
              defaultValue={q ?? ""}
              maxLength={200}
              onChange={(event) => {
                const words = event.target.value.trim();
                void navigate({
                  replace: true,
                  search: (s) => ({ ...s, q: words || undefined }),
                });
              }}
            />
          </div>
          {!board && (
            <>
              <div className="@max-lg:flex-1 @lg:w-36">
                <Select<Sort>
                  aria-label={t("project.sort")}
                  value={sort ?? "position"}
                  onChange={(next) => void navigate({ search: (s) => ({ ...s, sort: next }) })}
                  options={SORTS.map((value) => ({ value, label: t(`sort.${value}`) }))}
                />
              </div>
              <Button
                aria-pressed={Boolean(all)}
                variant={all ? "secondary" : "ghost"}
                onClick={() =>
                  void navigate({ search: (s) => ({ ...s, all: all ? undefined : true }) })
                }
              >
                {t("project.showDone")}
              </Button>
            </>
          )}
          {project && <ProjectFiles id={project.id} />}
        </div>
        {list.error && <LoadFailed error={list.error} onRetry={() => void list.refetch()} />}
        {!list.error && board && (list.isPending ? <SkeletonRows /> : <Board tasks={list.tasks} />)}
        {!list.error && !board && (
          <TaskList
            label={project?.name ?? t("project.title")}
            groups={[{ tasks: list.tasks }]}
            pending={list.isPending}
            hasMore={list.hasNextPage && !list.isFetchingNextPage}
            onMore={() => void list.fetchNextPage()}
            empty={empty}
          />
        )}
      </div>
      <TaskSheetSlot />
    </Page>
  );
}
