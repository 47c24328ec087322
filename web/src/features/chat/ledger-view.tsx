import { clsx } from "clsx";
import { useTranslation } from "@/lib/i18n/use-translation";
import { ProgressBar } from "@/ui/progress-bar";
import type { Ledger, LedgerLine, Source } from "./model";
import { compact, whole } from "./numbers";

const CAUSES = ["no_room", "history_limit", "old_result", "long_result", "no_question"] as const;

/** The ledger knows sources by their numbers alone: names are sealed where they are kept. */
function nameOf(line: LedgerLine, sources: readonly Source[]): string {
  const number = line.kind === "source" ? Number(line.label.split(" ").at(-1)) : Number.NaN;
  const source = sources.find((one) => one.number === number);
  return source ? `[${number}] ${source.name}` : line.label;
}

interface LineProps {
  line: LedgerLine;
  sources: readonly Source[];
}

function Line({ line, sources }: LineProps) {
  const { t } = useTranslation("chat");
  const why = CAUSES.find((cause) => cause === line.why);
  return (
    <li className="flex items-baseline gap-3 py-1">
      <span className={clsx("min-w-0 flex-1", line.state === "cut" && "text-faint line-through")}>
        <span className="block truncate first-letter:uppercase">
          {line.kind === "system" ? t("ledger.system") : nameOf(line, sources)}
        </span>
        {why && (
          <span className="block text-warn-ink text-xs no-underline">
            {t(`ledger.why.${why}`, { tokens: compact(line.cut_tokens) })}
          </span>
        )}
      </span>
      <span className="shrink-0 text-faint text-xs tabular-nums">{whole(line.tokens)}</span>
    </li>
  );
}

/** What went into the question as the model saw it, and what was left out and why. */
export function LedgerView({ ledger, sources }: { ledger: Ledger; sources: readonly Source[] }) {
  const { t } = useTranslation("chat");
  const figures = { used: whole(ledger.used), budget: compact(ledger.budget) };
  return (
    <div className="text-sm">
      <h4 className="font-semibold">{t("ledger.title")}</h4>
      <p className="mt-0.5 mb-2 text-muted text-xs tabular-nums">{t("ledger.used", figures)}</p>
      <ProgressBar
        label={t("ledger.used", figures)}
        value={ledger.budget > 0 ? ledger.used / ledger.budget : 0}
      />
      <ul className="mt-2 divide-y divide-line">
        {ledger.lines.map((line) => (
          <Line key={line.key} line={line} sources={sources} />
        ))}
      </ul>
      {ledger.cut > 0 && (
        <p className="mt-2 text-muted text-xs">{t("ledger.cut", { tokens: whole(ledger.cut) })}</p>
      )}
    </div>
  );
}
