import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect } from "react";

const PAGE = 200;

interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
}

/** All that a list has, page after page, so that each can be chosen and named. */
export function useWhole<Item>(
  key: readonly unknown[],
  enabled: boolean,
  load: (query: { limit: number; cursor?: string }, signal: AbortSignal) => Promise<Page<Item>>,
) {
  const found = useInfiniteQuery({
    queryKey: ["get", ...key, "whole"],
    enabled,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      load({ limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) }, signal),
    getNextPageParam: (page) => page.next_cursor ?? null,
    select: (pages) => pages.pages.flatMap((page) => page.items),
  });
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = found;
  // A page may come between two looks at it, so each that came asks for the next.
  const read = data?.length;
  useEffect(() => {
    if (enabled && read !== undefined && hasNextPage && !isFetching && !isError) {
      void fetchNextPage();
    }
  }, [enabled, read, hasNextPage, isFetching, isError, fetchNextPage]);
  return {
    items: data ?? [],
    loading: enabled && (found.isPending || (hasNextPage && !isError)),
    error: enabled ? found.error : null,
    retry: () => void found.refetch(),
  };
}
