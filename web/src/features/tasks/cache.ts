import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import type { Changeset, Page, Project, Task, TaskQuery } from "./model";

export type TaskPages = InfiniteData<Page<Task>, string | undefined>;

export const keys = {
  lists: ["tasks", "list"] as const,
  list: (query: TaskQuery) => ["tasks", "list", query] as const,
  task: (id: string) => ["tasks", "one", id] as const,
  history: (id: string) => ["tasks", "history", id] as const,
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

export function dropTask(queries: QueryClient, id: string): void {
  queries.setQueriesData<TaskPages>({ queryKey: keys.lists }, (pages) => dropFromPages(pages, id));
}

export function takeProject(queries: QueryClient, project: Project): void {
  queries.setQueryData<Page<Project>>(keys.projects, (page) =>
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
      void queries.invalidateQueries({ queryKey: keys.lists });
      void queries.invalidateQueries({ queryKey: ["tasks", "history"] });
    }, SETTLE_MS),
  );
}
