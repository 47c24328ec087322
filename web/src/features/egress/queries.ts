import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";
import type { EgressFilter, Sum } from "./ledger";

const PAGE = 50;
const SUMS_PAGE = 200;
const SUMS_PAGES = 10;

export interface Summary {
  sums: Sum[];
  /** There are more hosts and days than anybody looks at; the oldest are left out. */
  cut: boolean;
}

async function fetchSums(from: string, to: string, signal: AbortSignal): Promise<Summary> {
  const sums: Sum[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < SUMS_PAGES; page += 1) {
    const query = { from, to, limit: SUMS_PAGE, ...(cursor ? { cursor } : {}) };
    // Each page names the next one.
    // oxlint-disable-next-line no-await-in-loop
    const body: components["schemas"]["Page_EgressSumShape_"] = await bodyOf(
      client.GET("/api/v1/egress/summary", { params: { query }, signal }),
    );
    sums.push(...body.items);
    cursor = body.next_cursor ?? null;
    if (!cursor) return { sums, cut: false };
  }
  return { sums, cut: true };
}

export function useEgressSums(from: string, to: string) {
  return useQuery({
    queryKey: ["egress", "sums", from, to],
    queryFn: ({ signal }) => fetchSums(from, to, signal),
  });
}

/** Single requests, newest first. */
export function useEgress(filter: EgressFilter) {
  return useInfiniteQuery({
    queryKey: ["egress", "entries", filter],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...filter, ...(pageParam ? { cursor: pageParam } : {}) };
      return bodyOf(client.GET("/api/v1/egress", { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
    select: (found) => found.pages.flatMap((page) => page.items),
  });
}
