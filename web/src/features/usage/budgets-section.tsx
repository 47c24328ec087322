import { useQueryClient } from "@tanstack/react-query";
import { Plus, Wallet } from "lucide-react";
import { useState } from "react";
import { api } from "@/lib/api/hooks";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { ProgressBar } from "@/ui/progress-bar";
import { SkeletonRows } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { Confirm } from "../settings/confirm";
import { LoadProblem, Row, Section } from "../settings/section";
import { BudgetDecisions } from "./budget-decisions";
import { BudgetDialog } from "./budget-dialog";
import { BudgetDoubt } from "./budget-doubt";
import { figureOf } from "./figure";
import { type Budget, forecast, moment } from "./forecast";
import { polled } from "./live-calls";
import { useSubject } from "./subject";

const LIST = "/api/v1/ai/budgets";
const ONE = "/api/v1/ai/budgets/{budget_id}";

/** The caps of this workspace. Members see them, administrators set and delete them. */
export function BudgetsSection({ manages }: { manages: boolean }) {
  const { t } = useTranslation("usage");
  const queries = useQueryClient();
  const budgets = api.useQuery("get", LIST, {}, polled);
  const [editing, setEditing] = useState<Budget | "new" | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: ["get", LIST] });
  const items = budgets.data?.items;
  const add = manages && (
    <Button size="sm" icon={Plus} onClick={() => setEditing("new")}>
      {t("budgets.add")}
    </Button>
  );
  return (
    <Section title={t("budgets.title")} lead={t("budgets.lead")} action={add}>
      {budgets.isPending && <SkeletonRows rows={2} />}
      {budgets.error && (
        <LoadProblem error={budgets.error} onRetry={() => void budgets.refetch()} />
      )}
      {items?.length === 0 && (
        <EmptyState size="panel" icon={Wallet} title={t("budgets.emptyTitle")}>
          {t(manages ? "budgets.emptyBody" : "budgets.emptyMember")}
        </EmptyState>
      )}
      <ul>
        {items?.map((budget) => (
          <BudgetRow
            key={budget.id}
            budget={budget}
            manages={manages}
            onEdit={() => setEditing(budget)}
            onChanged={refresh}
          />
        ))}
      </ul>
      {editing && (
        <BudgetDialog
          budget={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
          onSaved={() => void refresh()}
        />
      )}
    </Section>
  );
}

interface BudgetRowProps {
  budget: Budget;
  manages: boolean;
  onEdit: () => void;
  onChanged: () => Promise<unknown>;
}

/** What an administrator does with a budget: change it, stop and resume it, delete it. */
function BudgetActions({
  budget,
  onEdit,
  onChanged,
}: Pick<BudgetRowProps, "budget" | "onEdit" | "onChanged">) {
  const { t } = useTranslation("usage");
  const { id, name, enabled, version } = budget;
  const params = { path: { budget_id: id } };
  const onError = (error: unknown) => {
    toast.error(toProblem(error).message);
    void onChanged();
  };
  const pause = api.useMutation("patch", ONE, { onSuccess: onChanged, onError });
  const remove = api.useMutation("delete", ONE, {
    onSuccess: async () => {
      toast.success(t("budgets.deleted"));
      await onChanged();
    },
    onError,
  });
  return (
    <>
      <Button
        size="sm"
        variant="ghost"
        aria-label={t("budgets.changeOf", { name })}
        onClick={onEdit}
      >
        {t("budgets.change")}
      </Button>
      <Button
        size="sm"
        variant="ghost"
        loading={pause.isPending}
        aria-label={t(enabled ? "budgets.pauseOf" : "budgets.resumeOf", { name })}
        onClick={() => pause.mutate({ params, body: { enabled: !enabled, version } })}
      >
        {t(enabled ? "budgets.pause" : "budgets.resume")}
      </Button>
      <Confirm
        label={t("budgets.delete")}
        name={t("budgets.deleteOf", { name })}
        title={t("budgets.deleteTitle", { name })}
        body={t("budgets.deleteBody")}
        busy={remove.isPending}
        onConfirm={() => remove.mutate({ params })}
      />
    </>
  );
}

function BudgetRow({ budget, manages, onEdit, onChanged }: BudgetRowProps) {
  const { t } = useTranslation("usage");
  const subject = useSubject(budget);
  const figure = (value: number) => figureOf(budget.unit, Math.max(0, value));
  const used = budget.spent + budget.in_doubt;
  const figures = {
    name: budget.name,
    used: figure(used),
    cap: t(`budgets.${budget.unit}`, { count: budget.cap, amount: figure(budget.cap) }),
  };
  const share = (used + budget.held) / budget.cap;
  const standing = [
    t("budgets.of", figures),
    ...(budget.held > 0 ? [t("budgets.held", { amount: figure(budget.held) })] : []),
    t("budgets.left", { amount: figure(budget.left) }),
    budget.resets_at ? t("budgets.resets", { when: moment(budget.resets_at) }) : t("budgets.never"),
  ];
  const outlook = forecast(budget);
  return (
    <Row
      action={manages && <BudgetActions budget={budget} onEdit={onEdit} onChanged={onChanged} />}
    >
      <p className="flex min-w-0 items-center gap-2 text-sm">
        <span className="wrap-anywhere font-medium">{budget.name}</span>
        {!budget.enabled && <Badge>{t("budgets.off")}</Badge>}
      </p>
      <p className="wrap-anywhere text-muted text-xs">
        {subject} · {t(`budgets.periods.${budget.period}`)}
      </p>
      <ProgressBar
        className="my-2"
        label={t("budgets.bar", figures)}
        value={share}
        tone={share >= 1 ? "danger" : share >= 0.8 ? "warn" : "accent"}
      />
      <p className="text-pretty text-muted text-xs tabular-nums">{standing.join(" · ")}</p>
      <p className="text-muted text-xs">
        {t(`budgets.forecast.${outlook.kind}`, { when: "at" in outlook ? moment(outlook.at) : "" })}
      </p>
      {budget.doubt && (
        <BudgetDoubt budget={budget} doubt={budget.doubt} manages={manages} onChanged={onChanged} />
      )}
      {manages && budget.settled_at && <BudgetDecisions budget={budget} />}
    </Row>
  );
}
