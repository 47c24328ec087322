import { useState } from "react";
import { ownTimezone, text, useSubmit } from "@/features/auth/use-submit";
import { client } from "@/lib/api/client";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Select } from "@/ui/select";
import { FormProblem, TextField } from "../auth/fields";
import type { Budget } from "./forecast";

const UNITS = ["usd", "tokens", "requests"] as const;
const PERIODS = ["day", "month", "total"] as const;
const CAPS = {
  usd: "budgets.capUsd",
  tokens: "budgets.capTokens",
  requests: "budgets.capRequests",
} as const;

interface BudgetDialogProps {
  /** Null makes a new one for the workspace; its days and months begin where the person lives. */
  budget: Budget | null;
  onClose: () => void;
  onSaved: () => void;
}

/** A budget to set, or one whose name and cap change. How it counts stays as it is. */
export function BudgetDialog({ budget, onClose, onSaved }: BudgetDialogProps) {
  const { t } = useTranslation("usage");
  const [unit, setUnit] = useState<(typeof UNITS)[number]>(budget?.unit ?? "usd");
  const [period, setPeriod] = useState<(typeof PERIODS)[number]>(budget?.period ?? "month");
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    const wanted = { name: text(values, "name").trim(), cap: text(values, "cap") };
    if (budget) {
      await client.PATCH("/api/v1/ai/budgets/{budget_id}", {
        params: { path: { budget_id: budget.id } },
        body: { ...wanted, version: budget.version },
      });
    } else {
      await client.POST("/api/v1/ai/budgets", {
        body: {
          ...wanted,
          unit,
          period,
          subject_kind: "workspace",
          timezone: ownTimezone(),
          enabled: true,
        },
      });
    }
    onSaved();
    onClose();
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t(budget ? "budgets.edit" : "budgets.add")}
      size="sm"
    >
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        <FormProblem problem={problem} />
        <TextField
          name="name"
          label={t("budgets.name")}
          {...(budget ? { defaultValue: budget.name } : { hint: t("budgets.nameHint") })}
          problem={problem}
        />
        {!budget && (
          <>
            <Field label={t("budgets.unit")} error={problem?.fieldError("unit")}>
              {(control) => (
                <Select
                  {...control}
                  value={unit}
                  onChange={setUnit}
                  options={UNITS.map((value) => ({ value, label: t(`budgets.units.${value}`) }))}
                />
              )}
            </Field>
            <Field label={t("budgets.period")} error={problem?.fieldError("period")}>
              {(control) => (
                <Select
                  {...control}
                  value={period}
                  onChange={setPeriod}
                  options={PERIODS.map((value) => ({
                    value,
                    label: t(`budgets.periods.${value}`),
                  }))}
                />
              )}
            </Field>
          </>
        )}
        <Field
          label={t(CAPS[unit])}
          hint={budget ? t("budgets.capHint") : undefined}
          error={problem?.fieldError("cap")}
        >
          {(control) => (
            <Input
              {...control}
              name="cap"
              type="number"
              size="lg"
              required
              min={unit === "usd" ? 0.01 : 1}
              step={unit === "usd" ? 0.01 : 1}
              inputMode={unit === "usd" ? "decimal" : "numeric"}
              defaultValue={budget?.cap}
            />
          )}
        </Field>
        <div className="flex justify-end">
          <Button type="submit" variant="primary" loading={busy}>
            {t(budget ? "budgets.saveChange" : "budgets.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
