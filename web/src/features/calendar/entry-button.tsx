import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { Bot, CircleCheck, CircleDashed, Users } from "lucide-react";
import type { CSSProperties, ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { timeWords } from "./days";
import type { Entry, Occurrence } from "./model";

const TONES: Record<Entry["kind"], string> = {
  event: "bg-accent-soft text-accent-ink",
  task: "border border-strong bg-raised text-ink",
  run: "bg-info-soft text-info-ink",
};

interface EntryButtonProps {
  entry: Entry;
  onOpen: (occurrence: Occurrence) => void;
  className?: string;
  style?: CSSProperties;
  /** `below` the title or `beside` it; `hidden` where its place says it. */
  time?: "beside" | "below" | "hidden";
}

/** One thing of a day, in the tone of its kind: events open, tasks and runs lead to their pages. */
export function EntryButton({
  entry,
  onOpen,
  className,
  style,
  time: place = "beside",
}: EntryButtonProps) {
  const { t } = useTranslation("calendar");
  const time = entry.starts_at ? timeWords(entry.starts_at) : t("wholeDay");
  const { occurrence } = entry;
  const look = clsx(
    "flex min-w-0 gap-1 overflow-hidden min-h-6 rounded-xs px-1.5 text-left text-xs leading-5",
    place === "below" ? "flex-col" : "items-center",
    TONES[entry.kind],
    className,
  );
  const content: ReactNode = (
    <>
      <span className="flex min-w-0 items-center gap-1">
        <Sign entry={entry} />
        <span className={clsx("truncate font-medium", entry.is_done && "line-through")}>
          {entry.title}
        </span>
      </span>
      <span className="sr-only">{t(`kind.${entry.kind}`)}</span>
      <span
        className={clsx(
          "truncate tabular-nums",
          place === "beside" && "shrink-0",
          (place === "hidden" || (place === "beside" && !entry.starts_at)) && "sr-only",
        )}
      >
        {time}
      </span>
    </>
  );
  if (entry.kind === "task") {
    return (
      <Link to="/task/$id" params={{ id: entry.id }} className={look} style={style}>
        {content}
      </Link>
    );
  }
  if (entry.kind === "run" || !occurrence) {
    return (
      <Link to="/runs/schedules" className={look} style={style}>
        {content}
      </Link>
    );
  }
  return (
    <button type="button" className={look} style={style} onClick={() => onOpen(occurrence)}>
      {content}
    </button>
  );
}

const SIGN = { "aria-hidden": true, size: 12, className: "shrink-0" } as const;

function Sign({ entry }: { entry: Entry }) {
  if (entry.kind === "run") return <Bot {...SIGN} />;
  if (entry.kind === "task") {
    return entry.is_done ? <CircleCheck {...SIGN} /> : <CircleDashed {...SIGN} />;
  }
  return entry.occurrence?.event.visibility === "workspace" ? <Users {...SIGN} /> : null;
}
