import { useRef, useState } from "react";
import { api } from "@/lib/api/hooks";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { toast } from "@/ui/toast";
import { figureOf } from "./figure";
import { type Budget, moment } from "./forecast";

const SETTLEMENTS = "/api/v1/ai/budgets/{budget_id}/settlements";

interface BudgetDoubtProps {
  budget: Budget;
  doubt: NonNullable<Budget["doubt"]>;
  manages: boolean;
  onChanged: () => Promise<unknown>;
}

/** What servers that died have left in doubt; administrators decide whether it was spent. */
export function BudgetDoubt({ budget, doubt, manages, onChanged }: BudgetDoubtProps) {
  const { t } = useTranslation("usage");
  const [deciding, setDeciding] = useState(false);
  const [note, setNote] = useState("");
  const place = useRef<HTMLDivElement>(null);
  const { id, name, unit, in_doubt } = budget;
  const inUnit = (count: number) => t(`budgets.${unit}`, { count, amount: figureOf(unit, count) });
  const figures = {
    name,
    amount: inUnit(in_doubt),
    estimated: inUnit(doubt.estimated),
    count: doubt.calls,
    when: doubt.since ? moment(doubt.since) : "",
  };
  const settle = api.useMutation("post", SETTLEMENTS, {
    onSuccess: async () => {
      const row = place.current?.closest("li");
      toast.success(t("budgets.doubt.settled"));
      setDeciding(false);
      await onChanged();
      // What opened the dialog has gone with the doubt; the keyboard stays with the budget.
      row?.querySelector<HTMLElement>(":scope > :last-child button")?.focus();
    },
    onError: async (error) => {
      toast.error(toProblem(error).message);
      setDeciding(false);
      await onChanged();
    },
  });
  const decide = (charge: number) =>
    settle.mutate({ params: { path: { budget_id: id } }, body: { in_doubt, charge, note } });
  const told = [
    t("budgets.doubt.amount", figures),
    t(doubt.calls ? "budgets.doubt.calls" : "budgets.doubt.noCalls", figures),
    ...(doubt.since ? [t("budgets.doubt.since", figures)] : []),
  ];
  return (
    <div ref={place} className="mt-2 flex flex-wrap items-center gap-x-3 gap-y-1">
      <p className="min-w-0 text-pretty text-warn-ink text-xs tabular-nums">{told.join(" · ")}</p>
      {manages && (
        <Button
          size="sm"
          aria-label={t("budgets.doubt.decideOf", figures)}
          onClick={() => setDeciding(true)}
        >
          {t("budgets.doubt.decide")}
        </Button>
      )}
      <Dialog
        open={deciding}
        onOpenChange={setDeciding}
        title={t("budgets.doubt.title", figures)}
        description={t("budgets.doubt.body")}
        size="sm"
        footer={
          <>
            <Button disabled={settle.isPending} onClick={() => decide(0)}>
              {t("budgets.doubt.release")}
            </Button>
            {doubt.estimated > 0 && (
              <Button
                variant="primary"
                loading={settle.isPending}
                onClick={() => decide(doubt.estimated)}
              >
                {t("budgets.doubt.charge", figures)}
              </Button>
            )}
          </>
        }
      >
        <p className="text-pretty text-sm">
          {t(doubt.calls ? "budgets.doubt.known" : "budgets.doubt.unknown", figures)}
        </p>
        <Field className="mt-4" label={t("budgets.doubt.note")} hint={t("budgets.doubt.noteHint")}>
          {(control) => (
            <Input
              {...control}
              value={note}
              onChange={(event) => setNote(event.target.value)}
              maxLength={500}
            />
          )}
        </Field>
      </Dialog>
    </div>
  );
}
