import { useSearch } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";

const TaskSheet = lazy(() =>
  import("./task-sheet").then((module) => ({ default: module.TaskSheet })),
);

/** The place of the task beside its list: fetched when the first one is opened. */
export function TaskSheetSlot() {
  const { task }: { task?: string } = useSearch({ strict: false });
  const [ever, setEver] = useState(task !== undefined);
  if (task !== undefined && !ever) setEver(true);
  if (!ever) return null;
  return (
    <Suspense fallback={null}>
      <TaskSheet />
    </Suspense>
  );
}
