import { EyeOff, FileSearch, Info, ShieldCheck } from "lucide-react";
import { type ReactNode, useCallback, useMemo } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { safeLink } from "@/markdown/links";
import { Markdown } from "@/markdown/markdown";
import { MarkContext } from "@/markdown/marks";
import { Badge, type Tone } from "@/ui/badge";
import { ProgressBar } from "@/ui/progress-bar";
import { Citation, PassageLink } from "./citation";
import { markBody } from "./citing";
import type { Claim, Report, Source, Standing } from "./model";

/** A report: its text with citations, what could not be supported, and what it rests on. */
export function ReportView({ report }: { report: Report }) {
  const { t } = useTranslation("research");
  const { text, cited } = useMemo(() => markBody(report), [report]);
  const mark = useCallback(
    (index: number) => {
      const one = cited[index];
      const source = one && report.sources.find(({ number }) => number === one.number);
      return source ? <Citation cited={one} source={source} /> : null;
    },
    [cited, report.sources],
  );
  return (
    <>
      <section
        aria-label={t("report.title")}
        className="rounded-md border bg-raised px-4 py-3 shadow-panel"
      >
        <MarkContext value={mark}>
          <Markdown text={text} />
        </MarkContext>
      </section>
      <Unsupported claims={report.claims} />
      <Sources sources={report.sources} />
      <Made report={report} />
    </>
  );
}

interface PartProps {
  title: string;
  children: ReactNode;
}

function Part({ title, children }: PartProps) {
  return (
    <section aria-label={title}>
      <h2 className="mb-1.5 font-semibold text-base">{title}</h2>
      {children}
    </section>
  );
}

const TONES: Record<Standing, Tone> = {
  supported: "ok",
  doubtful: "warn",
  unsupported: "danger",
  unchecked: "neutral",
  uncited: "neutral",
};

function Unsupported({ claims }: { claims: readonly Claim[] }) {
  const { t } = useTranslation("research");
  const open = claims.filter(({ standing }) => standing !== "supported");
  if (claims.length === 0) return null;
  return (
    <Part title={t("report.unsupported")}>
      {open.length === 0 && (
        <p className="flex items-center gap-1.5 text-muted text-sm">
          <ShieldCheck aria-hidden size={15} className="shrink-0 text-ok-ink" />
          {t("report.supported")}
        </p>
      )}
      <ul>
        {open.map((claim, place) => (
          // oxlint-disable-next-line react/no-array-index-key -- claims have no ids and may repeat
          <li key={place} className="border-t py-2.5 text-sm first:border-t-0 first:pt-0">
            <p className="text-pretty break-words">{claim.text}</p>
            <p className="mt-1 flex flex-wrap items-baseline gap-x-2 gap-y-1">
              <Badge tone={TONES[claim.standing]}>{t(`standing.${claim.standing}`)}</Badge>
              <span className="min-w-0 text-pretty text-muted text-xs">{claim.words}</span>
            </p>
            {claim.sources.map(({ number, quote }) =>
              quote ? (
                <blockquote key={number} className="mt-1.5 border-l-2 pl-2 text-muted text-xs">
                  <span className="tabular-nums">[{number}]</span> {quote}
                </blockquote>
              ) : null,
            )}
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Sources({ sources }: { sources: readonly Source[] }) {
  const { t } = useTranslation("research");
  if (sources.length === 0) return null;
  return (
    <Part title={t("report.sources")}>
      <ol>
        {sources.map((source) => (
          <SourceRow key={source.number} source={source} />
        ))}
      </ol>
    </Part>
  );
}

const HEAVY = 0.6;
const LIGHT = 0.3;

function SourceRow({ source }: { source: Source }) {
  const { t } = useTranslation("research");
  const { number, weight, site, published_on: day } = source;
  const share = weight.toFixed(2);
  const title = source.title || site;
  return (
    <li className="grid grid-cols-[1.5rem_minmax(0,1fr)] gap-x-2 border-t py-2.5 text-sm first:border-t-0 first:pt-0">
      <span className="text-right text-faint tabular-nums">{number}</span>
      <div className="min-w-0">
        <p className="break-words font-medium">{title}</p>
        <div className="mt-0.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-muted text-xs">
          {day && <span className="tabular-nums">{day}</span>}
          <span className="inline-flex items-center gap-1.5 tabular-nums">
            <ProgressBar
              className="w-16"
              label={t("source.weightOf", { number, weight: share })}
              value={weight}
              tone={weight >= HEAVY ? "ok" : weight >= LIGHT ? "accent" : "warn"}
            />
            <span aria-hidden>{t("source.weight", { weight: share })}</span>
          </span>
          {!source.is_read && (
            <Badge icon={FileSearch} className="h-auto! whitespace-normal py-0.5">
              {t("source.unread")}
            </Badge>
          )}
          {source.has_hidden_text && (
            <Badge tone="warn" icon={EyeOff} className="h-auto! whitespace-normal py-0.5">
              {t("source.hidden")}
            </Badge>
          )}
        </div>
        <p className="mt-0.5 text-pretty text-muted text-xs">
          <span className="sr-only">{t("source.why")}: </span>
          {source.reasons.map(({ words }) => words).join(" ")}
        </p>
        {safeLink(source.url) ? <PassageLink url={source.url} quote="" className="mt-0.5" /> : site}
      </div>
    </li>
  );
}

function Made({ report }: { report: Report }) {
  const { t } = useTranslation("research");
  const { written_by: by, model, engines, queries, follow_ups: more } = report;
  const later = new Set(more.map(({ query }) => query));
  const planned = queries.filter((query) => !later.has(query));
  return (
    <Part title={t("report.made")}>
      <p className="text-muted text-sm">
        {by === "model" ? t("report.by", { model: model ?? "" }) : t("report.byNobody")}
        {engines.length > 0 && ` · ${t("report.engines", { names: engines.join(", ") })}`}
      </p>
      {planned.length > 0 && (
        <>
          <p className="mt-2 text-muted text-xs">{t("report.queries")}</p>
          <ul className="mt-0.5 list-inside list-disc text-sm marker:text-faint">
            {planned.map((query) => (
              <li key={query} className="break-words">
                {query}
              </li>
            ))}
          </ul>
        </>
      )}
      {more.length > 0 && <FollowUps of={more} />}
    </Part>
  );
}

/** What further rounds searched for, and why. */
function FollowUps({ of }: { of: Report["follow_ups"] }) {
  const { t } = useTranslation("research");
  return (
    <>
      <p className="mt-2 text-muted text-xs">{t("report.followUps")}</p>
      <ul className="mt-0.5 list-inside list-disc text-sm marker:text-faint">
        {of.map(({ round, lack, what, query }) => (
          <li key={query} className="break-words">
            {query}
            <p className="pl-5 text-muted text-xs">
              {t("report.round", { round })} · {t(`report.${lack}`)}
              {what && `: ${what}`}
            </p>
          </li>
        ))}
      </ul>
    </>
  );
}

/** What a reader should know before she reads. */
export function Notices({ report }: { report: Report }) {
  const { t } = useTranslation("research");
  return (
    <section
      aria-label={t("report.notices")}
      className="rounded-md bg-info-soft px-3 py-2.5 text-info-ink text-sm"
    >
      <ul className="flex flex-col gap-1">
        {[t("report.strangers"), ...report.notices.map(({ words }) => words)].map((words) => (
          <li key={words} className="flex gap-2">
            <Info aria-hidden size={15} className="mt-0.5 shrink-0" />
            <span className="min-w-0 text-pretty break-words">{words}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
