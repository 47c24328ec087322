import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bot } from "lucide-react";
import { Suspense, useState } from "react";
import { ago } from "@/features/settings/when";
import { exactly } from "@/features/usage/call-state";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { useRole } from "@/lib/session/role";
import { Button } from "@/ui/button";
import { keys, useLiveRuns } from "./queries";
import { StateBadge } from "./state-badge";

const NewRunDialog = lazyPart(() => import("./new-run-dialog"), "NewRunDialog");
const SHOWN = 10;

function useRunsOf(taskId: string) {
  return useQuery({
    queryKey: [...keys.lists, "task", taskId],
    queryFn: async ({ signal }) => {
      const query = { task_id: taskId, limit: SHOWN };
      return (await bodyOf(client.GET("/api/v1/runs", { params: { query }, signal }))).items;
    },
  });
}

export interface TaskRunsProps {
  taskId: string;
  /** What the agent is told of the task. */
  title: string;
  notes: string;
}

/** What agents do about a task, and the way to hand it over. */
export function TaskRuns({ taskId, title, notes }: TaskRunsProps) {
  const { t } = useTranslation("runs");
  const [handing, setHanding] = useState(false);
  const { data } = useRunsOf(taskId);
  useLiveRuns();
  const runs = data ?? [];
  const mayStart = useRole() !== "viewer";
  if (runs.length === 0 && !mayStart) return null;
  const goal = notes.trim() ? `${title}\n\n${notes.trim()}` : title;
  return (
    <section aria-label={t("task.title")}>
      <div className="mb-1.5 flex items-center gap-2">
        <h3 className="font-semibold text-sm">{t("task.title")}</h3>
        {mayStart && (
          <Button size="sm" variant="ghost" icon={Bot} onClick={() => setHanding(true)}>
            {t("task.give")}
          </Button>
        )}
      </div>
      <ul>
        {runs.map((run) => (
          <li key={run.id} className="flex min-h-(--row) items-center gap-2 text-sm">
            <StateBadge state={run.state} />
            <Link
              to="/runs/$id"
              params={{ id: run.id }}
              className="min-w-0 flex-1 truncate hover:underline"
            >
              {run.goal.split("\n", 1)[0]}
            </Link>
            <time
              dateTime={run.created_at}
              title={exactly(run.created_at)}
              className="shrink-0 text-faint text-xs"
            >
              {ago(run.created_at)}
            </time>
          </li>
        ))}
      </ul>
      {handing && (
        <Suspense fallback={null}>
          <NewRunDialog about={{ taskId, goal }} onClose={() => setHanding(false)} />
        </Suspense>
      )}
    </section>
  );
}
