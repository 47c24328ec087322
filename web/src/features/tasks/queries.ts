import {
  type InfiniteData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { toast } from "@/ui/toast";
import { dropTask, hearOfTask, keys, newestOf, refreshListsSoon, takeTask } from "./cache";
import { calls } from "./calls";
import { sendChange } from "./change-queue";
import type { Label, Project, Task, TaskFields, TaskQuery, TasksPage } from "./model";

const PAGE = 100;

/** A list of tasks, page by page; `tasks` are those loaded so far. */
export function useTaskList(query: TaskQuery) {
  const list = useInfiniteQuery<
    TasksPage,
    Error,
    InfiniteData<TasksPage>,
    readonly unknown[],
    string | undefined
  >({
    queryKey: keys.list(query),
    queryFn: ({ pageParam, signal }) =>
      calls.listTasks(
        { limit: PAGE, ...query, ...(pageParam ? { cursor: pageParam } : {}) },
        signal,
      ),
    initialPageParam: undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const tasks = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  return { ...list, tasks };
}

export function useTask(id: string) {
  return useQuery({
    queryKey: keys.task(id),
    queryFn: ({ signal }) => calls.getTask(id, signal),
  });
}

/** The title of a task, once it is known; undefined for one that can't be loaded. */
export function useTaskTitle(id: string): string | undefined {
  const { data } = useQuery({
    queryKey: keys.task(id),
    queryFn: ({ signal }) => calls.getTask(id, signal),
    retry: false,
  });
  return data?.title;
}

const NO_PROJECTS: Project[] = [];
const NO_LABELS: Label[] = [];

export function useProjects(): Project[] {
  const { data } = useQuery({
    queryKey: keys.projects,
    queryFn: ({ signal }) => calls.listProjects(signal),
  });
  return data?.items ?? NO_PROJECTS;
}

export function useLabels(): Label[] {
  const { data } = useQuery({
    queryKey: keys.labels,
    queryFn: ({ signal }) => calls.listLabels(signal),
  });
  return data?.items ?? NO_LABELS;
}

interface TaskChange {
  task: Task;
  fields: TaskFields;
}

/** What the task will look like, before the server has said so. */
export function applied({ task, fields }: TaskChange): Task {
  const { labels, ...plain } = fields;
  const known = new Map(task.labels.map((label) => [label.name, label]));
  return {
    ...task,
    ...plain,
    labels: labels
      ? labels.map((name) => known.get(name) ?? { id: name, name, color: "gray" })
      : task.labels,
  };
}

/** Changes a task at once on screen, then on the server; a refusal puts it back. */
export function useChangeTask() {
  const queries = useQueryClient();
  return useMutation({
    mutationKey: keys.write,
    mutationFn: ({ task, fields }: TaskChange) => sendChange(task, fields),
    onMutate: async (change) => {
      takeTask(queries, applied(change));
      await queries.cancelQueries({ queryKey: keys.lists });
    },
    onSuccess: (task) => hearOfTask(queries, task),
    onError: (error, { task }) => {
      const problem = toProblem(error);
      const current = problem.extra.current as Task | undefined;
      queries.setQueryData(keys.task(task.id), current ?? task);
      refreshListsSoon(queries);
      // The task's own page lets the person choose; a list has no room for that.
      if (problem.status !== 412) toast.error(problem.message);
    },
  });
}

/** Deletes, with a way back. */
export function useDeleteTask() {
  const { t } = useTranslation("tasks");
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (task: Task) => calls.deleteTask(task.id),
    onMutate: (task) => dropTask(queries, task.id),
    onSuccess: (_nothing, task) => {
      refreshListsSoon(queries);
      toast.show(t("row.deleted", { title: task.title }), {
        action: {
          label: t("row.undo"),
          onClick: () => {
            calls.restoreTask(task.id).then(
              (back) => {
                takeTask(queries, back);
                refreshListsSoon(queries);
              },
              (error: unknown) => void toast.error(toProblem(error).message),
            );
          },
        },
      });
    },
    onError: (error) => {
      toast.error(toProblem(error).message);
      refreshListsSoon(queries);
    },
  });
}

/** Completes or reopens, with a way back for a slip. The same function from render to render. */
export function useToggleTask() {
  const { t } = useTranslation("tasks");
  const queries = useQueryClient();
  const { mutate, mutateAsync } = useChangeTask();
  return useCallback(
    (shown: Task) => {
      const task = newestOf(queries, shown);
      const status = task.status === "done" ? "todo" : "done";
      // By promise: of two tasks completed at once, callbacks would only speak for the second.
      mutateAsync({ task, fields: { status } }).then(
        (now) => {
          if (status !== "done") return;
          toast.show(t("row.completed", { title: task.title }), {
            id: `done-${task.id}`,
            action: {
              label: t("row.undo"),
              onClick: () => mutate({ task: now, fields: { status: task.status } }),
            },
          });
        },
        // `useChangeTask` has already told of it.
        () => undefined,
      );
    },
    [t, queries, mutate, mutateAsync],
  );
}
