import { useQueryClient } from "@tanstack/react-query";
import { toProblem } from "@/lib/api/problem";
import { newId } from "@/lib/ids";
import { toast } from "@/ui/toast";
import type { Attachment } from "./model";
import { keys } from "./queries";

/** Where the chips of uploads are kept. */
export interface UploadPlace {
  add: (attachment: Attachment) => void;
  /** How far it is; one that was taken away meanwhile stays away. */
  update: (attachment: Attachment) => void;
  /** The chip of an upload becomes that of its file, or goes when it failed. */
  settle: (provisional: Attachment, stored: Attachment | null) => void;
}

/** Brings files up one after the other, with a chip for each from the start. */
export function useUploads({ add, update, settle }: UploadPlace) {
  const queries = useQueryClient();
  return async (files: readonly File[]) => {
    const waiting = files.map((file) => {
      const chip: Attachment = { kind: "file", id: newId(), name: file.name, progress: 0 };
      add(chip);
      return { file, chip };
    });
    const { upload } = await import("./upload");
    for (const { file, chip } of waiting) {
      try {
        // oxlint-disable-next-line no-await-in-loop -- one after the other: they share one line
        const id = await upload(file, (progress) => update({ ...chip, progress }));
        settle(chip, { kind: "file", id, name: file.name });
      } catch (error) {
        settle(chip, null);
        toast.error(toProblem(error).message, { id: `upload.${chip.id}` });
      }
    }
    void queries.invalidateQueries({ queryKey: keys.recent });
  };
}
