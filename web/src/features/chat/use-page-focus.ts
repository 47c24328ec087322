import { useLocation } from "@tanstack/react-router";

const UUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}";
const TASK = new RegExp(`^/task/(${UUID})$`);
const PROJECT = new RegExp(`^/p/(${UUID})$`);

export interface PageFocus {
  kind: "task" | "project";
  id: string;
}

/** The task or project whose page is open. */
export function focusOf(pathname: string): PageFocus | null {
  const task = TASK.exec(pathname)?.[1];
  if (task) return { kind: "task", id: task };
  const project = PROJECT.exec(pathname)?.[1];
  return project ? { kind: "project", id: project } : null;
}

export function usePageFocus(): PageFocus | null {
  const pathname = useLocation({ select: (location) => location.pathname });
  return focusOf(pathname);
}
