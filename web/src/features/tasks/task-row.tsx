import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Calendar, CircleCheck, Flag, ListTree } from "lucide-react";
import { memo } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { ColorDot, LabelPill } from "@/ui/badge";
import { dueTone, dueWords } from "./due";
import { isOpen, NO_PRIORITY, type Project, type Task } from "./model";

const DUE_LOOK = {
  overdue: "text-danger-ink",
  today: "text-accent-ink",
  soon: "text-muted",
  later: "text-faint",
} as const;

const FLAG_LOOK: Record<number, string> = {
  1: "text-danger-ink fill-current",
  2: "text-warn-ink fill-current",
  3: "text-info-ink",
};

export function DueChip({ task }: { task: Task }) {
  const words = dueWords(task);
  if (!words) return null;
  return (
    <span
      className={clsx(
        "inline-flex shrink-0 items-center gap-1 text-xs tabular-nums",
        isOpen(task) ? DUE_LOOK[dueTone(task)] : "text-faint",
      )}
    >
      <Calendar aria-hidden size={12} />
      {words}
    </span>
  );
}

export function PriorityFlag({ priority }: { priority: number }) {
  const { t } = useTranslation("tasks");
  if (priority >= NO_PRIORITY) return null;
  return (
    <Flag
      role="img"
      aria-label={t(`priority.p${priority as 1 | 2 | 3}`)}
      size={13}
      className={clsx("shrink-0", FLAG_LOOK[priority])}
    />
  );
}

export interface CompleteBoxProps {
  task: Task;
  onToggle: (task: Task) => void;
}

/** The round box that completes a task; its ring carries the priority. */
export function CompleteBox({ task, onToggle }: CompleteBoxProps) {
  const { t } = useTranslation("tasks");
  const done = task.status === "done";
  return (
    <button
      type="button"
      role="checkbox"
      aria-checked={done}
      aria-label={t(done ? "row.reopen" : "row.complete", { title: task.title })}
      tabIndex={-1}
      onClick={(event) => {
        event.preventDefault();
        event.stopPropagation();
        onToggle(task);
      }}
      className={clsx(
        "relative z-1 grid size-4.5 shrink-0 place-items-center rounded-full border-[1.5px] transition-colors duration-100 after:absolute after:-inset-2.5",
        done
          ? "border-accent bg-accent text-on-accent"
          : "border-control text-transparent hover:border-accent hover:text-accent-ink",
        !done && task.priority === 1 && "border-danger",
        !done && task.priority === 2 && "border-warn",
      )}
    >
      <CircleCheck aria-hidden size={13} strokeWidth={2.5} />
    </button>
  );
}

export interface TaskRowProps {
  task: Task;
  project: Project | undefined;
  showProject: boolean;
  active: boolean;
  selected: boolean;
  onToggle: (task: Task) => void;
  onActivate: (id: string, extend: boolean) => void;
}

/** One task in a list. The row is a link; what it holds besides is read with it. */
export const TaskRow = memo(function TaskRow({
  task,
  project,
  showProject,
  active,
  selected,
  onToggle,
  onActivate,
}: TaskRowProps) {
  const { t } = useTranslation("tasks");
  return (
    <div
      className={clsx(
        "group relative flex h-(--row) items-center gap-2.5 rounded-sm px-2",
        selected ? "bg-accent-soft" : "hover:bg-hover",
        active &&
          "-outline-offset-2 outline-2 outline-transparent group-focus-within/list:outline-accent",
        active && !selected && "bg-hover",
      )}
    >
      <CompleteBox task={task} onToggle={onToggle} />
      <Link
        to="."
        search={(before: Record<string, unknown>) => ({ ...before, task: task.id })}
        tabIndex={-1}
        draggable={false}
        onClick={(event) => {
          onActivate(task.id, event.shiftKey);
          if (event.shiftKey) event.preventDefault();
        }}
        className="flex h-full min-w-0 flex-1 items-center gap-2.5 outline-none"
      >
        <span
          className={clsx(
            "min-w-0 flex-1 truncate text-base",
            !isOpen(task) && "text-faint line-through",
          )}
        >
          {task.title}
        </span>
        {task.subtasks.total > 0 && (
          <span className="inline-flex shrink-0 items-center gap-1 text-faint text-xs tabular-nums">
            <ListTree aria-hidden size={12} />
            <span className="sr-only">{t("row.subtasks")}</span>
            {task.subtasks.done}/{task.subtasks.total}
          </span>
        )}
        <span className="hidden max-w-[40%] items-center gap-1.5 overflow-hidden @lg:flex">
          {task.labels.slice(0, 2).map((label) => (
            <LabelPill key={label.id} color={label.color}>
              {label.name}
            </LabelPill>
          ))}
          {showProject && project && (
            <span className="inline-flex max-w-32 items-center gap-1.5 text-faint text-xs">
              <ColorDot color={project.color} size={7} />
              <span className="truncate">{project.name}</span>
            </span>
          )}
        </span>
        <DueChip task={task} />
        <PriorityFlag priority={task.priority} />
      </Link>
    </div>
  );
});
