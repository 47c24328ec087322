import { combine } from "@atlaskit/pragmatic-drag-and-drop/combine";
import {
  draggable,
  dropTargetForElements,
  monitorForElements,
} from "@atlaskit/pragmatic-drag-and-drop/element/adapter";
import { autoScrollForElements } from "@atlaskit/pragmatic-drag-and-drop-auto-scroll/element";
import {
  attachClosestEdge,
  extractClosestEdge,
} from "@atlaskit/pragmatic-drag-and-drop-hitbox/closest-edge";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { LabelPill } from "@/ui/badge";
import { toast } from "@/ui/toast";
import { type Move, placeOf, stepAside, stepWithin } from "./board-moves";
import { hearOfTask, keys, moveTask, refreshListsSoon, takeTask } from "./cache";
import { sendMove } from "./change-queue";
import { useBoardKeys } from "./list-keys";
import type { Status, Task } from "./model";
import { useToggleTask } from "./queries";
import { CompleteBox, DueChip, PriorityFlag } from "./task-row";

export const COLUMNS = ["todo", "doing", "done"] as const satisfies readonly Status[];

interface DragData extends Record<string, unknown> {
  taskId: string;
}

function useMove() {
  const queries = useQueryClient();
  return useMutation({
    mutationKey: keys.write,
    mutationFn: ({ task, to }: { task: Task; to: Move }) => sendMove(task, to),
    onMutate: async ({ task, to }) => {
      moveTask(queries, { ...task, status: to.status }, to.after);
      await queries.cancelQueries({ queryKey: keys.lists });
    },
    onSuccess: (task) => hearOfTask(queries, task),
    onError: (error, { task }) => {
      takeTask(queries, task);
      refreshListsSoon(queries);
      toast.error(toProblem(error).message);
    },
  });
}

/** Tasks by status. Cards move by pointer, or by Shift and the arrow keys. */
export function Board({ tasks }: { tasks: readonly Task[] }) {
  const { t } = useTranslation("tasks");
  const move = useMove();
  const [news, setNews] = useState("");
  const board = useRef<HTMLDivElement>(null);
  useBoardKeys();
  const lastMoved = useRef<string | null>(null);
  const columns = COLUMNS.map((status) => ({
    status,
    tasks: tasks.filter((task) => task.status === status),
  }));

  function go(task: Task, to: Move | null): void {
    if (!to) return;
    lastMoved.current = task.id;
    move.mutate({ task, to });
    setNews(t("board.moved", { title: task.title, column: t(`status.${to.status}`) }));
  }

  useEffect(
    () =>
      monitorForElements({
        onDrop: ({ source, location }) => {
          const task = tasks.find((each) => each.id === (source.data as DragData).taskId);
          const target = location.current.dropTargets[0];
          if (!task || !target) return;
          const column = columns.find((each) => each.status === target.data.status);
          if (!column) return;
          const over = target.data.taskId as string | undefined;
          const edge = extractClosestEdge(target.data);
          go(task, placeOf(column.status, column.tasks, task.id, over, edge === "bottom"));
        },
      }),
    // The monitor reads what is on screen when something is dropped.
  );

  function onKey(event: KeyboardEvent, task: Task): void {
    if (!event.shiftKey) return;
    const aside = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const within = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (aside === undefined && within === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    if (aside !== undefined) go(task, stepAside(COLUMNS, task, aside));
    else if (within !== undefined) {
      const column = columns.find((each) => each.status === task.status);
      go(task, stepWithin(column?.tasks ?? [], task, within));
    }
  }

  // A card that changes its column is another element, so the keyboard has to be handed on.
  useEffect(() => {
    if (!lastMoved.current || document.activeElement !== document.body) return;
    board.current?.querySelector<HTMLElement>(`[data-card="${lastMoved.current}"]`)?.focus();
  });

  return (
    <div
      ref={board}
      className="-mx-4 flex min-h-80 flex-1 snap-x snap-proximity scroll-px-4 gap-3 overflow-x-auto px-4 pb-1 md:-mx-5 md:scroll-px-5 md:px-5"
    >
      {columns.map((column) => (
        <Column key={column.status} status={column.status} tasks={column.tasks} onKey={onKey} />
      ))}
      <p className="sr-only" aria-live="assertive">
        {news}
      </p>
      <p id="board-help" className="sr-only">
        {t("board.help")}
      </p>
    </div>
  );
}

interface ColumnProps {
  status: Status;
  tasks: readonly Task[];
  onKey: (event: KeyboardEvent, task: Task) => void;
}

function Column({ status, tasks, onKey }: ColumnProps) {
  const { t } = useTranslation("tasks");
  const box = useRef<HTMLElement>(null);
  const [over, setOver] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    return combine(
      dropTargetForElements({
        element,
        getData: () => ({ status }),
        onDragEnter: () => setOver(true),
        onDragLeave: () => setOver(false),
        onDrop: () => setOver(false),
      }),
      autoScrollForElements({ element }),
    );
  }, [status]);
  return (
    <section
      ref={box}
      aria-label={t(`status.${status}`)}
      className={clsx(
        "flex w-72 min-w-[min(76vw,17rem)] flex-1 snap-start flex-col overflow-y-auto rounded-md border bg-sunken p-2 md:min-w-52",
        over && "border-accent",
      )}
    >
      <h2 className="flex items-center gap-2 px-1 pb-2 font-semibold text-sm">
        {t(`status.${status}`)}
        <span className="font-normal text-muted tabular-nums">{tasks.length}</span>
      </h2>
      <ul className="flex min-h-16 flex-col gap-2">
        {tasks.map((task) => (
          <BoardCard key={task.id} task={task} onKey={onKey} />
        ))}
      </ul>
    </section>
  );
}

function BoardCard({ task, onKey }: { task: Task; onKey: ColumnProps["onKey"] }) {
  const toggle = useToggleTask();
  const card = useRef<HTMLLIElement>(null);
  const [edge, setEdge] = useState<string | null>(null);
  const [dragging, setDragging] = useState(false);
  useEffect(() => {
    const element = card.current;
    if (!element) return undefined;
    return combine(
      draggable({
        element,
        getInitialData: (): DragData => ({ taskId: task.id }),
        onDragStart: () => setDragging(true),
        onDrop: () => setDragging(false),
      }),
      dropTargetForElements({
        element,
        canDrop: ({ source }) => (source.data as DragData).taskId !== task.id,
        getData: ({ input }) =>
          attachClosestEdge(
            { status: task.status, taskId: task.id },
            { element, input, allowedEdges: ["top", "bottom"] },
          ),
        onDrag: ({ self }) => setEdge(extractClosestEdge(self.data)),
        onDragLeave: () => setEdge(null),
        onDrop: () => setEdge(null),
      }),
    );
  }, [task.id, task.status]);
  return (
    <li
      ref={card}
      className={clsx(
        "relative rounded-md border bg-raised shadow-button",
        dragging && "opacity-40",
        edge === "top" && "border-t-2 border-t-accent",
        edge === "bottom" && "border-b-2 border-b-accent",
      )}
    >
      <div className="flex items-start gap-2.5 p-2.5">
        <CompleteBox task={task} onToggle={toggle} />
        <Link
          to="."
          search={(before: Record<string, unknown>) => ({ ...before, task: task.id })}
          data-card={task.id}
          aria-describedby="board-help"
          draggable={false}
          onKeyDown={(event) => onKey(event, task)}
          className="min-w-0 flex-1 outline-none after:absolute after:inset-0 after:rounded-md focus-visible:after:outline-2 focus-visible:after:outline-accent focus-visible:after:outline-offset-1"
        >
          <span
            className={clsx(
              "block text-pretty break-words text-base",
              task.status === "done" && "text-muted line-through",
            )}
          >
            {task.title}
          </span>
          <span className="mt-1.5 flex flex-wrap items-center gap-1.5 empty:hidden">
            <DueChip task={task} />
            <PriorityFlag priority={task.priority} />
            {task.labels.map((label) => (
              <LabelPill key={label.id} color={label.color}>
                {label.name}
              </LabelPill>
            ))}
          </span>
        </Link>
      </div>
    </li>
  );
}
