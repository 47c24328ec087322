import { useInfiniteQuery } from "@tanstack/react-query";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { api } from "@/lib/api/hooks";
import type { components } from "@/lib/api/schema";
import { useManages } from "@/lib/session/role";
import { useSession } from "@/lib/session/session";
import type { CallFilter } from "./call-filter";
import { useFallbackPoll } from "./live-calls";
import { useWhole } from "./whole-list";

export type Counts = components["schemas"]["UsageCounts"];
export type Call = components["schemas"]["CallShape"];
export type Group = "day" | "model" | "provider" | "user" | "api_key" | "project" | "run";

const CALLS_PAGE = 20;

export function tokensOf(counts: Pick<Counts, "input_tokens" | "output_tokens">): number {
  return counts.input_tokens + counts.output_tokens;
}

/** Whether an answer that was kept for the same question was given again: no model was asked. */
export function isKept({ route_codes }: Pick<Call, "route_codes">): boolean {
  return route_codes.includes("cache.hit");
}

export function useUsage(group: Group) {
  return api.useQuery(
    "get",
    "/api/v1/ai/usage",
    { params: { query: { group } } },
    useFallbackPoll(),
  );
}

export function useCalls(filter: CallFilter) {
  return useInfiniteQuery({
    ...useFallbackPoll(),
    queryKey: ["usage", "calls", filter],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: CALLS_PAGE, ...filter, ...(pageParam ? { cursor: pageParam } : {}) };
      return bodyOf(client.GET("/api/v1/ai/calls", { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
    select: (found) => found.pages.flatMap((page) => page.items),
  });
}

const MEMBERS = "/api/v1/workspaces/{workspace_id}/members";

/** Everybody in this workspace. */
export function useMembers(enabled = true) {
  const workspaceId = useSession((session) =>
    session.status === "signed-in" ? session.workspaceId : null,
  );
  const path = { workspace_id: workspaceId ?? "" };
  return useWhole([MEMBERS, path], enabled && workspaceId !== null, (query, signal) =>
    bodyOf(client.GET(MEMBERS, { params: { path, query }, signal })),
  );
}

/** The keys of everybody in this workspace; for administrators. */
export function useMemberKeys(enabled = true) {
  return useWhole(["/api/v1/member-keys"], enabled, (query, signal) =>
    bodyOf(client.GET("/api/v1/member-keys", { params: { query }, signal })),
  );
}

/** The people of this workspace, to choose from and to name. */
export function usePeople() {
  return useMembers().items.map(({ user_id, display_name, email }) => ({
    id: user_id,
    name: display_name,
    hint: email,
  }));
}

/** The people of this workspace, and the caller's own keys; for administrators everybody's. */
export function usePeopleAndKeys() {
  const people = usePeople();
  const all = useMemberKeys(useManages());
  const own = useWhole(["/api/v1/api-keys"], true, (query, signal) =>
    bodyOf(client.GET("/api/v1/api-keys", { params: { query }, signal })),
  );
  const known = [...own.items, ...all.items];
  const keys = new Map(known.map(({ id, name, hint }) => [id, { id, name, hint }] as const));
  return { people, keys: [...keys.values()] };
}

/** The names of people and of keys, by their ids. */
export function useNames(): ReadonlyMap<string, string> {
  const { people, keys } = usePeopleAndKeys();
  return new Map([...people, ...keys].map(({ id, name }) => [id, name] as const));
}
