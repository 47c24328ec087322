import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";
import type { Preset } from "../draft";

const KEY = ["run-presets"] as const;
const LIST = "/api/v1/run-presets";
const ONE = "/api/v1/run-presets/{preset_id}";
const PAGE = 200;
const MOST_PAGES = 10;

async function fetchPresets(signal: AbortSignal): Promise<Preset[]> {
  const presets: Preset[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = { limit: PAGE, ...(cursor ? { cursor } : {}) };
    // Each page names the next one.
    // oxlint-disable-next-line no-await-in-loop
    const body: components["schemas"]["Page_RunPreset_"] = await bodyOf(
      client.GET(LIST, { params: { query }, signal }),
    );
    presets.push(...body.items);
    cursor = body.next_cursor ?? null;
    if (!cursor) break;
  }
  return presets.toSorted((a, b) => a.name.localeCompare(b.name));
}

/** The person's own presets and the shared ones, by name. */
export function usePresets() {
  return useQuery({
    queryKey: KEY,
    // Others share and change theirs, and nothing tells of it.
    refetchOnMount: "always",
    queryFn: ({ signal }) => fetchPresets(signal),
  });
}

/** Keeps a new one, or puts it in the place of one as it was seen. */
export function useKeepPreset(known: Preset | null) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: components["schemas"]["NewRunPreset"]) => {
      if (!known) return bodyOf(client.POST(LIST, { body }));
      const params = { path: { preset_id: known.id } };
      return bodyOf(client.PUT(ONE, { params, body: { ...body, version: known.version } }));
    },
    // Also when somebody was faster: then the newer one is to be seen.
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}

export function useDeletePreset() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: Preset) => client.DELETE(ONE, { params: { path: { preset_id: id } } }),
    onSettled: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}
