import { Camera, FolderPlus, FolderUp, NotebookPen, Plus, Upload } from "lucide-react";
import { type RefObject, useRef, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { TOUCH, useMedia } from "@/lib/media";
import { useShortcut } from "@/lib/shortcuts";
import { Button } from "@/ui/button";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from "@/ui/dropdown-menu";
import { NoteDialog, type NoteDraft, noteFile } from "./note-dialog";
import { ofPicker, type Picked } from "./uploads/picking";

interface PickerProps {
  picker: RefObject<HTMLInputElement | null>;
  label: string;
  onPicked: (picked: Picked[]) => void;
  /** Chooses a whole folder. */
  folder?: boolean;
  /** Opens the camera of a phone. */
  camera?: boolean;
}

/** The system's own dialog; nothing of it is seen. */
export function Picker({ picker, label, onPicked, folder = false, camera = false }: PickerProps) {
  return (
    <input
      ref={picker}
      type="file"
      multiple={!camera}
      aria-label={label}
      tabIndex={-1}
      hidden
      {...(folder ? { webkitdirectory: "" } : {})}
      {...(camera ? { accept: "image/*", capture: "environment" as const } : {})}
      onChange={({ currentTarget }) => {
        onPicked(ofPicker(currentTarget.files ?? []));
        currentTarget.value = "";
      }}
    />
  );
}

const BLANK: NoteDraft = { name: "", text: "" };

interface NewMenuProps {
  onPicked: (picked: Picked[]) => void;
  onNewFolder: () => void;
}

/** Everything that brings something new into a folder. */
export function NewMenu({ onPicked, onNewFolder }: NewMenuProps) {
  const { t } = useTranslation("files");
  const touch = useMedia(TOUCH);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const section = t("section");
  const [writes, setWrites] = useState(false);
  // A dialog that is closed by mistake has lost nothing.
  const [draft, setDraft] = useState(BLANK);
  const pick = () => files.current?.click();
  const save = () => {
    onPicked(ofPicker([noteFile(draft)]));
    setDraft(BLANK);
    setWrites(false);
  };
  useShortcut({ keys: "u", label: t("keys.upload"), section, run: pick });
  useShortcut({ keys: "shift+n", label: t("keys.newFolder"), section, run: onNewFolder });
  return (
    <>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button variant="primary" icon={Plus}>
            {t("new")}
          </Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent align="end">
          <DropdownMenuItem icon={Upload} keys="u" onSelect={pick}>
            {t("upload")}
          </DropdownMenuItem>
          {touch ? (
            <DropdownMenuItem icon={Camera} onSelect={() => camera.current?.click()}>
              {t("camera")}
            </DropdownMenuItem>
          ) : (
            <DropdownMenuItem icon={FolderUp} onSelect={() => folder.current?.click()}>
              {t("uploadFolder")}
            </DropdownMenuItem>
          )}
          <DropdownMenuItem icon={NotebookPen} onSelect={() => setWrites(true)}>
            {t("note.new")}
          </DropdownMenuItem>
          <DropdownMenuItem icon={FolderPlus} keys="shift+n" onSelect={onNewFolder}>
            {t("newFolder")}
          </DropdownMenuItem>
        </DropdownMenuContent>
      </DropdownMenu>
      {writes && (
        <NoteDialog
          title={t("note.new")}
          draft={draft}
          onChange={setDraft}
          onSave={save}
          onClose={() => setWrites(false)}
        />
      )}
      <Picker picker={files} label={t("upload")} onPicked={onPicked} />
      <Picker picker={folder} label={t("uploadFolder")} onPicked={onPicked} folder />
      <Picker picker={camera} label={t("camera")} onPicked={onPicked} camera />
    </>
  );
}
