import { clsx } from "clsx";
import { useTranslation } from "@/lib/i18n/use-translation";
import { byDay, type Day, dayWords, weekdayWords } from "./days";
import { EntryButton } from "./entry-button";
import type { Entry, Occurrence } from "./model";

const SHOWN = 3;

interface MonthViewProps {
  days: readonly Day[];
  month: string;
  today: Day;
  entries: readonly Entry[];
  onOpen: (occurrence: Occurrence) => void;
  /** Absent for who may only look. */
  onNew?: ((day: Day) => void) | undefined;
  onDay: (day: Day) => void;
}

/** Six weeks; of a full day the first few, and the way to the rest. */
export function MonthView({ days, month, today, entries, onOpen, onNew, onDay }: MonthViewProps) {
  const { t } = useTranslation("calendar");
  const found = byDay(entries, days);
  return (
    <div className="flex h-full min-h-[48rem] flex-col">
      <div aria-hidden className="grid grid-cols-7 border-b text-center text-faint text-xs">
        {days.slice(0, 7).map((day) => (
          <span key={day} className="py-1.5">
            {weekdayWords(day)}
          </span>
        ))}
      </div>
      <ul
        aria-label={t("days")}
        className="grid min-h-0 flex-1 grid-cols-7 grid-rows-6 [&>li]:border-line"
      >
        {days.map((day, number) => {
          const of = found.get(day) ?? [];
          const label = dayWords(day);
          return (
            <li
              key={day}
              aria-current={day === today ? "date" : undefined}
              className={clsx(
                "flex min-h-0 min-w-0 flex-col gap-0.5 overflow-hidden p-1",
                number % 7 > 0 && "border-l",
                number > 6 && "border-t",
                !day.startsWith(month) && "bg-sunken",
              )}
            >
              <button
                type="button"
                aria-label={onNew ? t("newOn", { day: label }) : label}
                onClick={() => (onNew ?? onDay)(day)}
                className={clsx(
                  "grid size-6 shrink-0 place-items-center self-end rounded-full text-xs tabular-nums hover:bg-hover",
                  day === today ? "bg-accent font-semibold text-on-accent" : "text-muted",
                )}
              >
                {Number(day.slice(8))}
              </button>
              {of.slice(0, of.length > SHOWN ? SHOWN - 1 : SHOWN).map((entry) => (
                <EntryButton
                  key={`${entry.kind}:${entry.id}:${entry.occurrence?.key ?? entry.starts_at}`}
                  entry={entry}
                  onOpen={onOpen}
                />
              ))}
              {of.length > SHOWN && (
                <button
                  type="button"
                  aria-label={t("moreOn", { count: of.length - SHOWN + 1, day: label })}
                  onClick={() => onDay(day)}
                  className="min-h-6 rounded-xs px-1.5 text-left text-muted text-xs leading-5 hover:bg-hover"
                >
                  {t("more", { count: of.length - SHOWN + 1 })}
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
