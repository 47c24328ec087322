import { clsx } from "clsx";
import { useEffect, useRef } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { byDay, type Day, dayWords, hourWords, isWhole, slotsOf, weekdayWords } from "./days";
import { EntryButton } from "./entry-button";
import type { Entry, Occurrence } from "./model";

const HOUR_PX = 52;
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const FIRST_SEEN = 7;
const COLUMNS = "grid grid-cols-[3.5rem_repeat(7,minmax(0,1fr))]";

interface WeekViewProps {
  days: readonly Day[];
  today: Day;
  entries: readonly Entry[];
  onOpen: (occurrence: Occurrence) => void;
  /** Absent for who may only look. */
  onNew?: ((day: Day, hour: number | null) => void) | undefined;
}

const keyOf = (entry: Entry) =>
  `${entry.kind}:${entry.id}:${entry.occurrence?.key ?? entry.starts_at ?? entry.starts_on}`;

/** Seven days by the hour; whole days stand above. It begins to be seen in the morning. */
export function WeekView({ days, today, entries, onOpen, onNew }: WeekViewProps) {
  const { t } = useTranslation("calendar");
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => {
    scroller.current?.scrollTo({ top: FIRST_SEEN * HOUR_PX });
  }, []);
  const found = byDay(entries, days);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className={clsx(COLUMNS, "border-b pr-2")}>
        <span />
        {days.map((day) => (
          <div key={day} className="min-w-0 border-l px-1 pb-1">
            <button
              type="button"
              aria-label={onNew ? t("newOn", { day: dayWords(day) }) : dayWords(day)}
              aria-current={day === today ? "date" : undefined}
              disabled={!onNew}
              onClick={() => onNew?.(day, null)}
              className="flex w-full items-center justify-center gap-1.5 rounded-xs py-1 text-muted text-xs enabled:hover:bg-hover"
            >
              {weekdayWords(day)}
              <span
                className={clsx(
                  "grid size-6 place-items-center rounded-full font-medium text-sm tabular-nums",
                  day === today ? "bg-accent text-on-accent" : "text-ink",
                )}
              >
                {Number(day.slice(8))}
              </span>
            </button>
            <ul aria-label={t("wholeOn", { day: dayWords(day) })} className="flex flex-col gap-0.5">
              {(found.get(day) ?? []).filter(isWhole).map((entry) => (
                <li key={keyOf(entry)} className="flex min-w-0 flex-col">
                  <EntryButton entry={entry} onOpen={onOpen} />
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
      <div
        ref={scroller}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroller must take the keyboard
        tabIndex={0}
        role="region"
        aria-label={t("hours")}
        className="min-h-0 flex-1 overflow-y-auto pr-2"
      >
        <div className={COLUMNS} style={{ height: HOURS.length * HOUR_PX }}>
          <div aria-hidden className="relative text-right text-faint text-xs">
            {HOURS.slice(1).map((hour) => (
              <span
                key={hour}
                className="-translate-y-1/2 absolute right-2 tabular-nums"
                style={{ top: hour * HOUR_PX }}
              >
                {hourWords(hour)}
              </span>
            ))}
          </div>
          {days.map((day) => (
            <Column
              key={day}
              day={day}
              entries={found.get(day) ?? []}
              onOpen={onOpen}
              onNew={onNew}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

interface ColumnProps extends Pick<WeekViewProps, "onOpen" | "onNew"> {
  day: Day;
  entries: readonly Entry[];
}

function Column({ day, entries, onOpen, onNew }: ColumnProps) {
  const { t } = useTranslation("calendar");
  return (
    <div className="relative border-l">
      {HOURS.map((hour) => (
        // Empty hours are for the pointer; the keyboard has the day's button and `n`.
        <button
          key={hour}
          type="button"
          tabIndex={-1}
          aria-hidden
          disabled={!onNew}
          onClick={() => onNew?.(day, hour)}
          className={clsx("block w-full enabled:hover:bg-hover", hour > 0 && "border-t")}
          style={{ height: HOUR_PX }}
        />
      ))}
      <ul aria-label={t("timesOn", { day: dayWords(day) })}>
        {slotsOf(entries).map(({ entry, from, to, lane, lanes }) => (
          <li
            key={keyOf(entry)}
            className="absolute flex p-px"
            style={{
              top: (from / 60) * HOUR_PX,
              height: ((to - from) / 60) * HOUR_PX,
              left: `${(100 * lane) / lanes}%`,
              width: `${100 / lanes}%`,
            }}
          >
            <EntryButton
              entry={entry}
              onOpen={onOpen}
              time={to - from > 45 ? "below" : "hidden"}
              className="w-full flex-1"
            />
          </li>
        ))}
      </ul>
    </div>
  );
}
