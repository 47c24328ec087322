import type { RefObject } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Popover, PopoverAnchor, PopoverContent } from "@/ui/popover";
import { ConversationList, type ConversationListProps } from "./conversation-list";

interface ConversationHistoryProps extends ConversationListProps {
  open: boolean;
  onClose: () => void;
  /** The button that opens it. */
  opener: RefObject<HTMLButtonElement | null>;
}

/** Earlier conversations, over the page below the button that opens them. */
export function ConversationHistory({ open, onClose, opener, ...list }: ConversationHistoryProps) {
  const { t } = useTranslation("chat");
  return (
    <Popover open={open} onOpenChange={(next) => !next && onClose()}>
      <PopoverAnchor virtualRef={opener} />
      <PopoverContent
        label={t("list.label")}
        align="end"
        className="h-[min(480px,70vh)] w-80 overflow-hidden !p-0"
        onInteractOutside={(event) => {
          // The button closes it by itself; twice would open it again.
          if (event.target instanceof Node && opener.current?.contains(event.target)) {
            event.preventDefault();
          }
        }}
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          if (document.activeElement === document.body) opener.current?.focus();
        }}
      >
        <ConversationList {...list} />
      </PopoverContent>
    </Popover>
  );
}
