export interface Day {
  /** 2026-11-02 */
  day: string;
  value: number;
}

const DAY_MS = 86_400_000;

/** Every day from `from` to `to`, both counted in; a day without calls has 0. */
export function everyDay(from: string, to: string, known: ReadonlyMap<string, number>): Day[] {
  const days: Day[] = [];
  const last = Date.parse(to);
  for (let at = Date.parse(from); at <= last; at += DAY_MS) {
    const day = new Date(at).toISOString().slice(0, 10);
    days.push({ day, value: known.get(day) ?? 0 });
  }
  return days;
}

const STEPS = [1, 2, 5, 10];

/** The smallest of 1, 2 and 5 times a power of ten that nothing rises above. */
export function scaleTop(values: readonly number[]): number {
  const most = Math.max(0, ...values);
  if (most === 0) return 1;
  const exponent = Math.floor(Math.log10(most));
  // Powers below one are divisors: 10 ** -2 is not quite a hundredth.
  const times = (step: number) => (exponent < 0 ? step / 10 ** -exponent : step * 10 ** exponent);
  return times(STEPS.find((step) => times(step) >= most) ?? 10);
}

/** The same for things that are counted: half of it is a whole number too. */
export function wholeTop(values: readonly number[]): number {
  return 2 * scaleTop(values.map((value) => Math.ceil(value / 2)));
}

/** The height of a bar in percent. What is not nothing can be seen. */
export function barHeight(value: number, top: number): number {
  if (value <= 0) return 0;
  return Math.min(100, Math.max(1.5, (value / top) * 100));
}
