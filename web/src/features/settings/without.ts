/** A record without one of its entries. */
export function without<Value>(
  entries: Record<string, Value>,
  name: string,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(entries).filter(([key]) => key !== name));
}
