import {
  type InfiniteData,
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useMemo } from "react";
import { toProblem } from "@/lib/api/problem";
import { toast } from "@/ui/toast";
import { keys, refreshSoon } from "./cache";
import { calls } from "./calls";
import { createBatch } from "./document-batch";
import type { Document, FileQuery, FilesPage, Folder } from "./model";

// Nothing tells of changes while no page of files is open.
const FRESH = { refetchOnMount: "always" } as const;
const NO_FOLDERS: Folder[] = [];

export function useFileList(query: FileQuery, enabled = true) {
  const list = useInfiniteQuery<
    FilesPage,
    Error,
    InfiniteData<FilesPage>,
    readonly unknown[],
    string | undefined
  >({
    ...FRESH,
    enabled,
    queryKey: keys.list(query),
    queryFn: ({ pageParam, signal }) =>
      calls.listFiles({ ...query, ...(pageParam ? { cursor: pageParam } : {}) }, signal),
    initialPageParam: undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const files = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  return { ...list, files };
}

/** The folders in a folder (null: at the top), or those in the trash. */
export function useFolders(parentId: string | null, trashed: boolean, enabled = true) {
  const found = useQuery({
    ...FRESH,
    enabled,
    queryKey: trashed ? keys.trashedFolders : keys.folders(parentId),
    queryFn: ({ signal }) =>
      trashed ? calls.listTrashedFolders(signal) : calls.listFolders(parentId, signal),
  });
  return { ...found, folders: found.data ?? NO_FOLDERS };
}

export function useEveryFolder() {
  return useQuery({
    ...FRESH,
    queryKey: keys.everyFolder,
    queryFn: ({ signal }) => calls.listEveryFolder(signal),
  });
}

/** The folders from the top to this one. */
export function useWay(folderId: string | null) {
  return useQuery({
    queryKey: keys.way(folderId ?? ""),
    queryFn: ({ signal }) => calls.getWay(folderId ?? "", signal),
    enabled: folderId !== null,
    placeholderData: keepPreviousData,
  });
}

export function useFile(id: string) {
  return useQuery({
    ...FRESH,
    queryKey: keys.file(id),
    queryFn: ({ signal }) => calls.getFile(id, signal),
  });
}

export function useVersions(id: string, enabled = true) {
  return useQuery({
    ...FRESH,
    enabled,
    queryKey: keys.versions(id),
    queryFn: ({ signal }) => calls.listVersions(id, signal),
  });
}

export function useSpace() {
  return useQuery({
    ...FRESH,
    queryKey: keys.usage,
    queryFn: ({ signal }) => calls.getUsage(signal),
  });
}

const readDocument = createBatch(calls.listDocuments);

/** How far the reading of a file is; null for one that was not read. */
export function useDocument(id: string) {
  return useQuery<Document | null>({
    ...FRESH,
    queryKey: keys.document(id),
    queryFn: () => readDocument(id),
  });
}

const onError = (error: Error) => void toast.error(toProblem(error).message);

/** A change of files or folders: the lists follow, and a refusal is told. */
export function useFileChange<Wanted>(send: (wanted: Wanted) => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSettled: () => refreshSoon(queries),
    onError,
  });
}

/** Reads a file again, or stops the reading. */
export function useReading(id: string) {
  const queries = useQueryClient();
  const take = (document: Document) => queries.setQueryData(keys.document(id), document);
  const again = useMutation({ mutationFn: () => calls.reindex(id), onSuccess: take, onError });
  const stop = useMutation({ mutationFn: () => calls.cancelReading(id), onSuccess: take, onError });
  return { again, stop };
}
