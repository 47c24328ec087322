import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Calendar, Flag, Folder, Plus, Tag } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { PHONE, useMedia } from "@/lib/media";
import { useDebounced } from "@/lib/use-debounced";
import { Badge } from "@/ui/badge";
import { Kbd } from "@/ui/kbd";
import { toast } from "@/ui/toast";
import { keys, refreshListsSoon } from "./cache";
import { calls } from "./calls";
import { dueWords } from "./due";
import { NO_PRIORITY, type Preview } from "./model";
import { takeQuickAddWish } from "./quick-add-focus";

export interface QuickAddProps {
  /** Where the task lands when the line names no project. */
  projectId?: string;
  /** When it is due when the line names no time. */
  dueOn?: string;
}

/** One line of words becomes a task; what was understood is shown while typing. */
export function QuickAdd({ projectId, dueOn }: QuickAddProps) {
  const { t } = useTranslation("tasks");
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const preview = usePreview(text.trim());
  const phone = useMedia(PHONE);
  useEffect(() => {
    if (takeQuickAddWish()) field.current?.focus();
  }, []);
  const add = useMutation({
    mutationFn: calls.quickAdd,
    onSuccess: () => {
      setText("");
      refreshListsSoon(queries);
      void queries.invalidateQueries({ queryKey: keys.projects });
      void queries.invalidateQueries({ queryKey: keys.labels });
    },
    onError: (error) => void toast.error(toProblem(error).message),
  });
  return (
    <form
      className="mb-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() && !add.isPending) {
          add.mutate({
            text: text.trim(),
            ...(projectId ? { project_id: projectId } : {}),
            ...(dueOn ? { due_on: dueOn } : {}),
          });
        }
      }}
    >
      <div className="flex h-10 items-center gap-2.5 rounded-md border border-control bg-raised px-3 shadow-button focus-within:border-accent focus-within:ring-3 focus-within:ring-accent/20 touch:h-12">
        <Plus aria-hidden size={16} className="shrink-0 text-faint" />
        <input
          ref={field}
          data-quick-add
          value={text}
          maxLength={1000}
          aria-label={t("quick.label")}
          placeholder={t(phone ? "quick.label" : "quick.placeholder")}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur();
          }}
          className="h-full min-w-0 flex-1 bg-transparent text-base outline-none placeholder:text-faint touch:text-lg"
        />
        {!text && (
          <span className="touch:hidden">
            <Kbd keys="q" />
          </span>
        )}
      </div>
      <div aria-live="polite" className="px-1">
        {text.trim() && preview && <Understood preview={preview} />}
      </div>
    </form>
  );
}

/** A pause this short between two words is enough to ask what they mean. */
const SETTLE_MS = 120;

function usePreview(text: string): Preview | undefined {
  const settled = useDebounced(text, SETTLE_MS);
  const { data } = useQuery({
    queryKey: ["tasks", "parse", settled],
    queryFn: ({ signal }) => calls.parse(settled, signal),
    enabled: settled.length > 0,
    placeholderData: (before) => before,
    gcTime: 60_000,
    retry: false,
  });
  return data;
}

function Chip({ icon, children }: { icon: typeof Flag; children: ReactNode }) {
  return (
    <Badge tone="accent" icon={icon}>
      {children}
    </Badge>
  );
}

function Understood({ preview }: { preview: Preview }) {
  const { t } = useTranslation("tasks");
  const due = dueWords(preview);
  return (
    <p className="flex flex-wrap items-center gap-1.5 pt-2 text-sm">
      <span className="min-w-0 truncate text-muted">{preview.title || t("quick.untitled")}</span>
      {due && <Chip icon={Calendar}>{due}</Chip>}
      {preview.priority < NO_PRIORITY && (
        <Chip icon={Flag}>{t(`priority.p${preview.priority as 1 | 2 | 3}`)}</Chip>
      )}
      {preview.project && (
        <Chip icon={Folder}>
          {preview.project.id
            ? preview.project.name
            : t("quick.newProject", { name: preview.project.name })}
        </Chip>
      )}
      {preview.labels.map((label) => (
        <Chip key={label} icon={Tag}>
          {label}
        </Chip>
      ))}
    </p>
  );
}
