import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { createContext, use, useMemo } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useRole } from "@/lib/session/role";
import { toast } from "@/ui/toast";
import { refreshSoon } from "./cache";
import { calls } from "./calls";
import { download } from "./download";
import { type Entry, nameOf, type StoredFile, type Visibility } from "./model";

export type OpenDialog =
  | { kind: "rename"; entry: Entry }
  | { kind: "move"; entries: readonly Entry[] }
  | { kind: "link"; file: StoredFile; number?: number }
  | { kind: "purge"; entries: readonly Entry[] }
  | { kind: "folder" };

export interface FileActions {
  open: (entry: Entry) => void;
  download: (file: StoredFile, number?: number) => void;
  trash: (entries: readonly Entry[]) => Promise<void>;
  restore: (entries: readonly Entry[]) => Promise<void>;
  purge: (entries: readonly Entry[]) => Promise<void>;
  move: (entries: readonly Entry[], folderId: string | null) => Promise<void>;
  show: (file: StoredFile, visibility: Visibility) => void;
  ask: (dialog: OpenDialog) => void;
}

export const ActionsContext = createContext<FileActions | null>(null);

/** What can be done with entries, for rows, cards and bars of a page of files. */
export function useFileActions(): FileActions {
  const actions = use(ActionsContext);
  if (!actions) throw new Error("useFileActions needs a page of files around it");
  return actions;
}

const trashOne = (entry: Entry) =>
  entry.kind === "folder" ? calls.trashFolder(entry.folder.id) : calls.trashFile(entry.file.id);

const restoreOne = (entry: Entry) =>
  entry.kind === "folder" ? calls.restoreFolder(entry.folder.id) : calls.restoreFile(entry.file.id);

const purgeOne = (entry: Entry) =>
  entry.kind === "folder" ? calls.purgeFolder(entry.folder.id) : calls.purgeFile(entry.file.id);

const moveOne = (folderId: string | null) => (entry: Entry) =>
  entry.kind === "folder"
    ? calls.changeFolder(entry.folder.id, entry.folder.revision, { parent_id: folderId })
    : calls.changeFile(entry.file.id, entry.file.revision, { folder_id: folderId });

/** The server reckons by calls, and a browser has few connections. */
const AT_ONCE = 4;

/** Does it to each; the answer are those that it was done to, and why the first other one wasn't. */
export async function toEach(
  entries: readonly Entry[],
  work: (entry: Entry) => Promise<unknown>,
): Promise<{ done: Entry[]; failed: number; why: string }> {
  const done: Entry[] = [];
  let failed = 0;
  let why = "";
  const rest = [...entries];
  const worker = async () => {
    for (let entry = rest.shift(); entry; entry = rest.shift()) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- a few workers share the list
        await work(entry);
        done.push(entry);
      } catch (error) {
        failed += 1;
        why ||= toProblem(error).message;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { done, failed, why };
}

export function useMakeActions(ask: (dialog: OpenDialog) => void): FileActions {
  const { t } = useTranslation("files");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const changes = useRole() !== "viewer";
  return useMemo(() => {
    const complain = (error: unknown) => void toast.error(toProblem(error).message);

    async function all(
      entries: readonly Entry[],
      work: (entry: Entry) => Promise<unknown>,
    ): Promise<Entry[]> {
      const { done, failed, why } = await toEach(entries, work);
      refreshSoon(queries);
      if (failed > 0) toast.error(t("said.someFailed", { count: failed, why }));
      return done;
    }

    const named = (entries: readonly Entry[]) => ({
      count: entries.length,
      name: entries[0] && nameOf(entries[0]),
    });

    return {
      open: (entry) => {
        if (entry.kind === "file") {
          void navigate({ to: "/files/$id", params: { id: entry.file.id } });
        } else void navigate({ to: "/files", search: { folder: entry.folder.id } });
      },
      download: (file, number) =>
        void download(file, number ?? file.number, changes).catch(complain),
      trash: async (entries) => {
        const done = await all(entries, trashOne);
        if (done.length === 0) return;
        toast.show(t("said.trashed", named(done)), {
          action: { label: t("said.undo"), onClick: () => void all(done, restoreOne) },
        });
      },
      restore: async (entries) => {
        const done = await all(entries, restoreOne);
        if (done.length > 0) toast.success(t("said.restored", named(done)));
      },
      purge: async (entries) => void (await all(entries, purgeOne)),
      move: async (entries, folderId) => void (await all(entries, moveOne(folderId))),
      show: (file, visibility) =>
        void calls
          .changeFile(file.id, file.revision, { visibility })
          .then(() => refreshSoon(queries), complain),
      ask,
    };
  }, [t, queries, navigate, ask, changes]);
}
