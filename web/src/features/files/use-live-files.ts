import { useQueryClient } from "@tanstack/react-query";
import { useChannel } from "@/lib/socket/live";
import { type DocumentNews, refreshSoon, takeNews } from "./cache";

/** Keeps files and their readings on screen in step. Private ones are told of on `user`. */
export function useLiveFiles(): void {
  const queries = useQueryClient();
  const handlers = {
    onUpdate: ({ event, data }: { event: string; data: Record<string, unknown> }) => {
      if (event === "document.changed") takeNews(queries, data as unknown as DocumentNews);
      else if (event.startsWith("file.") || event === "folder.changed") refreshSoon(queries);
    },
    onResync: () => void queries.invalidateQueries(),
  };
  useChannel("workspace", handlers);
  useChannel("user", handlers);
}
