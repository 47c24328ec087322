import { useQueryClient } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { Suspense, useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { SkeletonRows } from "@/ui/skeleton";
import { keys, takeTask } from "./cache";
import { FieldDiff } from "./field-diff";
import { LoadFailed } from "./load-failed";
import type { Task, TaskFields } from "./model";
import { useChangeTask, useDeleteTask, useTask, useToggleTask } from "./queries";
import { SubtaskList } from "./subtask-list";
import { TaskHistory } from "./task-history";
import { TaskProperties } from "./task-properties";
import { CompleteBox } from "./task-row";
import { TaskNotes, TaskTitle } from "./task-text";

// Chat has the picker too, and that reads tasks: fetched apart, neither weighs on the other.
const TargetFiles = lazyPart(() => import("@/features/attachments/target-files"), "TargetFiles");

const TaskRuns = lazyPart(() => import("@/features/runs/task-runs"), "TaskRuns");

const TaskComments = lazyPart(() => import("@/features/runs/task-comments"), "TaskComments");

interface Clash {
  mine: TaskFields;
  before: Task;
  current: Task;
}

export interface TaskDetailProps {
  id: string;
  /** The task was deleted: leave the place that shows it. */
  onGone: () => void;
}

/** Everything about one task. Changes are saved as they are made. */
export function TaskDetail({ id, onGone }: TaskDetailProps) {
  const query = useTask(id);
  if (query.isPending) return <SkeletonRows rows={5} />;
  if (query.error) return <LoadFailed error={query.error} onRetry={() => void query.refetch()} />;
  return <Loaded task={query.data} onGone={onGone} />;
}

function Loaded({ task, onGone }: { task: Task; onGone: () => void }) {
  const { t } = useTranslation("tasks");
  const queries = useQueryClient();
  const change = useChangeTask();
  const toggle = useToggleTask();
  const remove = useDeleteTask();
  const [clash, setClash] = useState<Clash | null>(null);

  function save(fields: TaskFields, on: Task = task): void {
    change.mutateAsync({ task: on, fields }).then(
      () => void queries.invalidateQueries({ queryKey: keys.history(task.id) }),
      (error: unknown) => {
        const current = toProblem(error).extra.current as Task | undefined;
        if (current) setClash({ mine: fields, before: on, current });
      },
    );
  }

  return (
    <article className="flex flex-col gap-5">
      <div className="flex items-start gap-3">
        <span className="mt-2">
          <CompleteBox task={task} onToggle={toggle} />
        </span>
        <TaskTitle task={task} onSave={(title, on) => save({ title }, on)} />
      </div>
      {clash && (
        <ClashBanner
          clash={clash}
          onTheirs={() => {
            takeTask(queries, clash.current);
            setClash(null);
          }}
          onMine={() => {
            setClash(null);
            save(clash.mine, clash.current);
          }}
        />
      )}
      <TaskProperties task={task} onChange={save} />
      <TaskNotes task={task} onSave={(notes, on) => save({ notes }, on)} />
      <SubtaskList task={task} />
      <Suspense fallback={null}>
        <TargetFiles kind="task" id={task.id} />
      </Suspense>
      <Suspense fallback={null}>
        <TaskRuns taskId={task.id} title={task.title} notes={task.notes ?? ""} />
      </Suspense>
      <Suspense fallback={null}>
        <TaskComments taskId={task.id} />
      </Suspense>
      <TaskHistory taskId={task.id} />
      <footer className="border-t pt-3">
        <Button
          size="sm"
          variant="danger-ghost"
          icon={Trash2}
          className="-ml-2.5"
          onClick={() => remove.mutate(task, { onSuccess: onGone })}
        >
          {t("detail.delete")}
        </Button>
      </footer>
    </article>
  );
}

interface ClashBannerProps {
  clash: Clash;
  onMine: () => void;
  onTheirs: () => void;
}

/** Somebody changed the task meanwhile: what they made of it, what you wanted, and the choice. */
function ClashBanner({ clash, onMine, onTheirs }: ClashBannerProps) {
  const { t } = useTranslation("tasks");
  const { mine, before, current } = clash;
  return (
    <Banner
      tone="warn"
      title={t("clash.title")}
      action={
        <span className="flex gap-1.5">
          <Button size="sm" onClick={onTheirs}>
            {t("clash.theirs")}
          </Button>
          <Button size="sm" variant="primary" onClick={onMine}>
            {t("clash.mine")}
          </Button>
        </span>
      }
    >
      <p>{t("clash.body")}</p>
      <FieldDiff before={shown(before)} after={shown(current)} />
      <p className="mt-2">{t("clash.yours")}</p>
      <FieldDiff before={shown(current)} after={{ ...mine }} />
    </Banner>
  );
}

function shown(task: Task): Record<string, unknown> {
  return { ...task, labels: task.labels.map((label) => label.name) };
}
