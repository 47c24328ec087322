import { useQuery, useQueryClient } from "@tanstack/react-query";
import { TOOLS } from "@/features/runs/tools";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";

type Answer = components["schemas"]["ApprovalRules-Output"];

/** An answer always has them all. */
export type ApprovalRules = Required<Answer>;
export type Rule = ApprovalRules["everything"];
export const RULES = ["always", "policy", "never"] as const satisfies readonly Rule[];

const PATH = "/api/v1/approval-rules";
const KEY = ["get", PATH] as const;

async function fetchRules(signal?: AbortSignal): Promise<ApprovalRules> {
  return (await bodyOf(client.GET(PATH, signal ? { signal } : {}))) as ApprovalRules;
}

/** When runs of this workspace ask a person before a call. */
export function useApprovalRules() {
  return useQuery({ queryKey: KEY, queryFn: ({ signal }) => fetchRules(signal) });
}

type Change = (now: ApprovalRules) => Partial<ApprovalRules>;

/** Changes some of the rules and leaves the others as they are. */
export function useSaveRules(): (change: Change) => Promise<void> {
  const queries = useQueryClient();
  return async (change) => {
    // A PUT replaces everything, so it builds on what holds now: others may have changed the rest.
    const now = await fetchRules();
    const saved = await bodyOf(client.PUT(PATH, { body: { ...now, ...change(now) } }));
    queries.setQueryData(KEY, saved as ApprovalRules);
    // What each tool says of asking follows from them.
    await queries.invalidateQueries({ queryKey: TOOLS });
  };
}
