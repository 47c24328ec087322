import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Plus, Workflow } from "lucide-react";
import { useState } from "react";
import { Confirm } from "@/features/settings/confirm";
import { LoadProblem, Row, Section } from "@/features/settings/section";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useManages } from "@/lib/session/role";
import { Badge } from "@/ui/badge";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { SkeletonRows } from "@/ui/skeleton";
import { Switch } from "@/ui/switch";
import { toast } from "@/ui/toast";
import { calls, useRefresh, useWorkflowTools, type WorkflowTool } from "./queries";
import { WorkflowDialog } from "./workflow-dialog";

const GUIDE = "docs/guides/n8n.md";

/** The workflows at n8n that runs may call: administrators keep them, everybody sees them. */
export function WorkflowsSection() {
  const { t } = useTranslation("workflows");
  const manages = useManages();
  const tools = useWorkflowTools();
  const refresh = useRefresh();
  const [editing, setEditing] = useState<WorkflowTool | "new" | null>(null);
  const items = tools.data?.items ?? [];
  const base = tools.data?.webhook_base ?? null;
  const canAdd = manages && base !== null;
  return (
    <Section
      title={t("title")}
      lead={t("lead")}
      action={
        canAdd && (
          <Button size="sm" icon={Plus} onClick={() => setEditing("new")}>
            {t("add")}
          </Button>
        )
      }
    >
      {tools.isPending && <SkeletonRows rows={2} />}
      {tools.error && <LoadProblem error={tools.error} onRetry={() => void tools.refetch()} />}
      {tools.data && base === null && (
        <Banner title={t("off")} className="mb-3">
          {t("offHow", { guide: GUIDE })}
        </Banner>
      )}
      {tools.data && items.length === 0 && <Nothing canAdd={canAdd} isSetUp={base !== null} />}
      {items.length > 0 && (
        <ul aria-label={t("title")}>
          {items.map((tool) => (
            <ToolRow
              key={tool.id}
              tool={tool}
              base={base}
              {...(manages ? { onEdit: () => setEditing(tool) } : {})}
            />
          ))}
        </ul>
      )}
      {editing && (
        <WorkflowDialog
          tool={editing === "new" ? null : editing}
          base={base}
          onClose={() => setEditing(null)}
          onSaved={() => void refresh()}
        />
      )}
      <p className="mt-4 border-t pt-3 text-muted text-sm">
        {!manages && items.length > 0 && `${t("member")} `}
        {t("asking")}{" "}
        <Link to="/settings/approvals" className="text-accent-ink underline">
          {t("rules")}
        </Link>
      </p>
    </Section>
  );
}

/** What a workflow is good for, and for those who may add one, how it becomes a tool. */
function Nothing({ canAdd, isSetUp }: { canAdd: boolean; isSetUp: boolean }) {
  const { t } = useTranslation("workflows");
  return (
    <>
      <EmptyState size="panel" icon={Workflow} title={t("emptyTitle")}>
        {t("emptyBody")} {isSetUp && !canAdd && t("member")}
      </EmptyState>
      {canAdd && (
        <div className="mx-auto max-w-md text-sm">
          <h4 className="font-medium">{t("how.title")}</h4>
          <ol className="mt-1 flex list-decimal flex-col gap-1 pl-5 text-muted">
            <li>{t("how.begin")}</li>
            <li>{t("how.end")}</li>
            <li>{t("how.add")}</li>
          </ol>
          <p className="mt-2 text-faint text-xs">{t("how.guide", { guide: GUIDE })}</p>
        </div>
      )}
    </>
  );
}

interface ToolRowProps {
  tool: WorkflowTool;
  base: string | null;
  /** Absent for those who may only look. */
  onEdit?: () => void;
}

function ToolRow({ tool, base, onEdit }: ToolRowProps) {
  const { t } = useTranslation("workflows");
  return (
    <Row>
      <div className="flex items-start justify-between gap-3">
        <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
          <span className="min-w-0 break-words font-medium text-sm">{tool.title}</span>
          {!tool.is_enabled && <Badge tone="warn">{t("isOff")}</Badge>}
        </div>
        {onEdit && <Enabled tool={tool} />}
      </div>
      <p className="mt-0.5 break-all font-mono text-muted text-xs">{tool.tool_name}</p>
      <p className="mt-0.5 break-all text-muted text-xs">
        {base ?? "/webhook/"}
        {tool.webhook_path}
      </p>
      <p className="mt-1 whitespace-pre-wrap break-words text-sm">{tool.description}</p>
      <details className="mt-1 text-xs">
        <summary className="w-fit cursor-pointer text-muted">
          {t("arguments")}
          <span className="sr-only"> {t("of", { name: tool.title })}</span>
        </summary>
        <pre
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
          tabIndex={0}
          className="mt-1 max-h-60 overflow-auto rounded-sm bg-sunken p-2"
        >
          {JSON.stringify(tool.input_schema, null, 2)}
        </pre>
      </details>
      {onEdit && (
        <div className="-ml-2.5 mt-1 flex flex-wrap gap-1">
          <Button
            size="sm"
            variant="ghost"
            aria-label={t("changeOf", { name: tool.title })}
            onClick={onEdit}
          >
            {t("change")}
          </Button>
          <Remove tool={tool} />
        </div>
      )}
    </Row>
  );
}

function useToolChange<Given>(change: (given: Given) => Promise<unknown>) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: change,
    onError: (error) => toast.error(toProblem(error).message),
    onSettled: () => refresh(),
  });
}

function Enabled({ tool }: { tool: WorkflowTool }) {
  const { t } = useTranslation("workflows");
  const change = useToolChange((on: boolean) => calls.change(tool.id, { is_enabled: on }));
  return (
    <Switch
      aria-label={t("enabledOf", { name: tool.title })}
      checked={change.isPending ? !tool.is_enabled : tool.is_enabled}
      disabled={change.isPending}
      onCheckedChange={(on) => change.mutate(on)}
    />
  );
}

function Remove({ tool }: { tool: WorkflowTool }) {
  const { t } = useTranslation("workflows");
  const remove = useToolChange(calls.remove);
  return (
    <Confirm
      label={t("delete")}
      name={t("deleteOf", { name: tool.title })}
      title={t("deleteTitle", { name: tool.title })}
      body={t("deleteBody")}
      busy={remove.isPending}
      onConfirm={() => remove.mutate(tool.id)}
    />
  );
}
