import { clsx } from "clsx";
import { MapPin } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { byDay, type Day, dayWords } from "./days";
import { EntryButton } from "./entry-button";
import type { Entry, Occurrence } from "./model";

interface AgendaListProps {
  days: readonly Day[];
  today: Day;
  entries: readonly Entry[];
  onOpen: (occurrence: Occurrence) => void;
}

/** The days that hold something, one below the other: what a phone has room for. */
export function AgendaList({ days, today, entries, onOpen }: AgendaListProps) {
  const { t } = useTranslation("calendar");
  const found = byDay(entries, days);
  const full = days.filter((day) => (found.get(day)?.length ?? 0) > 0);
  if (full.length === 0)
    return <p className="py-6 text-center text-muted text-sm">{t("nothing")}</p>;
  return (
    <div className="flex flex-col gap-4 px-4 py-3 md:px-5">
      {full.map((day) => (
        <section key={day} aria-label={dayWords(day)}>
          <h2
            aria-current={day === today ? "date" : undefined}
            className={clsx("mb-1.5 font-medium text-sm", day === today && "text-accent-ink")}
          >
            {dayWords(day)}
          </h2>
          <ul className="flex flex-col gap-1">
            {(found.get(day) ?? []).map((entry) => (
              <li key={`${entry.kind}:${entry.id}:${entry.occurrence?.key ?? entry.starts_at}`}>
                <EntryButton
                  entry={entry}
                  onOpen={onOpen}
                  className="min-h-9 w-full justify-between px-2.5 text-sm touch:min-h-11"
                />
                {entry.occurrence?.event.place && (
                  <p className="mt-0.5 flex items-center gap-1 px-2.5 text-faint text-xs">
                    <MapPin aria-hidden size={11} />
                    {entry.occurrence.event.place}
                  </p>
                )}
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}
