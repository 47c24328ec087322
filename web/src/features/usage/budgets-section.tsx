import { useQueryClient } from "@tanstack/react-query";
import { Plus, Wallet } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "@/lib/api/hooks";
import { toProblem } from "@/lib/api/problem";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { ProgressBar } from "@/ui/progress-bar";
import { SkeletonRows } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { compact, dollars, whole } from "../chat/numbers";
import { Confirm } from "../settings/confirm";
import { LoadProblem, Row, Section } from "../settings/section";
import { BudgetDialog } from "./budget-dialog";
import { type Budget, forecast, moment } from "./forecast";
import { live, useNames } from "./model";

const LIST = "/api/v1/ai/budgets";
const EXACT_BELOW = 100_000;

/** The caps of this workspace. Members see them, administrators set and delete them. */
export function BudgetsSection({ manages }: { manages: boolean }) {
  const { t } = useTranslation("usage");
  const queries = useQueryClient();
  const budgets = api.useQuery("get", LIST, {}, live);
  const names = useNames();
  const [adding, setAdding] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: ["get", LIST] });
  const items = budgets.data?.items;
  const add = manages && (
    <Button size="sm" icon={Plus} onClick={() => setAdding(true)}>
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
            subject={names.get(budget.subject_id ?? "") ?? "–"}
            manages={manages}
            onChanged={refresh}
          />
        ))}
      </ul>
      {adding && <BudgetDialog onClose={() => setAdding(false)} onSaved={() => void refresh()} />}
    </Section>
  );
}

/** Short enough to read, and exact as long as single tokens or requests can be made out. */
function figureOf(unit: Budget["unit"], value: number): string {
  if (unit === "usd") return dollars(value);
  return value < EXACT_BELOW ? whole(value) : compact(value);
}

interface BudgetRowProps {
  budget: Budget;
  /** The name of whom it is for, when it is for someone. */
  subject: string;
  manages: boolean;
  onChanged: () => Promise<unknown>;
}

function BudgetRow({ budget, subject, manages, onChanged }: BudgetRowProps) {
  const { t } = useTranslation("usage");
  const remove = api.useMutation("delete", `${LIST}/{budget_id}`, {
    onSuccess: async () => {
      toast.success(t("budgets.deleted"));
      await onChanged();
    },
    onError: (error: unknown) => void toast.error(toProblem(error).message),
  });
  const figure = (value: number) => figureOf(budget.unit, Math.max(0, value));
  const used = budget.spent + budget.in_doubt;
  const figures = {
    name: budget.name,
    used: figure(used),
    cap: t(`budgets.${budget.unit}`, { amount: figure(budget.cap) }),
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
      action={
        manages && (
          <Confirm
            label={t("budgets.delete")}
            title={t("budgets.deleteTitle", { name: budget.name })}
            body={t("budgets.deleteBody")}
            busy={remove.isPending}
            onConfirm={() => remove.mutate({ params: { path: { budget_id: budget.id } } })}
          />
        )
      }
    >
      <p className="flex min-w-0 items-center gap-2 text-sm">
        <span className="truncate font-medium">{budget.name}</span>
        {!budget.enabled && <Badge>{t("budgets.off")}</Badge>}
      </p>
      <p className="truncate text-muted text-xs">
        {t(`budgets.for.${budget.subject_kind}`, { name: subject })} ·{" "}
        {t(`budgets.periods.${budget.period}`)}
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
    </Row>
  );
}
