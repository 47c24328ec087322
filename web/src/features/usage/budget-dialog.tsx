import { useState } from "react";
import { ownTimezone, text, useSubmit } from "@/features/auth/use-submit";
import { client } from "@/lib/api/client";
import { ProblemError } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Combobox } from "@/ui/combobox";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { Select } from "@/ui/select";
import { FormProblem, TextField } from "../auth/fields";
import { LoadProblem } from "../settings/section";
import { SUBJECTS, type Subject, useSubjects } from "./budget-subjects";
import type { Budget } from "./forecast";
import { useSubject } from "./subject";

const UNITS = ["usd", "tokens", "requests"] as const;
const PERIODS = ["day", "month", "total"] as const;
const CAPS = {
  usd: "budgets.capUsd",
  tokens: "budgets.capTokens",
  requests: "budgets.capRequests",
} as const;

interface BudgetDialogProps {
  /** Null makes a new one; its days and months begin where the person lives. */
  budget: Budget | null;
  onClose: () => void;
  onSaved: () => void;
}

/** What a new budget is for and how it counts; none of it can change later. */
interface Draft {
  unit: (typeof UNITS)[number];
  period: (typeof PERIODS)[number];
  kind: Subject;
  /** Null for the workspace, and until one is chosen. */
  subject: string | null;
}

const FIRST: Draft = { unit: "usd", period: "month", kind: "workspace", subject: null };

/** Sends what the form holds; throws what is missing, as the server does. */
function useSave(budget: Budget | null, draft: Draft) {
  const { t } = useTranslation("usage");
  return async (values: FormData): Promise<void> => {
    const wanted = { name: text(values, "name").trim(), cap: text(values, "cap") };
    if (budget) {
      await client.PATCH("/api/v1/ai/budgets/{budget_id}", {
        params: { path: { budget_id: budget.id } },
        body: { ...wanted, version: budget.version },
      });
      return;
    }
    const { unit, period, kind, subject } = draft;
    if (kind !== "workspace" && !subject) {
      const detail = t(`budgets.choose.${kind}`);
      const errors = [{ pointer: "/subject_id", code: "missing", detail }];
      throw new ProblemError({ status: 0, code: "client.invalid", title: detail, errors });
    }
    const whom = kind === "workspace" ? {} : { subject_id: subject };
    const how = { unit, period, timezone: ownTimezone(), enabled: true };
    await client.POST("/api/v1/ai/budgets", {
      body: { ...wanted, subject_kind: kind, ...whom, ...how },
    });
  };
}

/** A budget to set, or one whose name and cap change. How it counts stays as it is. */
export function BudgetDialog({ budget, onClose, onSaved }: BudgetDialogProps) {
  const { t } = useTranslation("usage");
  const [draft, setDraft] = useState(FIRST);
  const save = useSave(budget, draft);
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    await save(values);
    onSaved();
    onClose();
  });
  const unit = budget?.unit ?? draft.unit;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t(budget ? "budgets.edit" : "budgets.add")}
      description={budget && <Held budget={budget} />}
      size="sm"
    >
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        <FormProblem problem={problem} />
        <TextField
          name="name"
          label={t("budgets.name")}
          {...(budget ? { defaultValue: budget.name } : {})}
          problem={problem}
        />
        {!budget && <DraftFields draft={draft} onChange={setDraft} problem={problem} />}
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

/** Whom a budget is for and how long: budgets may have equal names. */
function Held({ budget }: { budget: Budget }) {
  const { t } = useTranslation("usage");
  const subject = useSubject(budget);
  return (
    <span className="wrap-anywhere">
      {subject} · {t(`budgets.periods.${budget.period}`)}
    </span>
  );
}

interface DraftFieldsProps {
  draft: Draft;
  onChange: (draft: Draft) => void;
  problem: ProblemError | null;
}

/** Whom it is for, what it counts and how long; two of them fit beside each other. */
function DraftFields({ draft, onChange, problem }: DraftFieldsProps) {
  const { t } = useTranslation("usage");
  const { kind, unit, period } = draft;
  return (
    <>
      <Field
        label={t("budgets.whom")}
        hint={t(`budgets.whomHint.${kind}`)}
        error={problem?.fieldError("subject_kind")}
      >
        {(control) => (
          <Select
            {...control}
            value={kind}
            onChange={(next) => onChange({ ...draft, kind: next, subject: null })}
            options={SUBJECTS.map((value) => ({ value, label: t(`budgets.whoms.${value}`) }))}
          />
        )}
      </Field>
      {kind !== "workspace" && (
        <SubjectField
          key={kind}
          kind={kind}
          subject={draft.subject}
          onChange={(subject) => onChange({ ...draft, subject })}
          error={draft.subject ? undefined : problem?.fieldError("subject_id")}
        />
      )}
      <div className="grid grid-cols-2 gap-3">
        <Field label={t("budgets.unit")} error={problem?.fieldError("unit")}>
          {(control) => (
            <Select
              {...control}
              value={unit}
              onChange={(next) => onChange({ ...draft, unit: next })}
              options={UNITS.map((value) => ({ value, label: t(`budgets.units.${value}`) }))}
            />
          )}
        </Field>
        <Field label={t("budgets.period")} error={problem?.fieldError("period")}>
          {(control) => (
            <Select
              {...control}
              value={period}
              onChange={(next) => onChange({ ...draft, period: next })}
              options={PERIODS.map((value) => ({ value, label: t(`budgets.periods.${value}`) }))}
            />
          )}
        </Field>
      </div>
    </>
  );
}

const SUBJECT_LABELS = {
  user: "where.user",
  key: "where.api_key",
  project: "where.project",
} as const;

interface SubjectFieldProps {
  kind: Exclude<Subject, "workspace">;
  subject: string | null;
  onChange: (subject: string) => void;
  error: string | undefined;
}

/** One person, key or project out of all there are. */
function SubjectField({ kind, subject, onChange, error }: SubjectFieldProps) {
  const { t } = useTranslation("usage");
  const found = useSubjects(kind);
  const label = t(SUBJECT_LABELS[kind]);
  if (found.error) return <LoadProblem error={found.error} onRetry={found.retry} />;
  return (
    <Field label={label} error={error}>
      {(control) => (
        <Combobox
          {...control}
          label={label}
          placeholder={t(`budgets.choose.${kind}`)}
          value={subject ?? undefined}
          onChange={onChange}
          options={found.options}
          loading={found.loading}
        />
      )}
    </Field>
  );
}
