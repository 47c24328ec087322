import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleAlert, CircleCheck, Plus, Wrench } from "lucide-react";
import { useState } from "react";
import { Confirm } from "@/features/settings/confirm";
import { LoadProblem, Row, Section } from "@/features/settings/section";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useManages } from "@/lib/session/role";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { SkeletonRows } from "@/ui/skeleton";
import { Switch } from "@/ui/switch";
import { toast } from "@/ui/toast";
import { calls, type ToolServer, useRefresh, useToolServers } from "./queries";
import { ServerDialog } from "./server-dialog";
import { ServerTools } from "./server-tools";

/** The servers whose tools runs may use: administrators keep them, each person consents. */
export function ToolServersSection() {
  const { t } = useTranslation("mcp");
  const manages = useManages();
  const servers = useToolServers();
  const refresh = useRefresh();
  const [editing, setEditing] = useState<ToolServer | "new" | null>(null);
  const items = servers.data?.items ?? [];
  return (
    <Section
      title={t("title")}
      lead={t("lead")}
      action={
        manages && (
          <Button size="sm" icon={Plus} onClick={() => setEditing("new")}>
            {t("add")}
          </Button>
        )
      }
    >
      {servers.isPending && <SkeletonRows rows={2} />}
      {servers.error && (
        <LoadProblem error={servers.error} onRetry={() => void servers.refetch()} />
      )}
      {servers.data && items.length === 0 && (
        <EmptyState size="panel" icon={Wrench} title={t("emptyTitle")}>
          {t(manages ? "emptyBody" : "emptyMember")}
        </EmptyState>
      )}
      <ul>
        {items.map((server) => (
          <ServerRow key={server.id} server={server} onEdit={() => setEditing(server)} />
        ))}
      </ul>
      {editing && (
        <ServerDialog
          server={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
          onSaved={() => void refresh()}
        />
      )}
      <p className="mt-4 border-t pt-3 text-muted text-sm">
        {t("outside")}{" "}
        <Link to="/changes" className="text-accent-ink underline">
          {t("proposals.title")}
        </Link>
      </p>
    </Section>
  );
}

function ServerRow({ server, onEdit }: { server: ToolServer; onEdit: () => void }) {
  const { t } = useTranslation("mcp");
  const [open, setOpen] = useState(false);
  const manages = useManages();
  const own = server.transport === "http";
  return (
    <Row>
      <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
        <span className="truncate font-medium text-sm">{server.name}</span>
        <Badge>{t("tools", { count: server.tools })}</Badge>
        {!own && <Badge tone="info">{t("operators")}</Badge>}
        {!server.enabled && <Badge tone="warn">{t("off")}</Badge>}
        {manages && own && (
          <span className="ml-auto">
            <Enabled server={server} />
          </span>
        )}
      </div>
      {own && (
        <p className="mt-0.5 break-all text-muted text-xs">
          {server.url}
          {server.has_secret && ` · ${t("credential", { hint: server.secret_hint })}`}
        </p>
      )}
      <LastTest server={server} />
      <div className="-ml-2.5 mt-1 flex flex-wrap gap-1">
        <Button
          size="sm"
          variant="ghost"
          aria-expanded={open}
          aria-label={t("showToolsOf", { name: server.name })}
          onClick={() => setOpen(!open)}
        >
          {t(open ? "hideTools" : "showTools")}
        </Button>
        {manages && <Test server={server} onListed={() => setOpen(true)} />}
        {manages && own && (
          <>
            <Button
              size="sm"
              variant="ghost"
              aria-label={t("changeOf", { name: server.name })}
              onClick={onEdit}
            >
              {t("change")}
            </Button>
            <Remove server={server} />
          </>
        )}
      </div>
      {open && <ServerTools serverId={server.id} name={server.name} />}
    </Row>
  );
}

function LastTest({ server }: { server: ToolServer }) {
  const { t } = useTranslation("mcp");
  const test = server.last_test;
  if (server.transport === "stdio") return null;
  if (!test) return <p className="mt-1 text-faint text-xs">{t("untested")}</p>;
  const Icon = test.ok ? CircleCheck : CircleAlert;
  return (
    <p
      aria-live="polite"
      className={`mt-1 flex items-start gap-1.5 text-xs ${test.ok ? "text-ok-ink" : "text-danger-ink"}`}
    >
      <Icon aria-hidden size={13} className="mt-px shrink-0" />
      <span className="min-w-0 break-words">
        {test.ok
          ? t("answered", { server: test.server, ms: test.latency_ms, detail: test.detail })
          : test.detail}
      </span>
    </p>
  );
}

function useServerChange<Given>(change: (given: Given) => Promise<unknown>) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: change,
    onError: (error) => toast.error(toProblem(error).message),
    onSettled: () => refresh(),
  });
}

function Enabled({ server }: { server: ToolServer }) {
  const { t } = useTranslation("mcp");
  const change = useServerChange((enabled: boolean) => calls.setEnabled(server, enabled));
  return (
    <Switch
      aria-label={t("enabledOf", { name: server.name })}
      checked={change.isPending ? !server.enabled : server.enabled}
      disabled={change.isPending}
      onCheckedChange={(enabled) => change.mutate(enabled)}
    />
  );
}

function Test({ server, onListed }: { server: ToolServer; onListed: () => void }) {
  const { t } = useTranslation("mcp");
  const test = useServerChange(async (id: string) => {
    const result = await calls.test(id);
    if (result.ok) onListed();
    else if (server.transport === "stdio") toast.error(result.detail);
  });
  return (
    <Button
      size="sm"
      variant="ghost"
      loading={test.isPending}
      aria-label={t("testOf", { name: server.name })}
      onClick={() => test.mutate(server.id)}
    >
      {t("test")}
    </Button>
  );
}

function Remove({ server }: { server: ToolServer }) {
  const { t } = useTranslation("mcp");
  const remove = useServerChange(calls.remove);
  return (
    <Confirm
      label={t("delete")}
      title={t("deleteTitle", { name: server.name })}
      body={t("deleteBody")}
      busy={remove.isPending}
      onConfirm={() => remove.mutate(server.id)}
    />
  );
}
