import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";

export type ToolServer = components["schemas"]["ToolServer"];
export type ServerTool = components["schemas"]["ServerTool"];
export type Effect = ServerTool["effect"];

const ALL = ["tool-servers"] as const;
const SERVER = "/api/v1/tool-servers/{server_id}";
const TOOL = `${SERVER}/tools/{tool_id}` as const;

const ofServer = (id: string) => ({ path: { server_id: id } });
const ofTool = (tool: ServerTool) => ({ path: { server_id: tool.server_id, tool_id: tool.id } });

export function useToolServers() {
  return useQuery({
    queryKey: [...ALL, "list"],
    queryFn: ({ signal }) => bodyOf(client.GET("/api/v1/tool-servers", { signal })),
  });
}

export function useServerTools(serverId: string) {
  return useInfiniteQuery({
    queryKey: [...ALL, "tools", serverId],
    queryFn: ({ pageParam, signal }) =>
      bodyOf(
        client.GET(`${SERVER}/tools`, {
          params: { ...ofServer(serverId), query: pageParam ? { cursor: pageParam } : {} },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
}

/** Proposals that no conversation and no run shows: those of programs outside. */
export function useProposals() {
  return useQuery({
    queryKey: ["changesets", "outside"],
    queryFn: async ({ signal }) => {
      const query = { status: "pending" as const, limit: 200 };
      const page = await bodyOf(client.GET("/api/v1/changesets", { params: { query }, signal }));
      return page.items.filter((each) => !each.turn_id && !each.run_id).map((each) => each.id);
    },
  });
}

/** Reads servers and tools anew. */
export function useRefresh() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: ALL });
}

export const calls = {
  test: (id: string) => bodyOf(client.POST(`${SERVER}/test`, { params: ofServer(id) })),
  setEnabled: (server: ToolServer, enabled: boolean) =>
    bodyOf(
      client.PATCH(SERVER, {
        params: ofServer(server.id),
        body: { enabled, version: server.version },
      }),
    ),
  remove: async (id: string): Promise<void> => {
    await client.DELETE(SERVER, { params: ofServer(id) });
  },
  consent: (tool: ServerTool) =>
    bodyOf(client.PUT(`${TOOL}/consent`, { params: ofTool(tool), body: { sha256: tool.sha256 } })),
  withdraw: (tool: ServerTool) =>
    bodyOf(client.DELETE(`${TOOL}/consent`, { params: ofTool(tool) })),
  setEffect: (tool: ServerTool, effect: Effect) =>
    bodyOf(client.PATCH(TOOL, { params: ofTool(tool), body: { effect, sha256: tool.sha256 } })),
};
