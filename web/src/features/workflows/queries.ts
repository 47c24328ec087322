import { useQuery, useQueryClient } from "@tanstack/react-query";
import { TOOLS } from "@/features/runs/tools";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";

export type WorkflowTool = components["schemas"]["WorkflowToolShape"];
export type NewWorkflowTool = components["schemas"]["NewWorkflowToolShape"];
export type WorkflowToolPatch = components["schemas"]["WorkflowToolPatch"];

const ALL = ["workflow-tools"] as const;
const ONE = "/api/v1/workflow-tools/{tool_id}";

const ofTool = (id: string) => ({ path: { tool_id: id } });

/** The workflows, and what addresses of webhooks begin with: null where n8n is not set up. */
export function useWorkflowTools() {
  return useQuery({
    queryKey: ALL,
    queryFn: ({ signal }) => bodyOf(client.GET("/api/v1/workflow-tools", { signal })),
  });
}

/** Reads them anew, and the tools of runs, whose approval rules name them. */
export function useRefresh() {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ALL }),
      queries.invalidateQueries({ queryKey: TOOLS }),
    ]);
}

export const calls = {
  add: (body: NewWorkflowTool) => bodyOf(client.POST("/api/v1/workflow-tools", { body })),
  change: (id: string, body: WorkflowToolPatch) =>
    bodyOf(client.PATCH(ONE, { params: ofTool(id), body })),
  remove: async (id: string): Promise<void> => {
    await client.DELETE(ONE, { params: ofTool(id) });
  },
};
