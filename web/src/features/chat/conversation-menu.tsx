import { useQueryClient } from "@tanstack/react-query";
import { Archive, ArchiveRestore, Ellipsis, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/ui/dropdown-menu";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { QuietIconButton } from "@/ui/quiet-icon-button";
import { changeConversation, deleteConversation } from "./actions";
import type { Conversation } from "./model";

const MAX_TITLE = 200;

interface AskProps {
  conversation: Conversation;
  onClose: () => void;
}

function Rename({ conversation, onClose }: AskProps) {
  const { t } = useTranslation("chat");
  const queries = useQueryClient();
  const [title, setTitle] = useState(conversation.title);
  const save = () => {
    const next = title.trim();
    if (next && next !== conversation.title) {
      void changeConversation(queries, conversation.id, { title: next });
    }
    onClose();
  };
  return (
    <Dialog
      open
      size="sm"
      title={t("rename.title")}
      onOpenChange={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("edit.cancel")}</Button>
          <Button variant="primary" disabled={!title.trim()} onClick={save}>
            {t("rename.save")}
          </Button>
        </>
      }
    >
      <Field label={t("rename.label")}>
        {(control) => (
          <Input
            {...control}
            value={title}
            maxLength={MAX_TITLE}
            onChange={(event) => setTitle(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && !event.nativeEvent.isComposing) save();
            }}
          />
        )}
      </Field>
    </Dialog>
  );
}

function Delete({ conversation, onClose, onGone }: AskProps & { onGone: () => void }) {
  const { t } = useTranslation("chat");
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  return (
    <Dialog
      open
      size="sm"
      title={t("delete.title")}
      description={t("delete.body", { title: conversation.title || t("untitled") })}
      onOpenChange={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("edit.cancel")}</Button>
          <Button
            variant="danger"
            loading={busy}
            onClick={async () => {
              setBusy(true);
              const gone = await deleteConversation(queries, conversation.id);
              onClose();
              if (gone) onGone();
            }}
          >
            {t("delete.action")}
          </Button>
        </>
      }
    />
  );
}

export interface ConversationMenuProps {
  conversation: Conversation;
  size?: "sm" | "md";
  onGone: () => void;
}

/** Rename, archive, delete. */
export function ConversationMenu({ conversation, size = "md", onGone }: ConversationMenuProps) {
  const { t } = useTranslation("chat");
  const queries = useQueryClient();
  const [asks, setAsks] = useState<"rename" | "delete" | null>(null);
  const { id, archived } = conversation;
  const close = () => setAsks(null);
  return (
    <>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <QuietIconButton
            icon={Ellipsis}
            size={size}
            label={t("menu", { title: conversation.title || t("untitled") })}
          />
        </DropdownMenuTrigger>
        <DropdownMenuContent align="end">
          <DropdownMenuItem icon={Pencil} onSelect={() => setAsks("rename")}>
            {t("rename.action")}
          </DropdownMenuItem>
          <DropdownMenuItem
            icon={archived ? ArchiveRestore : Archive}
            onSelect={() => {
              void changeConversation(queries, id, { archived: !archived });
              if (!archived) onGone();
            }}
          >
            {archived ? t("unarchive") : t("archive")}
          </DropdownMenuItem>
          <DropdownMenuSeparator />
          <DropdownMenuItem icon={Trash2} tone="danger" onSelect={() => setAsks("delete")}>
            {t("delete.action")}
          </DropdownMenuItem>
        </DropdownMenuContent>
      </DropdownMenu>
      {asks === "rename" && <Rename conversation={conversation} onClose={close} />}
      {asks === "delete" && <Delete conversation={conversation} onClose={close} onGone={onGone} />}
    </>
  );
}
