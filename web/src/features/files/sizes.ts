const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** 48213 -> "48 kB"; small figures keep one place behind the point. */
export function bytes(size: number): string {
  let at = 0;
  let value = size;
  while (value >= 1000 && at < UNITS.length - 1) {
    value /= 1000;
    at += 1;
  }
  const digits = at > 0 && value < 10 ? 1 : 0;
  return new Intl.NumberFormat("en", {
    style: "unit",
    unit: UNITS[at],
    unitDisplay: at === 0 ? "long" : "short",
    maximumFractionDigits: digits,
  } as Intl.NumberFormatOptions).format(value);
}
