/** Frames of `/ws`, as JSON text. The server's schema is the truth; unknown frames are ignored. */
export type Channel = "workspace" | "user" | "calls" | `turn:${string}`;

export type ClientFrame =
  | { type: "hello"; token: string; workspace_id: string | null }
  | { type: "subscribe"; channel: Channel; after: string | null }
  | { type: "unsubscribe"; channel: Channel }
  | { type: "ping" }
  | { type: "pong" };

export interface UpdateFrame {
  type: "update";
  channel: Channel;
  /** A sequence number on `turn:` channels, the newest call's id on `calls`, else an event cursor. */
  id: string;
  event: string;
  data: Record<string, unknown>;
}

export type ServerFrame =
  | { type: "welcome"; connection_id: string; heartbeat_s: number }
  | { type: "subscribed"; channel: Channel; cursor: string | null }
  | UpdateFrame
  | { type: "resync"; channel: Channel }
  | { type: "error"; code: string; detail: string; channel: Channel | null }
  | { type: "ping" }
  | { type: "pong" };

/** Close codes of ours. */
export const CLOSE_UNAUTHENTICATED = 4401;
export const CLOSE_TOO_MANY = 4429;

/** Parses a frame; null for anything that isn't one. */
export function readFrame(text: unknown): ServerFrame | null {
  if (typeof text !== "string") return null;
  try {
    const frame: unknown = JSON.parse(text);
    if (typeof frame !== "object" || frame === null || !("type" in frame)) return null;
    return frame as ServerFrame;
  } catch {
    return null;
  }
}
