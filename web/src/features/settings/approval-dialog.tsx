import { useState } from "react";
import { text, useSubmit } from "@/features/auth/use-submit";
import type { AgentTool } from "@/features/runs/tools";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { SegmentedControl } from "@/ui/segmented-control";
import { Select } from "@/ui/select";
import { toast } from "@/ui/toast";
import { AllProblems } from "./all-problems";
import { type ApprovalRules, RULES, type Rule, useSaveRules } from "./approval-rules";

/** What is edited; a tool without a name is one that has no rule yet. */
export type Wanted =
  | { kind: "tool"; name: string | null }
  | { kind: "everything" }
  | { kind: "cost" };

interface ApprovalDialogProps {
  wanted: Wanted;
  rules: ApprovalRules;
  tools: readonly AgentTool[];
  onClose: () => void;
}

/** Sets one of the sentences. */
export function ApprovalDialog({ wanted, rules, tools, onClose }: ApprovalDialogProps) {
  const { t } = useTranslation("approvals");
  const save = useSaveRules();
  const [tool, setTool] = useState(wanted.kind === "tool" ? wanted.name : null);
  const [rule, setRule] = useState<Rule>(firstRule(wanted, rules));
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    await save((now) => changeOf(wanted, now, { tool, rule, amount: text(values, "amount") }));
    toast.success(t("saved"));
    onClose();
  });
  const known = tools.find((each) => each.name === tool)?.title ?? tool ?? "";
  const title =
    wanted.kind !== "tool"
      ? t(`dialog.${wanted.kind}`)
      : wanted.name === null
        ? t("dialog.add")
        : t("dialog.edit", { name: known });
  return (
    <Dialog open onOpenChange={onClose} title={title} size="sm">
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        <AllProblems problem={problem} />
        {wanted.kind === "tool" && wanted.name === null && (
          <ToolField
            value={tool}
            tools={tools.filter(({ name }) => !(name in rules.tools))}
            onChange={setTool}
          />
        )}
        {wanted.kind === "cost" ? (
          <Field label={t("dialog.amount")} hint={t("dialog.amountHint")}>
            {(control) => (
              <Input
                {...control}
                name="amount"
                type="number"
                inputMode="decimal"
                required
                min={0}
                max={1_000}
                step={0.0001}
                defaultValue={Number(rules.ask_above_usd)}
              />
            )}
          </Field>
        ) : (
          <RuleField value={rule} onChange={setRule} />
        )}
        <div className="flex justify-end">
          <Button
            type="submit"
            variant="primary"
            loading={busy}
            disabled={wanted.kind === "tool" && tool === null}
          >
            {t("dialog.save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function firstRule(wanted: Wanted, rules: ApprovalRules): Rule {
  if (wanted.kind === "everything") return rules.everything;
  const name = wanted.kind === "tool" ? wanted.name : null;
  return (name !== null && rules.tools[name]) || "always";
}

interface Chosen {
  tool: string | null;
  rule: Rule;
  amount: string;
}

function changeOf(wanted: Wanted, now: ApprovalRules, chosen: Chosen): Partial<ApprovalRules> {
  if (wanted.kind === "cost") return { ask_above_usd: chosen.amount };
  if (wanted.kind === "everything") return { everything: chosen.rule };
  return chosen.tool === null ? {} : { tools: { ...now.tools, [chosen.tool]: chosen.rule } };
}

interface ToolFieldProps {
  value: string | null;
  tools: readonly AgentTool[];
  onChange: (name: string) => void;
}

function ToolField({ value, tools, onChange }: ToolFieldProps) {
  const { t } = useTranslation("approvals");
  const byTitle = tools.toSorted((a, b) => a.title.localeCompare(b.title));
  return (
    <Field label={t("dialog.tool")} hint={tools.length === 0 ? t("dialog.none") : undefined}>
      {(control) => (
        <Select
          {...control}
          value={value ?? undefined}
          placeholder={t("dialog.choose")}
          disabled={tools.length === 0}
          onChange={onChange}
          options={byTitle.map(({ name, title }) => ({ value: name, label: title }))}
        />
      )}
    </Field>
  );
}

function RuleField({ value, onChange }: { value: Rule; onChange: (rule: Rule) => void }) {
  const { t } = useTranslation("approvals");
  return (
    <div>
      <p className="mb-2 font-medium text-sm">{t("dialog.rule")}</p>
      <SegmentedControl
        label={t("dialog.rule")}
        value={value}
        onChange={onChange}
        segments={RULES.map((rule) => ({ value: rule, label: t(`rules.${rule}`) }))}
        className="flex"
      />
      <p className="mt-1.5 text-pretty text-muted text-xs">{t(`ruleHints.${value}`)}</p>
    </div>
  );
}
