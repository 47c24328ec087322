import { useQueryClient } from "@tanstack/react-query";
import { useChannel } from "@/lib/socket/live";
import { dropTask, hearOfTask, keys, refreshListsSoon } from "./cache";
import type { Task } from "./model";

interface TaskChanged {
  task: Task | null;
  task_id: string;
  kind: "created" | "updated" | "deleted";
}

/** Keeps every list and task on screen in step with the workspace. Mounted once, in the shell. */
export function useLiveTasks(): void {
  const queries = useQueryClient();
  useChannel("workspace", {
    onUpdate: ({ event, data }) => {
      if (event === "task.changed") {
        const { task, task_id, kind } = data as unknown as TaskChanged;
        if (kind === "deleted") dropTask(queries, task_id);
        if (kind !== "deleted" && task) hearOfTask(queries, task);
        else refreshListsSoon(queries);
      } else if (event === "project.changed") {
        void queries.invalidateQueries({ queryKey: keys.projects });
      } else if (event === "label.changed") {
        void queries.invalidateQueries({ queryKey: keys.labels });
        refreshListsSoon(queries);
      } else if (event === "task_comment.changed") {
        const { task_id } = data as unknown as { task_id: string };
        void queries.invalidateQueries({ queryKey: keys.comments(task_id) });
      } else if (event === "changeset.changed") {
        const { changeset_id } = data as unknown as { changeset_id: string };
        void queries.invalidateQueries({ queryKey: keys.changeset(changeset_id) });
      }
    },
    onResync: () => void queries.invalidateQueries(),
  });
}
