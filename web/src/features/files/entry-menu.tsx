import {
  Download,
  Ellipsis,
  FilePlus2,
  FolderInput,
  FolderOpen,
  Link as LinkIcon,
  Lock,
  Pencil,
  RotateCcw,
  Trash2,
  Users,
} from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useRole } from "@/lib/session/role";
import { useUser } from "@/lib/session/session";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/ui/dropdown-menu";
import { QuietIconButton } from "@/ui/quiet-icon-button";
import { useFileActions } from "./actions";
import { type Entry, isReadable, nameOf, type StoredFile } from "./model";
import { sendVersion } from "./uploads/use-upload";

function FileItems({ file, onVersion }: { file: StoredFile; onVersion: () => void }) {
  const { t } = useTranslation("files");
  const actions = useFileActions();
  const mine = useUser().id === file.owner_id;
  const shared = file.visibility === "workspace";
  const changes = useRole() !== "viewer";
  return (
    <>
      <DropdownMenuItem
        icon={Download}
        disabled={!isReadable(file)}
        onSelect={() => actions.download(file)}
      >
        {t("action.download")}
      </DropdownMenuItem>
      {changes && (
        <DropdownMenuItem
          icon={LinkIcon}
          disabled={!isReadable(file)}
          onSelect={() => actions.ask({ kind: "link", file })}
        >
          {t("action.link")}
        </DropdownMenuItem>
      )}
      {changes && (
        <DropdownMenuItem icon={FilePlus2} onSelect={onVersion}>
          {t("action.version")}
        </DropdownMenuItem>
      )}
      {mine && file.folder_id === null && (
        <DropdownMenuItem
          icon={shared ? Lock : Users}
          onSelect={() => actions.show(file, shared ? "private" : "workspace")}
        >
          {t(shared ? "action.unshare" : "action.share")}
        </DropdownMenuItem>
      )}
    </>
  );
}

function ChangeItems({ entry }: { entry: Entry }) {
  const { t } = useTranslation("files");
  const actions = useFileActions();
  return (
    <>
      <DropdownMenuSeparator />
      <DropdownMenuItem
        icon={Pencil}
        keys="F2"
        onSelect={() => actions.ask({ kind: "rename", entry })}
      >
        {t("action.rename")}
      </DropdownMenuItem>
      <DropdownMenuItem
        icon={FolderInput}
        keys="m"
        onSelect={() => actions.ask({ kind: "move", entries: [entry] })}
      >
        {t("action.move")}
      </DropdownMenuItem>
      <DropdownMenuItem
        icon={Trash2}
        tone="danger"
        keys="delete"
        onSelect={() => void actions.trash([entry])}
      >
        {t("action.delete")}
      </DropdownMenuItem>
    </>
  );
}

/** Everything that can be done with a folder or a file. */
export function EntryMenu({ entry, className }: { entry: Entry; className?: string }) {
  const { t } = useTranslation("files");
  const actions = useFileActions();
  const picker = useRef<HTMLInputElement>(null);
  const changes = useRole() !== "viewer";
  const trashed = (entry.kind === "folder" ? entry.folder : entry.file).trashed_at !== null;
  return (
    <>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <QuietIconButton
            icon={Ellipsis}
            size="sm"
            label={t("row.menuOf", { name: nameOf(entry) })}
            {...(className ? { className } : {})}
          />
        </DropdownMenuTrigger>
        <DropdownMenuContent align="end">
          {trashed ? (
            <>
              <DropdownMenuItem icon={RotateCcw} onSelect={() => void actions.restore([entry])}>
                {t("action.restore")}
              </DropdownMenuItem>
              <DropdownMenuItem
                icon={Trash2}
                tone="danger"
                onSelect={() => actions.ask({ kind: "purge", entries: [entry] })}
              >
                {t("action.purge")}
              </DropdownMenuItem>
            </>
          ) : (
            <>
              <DropdownMenuItem icon={FolderOpen} onSelect={() => actions.open(entry)}>
                {t("action.open")}
              </DropdownMenuItem>
              {entry.kind === "file" && (
                <FileItems file={entry.file} onVersion={() => picker.current?.click()} />
              )}
              {changes && <ChangeItems entry={entry} />}
            </>
          )}
        </DropdownMenuContent>
      </DropdownMenu>
      {entry.kind === "file" && (
        <input
          ref={picker}
          type="file"
          hidden
          aria-hidden
          tabIndex={-1}
          onChange={({ currentTarget }) => {
            const [chosen] = currentTarget.files ?? [];
            if (chosen) sendVersion(chosen, entry.file.id);
            currentTarget.value = "";
          }}
        />
      )}
    </>
  );
}
