import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CornerLeftUp } from "lucide-react";
import { exactly } from "@/features/usage/call-state";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { useTranslation } from "@/lib/i18n/use-translation";
import type { Run } from "./model";
import { keys } from "./queries";
import { StateBadge } from "./state-badge";

/** More than a run may begin and that may begin some in turn. */
const SHOWN = 50;

function useAgentsOf(runId: string) {
  return useQuery({
    queryKey: [...keys.lists, "agents", runId],
    queryFn: async ({ signal }) => {
      const query = { parent_run_id: runId, limit: SHOWN };
      return (await bodyOf(client.GET("/api/v1/runs", { params: { query }, signal }))).items;
    },
  });
}

/** The agents that a run has begun, and the run that has begun it. */
export function RunAgents({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  const { data } = useAgentsOf(run.id);
  const agents = (data ?? []).toReversed();
  return (
    <>
      {run.parent_run_id && (
        <Link
          to="/runs/$id"
          params={{ id: run.parent_run_id }}
          className="flex items-center gap-1.5 self-start text-muted text-sm hover:text-ink hover:underline"
        >
          <CornerLeftUp aria-hidden size={14} />
          {t("agents.parent")}
        </Link>
      )}
      {agents.length > 0 && (
        <section aria-label={t("agents.title")}>
          <h2 className="mb-1 font-semibold text-sm">{t("agents.title")}</h2>
          <ul>
            {agents.map((agent) => (
              <li key={agent.id} className="flex min-h-(--row) items-center gap-2 text-sm">
                <StateBadge state={agent.state} />
                <Link
                  to="/runs/$id"
                  params={{ id: agent.id }}
                  title={exactly(agent.created_at)}
                  className="min-w-0 flex-1 truncate hover:underline"
                >
                  {agent.goal.split("\n", 1)[0]}
                </Link>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
