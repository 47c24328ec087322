import { clsx } from "clsx";
import { FileX2 } from "lucide-react";
import { HoverCard } from "radix-ui";
import { useTranslation } from "@/lib/i18n/use-translation";
import { usePathClick } from "@/lib/path-click";
import { passagePath, type Verdict, verdictOf } from "./citations";
import type { Citation } from "./model";

const LOOKS: Readonly<Record<Verdict, string>> = {
  supported: "bg-accent-soft text-accent-ink! hover:bg-accent hover:text-on-accent!",
  unsupported: "border border-warn border-dashed bg-warn-soft text-warn-ink!",
  unchecked: "bg-active text-muted! hover:text-ink!",
};

/** A number in an answer: what its source says there, and whether that is what the answer says. */
export function CitationMark({ citation }: { citation: Citation }) {
  const { t } = useTranslation("chat");
  const open = usePathClick();
  const verdict = verdictOf(citation);
  const label = t(`citation.label.${verdict}`, { number: citation.number, name: citation.name });
  const look = clsx(
    "mx-0.5 inline-flex h-4 min-w-4 items-center justify-center rounded-[5px] px-1 align-[0.15em] font-semibold text-[11px] tabular-nums leading-none no-underline!",
    LOOKS[verdict],
  );
  const text = verdict === "unsupported" ? `${citation.number}?` : citation.number;
  return (
    <HoverCard.Root openDelay={150} closeDelay={100}>
      <HoverCard.Trigger asChild>
        {citation.is_gone ? (
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- its card opens on focus
          <span role="img" aria-label={label} tabIndex={0} className={look}>
            {text}
          </span>
        ) : (
          <a href={passagePath(citation)} aria-label={label} className={look} onClick={open}>
            {text}
          </a>
        )}
      </HoverCard.Trigger>
      <HoverCard.Portal>
        <HoverCard.Content
          side="top"
          sideOffset={6}
          collisionPadding={8}
          className="z-50 w-80 max-w-[calc(100vw-16px)] rounded-md bg-raised p-3 text-sm shadow-pop data-[state=closed]:animate-pop-out data-[state=open]:animate-pop-in"
        >
          <CitationCard citation={citation} verdict={verdict} />
        </HoverCard.Content>
      </HoverCard.Portal>
    </HoverCard.Root>
  );
}

function CitationCard({ citation, verdict }: { citation: Citation; verdict: Verdict }) {
  const { t } = useTranslation("chat");
  return (
    <>
      <p className="flex items-baseline gap-2">
        <span className="min-w-0 flex-1 truncate font-semibold">{citation.name}</span>
        {citation.page !== null && (
          <span className="shrink-0 text-faint text-xs">
            {t("citation.page", { page: citation.page })}
          </span>
        )}
      </p>
      {citation.is_gone ? (
        <p className="mt-1 flex items-center gap-1.5 text-muted">
          <FileX2 aria-hidden size={14} />
          {t("citation.gone")}
        </p>
      ) : (
        citation.quote && (
          <blockquote className="mt-1.5 line-clamp-6 border-l-2 pl-2 text-muted">
            {citation.quote}
          </blockquote>
        )
      )}
      {verdict !== "supported" && citation.why && (
        <p
          className={clsx(
            "mt-2 text-xs",
            verdict === "unsupported" ? "text-warn-ink" : "text-faint",
          )}
        >
          {t(`citation.why.${citation.why}`)}
        </p>
      )}
    </>
  );
}
