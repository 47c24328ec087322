import { MessageCircle, RefreshCw, Square, SquarePen, ToggleLeft } from "lucide-react";
import { type RefObject, useEffect, useEffectEvent } from "react";
import { addCommands, type Command } from "@/lib/commands";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useShortcut } from "@/lib/shortcuts";
import { toggleMode } from "./state";

export interface ChatActions {
  field: RefObject<HTMLTextAreaElement | null>;
  onNew: () => void;
  /** Stops the answer that is being written; null when there is none. */
  onStop: (() => void) | null;
  onRegenerate: (() => void) | null;
}

/** One command with its key: in the palette, in the `?` sheet, and wherever the focus is. */
function useChatCommand(command: Omit<Command, "section"> & { keys: string }, off = false): void {
  const section = useTranslation("chat").t("title");
  const { id, title, keys, icon } = command;
  const run = useEffectEvent(() => command.run());
  useShortcut(off ? null : { keys, label: title, section, run: command.run, everywhere: true });
  useEffect(() => {
    if (off) return;
    return addCommands([{ id, title, keys, section, run: () => run(), ...(icon && { icon }) }]);
  }, [id, title, keys, icon, section, off]);
}

/** The commands and shortcuts of the conversation on screen. */
export function useChatCommands({ field, onNew, onStop, onRegenerate }: ChatActions): void {
  const { t } = useTranslation("chat");
  useChatCommand({
    id: "chat.new",
    title: t("new"),
    icon: SquarePen,
    keys: "mod+shift+o",
    run: onNew,
  });
  useChatCommand({
    id: "chat.focus",
    title: t("commands.focus"),
    icon: MessageCircle,
    keys: "mod+j",
    run: () => field.current?.focus(),
  });
  useChatCommand({
    id: "chat.mode",
    title: t("commands.mode"),
    icon: ToggleLeft,
    keys: "mod+e",
    run: toggleMode,
  });
  useChatCommand(
    {
      id: "chat.stop",
      title: t("commands.stop"),
      icon: Square,
      keys: "escape",
      run: () => onStop?.(),
    },
    onStop === null,
  );
  useChatCommand(
    {
      id: "chat.again",
      title: t("commands.regenerate"),
      icon: RefreshCw,
      keys: "mod+shift+e",
      run: () => onRegenerate?.(),
    },
    onRegenerate === null,
  );
}
