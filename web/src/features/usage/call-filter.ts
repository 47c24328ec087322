export const STATUSES = ["ok", "failed", "cancelled"] as const;
export type CallStatus = (typeof STATUSES)[number];

/** Which calls are wanted; it is the query of the list and its key in the cache. */
export interface CallFilter {
  model?: string;
  user_id?: string;
  api_key_id?: string;
  status?: CallStatus;
}

/** The filter with one of its parts set; null takes the part away. */
export function narrowed<Part extends keyof CallFilter>(
  filter: CallFilter,
  part: Part,
  value: CallFilter[Part] | null,
): CallFilter {
  const rest = Object.fromEntries(Object.entries(filter).filter(([name]) => name !== part));
  return value ? { ...rest, [part]: value } : rest;
}

export function isFiltered(filter: CallFilter): boolean {
  return Object.keys(filter).length > 0;
}
