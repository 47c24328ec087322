import { useSearch } from "@tanstack/react-router";
import { Suspense, useState } from "react";
import { lazyPart } from "@/lib/lazy-part";

const TaskSheet = lazyPart(() => import("./task-sheet"), "TaskSheet");

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
