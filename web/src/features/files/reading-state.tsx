import { clsx } from "clsx";
import {
  CircleCheck,
  CircleSlash,
  Clock,
  RotateCw,
  ShieldAlert,
  TriangleAlert,
} from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Spinner } from "@/ui/spinner";
import { isReadable, isUnderWay, type StoredFile } from "./model";
import { useDocument, useReading } from "./queries";
import { readingWords } from "./reading";

const LOOK = {
  neutral: "text-faint",
  accent: "text-accent-ink",
  ok: "text-faint",
  warn: "text-warn-ink",
  danger: "text-danger-ink",
  info: "text-info-ink",
} as const;

const ICONS = {
  queued: Clock,
  indexed: CircleCheck,
  failed: TriangleAlert,
  skipped: CircleSlash,
  cancelled: CircleSlash,
} as const;

/** How far the reading of a file is, in a row or on a card; what has failed can be tried again. */
export function ReadingState({ file }: { file: StoredFile }) {
  const { t } = useTranslation("files");
  const { data: document } = useDocument(file.id);
  const { again } = useReading(file.id);
  if (!isReadable(file)) {
    return (
      <span
        className={clsx(
          "inline-flex min-w-0 items-center gap-1 text-xs",
          file.scan === "infected" ? "text-danger-ink" : "text-faint",
        )}
      >
        <ShieldAlert aria-hidden size={13} className="shrink-0" />
        <span className="truncate">
          {t(file.scan === "infected" ? "reading.infected" : "reading.scanning")}
        </span>
      </span>
    );
  }
  if (!document) return null;
  const { text, tone, detail } = readingWords(document, t);
  const Icon = document.state in ICONS ? ICONS[document.state as keyof typeof ICONS] : null;
  const retries = document.state === "failed" || document.state === "cancelled";
  return (
    <span
      className={clsx("inline-flex min-w-0 items-center gap-1 text-xs tabular-nums", LOOK[tone])}
      data-tip={detail ?? undefined}
    >
      {Icon ? <Icon aria-hidden size={13} className="shrink-0" /> : <Spinner size={12} />}
      <span className="truncate">{text}</span>
      {detail && <span className="sr-only">{detail}</span>}
      {retries && !isUnderWay(document) && (
        <button
          type="button"
          tabIndex={-1}
          onClick={(event) => {
            event.preventDefault();
            event.stopPropagation();
            again.mutate();
          }}
          aria-label={t("reading.retry")}
          data-tip={t("reading.retry")}
          className="relative z-1 grid size-5 shrink-0 place-items-center rounded-xs text-accent-ink after:absolute after:-inset-1 hover:bg-accent-soft touch:after:-inset-3"
        >
          <RotateCw aria-hidden size={13} />
        </button>
      )}
    </span>
  );
}
