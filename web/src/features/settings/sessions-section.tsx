import { useQueryClient } from "@tanstack/react-query";
import { api } from "@/lib/api/hooks";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge } from "@/ui/badge";
import { SkeletonRows } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { Confirm } from "./confirm";
import { LoadProblem, Row, Section } from "./section";
import { ago, device } from "./when";

export function SessionsSection() {
  const { t } = useTranslation("settings");
  const queries = useQueryClient();
  const sessions = api.useQuery("get", "/api/v1/sessions", { params: { query: { limit: 100 } } });
  const settled = {
    onSuccess: () => queries.invalidateQueries({ queryKey: ["get", "/api/v1/sessions"] }),
    onError: (error: unknown) => void toast.error(toProblem(error).message),
  };
  const end = api.useMutation("delete", "/api/v1/sessions/{session_id}", settled);
  const endOthers = api.useMutation("delete", "/api/v1/sessions", settled);
  const items = sessions.data?.items ?? [];
  return (
    <Section
      title={t("sessions.title")}
      lead={t("sessions.lead")}
      action={
        items.length > 1 && (
          <Confirm
            label={t("sessions.endOthers")}
            title={t("sessions.endOthersTitle")}
            body={t("sessions.endOthersBody")}
            busy={endOthers.isPending}
            onConfirm={() => endOthers.mutate({})}
          />
        )
      }
    >
      {sessions.isPending && <SkeletonRows rows={3} />}
      {sessions.error && (
        <LoadProblem error={sessions.error} onRetry={() => void sessions.refetch()} />
      )}
      <ul>
        {items.map((session) => (
          <Row
            key={session.id}
            action={
              session.current ? (
                <Badge tone="ok">{t("sessions.current")}</Badge>
              ) : (
                <Confirm
                  label={t("sessions.end")}
                  title={t("sessions.endTitle")}
                  body={t("sessions.endBody")}
                  onConfirm={() => end.mutate({ params: { path: { session_id: session.id } } })}
                />
              )
            }
          >
            <p className="truncate font-medium text-sm" title={session.user_agent}>
              {device(session.user_agent) || t("sessions.unknown")}
            </p>
            <p className="text-muted text-xs">
              {t("sessions.detail", { ip: session.ip, seen: ago(session.last_seen_at) })}
            </p>
          </Row>
        ))}
      </ul>
    </Section>
  );
}
