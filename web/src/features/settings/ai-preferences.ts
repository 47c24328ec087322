import { type QueryClient, useQuery, useQueryClient } from "@tanstack/react-query";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";
import { MODELS } from "./model-names";

/** An answer always has them all; what is sent may leave some out. */
export type AiPreferences = Required<components["schemas"]["PreferencesShape"]>;
export type Taste = AiPreferences["taste"];
export type Slot = NonNullable<AiPreferences["slots"]>[number];

const PREFERENCES = "/api/v1/ai/preferences";
const KEY = ["get", PREFERENCES] as const;

async function fetchPreferences(signal?: AbortSignal): Promise<AiPreferences> {
  return (await bodyOf(client.GET(PREFERENCES, signal ? { signal } : {}))) as AiPreferences;
}

/** How this workspace likes its models chosen, and where its words may go. */
export function useAiPreferences() {
  return useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => fetchPreferences(signal),
  });
}

type Change = (now: AiPreferences) => Partial<AiPreferences>;

async function save(queries: QueryClient, change: Change): Promise<void> {
  // A PUT replaces everything, so it builds on what holds now: others may have changed the rest.
  const now = await fetchPreferences();
  const saved = await bodyOf(client.PUT(PREFERENCES, { body: { ...now, ...change(now) } }));
  queries.setQueryData(KEY, saved as AiPreferences);
  // Which models can be asked follows from them.
  await queries.invalidateQueries({ queryKey: ["get", MODELS] });
}

/** Changes some of the preferences and leaves the others as they are. */
export function useSavePreferences(): (change: Change) => Promise<void> {
  const queries = useQueryClient();
  return (change) => save(queries, change);
}
