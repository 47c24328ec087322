const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const WHOLE = new Intl.NumberFormat("en");

/** 1234 -> "1.2K". */
export function compact(count: number): string {
  return COMPACT.format(count);
}

export function whole(count: number): string {
  return WHOLE.format(count);
}

/** 840 -> "0.8 s"; from ten seconds on without a fraction, below a tenth in milliseconds. */
export function seconds(ms: number): string {
  if (ms < 100) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  return `${s < 10 ? s.toFixed(1) : Math.round(s)} s`;
}

/** Small sums keep two figures that say something: 0.00042 -> "$0.00042". */
export function dollars(usd: number): string {
  if (usd === 0) return "$0";
  if (usd >= 0.1) return `$${usd.toFixed(2)}`;
  return `$${Number(usd.toPrecision(2)).toFixed(Math.min(8, 1 - Math.floor(Math.log10(usd))))}`;
}
