import { useLiveTasks } from "./use-live-tasks";

/** What tasks need on every page, desktop or phone: live updates. */
export function TaskBackground() {
  useLiveTasks();
  return null;
}
