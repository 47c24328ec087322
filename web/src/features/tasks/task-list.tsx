import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type ReactNode,
  Suspense,
  useCallback,
  useEffect,
  useMemo,
  useState,
} from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { useMedia } from "@/lib/media";
import { SkeletonRows } from "@/ui/skeleton";
import { newestOf } from "./cache";
import { useListKeys } from "./list-keys";
import type { Task } from "./model";
import { useChangeTask, useDeleteTask, useProjects, useToggleTask } from "./queries";
import { TaskRow } from "./task-row";

const BulkBar = lazyPart(() => import("./bulk-bar"), "BulkBar");

export interface TaskGroup {
  /** Shown above the group; without one its rows stand alone. */
  heading?: string;
  tasks: readonly Task[];
}

export interface TaskListProps {
  label: string;
  groups: readonly TaskGroup[];
  showProject?: boolean;
  pending?: boolean;
  hasMore?: boolean;
  onMore?: () => void;
  empty?: ReactNode;
}

const ROW_PX = 36;
const TOUCH_ROW_PX = 44;
const NONE: readonly Task[] = [];

type Line = { kind: "heading"; text: string; count: number } | { kind: "task"; task: Task };

function linesOf(groups: readonly TaskGroup[]): Line[] {
  return groups.flatMap((group): Line[] => {
    const rows = group.tasks.map((task): Line => ({ kind: "task", task }));
    if (group.heading === undefined || rows.length === 0) return rows;
    return [{ kind: "heading", text: group.heading, count: rows.length }, ...rows];
  });
}

/** How far below the top of its scrolling page the list begins; what stands above it may grow. */
function useMargin(list: HTMLElement | null): number {
  const [margin, setMargin] = useState(0);
  useEffect(() => {
    const scroll = list && scrollerOf(list);
    if (!list || !scroll) return undefined;
    const watch = new ResizeObserver(() => {
      const distance = list.getBoundingClientRect().top - scroll.getBoundingClientRect().top;
      setMargin(Math.round(distance + scroll.scrollTop));
    });
    for (const sibling of list.parentElement?.children ?? []) watch.observe(sibling);
    return () => watch.disconnect();
  }, [list]);
  return margin;
}

function scrollerOf(list: HTMLElement): HTMLElement | null {
  return list.closest<HTMLElement>(".overflow-y-auto");
}

/** Rows of tasks, virtual and worked by keyboard: arrows, Enter, Space, p, x, Delete. */
export function TaskList({
  label,
  groups,
  showProject = false,
  pending = false,
  hasMore = false,
  onMore,
  empty,
}: TaskListProps) {
  const { t } = useTranslation("tasks");
  useListKeys();
  const lines = useMemo(() => linesOf(groups), [groups]);
  const tasks = useMemo(
    () => lines.flatMap((line) => (line.kind === "task" ? [line.task] : [])),
    [lines],
  );
  const placeById = useMemo(() => new Map(tasks.map((task, i) => [task.id, i])), [tasks]);
  const lineById = useMemo(
    () => new Map(lines.flatMap((line, i) => (line.kind === "task" ? [[line.task.id, i]] : []))),
    [lines],
  );
  const projects = useProjects();
  const projectById = useMemo(
    () => new Map(projects.map((project) => [project.id, project])),
    [projects],
  );
  const [box, setBox] = useState<HTMLDivElement | null>(null);
  const touch = useMedia("(pointer: coarse)");
  const [cursor, setCursor] = useState<{ id: string; at: number } | null>(null);
  const margin = useMargin(box);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const queries = useQueryClient();
  const toggle = useToggleTask();
  const change = useChangeTask();
  const remove = useDeleteTask();
  const navigate = useNavigate();

  // Kept from render to render: with other ones all the rows would be measured anew.
  const estimateSize = useCallback(() => (touch ? TOUCH_ROW_PX : ROW_PX), [touch]);
  const getItemKey = useCallback(
    (index: number) => {
      const line = lines[index];
      return line?.kind === "task" ? line.task.id : `h-${line?.text}`;
    },
    [lines],
  );
  // oxlint-disable-next-line react/incompatible-library -- what it returns is used here only
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box && scrollerOf(box),
    estimateSize,
    overscan: 12,
    scrollMargin: margin,
    // Rows never hide behind the bar of the selection.
    scrollPaddingStart: 8,
    scrollPaddingEnd: 72,
    getItemKey,
  });
  const visible = rows.getVirtualItems();
  const lastVisible = visible.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && lastVisible >= lines.length - 20) onMore?.();
  }, [hasMore, lastVisible, lines.length, onMore]);

  // The row that was completed or deleted under the cursor leaves it to the next one.
  const at = cursor ? (placeById.get(cursor.id) ?? Math.min(cursor.at, tasks.length - 1)) : -1;
  const active = tasks[at];
  // What is no longer listed can't stay selected.
  const chosen = useMemo(
    () => (selected.size === 0 ? NONE : tasks.filter((task) => selected.has(task.id))),
    [tasks, selected],
  );

  const select = useCallback((id: string): void => {
    setSelected((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);

  const point = useCallback(
    (id: string): void => setCursor({ id, at: placeById.get(id) ?? -1 }),
    [placeById],
  );

  const onActivate = useCallback(
    (id: string, extend: boolean): void => {
      point(id);
      if (extend) select(id);
    },
    [point, select],
  );

  function step(by: number, extend: boolean): void {
    const next = tasks[Math.min(tasks.length - 1, Math.max(0, at + by))];
    if (!next) return;
    point(next.id);
    if (extend) setSelected(new Set([...selected, ...(active ? [active.id] : []), next.id]));
    rows.scrollToIndex(lineById.get(next.id) ?? 0, { align: "auto" });
  }

  const onTask: Record<string, (task: Task) => void> = {
    Enter: (task) => {
      void navigate({
        to: ".",
        search: (before: Record<string, unknown>) => ({ ...before, task: task.id }),
      });
    },
    " ": toggle,
    x: (task) => select(task.id),
    p: (shown) => {
      const task = newestOf(queries, shown);
      change.mutate({ task, fields: { priority: task.priority > 1 ? task.priority - 1 : 4 } });
    },
    Delete: (task) => remove.mutate(task),
    Backspace: (task) => remove.mutate(task),
  };

  function onKeyDown(event: KeyboardEvent): void {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    if (event.key === "ArrowDown" || event.key === "j") step(1, event.shiftKey);
    else if (event.key === "ArrowUp" || event.key === "k") step(-1, event.shiftKey);
    else if (event.key === "Escape" && selected.size > 0) setSelected(new Set());
    else if (active && onTask[event.key]) onTask[event.key]?.(active);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  if (pending) return <SkeletonRows rows={7} />;
  if (tasks.length === 0) return <>{empty}</>;
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys of its rows */}
      <div
        ref={setBox}
        role="group"
        aria-label={label}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- one stop, arrows within
        tabIndex={0}
        onKeyDown={onKeyDown}
        onFocus={(event) => {
          if (event.target === event.currentTarget && !active && tasks[0]) point(tasks[0].id);
        }}
        className="group/list relative -mx-2 rounded-sm outline-none"
        style={{ height: rows.getTotalSize() }}
      >
        {visible.map((item) => {
          const line = lines[item.index];
          if (!line) return null;
          return (
            <div
              key={item.key}
              className="absolute inset-x-0 top-0"
              style={{ transform: `translateY(${item.start - margin}px)` }}
            >
              {line.kind === "heading" ? (
                <h2 className="flex h-(--row) items-end gap-2 px-2 pb-1.5 font-semibold text-sm">
                  {line.text}
                  <span className="font-normal text-faint tabular-nums">{line.count}</span>
                </h2>
              ) : (
                <TaskRow
                  task={line.task}
                  project={projectById.get(line.task.project_id ?? "")}
                  showProject={showProject}
                  active={line.task.id === active?.id}
                  selected={selected.has(line.task.id)}
                  onToggle={toggle}
                  onActivate={onActivate}
                />
              )}
            </div>
          );
        })}
      </div>
      <p className="sr-only" aria-live="polite">
        {active ? t("row.active", { title: active.title }) : ""}
      </p>
      {chosen.length > 0 && (
        <Suspense fallback={null}>
          <BulkBar tasks={chosen} onDone={() => setSelected(new Set())} />
        </Suspense>
      )}
    </>
  );
}
