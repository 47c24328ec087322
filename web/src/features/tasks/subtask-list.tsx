import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Input } from "@/ui/input";
import { toast } from "@/ui/toast";
import { keys, refreshListsSoon } from "./cache";
import { calls } from "./calls";
import { isOpen, type Task } from "./model";
import { useTaskList, useToggleTask } from "./queries";
import { CompleteBox } from "./task-row";

/** The steps of a task, and a line to add one. */
export function SubtaskList({ task }: { task: Task }) {
  const { t } = useTranslation("tasks");
  const queries = useQueryClient();
  const { tasks } = useTaskList({ parent_id: task.id });
  const toggle = useToggleTask();
  const [title, setTitle] = useState("");
  const add = useMutation({
    mutationFn: () =>
      calls.createTask({ title: title.trim(), parent_id: task.id, project_id: task.project_id }),
    onSuccess: () => {
      setTitle("");
      refreshListsSoon(queries);
      void queries.invalidateQueries({ queryKey: keys.task(task.id) });
    },
    onError: (error) => void toast.error(toProblem(error).message),
  });
  return (
    <section aria-label={t("detail.subtasks")}>
      <h3 className="mb-1.5 font-semibold text-sm">
        {t("detail.subtasks")}
        {task.subtasks.total > 0 && (
          <span className="ml-2 font-normal text-faint tabular-nums">
            {task.subtasks.done}/{task.subtasks.total}
          </span>
        )}
      </h3>
      <ul>
        {tasks.map((step) => (
          <li key={step.id} className="flex h-(--row) items-center gap-2.5">
            <CompleteBox task={step} onToggle={toggle} />
            <Link
              to="."
              search={(before: Record<string, unknown>) => ({ ...before, task: step.id })}
              className={clsx(
                "min-w-0 flex-1 truncate text-base hover:underline",
                !isOpen(step) && "text-faint line-through",
              )}
            >
              {step.title}
            </Link>
          </li>
        ))}
      </ul>
      <form
        className="mt-1"
        onSubmit={(event) => {
          event.preventDefault();
          if (title.trim() && !add.isPending) add.mutate();
        }}
      >
        <Input
          value={title}
          maxLength={500}
          aria-label={t("detail.addSubtask")}
          placeholder={t("detail.addSubtask")}
          onChange={(event) => setTitle(event.target.value)}
        />
      </form>
    </section>
  );
}
