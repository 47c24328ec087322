import {
  type InfiniteData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { NOTIFICATIONS_KEY } from "@/app/shell/unread";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { toProblem } from "@/lib/api/problem";
import type { components } from "@/lib/api/schema";
import { toast } from "@/ui/toast";

type Schemas = components["schemas"];
export type Notification = Schemas["NotificationShape"];
export type MailSettings = Schemas["MailSettingsShape"];
export type MailWishes = MailSettings["mails"];
type NotificationsPage = Schemas["Page_NotificationShape_"];

const PAGE = 50;
const LIST = [...NOTIFICATIONS_KEY, "list"] as const;
const SETTINGS = ["notification-preferences"] as const;

/** The person's notifications, the newest first; the shell hears of changes and has them loaded. */
export function useNotifications() {
  const list = useInfiniteQuery<
    NotificationsPage,
    Error,
    InfiniteData<NotificationsPage>,
    readonly unknown[],
    string | undefined
  >({
    queryKey: LIST,
    initialPageParam: undefined,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      return bodyOf(client.GET("/api/v1/notifications", { params: { query }, signal }));
    },
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  return { ...list, notifications: list.data?.pages.flatMap((page) => page.items) ?? [] };
}

/** Marks one as read, or all. */
export function useRead() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string | "all") =>
      id === "all"
        ? client.POST("/api/v1/notifications/read")
        : client.POST("/api/v1/notifications/{notification_id}/read", {
            params: { path: { notification_id: id } },
          }),
    onSuccess: () => void queries.invalidateQueries({ queryKey: NOTIFICATIONS_KEY }),
    onError: (error) => toast.error(toProblem(error).message),
  });
}

export function useMailSettings() {
  return useQuery({
    queryKey: SETTINGS,
    queryFn: ({ signal }) => bodyOf(client.GET("/api/v1/notifications/preferences", { signal })),
  });
}

export function useSaveWishes(saved: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: MailWishes) =>
      bodyOf(client.PUT("/api/v1/notifications/preferences", { body })),
    // The switch moves at once; what the server says is right in the end.
    onMutate: (mails) => {
      const before = queries.getQueryData<MailSettings>(SETTINGS);
      if (before) queries.setQueryData(SETTINGS, { ...before, mails });
      return before;
    },
    onSuccess: (settings) => {
      queries.setQueryData(SETTINGS, settings);
      toast.success(saved);
    },
    onError: (error, _, before) => {
      queries.setQueryData(SETTINGS, before);
      toast.error(toProblem(error).message);
    },
  });
}
