import { useQuery, useQueryClient } from "@tanstack/react-query";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { useChannel } from "@/lib/socket/live";

export const NOTIFICATIONS_KEY = ["notifications"] as const;
const UNREAD_KEY = [...NOTIFICATIONS_KEY, "unread"] as const;

/** How many notifications are unread, kept in step while the app is open; 0 until it is known. */
export function useUnread(): number {
  const queries = useQueryClient();
  const anew = () => void queries.invalidateQueries({ queryKey: NOTIFICATIONS_KEY });
  useChannel("user", {
    onUpdate: ({ event }) => event === "notifications.changed" && anew(),
    onResync: anew,
  });
  const { data } = useQuery({
    queryKey: UNREAD_KEY,
    queryFn: ({ signal }) => bodyOf(client.GET("/api/v1/notifications/unread", { signal })),
  });
  return data?.unread ?? 0;
}
