import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { toProblem } from "@/lib/api/problem";
import { toast } from "@/ui/toast";
import { refreshSoon } from "../cache";
import { calls } from "../calls";
import type { Visibility } from "../model";
import { intoFolders, type Picked } from "./picking";
import { uploads } from "./queue";
import { wantTray } from "./tray-state";

/** Sends what was picked to a folder (null: the top), with folders of its own. */
export function useUpload(folderId: string | null, visibility: Visibility) {
  const queries = useQueryClient();
  return useCallback(
    async (picked: readonly Picked[]) => {
      if (picked.length === 0) return;
      try {
        const groups = await intoFolders(picked, folderId, async (name, parentId) => {
          const folder = await calls.createFolder(name, parentId, visibility);
          refreshSoon(queries);
          return folder.id;
        });
        wantTray();
        for (const group of groups) {
          uploads.add(group.files, { folderId: group.folderId, visibility });
        }
      } catch (error) {
        toast.error(toProblem(error).message);
      }
    },
    [folderId, visibility, queries],
  );
}

/** Sends a file as the new version of another one. */
export function sendVersion(file: File, replaces: string): void {
  wantTray();
  uploads.add([file], { folderId: null, visibility: "private", replaces });
}
