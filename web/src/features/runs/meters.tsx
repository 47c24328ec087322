import { compact, dollars, whole } from "@/features/chat/numbers";
import { exactly } from "@/features/usage/call-state";
import { useTranslation } from "@/lib/i18n/use-translation";
import { ProgressBar } from "@/ui/progress-bar";
import type { Run } from "./model";

const NEAR = 0.8;

interface MeterProps {
  label: string;
  used: number;
  cap: number;
  show: (amount: number) => string;
}

function Meter({ label, used, cap, show }: MeterProps) {
  const { t } = useTranslation("runs");
  const part = cap > 0 ? used / cap : 1;
  return (
    <div>
      <div className="mb-1 flex justify-between gap-2 text-xs">
        <span className="text-muted">{label}</span>
        <span className="tabular-nums">{t("facts.of", { used: show(used), cap: show(cap) })}</span>
      </div>
      <ProgressBar
        value={part}
        label={label}
        tone={part >= 1 ? "danger" : part >= NEAR ? "warn" : "accent"}
      />
    </div>
  );
}

/** What a run has used of what it may use. */
export function Meters({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  const { budget, spend } = run;
  return (
    <section aria-label={t("facts.budget")} className="flex flex-col gap-3">
      <Meter
        label={t("facts.cost")}
        used={Number(spend.cost_usd)}
        cap={Number(budget.cost_usd)}
        show={dollars}
      />
      <Meter label={t("facts.tokens")} used={spend.tokens} cap={budget.tokens} show={compact} />
      <Meter label={t("facts.steps")} used={spend.steps} cap={budget.steps} show={whole} />
      <p className="flex justify-between gap-2 text-xs">
        <span className="text-muted">{t("facts.deadline")}</span>
        <time dateTime={run.deadline_at} className="tabular-nums">
          {exactly(run.deadline_at)}
        </time>
      </p>
    </section>
  );
}
