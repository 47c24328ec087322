import { client } from "@/lib/api/client";
import { useSession } from "@/lib/session/session";
import { live } from "@/lib/socket/live";
import type { Message } from "./model";
import { TurnFeed } from "./turn-feed";

/** Feeds of this tab by turn. Ended ones stay a while, so that their text isn't drawn anew. */
const feeds = new Map<string, { feed: TurnFeed; stop: () => void }>();
const KEPT = 24;

/** The turn is read from the store: it ended, and its stream is no longer to be had. */
async function settle(feed: TurnFeed): Promise<void> {
  const { data } = await client.GET("/api/v1/turns/{turn_id}", {
    params: { path: { turn_id: feed.turnId } },
  });
  if (data?.turn.ended_at) feed.end(data.turn, data.assistant_message);
}

const nothing = () => undefined;

function follow(feed: TurnFeed): () => void {
  let stop: () => void = nothing;
  const begin = () => {
    stop = live.subscribe(`turn:${feed.turnId}`, "0", {
      onUpdate: (update) => feed.apply(update),
      onResync: () => {
        stop();
        feed.rewind();
        begin();
      },
      onError: () => void settle(feed).catch(() => undefined),
    });
  };
  begin();
  const off = feed.subscribe(() => {
    if (!feed.view().ended) return;
    off();
    // After the update is delivered: the connection may be walking over its listeners.
    queueMicrotask(() => stop());
  });
  return () => {
    off();
    stop();
  };
}

function forgetOldest(): void {
  for (const [id, { feed }] of feeds) {
    if (feeds.size <= KEPT) return;
    if (feed.view().ended) feeds.delete(id);
  }
}

/** The feed of a turn, from its first frame; one for all who ask. */
export function followTurn(turnId: string): TurnFeed {
  const known = feeds.get(turnId);
  if (known) return known.feed;
  const feed = new TurnFeed(turnId);
  feeds.set(turnId, { feed, stop: follow(feed) });
  forgetOldest();
  return feed;
}

/** The feed of an answer that is being written, or was while this tab watched. */
export function feedOf(message: Message): TurnFeed | null {
  const { turn_id: id, status, role } = message;
  if (id === null || role !== "assistant") return null;
  return status === "streaming" ? followTurn(id) : (feeds.get(id)?.feed ?? null);
}

useSession.subscribe((now) => {
  if (now.status === "signed-in") return;
  for (const { stop } of feeds.values()) stop();
  feeds.clear();
});
