import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { AUTO, type Choice } from "@/features/chat/model";
import { ModelPicker } from "@/features/chat/model-picker";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { Select } from "@/ui/select";
import { calls } from "./calls";
import type { NewRun } from "./model";
import { keys } from "./queries";

export interface NewRunDialogProps {
  /** What it is about: a task that is handed over. */
  about?: { taskId: string; goal: string };
  onClose: () => void;
}

const HOURS = { inAnHour: 1, inADay: 24, inAWeek: 168 } as const;
type Deadline = keyof typeof HOURS;
const HOUR_MS = 3_600_000;

interface Draft {
  goal: string;
  criteria: string;
  cost: string;
  steps: string;
  deadline: Deadline;
  choice: Choice;
}

function runOf(draft: Draft, taskId: string | undefined, now: number): NewRun {
  const criteria = draft.criteria
    .split("\n")
    .map((line) => line.replace(/^[-*•]\s+/, "").trim())
    .filter(Boolean);
  return {
    goal: draft.goal.trim(),
    criteria,
    budget: { cost_usd: draft.cost, steps: Number(draft.steps) },
    deadline_at: new Date(now + HOURS[draft.deadline] * HOUR_MS).toISOString(),
    choice: "auto" in draft.choice ? {} : draft.choice,
    ...(taskId ? { task_id: taskId } : {}),
  } as NewRun;
}

/** Hands a piece of work to an agent: what, when it counts as done, and what it may cost. */
export function NewRunDialog({ about, onClose }: NewRunDialogProps) {
  const { t } = useTranslation("runs");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [draft, setDraft] = useState<Draft>({
    goal: about?.goal ?? "",
    criteria: "",
    cost: "1",
    steps: "100",
    deadline: "inADay",
    choice: AUTO,
  });
  const change = (fields: Partial<Draft>) => setDraft((now) => ({ ...now, ...fields }));
  const start = useMutation({
    mutationFn: () => calls.createRun(runOf(draft, about?.taskId, Date.now())),
    onSuccess: (run) => {
      void queries.invalidateQueries({ queryKey: keys.lists });
      onClose();
      // A task shows what becomes of it: there is no need to leave it.
      if (!about) void navigate({ to: "/runs/$id", params: { id: run.id } });
    },
  });
  const problem = start.error ? toProblem(start.error) : null;
  const submit = () => draft.goal.trim() && start.mutate();
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("dialog.title")}
      footer={
        <Button
          variant="primary"
          loading={start.isPending}
          disabled={!draft.goal.trim()}
          onClick={submit}
        >
          {t("dialog.start")}
        </Button>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {problem && <Banner tone="danger">{problem.message}</Banner>}
        <Field
          label={t("dialog.goal")}
          hint={t("dialog.goalHint")}
          error={problem?.fieldError("goal")}
        >
          {(control) => (
            <Textarea
              {...control}
              rows={3}
              maxHeight={220}
              value={draft.goal}
              maxLength={8_000}
              onChange={(event) => change({ goal: event.target.value })}
            />
          )}
        </Field>
        <Field
          label={t("dialog.criteria")}
          hint={t("dialog.criteriaHint")}
          error={problem?.fieldError("criteria")}
        >
          {(control) => (
            <Textarea
              {...control}
              rows={3}
              maxHeight={220}
              value={draft.criteria}
              maxLength={8_000}
              onChange={(event) => change({ criteria: event.target.value })}
            />
          )}
        </Field>
        <div className="grid grid-cols-1 gap-4 sm:grid-cols-3">
          <Field label={t("dialog.cost")} error={problem?.fieldError("budget/cost_usd")}>
            {(control) => (
              <Input
                {...control}
                type="number"
                inputMode="decimal"
                min={0}
                max={1_000}
                step="any"
                value={draft.cost}
                onChange={(event) => change({ cost: event.target.value })}
              />
            )}
          </Field>
          <Field label={t("dialog.steps")} error={problem?.fieldError("budget/steps")}>
            {(control) => (
              <Input
                {...control}
                type="number"
                inputMode="numeric"
                min={1}
                max={10_000}
                value={draft.steps}
                onChange={(event) => change({ steps: event.target.value })}
              />
            )}
          </Field>
          <Field label={t("dialog.deadline")}>
            {(control) => (
              <Select<Deadline>
                {...control}
                value={draft.deadline}
                onChange={(deadline) => change({ deadline })}
                options={(Object.keys(HOURS) as Deadline[]).map((value) => ({
                  value,
                  label: t(`dialog.${value}`),
                }))}
              />
            )}
          </Field>
        </div>
        <div className="-mx-2 flex">
          <ModelPicker choice={draft.choice} onChoice={(choice) => change({ choice })} />
        </div>
      </form>
    </Dialog>
  );
}
