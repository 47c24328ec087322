import { useEffect, useRef } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge } from "@/ui/badge";
import { SkeletonRows } from "@/ui/skeleton";
import { parted, type Stretch } from "./highlight";
import { usePageText } from "./use-page-text";

interface TextPageProps {
  id: string;
  number: number;
  page: number;
  /** Whether there are others, so that a number says something. */
  numbered: boolean;
  stretch: Stretch | null;
}

function Marked({ text, stretch }: { text: string; stretch: Stretch }) {
  const mark = useRef<HTMLElement>(null);
  const [before, within, after] = parted(text, stretch);
  useEffect(() => {
    // A browser may answer with a promise, which React would take for a clean-up.
    mark.current?.scrollIntoView({ block: "start" });
  }, []);
  return (
    <>
      {before}
      <mark
        ref={mark}
        data-testid="mark"
        className="scroll-mt-28 rounded-[2px] bg-warn-soft text-warn-ink box-decoration-clone"
      >
        {within}
      </mark>
      {after}
    </>
  );
}

/** The text of a page, with a passage marked in it. */
export function TextPage({ id, number, page, numbered, stretch }: TextPageProps) {
  const { t } = useTranslation("files");
  const { data, error } = usePageText(id, number, page);
  return (
    <article
      aria-label={t("viewer.page", { page })}
      className="rounded-xs bg-raised px-5 py-5 shadow-panel ring-1 ring-line md:px-9 md:py-8"
    >
      {(numbered || data?.source === "ocr") && (
        <p className="flex items-center gap-2 pb-3 text-faint text-xs">
          {numbered && t("viewer.page", { page })}
          {data?.source === "ocr" && <Badge>{t("viewer.recognised")}</Badge>}
        </p>
      )}
      {!data && !error && <SkeletonRows rows={5} />}
      {error && <p className="text-muted text-sm">{t("viewer.textFailed")}</p>}
      {data && !data.text.trim() && <p className="text-muted text-sm">{t("viewer.noText")}</p>}
      {data?.text.trim() && (
        <p className="whitespace-pre-wrap break-words text-base leading-6">
          {stretch ? (
            <Marked key={`${stretch.start}-${stretch.end}`} text={data.text} stretch={stretch} />
          ) : (
            data.text
          )}
        </p>
      )}
    </article>
  );
}
