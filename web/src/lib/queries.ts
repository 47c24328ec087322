import {
  type InvalidateOptions,
  type InvalidateQueryFilters,
  QueryClient,
} from "@tanstack/react-query";

/**
 * TanStack's client, but what changes while something is read for the first time is not lost.
 *
 * TanStack takes the answer that is on its way for a fresh one, though it may have been read before
 * the change, and forgets that it was called stale. So we ask again once that answer is there.
 */
export class Queries extends QueryClient {
  override async invalidateQueries(
    filters?: InvalidateQueryFilters,
    options?: InvalidateOptions,
  ): Promise<void> {
    const reading = this.getQueryCache().findAll({ ...filters, fetchStatus: "fetching" });
    const first = new Set(reading.filter((query) => query.state.data === undefined));
    await super.invalidateQueries(filters, options);
    if (first.size === 0) return;
    await super.invalidateQueries({ ...filters, predicate: (query) => first.has(query) }, options);
  }
}
