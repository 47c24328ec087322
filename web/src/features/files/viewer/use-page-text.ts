import { useQuery } from "@tanstack/react-query";
import { keys } from "../cache";
import { calls } from "../calls";

/** The text of a page with its places. What was read of a version never changes. */
export function usePageText(id: string, number: number, page: number, enabled = true) {
  return useQuery({
    queryKey: keys.page(id, number, page),
    queryFn: ({ signal }) => calls.getPage(id, number, page, signal),
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
