import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";

export type LinkedApproval = components["schemas"]["LinkedApprovalShape"];

const by = (token: string) => ({ params: { header: { "Vectal-Approval-Token": token } } });

/** The calls of the page behind a mailed link: its token is all that they carry. */
export const linkCalls = {
  show: (token: string, signal: AbortSignal) =>
    bodyOf(client.GET("/api/v1/approval-link", { ...by(token), signal })),
  decide: async (token: string, sha256: string, approved: boolean, note: string) => {
    const body = { approved, sha256, note };
    await client.POST("/api/v1/approval-link/decision", { ...by(token), body });
  },
};
