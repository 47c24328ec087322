import { useTranslation } from "@/lib/i18n/use-translation";
import { barHeight, type Day, scaleTop, wholeTop } from "./chart";

interface DayChartProps {
  title: string;
  /** The head of the column of amounts. */
  measure: string;
  days: readonly Day[];
  format: (value: number) => string;
  /** Whether things are counted, so that there is no half of one. */
  whole?: boolean;
}

const SLOT = 10;
const GAP = 1;

/** Days are calendar days of the server, not moments: no time zone may shift them. */
const DAY = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" });
const name = (day: string) => DAY.format(new Date(day));

/** Bars by day. The picture is for eyes; screen readers get the same as a table. */
export function DayChart({ title, measure, days, format, whole = false }: DayChartProps) {
  const { t } = useTranslation("usage");
  const top = (whole ? wholeTop : scaleTop)(days.map(({ value }) => value));
  const middle = Math.floor(days.length / 2);
  const marks = days.filter((_, i) => i === 0 || i === middle || i === days.length - 1);
  return (
    <figure className="relative">
      <figcaption className="sr-only">{title}</figcaption>
      <div aria-hidden className="flex gap-2 text-faint text-xs tabular-nums">
        <div className="-my-2 flex h-36 shrink-0 flex-col justify-between text-right">
          <span>{format(top)}</span>
          <span>{format(top / 2)}</span>
          <span>{format(0)}</span>
        </div>
        <div className="min-w-0 flex-1">
          <svg
            role="presentation"
            viewBox={`0 0 ${days.length * SLOT} 100`}
            preserveAspectRatio="none"
            className="h-32 w-full overflow-visible"
          >
            {[0, 50, 100].map((y) => (
              <line
                key={y}
                x1={0}
                x2={days.length * SLOT}
                y1={y}
                y2={y}
                vectorEffect="non-scaling-stroke"
                className="stroke-line"
              />
            ))}
            {days.map(({ day, value }, i) => {
              const height = barHeight(value, top);
              return (
                <g key={day} className="group">
                  <title>{t("chart.bar", { day: name(day), amount: format(value) })}</title>
                  <rect
                    x={i * SLOT}
                    y={0}
                    width={SLOT}
                    height={100}
                    className="fill-transparent group-hover:fill-hover"
                  />
                  <rect
                    x={i * SLOT + GAP}
                    y={100 - height}
                    width={SLOT - 2 * GAP}
                    height={height}
                    className="fill-accent"
                  />
                </g>
              );
            })}
          </svg>
          <div className="mt-3 flex justify-between text-faint text-xs">
            {marks.map(({ day }) => (
              <span key={day}>{name(day)}</span>
            ))}
          </div>
        </div>
      </div>
      <div className="sr-only">
        <table>
          <caption>{title}</caption>
          <thead>
            <tr>
              <th scope="col">{t("chart.day")}</th>
              <th scope="col">{measure}</th>
            </tr>
          </thead>
          <tbody>
            {days.map(({ day, value }) => (
              <tr key={day}>
                <th scope="row">{name(day)}</th>
                <td>{format(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
