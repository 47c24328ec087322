import { useEffect, useEffectEvent } from "react";
import { create } from "zustand";
import { keeper, useSession } from "../session/session";
import { Connection, type ConnectionStatus } from "./connection";
import type { Channel } from "./frames";
import type { ChannelHandlers } from "./subscription";

interface ConnectionState {
  status: ConnectionStatus;
  /** True once the connection has been gone long enough to say so. */
  lost: boolean;
}

export const useConnection = create<ConnectionState>()(() => ({ status: "closed", lost: false }));

/** Short losses heal by themselves; a banner for each would only flicker. */
const LOST_AFTER_MS = 4000;
let lostTimer: ReturnType<typeof setTimeout> | null = null;

function follow(status: ConnectionStatus): void {
  if (lostTimer) clearTimeout(lostTimer);
  lostTimer = null;
  if (status === "connecting") {
    const { lost } = useConnection.getState();
    useConnection.setState({ status, lost });
    lostTimer = setTimeout(() => useConnection.setState({ lost: true }), LOST_AFTER_MS);
    return;
  }
  useConnection.setState({ status, lost: false });
}

function address(): string {
  const url = new URL("/ws", window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

function workspaceId(): string | null {
  const session = useSession.getState();
  return session.status === "signed-in" ? session.workspaceId : null;
}

/** The socket of this tab. It is open while somebody is signed in. */
export const live = new Connection({
  url: address(),
  token: () => keeper.token(),
  tokenRefused: async () => {
    await keeper.renew(keeper.peek());
  },
  workspaceId,
  onStatus: follow,
});

/** Ties the socket to the session. The shell calls it once; the answer lets go. */
export function startLive(): () => void {
  live.open();
  const offSession = useSession.subscribe((now, before) => {
    if (now.status !== "signed-in") live.close();
    else if (before.status !== "signed-in") live.open();
    else if (now.workspaceId !== before.workspaceId) live.restart();
  });
  const offToken = keeper.onChange((event) => {
    if (event.type === "signed-in") void live.rehello();
  });
  return () => {
    offSession();
    offToken();
    live.close();
  };
}

/**
 * Listens to a channel while mounted. Handlers may change freely; the channel decides.
 *
 * `useChannel("workspace", { onUpdate: (u) => …, onResync: () => queryClient.invalidateQueries() })`
 */
export function useChannel(channel: Channel | null, handlers: ChannelHandlers): void {
  const onUpdate = useEffectEvent(handlers.onUpdate);
  const onResync = useEffectEvent(() => handlers.onResync?.());
  const onSubscribed = useEffectEvent(() => handlers.onSubscribed?.());
  const onError = useEffectEvent((code: string, detail: string) =>
    handlers.onError?.(code, detail),
  );
  useEffect(() => {
    if (!channel) return;
    return live.subscribe(channel, null, {
      onUpdate: (update) => onUpdate(update),
      onResync: () => onResync(),
      onSubscribed: () => onSubscribed(),
      onError: (code, detail) => onError(code, detail),
    });
  }, [channel]);
}
