import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { FileText, X } from "lucide-react";
import { useState } from "react";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { usePathClick } from "@/lib/path-click";
import { IconButton } from "@/ui/icon-button";
import { toast } from "@/ui/toast";
import { AttachButton } from "./attach-button";
import { attachmentPath } from "./chips";
import type { Attachment } from "./model";
import { keys } from "./queries";
import { useUploads } from "./use-uploads";

const FILES = ["file"] as const;
const PLACE = "/api/v1/files/{file_id}/attachments/{kind}/{target_id}";
const MOST = 100;

export interface TargetFilesProps {
  kind: "task" | "project";
  id: string;
}

const at = ({ kind, id }: TargetFilesProps, file_id: string) => ({
  params: { path: { file_id, kind, target_id: id } },
});

const failed = (error: unknown) => void toast.error(toProblem(error).message);

function useTargetFiles({ kind, id }: TargetFilesProps) {
  return useQuery({
    queryKey: keys.of(kind, id),
    queryFn: async ({ signal }) => {
      const query = { attached_kind: kind, attached_id: id, limit: MOST };
      return (await bodyOf(client.GET("/api/v1/files", { params: { query }, signal }))).items;
    },
  });
}

/** Files of a task or a project: listed, added, taken away, and then still among the files. */
export function TargetFiles({ kind, id: targetId }: TargetFilesProps) {
  const { t } = useTranslation("tasks");
  const queries = useQueryClient();
  const open = usePathClick();
  const target = { kind, id: targetId };
  const { data } = useTargetFiles(target);
  const [sending, setSending] = useState<readonly Attachment[]>([]);
  const settled = () => queries.invalidateQueries({ queryKey: keys.of(kind, targetId) });
  const add = useMutation({
    mutationFn: (id: string) => client.PUT(PLACE, at(target, id)),
    onSuccess: settled,
    onError: failed,
  });
  const remove = useMutation({
    mutationFn: (id: string) => client.DELETE(PLACE, at(target, id)),
    onSuccess: settled,
    onError: failed,
  });
  const uploads = useUploads({
    add: (chip) => setSending((now) => [...now, chip]),
    update: (chip) => setSending((now) => now.map((one) => (one.id === chip.id ? chip : one))),
    settle: (chip, stored) => {
      setSending((now) => now.filter((one) => one.id !== chip.id));
      if (stored) add.mutate(stored.id);
    },
  });
  const files = data ?? [];
  return (
    <section aria-label={t("files.title")}>
      <div className="mb-1.5 flex items-center gap-2">
        <h3 className="font-semibold text-sm">{t("files.title")}</h3>
        <AttachButton
          kinds={FILES}
          label={t("files.add")}
          side="bottom"
          onPick={(picked) => add.mutate(picked.id)}
          onFiles={(chosen) => void uploads(chosen)}
        />
      </div>
      {files.length + sending.length === 0 && (
        <p className="text-muted text-sm">{t("files.none")}</p>
      )}
      <ul className="flex flex-col">
        {files.map((file) => (
          <li key={file.id} className="flex h-(--row) items-center gap-2 text-sm">
            <FileText aria-hidden size={15} className="shrink-0 text-faint" />
            <a
              href={attachmentPath({ kind: "file", id: file.id })}
              onClick={open}
              className="min-w-0 truncate hover:underline"
            >
              {file.name}
            </a>
            <span className="flex-1" />
            <IconButton
              size="sm"
              icon={X}
              label={t(`files.remove.${kind}`, { name: file.name })}
              onClick={() => remove.mutate(file.id)}
            />
          </li>
        ))}
        {sending.map((one) => (
          <li key={one.id} className="flex h-(--row) items-center gap-2 text-muted text-sm">
            <FileText aria-hidden size={15} className="shrink-0 text-faint" />
            <span className="min-w-0 truncate">{one.name}</span>
            <span className="tabular-nums">{Math.round((one.progress ?? 0) * 100)} %</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
