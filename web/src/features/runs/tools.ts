import { useQuery } from "@tanstack/react-query";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";

export type AgentTool = components["schemas"]["AgentTool"];

const PAGE = 200;
const MOST_PAGES = 5;

export const TOOLS = ["agent-tools"] as const;

async function fetchTools(signal: AbortSignal): Promise<AgentTool[]> {
  const tools: AgentTool[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = { limit: PAGE, ...(cursor ? { cursor } : {}) };
    // Each page names the next one.
    // oxlint-disable-next-line no-await-in-loop
    const body: components["schemas"]["Page_AgentTool_"] = await bodyOf(
      client.GET("/api/v1/agent-tools", { params: { query }, signal }),
    );
    tools.push(...body.items);
    cursor = body.next_cursor ?? null;
    if (!cursor) break;
  }
  return tools;
}

/** What runs of this person may call, by name. */
export function useAgentTools() {
  return useQuery({ queryKey: TOOLS, queryFn: ({ signal }) => fetchTools(signal) });
}

export type Asking = "always" | "untrusted" | "private" | "both" | "never";

/** From when on a call waits for a person: what stricter states ask for, looser ones needn't say. */
export function askingOf({ asks }: Pick<AgentTool, "asks">): Asking {
  if (asks.nothing !== null) return "always";
  if (asks.untrusted !== null) return "untrusted";
  if (asks.private !== null) return "private";
  return asks.both === null ? "never" : "both";
}
