import { useQueryClient } from "@tanstack/react-query";
import { AppWindow } from "lucide-react";
import { api } from "@/lib/api/hooks";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge } from "@/ui/badge";
import { EmptyState } from "@/ui/empty-state";
import { SkeletonRows } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { Confirm } from "./confirm";
import { LoadProblem, Row, Section } from "./section";
import { ago, onDay } from "./when";

const PATH = "/api/v1/oauth/grants";

/** Programs that the person lets use her tools in this workspace, to see and to end. */
export function ProgramsSection() {
  const { t } = useTranslation("settings");
  const queries = useQueryClient();
  const grants = api.useQuery("get", PATH, { params: { query: { limit: 100 } } });
  const end = api.useMutation("delete", "/api/v1/oauth/grants/{grant_id}", {
    onSuccess: () => queries.invalidateQueries({ queryKey: ["get", PATH] }),
    onError: (error: unknown) => void toast.error(toProblem(error).message),
  });
  const items = grants.data?.items ?? [];
  return (
    <Section title={t("programs.title")} lead={t("programs.lead")}>
      {grants.isPending && <SkeletonRows rows={3} />}
      {grants.error && <LoadProblem error={grants.error} onRetry={() => void grants.refetch()} />}
      {grants.data && items.length === 0 && (
        <EmptyState size="panel" icon={AppWindow} title={t("programs.emptyTitle")}>
          {t("programs.emptyBody")}
        </EmptyState>
      )}
      <ul>
        {items.map((grant) => (
          <Row
            key={grant.id}
            action={
              <Confirm
                label={t("programs.end")}
                name={t("programs.endOf", { name: grant.client_name })}
                title={t("programs.endTitle", { name: grant.client_name })}
                body={t("programs.endBody")}
                onConfirm={() => end.mutate({ params: { path: { grant_id: grant.id } } })}
              />
            }
          >
            <p className="break-words font-medium text-sm">{grant.client_name}</p>
            <p className="text-muted text-xs">
              {t("programs.detail", {
                since: onDay(grant.created_at),
                used: ago(grant.refreshed_at),
              })}
            </p>
            <span className="mt-1 flex flex-wrap gap-1">
              {grant.scopes.map((scope) => (
                <Badge key={scope}>{scope}</Badge>
              ))}
            </span>
          </Row>
        ))}
      </ul>
    </Section>
  );
}
