import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { isWriting } from "./change-queue";
import type { Changeset, Project, ProjectsPage, Task, TaskQuery, TasksPage } from "./model";

export type TaskPages = InfiniteData<TasksPage, string | undefined>;

export const keys = {
  /** Marks the mutations that change tasks. */
  write: ["tasks", "write"] as const,
  lists: ["tasks", "list"] as const,
  list: (query: TaskQuery) => ["tasks", "list", query] as const,
  task: (id: string) => ["tasks", "one", id] as const,
  history: (id: string) => ["tasks", "history", id] as const,
  comments: (id: string) => ["tasks", "comments", id] as const,
  projects: ["projects"] as const,
  labels: ["labels"] as const,
  changeset: (id: string) => ["changesets", id] as const,
};

/** Replaces a task where it stands in a list; an older version never overwrites a newer one. */
export function patchPages(pages: TaskPages | undefined, task: Task): TaskPages | undefined {
  if (!pages?.pages.some((page) => page.items.some((item) => item.id === task.id))) return pages;
  return {
    ...pages,
    pages: pages.pages.map((page) => ({
      ...page,
      items: page.items.map((item) =>
        item.id === task.id && item.version <= task.version ? task : item,
      ),
    })),
  };
}

/** Shows a task at its new place at once: after a neighbour, or above its column. */
export function moveInPages(
  pages: TaskPages | undefined,
  task: Task,
  after: string | null,
): TaskPages | undefined {
  const known = pages?.pages.some((page) => page.items.some((item) => item.id === task.id));
  if (!pages || !known) return pages;
  let placed = false;
  const place = (items: Task[]): Task[] => {
    const rest = items.filter((item) => item.id !== task.id);
    if (placed) return rest;
    const at =
      after === null
        ? rest.findIndex((item) => item.status === task.status)
        : rest.findIndex((item) => item.id === after) + 1;
    if (after === null ? at < 0 : at === 0) return rest;
    placed = true;
    return [...rest.slice(0, at), task, ...rest.slice(at)];
  };
  const moved = pages.pages.map((page) => ({ ...page, items: place(page.items) }));
  // Its column is empty, or its neighbour is on no page: it stands at the end.
  const last = moved.at(-1);
  if (!placed && last) moved[moved.length - 1] = { ...last, items: [...last.items, task] };
  return { ...pages, pages: moved };
}

export function dropFromPages(pages: TaskPages | undefined, id: string): TaskPages | undefined {
  if (!pages) return pages;
  return {
    ...pages,
    pages: pages.pages.map((page) => ({
      ...page,
      items: page.items.filter((item) => item.id !== id),
    })),
  };
}

/** Takes a task that the server told of into every list and page that shows it. */
export function takeTask(queries: QueryClient, task: Task): void {
  queries.setQueryData<Task>(keys.task(task.id), (known) =>
    known && known.version > task.version ? known : task,
  );
  queries.setQueriesData<TaskPages>({ queryKey: keys.lists }, (pages) => patchPages(pages, task));
}

/**
 * A task as the server tells of it. While changes of ours wait their turn the screen is ahead: the answer to the
 * first of two moves would put the card back, and the next key would move it from there.
 */
export function hearOfTask(queries: QueryClient, task: Task): void {
  if (!isWriting(task.id)) takeTask(queries, task);
  refreshListsSoon(queries);
}

/** A task as the last change left it: a key may be pressed again before the row is drawn anew. */
export function newestOf(queries: QueryClient, task: Task): Task {
  const known = queries.getQueryData<Task>(keys.task(task.id));
  return known && known.version >= task.version ? known : task;
}

export function moveTask(queries: QueryClient, task: Task, after: string | null): void {
  queries.setQueryData<Task>(keys.task(task.id), (known) => known && task);
  queries.setQueriesData<TaskPages>({ queryKey: keys.lists }, (pages) =>
    moveInPages(pages, task, after),
  );
}

export function dropTask(queries: QueryClient, id: string): void {
  queries.setQueriesData<TaskPages>({ queryKey: keys.lists }, (pages) => dropFromPages(pages, id));
}

export function takeProject(queries: QueryClient, project: Project): void {
  queries.setQueryData<ProjectsPage>(keys.projects, (page) =>
    page
      ? { ...page, items: page.items.map((item) => (item.id === project.id ? project : item)) }
      : page,
  );
}

export function takeChangeset(queries: QueryClient, changeset: Changeset): void {
  queries.setQueryData(keys.changeset(changeset.id), changeset);
}

const timers = new WeakMap<QueryClient, ReturnType<typeof setTimeout>>();
const SETTLE_MS = 250;

/** Refetches the lists on screen soon, once for a burst: a change may move a task between lists. */
export function refreshListsSoon(queries: QueryClient): void {
  if (timers.has(queries)) return;
  timers.set(
    queries,
    setTimeout(() => {
      timers.delete(queries);
      // What the server says now is older than what is still on its way to it.
      if (queries.isMutating({ mutationKey: keys.write }) > 0) return refreshListsSoon(queries);
      void queries.invalidateQueries({ queryKey: keys.lists });
      void queries.invalidateQueries({ queryKey: ["tasks", "history"] });
    }, SETTLE_MS),
  );
}
