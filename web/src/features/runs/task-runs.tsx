import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bot, ListTree } from "lucide-react";
import { Suspense, useState } from "react";
import { ago } from "@/features/settings/when";
import { exactly } from "@/features/usage/call-state";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { useRole } from "@/lib/session/role";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { toast } from "@/ui/toast";
import { calls } from "./comment-calls";
import { hasEnded, type Run } from "./model";
import { keys, useLiveRuns, useRunsOf } from "./queries";
import { StateBadge } from "./state-badge";

const NewRunDialog = lazyPart(() => import("./new-run-dialog"), "NewRunDialog");
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
      <div className="mb-1.5 flex flex-wrap items-center gap-x-2">
        <h3 className="font-semibold text-sm">{t("task.title")}</h3>
        {mayStart && (
          <>
            <Button size="sm" variant="ghost" icon={Bot} onClick={() => setHanding(true)}>
              {t("task.give")}
            </Button>
            <BreakDown taskId={taskId} />
          </>
        )}
      </div>
      <ul>
        {runs.map((run) => (
          <RunLine key={run.id} run={run} />
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

/** A run as its task shows it: how it stands, how far it is, what it waits for. */
function RunLine({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  const waits = run.review === "waiting";
  return (
    <li className="flex min-h-(--row) flex-wrap items-center gap-x-2 gap-y-1 py-1 text-sm">
      <StateBadge state={run.state} />
      <Link
        to="/runs/$id"
        params={{ id: run.id }}
        className="min-w-32 flex-1 truncate hover:underline"
      >
        {run.goal.split("\n", 1)[0]}
      </Link>
      {waits && <Badge tone="accent">{t("handover.review.waiting")}</Badge>}
      {!hasEnded(run) && (
        <span className="shrink-0 text-muted text-xs tabular-nums">
          {t("task.progress", { used: run.spend.steps, cap: run.budget.steps })}
        </span>
      )}
      <time
        dateTime={run.created_at}
        title={exactly(run.created_at)}
        className="shrink-0 text-faint text-xs"
      >
        {ago(run.created_at)}
      </time>
    </li>
  );
}

/** Lets an agent prepare the steps of the task; they come back as a delivery. */
function BreakDown({ taskId }: { taskId: string }) {
  const { t } = useTranslation("runs");
  const queries = useQueryClient();
  const begin = useMutation({
    mutationFn: () => calls.breakDown(taskId),
    onSuccess: () => void queries.invalidateQueries({ queryKey: keys.lists }),
    onError: (error) => void toast.error(toProblem(error).message),
  });
  return (
    <Button
      size="sm"
      variant="ghost"
      icon={ListTree}
      loading={begin.isPending}
      onClick={() => begin.mutate()}
    >
      {t("task.breakDown")}
    </Button>
  );
}
