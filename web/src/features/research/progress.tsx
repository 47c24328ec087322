import { clsx } from "clsx";
import { Circle, CircleCheck } from "lucide-react";
import { compact, dollars, whole } from "@/features/chat/numbers";
import { exactly } from "@/features/usage/call-state";
import { useTranslation } from "@/lib/i18n/use-translation";
import { ProgressBar } from "@/ui/progress-bar";
import { Spinner } from "@/ui/spinner";
import { type Research, stagesOf } from "./model";

/** How far a research is, stage by stage. */
export function Progress({ research }: { research: Research }) {
  const { t } = useTranslation("research");
  const { stage, sources_found: found, pages_read: read, limits, spent } = research;
  const stages = stagesOf(research);
  const at = stages.indexOf(stage);
  const round =
    limits.rounds > 1 && spent.rounds > 0
      ? t("progress.round", { round: spent.rounds, most: limits.rounds })
      : null;
  return (
    <section
      aria-label={t("progress.title")}
      className="rounded-md border bg-raised px-4 py-3 shadow-panel"
    >
      <p role="status" className="sr-only">
        {[t(`stage.${stage}`), round].filter(Boolean).join(". ")}
      </p>
      <ol className="flex flex-col gap-2">
        {stages.map((one, place) => {
          const word = place < at ? "done" : place === at ? "now" : "later";
          return (
            <li key={one} className="flex items-center gap-2 text-sm">
              {word === "done" && (
                <CircleCheck aria-hidden size={16} className="shrink-0 text-ok-ink" />
              )}
              {word === "now" && <Spinner size={16} />}
              {word === "later" && <Circle aria-hidden size={16} className="shrink-0 text-faint" />}
              <span className={clsx(word === "now" ? "font-medium" : "text-muted")}>
                {t(`stage.${one}`)}
                <span className="sr-only">: {t(`progress.${word}`)}</span>
              </span>
            </li>
          );
        })}
      </ol>
      <p className="mt-3 text-muted text-xs tabular-nums">
        {[
          ...(at < 0 ? [t(`stage.${stage}`)] : []),
          ...(round === null ? [] : [round]),
          t("progress.found", { count: found }),
          t("facts.pages", { count: read }),
        ].join(" · ")}
      </p>
      <p className="mt-1 text-muted text-xs">{t("progress.stay")}</p>
    </section>
  );
}

interface MeterProps {
  label: string;
  used: number;
  cap: number;
  show: (amount: number) => string;
}

const NEAR = 0.8;

function Meter({ label, used, cap, show }: MeterProps) {
  const { t } = useTranslation("research");
  const part = cap > 0 ? used / cap : 1;
  return (
    <div>
      <div className="mb-1 flex justify-between gap-2 text-xs">
        <span className="text-muted">{label}</span>
        <span className="tabular-nums">{t("facts.of", { used: show(used), cap: show(cap) })}</span>
      </div>
      <ProgressBar value={part} label={label} tone={part >= NEAR ? "warn" : "accent"} />
    </div>
  );
}

/** What a research has taken of what it may take. */
export function Meters({ research }: { research: Research }) {
  const { t } = useTranslation("research");
  const { limits, spent } = research;
  return (
    <section aria-label={t("facts.limits")} className="flex flex-col gap-3">
      <Meter label={t("facts.cost")} used={spent.cost_usd} cap={limits.cost_usd} show={dollars} />
      <Meter label={t("facts.tokens")} used={spent.tokens} cap={limits.tokens} show={compact} />
      <Meter label={t("facts.searches")} used={spent.searches} cap={limits.searches} show={whole} />
      <Meter label={t("facts.pagesAsked")} used={spent.pages} cap={limits.pages} show={whole} />
      {research.ended_at === null && (
        <p className="flex justify-between gap-2 text-xs">
          <span className="text-muted">{t("facts.deadline")}</span>
          <time dateTime={research.deadline_at} className="tabular-nums">
            {exactly(research.deadline_at)}
          </time>
        </p>
      )}
    </section>
  );
}
