import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Check, Flag, FolderInput, Trash2, X } from "lucide-react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { ColorDot } from "@/ui/badge";
import { Button } from "@/ui/button";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from "@/ui/dropdown-menu";
import { IconButton } from "@/ui/icon-button";
import { toast } from "@/ui/toast";
import { refreshListsSoon, takeTask } from "./cache";
import { calls } from "./calls";
import type { BulkChange, Task } from "./model";
import { useProjects } from "./queries";

const PRIORITIES = [1, 2, 3, 4] as const;

/** What can be done with several tasks at once. */
export function BulkBar({ tasks, onDone }: { tasks: readonly Task[]; onDone: () => void }) {
  const { t } = useTranslation("tasks");
  const queries = useQueryClient();
  const projects = useProjects();
  const bulk = useMutation({
    mutationFn: (change: BulkChange) =>
      calls.changeMany(
        tasks.map((task) => task.id),
        change,
      ),
    onSuccess: ({ updated, failed }) => {
      for (const task of updated) takeTask(queries, task);
      refreshListsSoon(queries);
      if (failed.length > 0) toast.error(t("bulk.failed", { count: failed.length }));
      onDone();
    },
    onError: (error) => void toast.error(toProblem(error).message),
  });
  return (
    <div
      role="toolbar"
      aria-label={t("bulk.label")}
      className="sticky bottom-3 z-10 mx-auto mt-3 flex w-fit max-w-full items-center gap-1 overflow-x-auto rounded-md border bg-raised px-2 py-1.5 shadow-pop"
    >
      <span className="px-2 font-medium text-sm tabular-nums">
        {t("bulk.count", { count: tasks.length })}
      </span>
      <Button
        size="sm"
        variant="ghost"
        icon={Check}
        onClick={() => bulk.mutate({ status: "done" })}
      >
        {t("bulk.complete")}
      </Button>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button size="sm" variant="ghost" icon={Flag}>
            {t("field.priority")}
          </Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent>
          {PRIORITIES.map((priority) => (
            <DropdownMenuItem key={priority} onSelect={() => bulk.mutate({ priority })}>
              {t(`priority.p${priority}`)}
            </DropdownMenuItem>
          ))}
        </DropdownMenuContent>
      </DropdownMenu>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button size="sm" variant="ghost" icon={FolderInput}>
            {t("field.project_id")}
          </Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent>
          <DropdownMenuItem onSelect={() => bulk.mutate({ project_id: null })}>
            {t("project.none")}
          </DropdownMenuItem>
          {projects.map((project) => (
            <DropdownMenuItem
              key={project.id}
              lead={<ColorDot color={project.color} />}
              onSelect={() => bulk.mutate({ project_id: project.id })}
            >
              {project.name}
            </DropdownMenuItem>
          ))}
        </DropdownMenuContent>
      </DropdownMenu>
      <Button
        size="sm"
        variant="danger-ghost"
        icon={Trash2}
        onClick={() => bulk.mutate({ delete: true })}
      >
        {t("bulk.delete")}
      </Button>
      <IconButton icon={X} size="sm" label={t("bulk.clear")} onClick={onDone} />
    </div>
  );
}
