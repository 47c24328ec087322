import { useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { SegmentedControl } from "@/ui/segmented-control";
import { SkeletonRows } from "@/ui/skeleton";
import { compact, dollars, whole } from "../chat/numbers";
import { LoadProblem, Section } from "../settings/section";
import { everyDay } from "./chart";
import { DayChart } from "./day-chart";
import { type Counts, tokensOf, useUsage } from "./model";

type Measure = "cost" | "tokens";

function Figure({ label, value, note }: { label: string; value: string; note: string }) {
  return (
    <div className="min-w-0">
      <dt className="text-muted text-sm">{label}</dt>
      <dd className="font-semibold text-xl tabular-nums tracking-[-0.012em] md:text-2xl">
        {value}
      </dd>
      <dd className="text-pretty text-faint text-xs tabular-nums">{note}</dd>
    </div>
  );
}

function Figures({ total }: { total: Counts }) {
  const { t } = useTranslation("usage");
  return (
    <dl className="grid grid-cols-3 gap-3">
      <Figure
        label={t("totals.cost")}
        value={dollars(total.cost_usd)}
        note={
          total.unpriced > 0
            ? t("totals.unpriced", { count: total.unpriced })
            : t(total.calls > 0 ? "totals.allPriced" : "totals.noCalls")
        }
      />
      <Figure
        label={t("totals.calls")}
        value={whole(total.calls)}
        note={
          total.failed > 0
            ? t("totals.failed", { count: total.failed })
            : t(total.calls > 0 ? "totals.noneFailed" : "totals.noCalls")
        }
      />
      <Figure
        label={t("totals.tokens")}
        value={compact(tokensOf(total))}
        note={t("totals.inOut", {
          input: compact(total.input_tokens),
          output: compact(total.output_tokens),
        })}
      />
    </dl>
  );
}

/** The sums of the last 30 days, and how they came about day by day. */
export function TotalsSection() {
  const { t } = useTranslation("usage");
  const usage = useUsage("day");
  const [chosen, choose] = useState<Measure | null>(null);
  const { data } = usage;
  // Models that cost nothing leave only tokens to look at.
  const measure = chosen ?? (data?.total.cost_usd === 0 ? "tokens" : "cost");
  const amounts = new Map(
    data?.items.map((item) => [item.group, measure === "cost" ? item.cost_usd : tokensOf(item)]),
  );
  return (
    <Section
      title={t("totals.title")}
      lead={t(data?.everyone === false ? "totals.leadOwn" : "totals.leadAll")}
      action={
        <SegmentedControl
          label={t("chart.measure")}
          value={measure}
          onChange={choose}
          segments={[
            { value: "cost", label: t("chart.cost") },
            { value: "tokens", label: t("chart.tokens") },
          ]}
        />
      }
    >
      {usage.isPending && <SkeletonRows rows={5} />}
      {usage.error && <LoadProblem error={usage.error} onRetry={() => void usage.refetch()} />}
      {data && (
        <div className="flex flex-col gap-6">
          <Figures total={data.total} />
          <DayChart
            title={t(measure === "cost" ? "chart.costByDay" : "chart.tokensByDay")}
            measure={t(`chart.${measure}`)}
            days={everyDay(data.from, data.to, amounts)}
            format={measure === "cost" ? dollars : compact}
            whole={measure === "tokens"}
          />
        </div>
      )}
    </Section>
  );
}
