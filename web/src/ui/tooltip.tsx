import { Tooltip as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { Kbd } from "./kbd";

export const TooltipProvider = Radix.Provider;

export interface TooltipProps {
  /** The text. Name the trigger itself by `aria-label`: a tooltip is an extra. */
  content: ReactNode;
  /** A shortcut shown beside the text, such as `"mod+k"`. */
  keys?: string | undefined;
  side?: "top" | "right" | "bottom" | "left";
  children: ReactNode;
}

export function Tooltip({ content, keys, side = "bottom", children }: TooltipProps) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 flex max-w-72 animate-fade-in select-none items-center gap-2 rounded-sm bg-tip px-2 py-1 text-on-tip text-xs shadow-pop"
        >
          {content}
          {keys && <Kbd keys={keys} tone="inverse" />}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
