import { EyeOff, FileText, FileX2, TriangleAlert } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { usePathClick } from "@/lib/path-click";
import { type CitedSource, citedSources, passagePath } from "./citations";
import type { Message } from "./model";

/** What an answer leans on: each source that it cites, with what is doubtful about it. */
export function SourceList({ message }: { message: Message }) {
  const { t } = useTranslation("chat");
  if (message.sources.length === 0) return null;
  const cited = citedSources(message);
  if (cited.length === 0) {
    return (
      <p className="my-1 text-muted text-xs">
        {t("sources.none", { count: message.sources.length })}
      </p>
    );
  }
  return (
    <section aria-label={t("sources.title")} className="my-2">
      <h4 className="font-semibold text-muted text-xs">{t("sources.title")}</h4>
      <ol className="mt-1 flex flex-col gap-0.5">
        {cited.map((one) => (
          <li key={one.source.number}>
            <Line {...one} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Line({ source, citations, verdict }: CitedSource) {
  const { t } = useTranslation("chat");
  const open = usePathClick();
  const [first] = citations;
  const pages = [...new Set(citations.flatMap(({ page }) => (page === null ? [] : [page])))];
  const Icon = source.is_gone ? FileX2 : FileText;
  const content = (
    <>
      <span className="w-4 shrink-0 text-right text-faint tabular-nums">{source.number}</span>
      <Icon aria-hidden size={14} className="shrink-0 text-faint" />
      <span className="min-w-0 truncate font-medium">{source.name}</span>
      {pages.length > 0 && (
        <span className="shrink-0 text-faint">
          {t("sources.pages", { count: pages.length, pages: pages.join(", ") })}
        </span>
      )}
      {source.is_gone && <span className="shrink-0 text-faint">{t("sources.gone")}</span>}
      {source.has_hidden_text && (
        <EyeOff aria-label={t("sources.hidden")} size={13} className="shrink-0 text-warn-ink" />
      )}
      {verdict === "unsupported" && (
        <span className="inline-flex shrink-0 items-center gap-1 text-warn-ink">
          <TriangleAlert aria-hidden size={13} />
          {t(
            citations.every((one) => one.supported === false)
              ? "sources.unsupported"
              : "sources.partly",
          )}
        </span>
      )}
    </>
  );
  const line = "flex min-h-6 items-center gap-1.5 rounded-sm px-1 text-xs touch:min-h-11";
  if (source.is_gone || !first) return <span className={line}>{content}</span>;
  return (
    <a className={`${line} hover:bg-hover`} href={passagePath(first)} onClick={open}>
      {content}
    </a>
  );
}
