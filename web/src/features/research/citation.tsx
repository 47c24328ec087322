import { clsx } from "clsx";
import { ArrowUpRight } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { safeLink } from "@/markdown/links";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { type Cited, passageOf } from "./citing";
import type { Source, Standing } from "./model";

type Look = Exclude<Standing, "uncited">;

const LOOKS: Record<Look, string> = {
  supported: "bg-accent-soft text-accent-ink hover:bg-accent hover:text-on-accent",
  doubtful: "border border-warn border-dashed bg-warn-soft text-warn-ink",
  unsupported: "border border-warn border-dashed bg-warn-soft text-warn-ink",
  unchecked: "bg-active text-muted hover:text-ink",
};

const lookOf = (standing: Standing | undefined): Look =>
  standing === undefined || standing === "uncited" ? "unchecked" : standing;

interface CitationProps {
  cited: Cited;
  source: Source;
}

/** A number in a report: it opens what its source says there, and leads to the passage. */
export function Citation({ cited, source }: CitationProps) {
  const { t } = useTranslation("research");
  const look = lookOf(cited.claim?.standing);
  const doubted = look === "doubtful" || look === "unsupported";
  const title = source.title || source.site;
  return (
    <Popover>
      <PopoverTrigger
        aria-label={t(`mark.${look}`, { number: cited.number, title })}
        className={clsx(
          "mx-0.5 inline-flex h-4 min-w-4 items-center justify-center rounded-[5px] px-1 align-[0.15em] font-semibold text-[11px] tabular-nums leading-none",
          LOOKS[look],
        )}
      >
        {doubted ? `${cited.number}?` : cited.number}
      </PopoverTrigger>
      <PopoverContent
        label={t("mark.card", { number: cited.number })}
        side="top"
        align="center"
        className="w-80 max-w-[calc(100vw-16px)] text-sm"
      >
        <Passage cited={cited} source={source} />
      </PopoverContent>
    </Popover>
  );
}

function Passage({ cited, source }: CitationProps) {
  const { claim, number } = cited;
  const check = claim?.sources.find((one) => one.number === number);
  const look = lookOf(claim?.standing);
  return (
    <>
      <p className="break-words font-semibold">{source.title || source.site}</p>
      <p className="text-muted text-xs">
        {[source.site, ...(source.published_on ? [source.published_on] : [])].join(" · ")}
      </p>
      {check?.quote && (
        <blockquote className="mt-2 line-clamp-6 border-l-2 pl-2 text-muted">
          {check.quote}
        </blockquote>
      )}
      {claim && (
        <p
          className={clsx(
            "mt-2 text-pretty text-xs",
            look === "supported" || look === "unchecked" ? "text-muted" : "text-warn-ink",
          )}
        >
          {claim.words}
        </p>
      )}
      <PassageLink url={source.url} quote={check?.quote ?? ""} className="mt-2" />
    </>
  );
}

interface PassageLinkProps {
  url: string;
  quote: string;
  className?: string;
}

/** Out of the app, to the words that are cited; a reader sees where it leads. */
export function PassageLink({ url, quote, className }: PassageLinkProps) {
  const { t } = useTranslation("research");
  const link = safeLink(url);
  if (!link) return null;
  return (
    <a
      href={passageOf(link.href, quote)}
      target="_blank"
      rel="noopener noreferrer"
      title={link.href}
      className={clsx(
        "flex w-fit max-w-full items-center gap-1 font-medium text-accent-ink text-xs hover:underline touch:min-h-9",
        className,
      )}
    >
      <ArrowUpRight aria-hidden size={13} className="shrink-0" />
      {t(quote ? "mark.open" : "mark.page")}
      <span className="min-w-0 truncate font-normal text-muted">({link.target})</span>
    </a>
  );
}
