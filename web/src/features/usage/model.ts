import { useInfiniteQuery } from "@tanstack/react-query";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { api } from "@/lib/api/hooks";
import type { components } from "@/lib/api/schema";
import { useSession } from "@/lib/session/session";

export type Counts = components["schemas"]["UsageCounts"];
export type Call = components["schemas"]["CallShape"];
export type Group = "day" | "model" | "provider" | "user" | "api_key";

const CALLS_PAGE = 20;
const REFETCH_MS = 10_000;

/** How often what can change while one looks is asked for again; never in a hidden tab. */
export const live = { refetchInterval: REFETCH_MS };

export function tokensOf(counts: Pick<Counts, "input_tokens" | "output_tokens">): number {
  return counts.input_tokens + counts.output_tokens;
}

export function useUsage(group: Group) {
  return api.useQuery("get", "/api/v1/ai/usage", { params: { query: { group } } }, live);
}

export function useCalls() {
  return useInfiniteQuery({
    ...live,
    queryKey: ["usage", "calls"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      bodyOf(
        client.GET("/api/v1/ai/calls", {
          params: { query: { limit: CALLS_PAGE, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? null,
    select: (found) => found.pages.flatMap((page) => page.items),
  });
}

/** The names of people and of the caller's own keys, by their ids. */
export function useNames(): ReadonlyMap<string, string> {
  const workspaceId = useSession((session) =>
    session.status === "signed-in" ? session.workspaceId : null,
  );
  const members = api.useQuery(
    "get",
    "/api/v1/workspaces/{workspace_id}/members",
    { params: { path: { workspace_id: workspaceId ?? "" }, query: { limit: 100 } } },
    { enabled: Boolean(workspaceId) },
  );
  const keys = api.useQuery("get", "/api/v1/api-keys", { params: { query: { limit: 100 } } });
  return new Map([
    ...(members.data?.items ?? []).map((member) => [member.user_id, member.display_name] as const),
    ...(keys.data?.items ?? []).map((key) => [key.id, key.name] as const),
  ]);
}
