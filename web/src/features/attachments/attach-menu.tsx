import { Search, Upload } from "lucide-react";
import { useId, useRef, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Input } from "@/ui/input";
import { AttachmentList, type ListKeys } from "./attachment-list";
import type { Attachment, AttachmentKind } from "./model";

export interface AttachMenuProps {
  kinds: readonly AttachmentKind[];
  onPick: (picked: Attachment) => void;
  onFiles: (files: readonly File[]) => void;
}

/** What to attach: something that is there already, or a file from this device. */
export function AttachMenu({ kinds, onPick, onFiles }: AttachMenuProps) {
  const { t } = useTranslation("chat");
  const [query, setQuery] = useState("");
  const [active, setActive] = useState<string>();
  const list = useId();
  const keys = useRef<ListKeys>(null);
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <div className="flex flex-col gap-1.5">
      <Input
        autoFocus
        icon={Search}
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={active}
        aria-label={t("attach.search")}
        placeholder={t("attach.search")}
        value={query}
        maxLength={100}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={(event) => void (event.key !== "Tab" && keys.current?.press(event))}
      />
      <AttachmentList
        id={list}
        query={query}
        kinds={kinds}
        onPick={onPick}
        onActive={setActive}
        keysRef={keys}
      />
      <input
        ref={chooser}
        type="file"
        multiple
        hidden
        aria-label={t("attach.upload")}
        onChange={(event) => {
          const chosen = [...(event.target.files ?? [])];
          event.target.value = "";
          if (chosen.length > 0) onFiles(chosen);
        }}
      />
      <Button size="sm" variant="ghost" icon={Upload} onClick={() => chooser.current?.click()}>
        {t("attach.upload")}
      </Button>
    </div>
  );
}
