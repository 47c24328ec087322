import { useMutation } from "@tanstack/react-query";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useRole } from "@/lib/session/role";
import { IconButton } from "@/ui/icon-button";
import { toast } from "@/ui/toast";
import { contentOf } from "../download";
import { isReadable, type StoredFile } from "../model";
import { isNote, NoteDialog, noteFile } from "../note-dialog";
import { sendVersion } from "../uploads/use-upload";
import { LARGEST_RAW } from "./raw-text";

/** Changes a note where it is read; what it was stays as an earlier version. */
export function EditNote({ file, number }: { file: StoredFile; number: number }) {
  const { t } = useTranslation("files");
  const [text, setText] = useState<string | null>(null);
  const load = useMutation({
    mutationFn: async () => (await contentOf(file.id, number)).text(),
    onSuccess: setText,
    onError: (error) => void toast.error(toProblem(error).message),
  });
  const changes = useRole() !== "viewer";
  if (!changes || !isNote(file.name) || !isReadable(file) || file.size > LARGEST_RAW) return null;
  return (
    <>
      <IconButton
        icon={Pencil}
        label={t("note.edit")}
        disabled={load.isPending}
        onClick={() => load.mutate()}
      />
      {text !== null && (
        <NoteDialog
          title={file.name}
          draft={{ name: file.name, text }}
          onChange={(draft) => setText(draft.text)}
          isNamed
          onSave={() => {
            sendVersion(noteFile({ name: file.name, text }), file.id);
            setText(null);
          }}
          onClose={() => setText(null)}
        />
      )}
    </>
  );
}
