import { clsx } from "clsx";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { scrimClass } from "./dialog";
import { useFocusReturn } from "./use-focus-return";

export interface SheetProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Names the sheet; `hideTitle` when the content shows its own heading. */
  title: string;
  /** From the right on wide screens; on a phone every sheet rises from the bottom. */
  side?: "right" | "bottom";
  width?: number;
  /** Without a scrim the page behind stays usable, as beside a task. */
  modal?: boolean;
  children: ReactNode;
}

/** The sheet itself takes the keyboard: no button is armed, and no tooltip pops up. */
function focusContent(event: Event): void {
  event.preventDefault();
  (event.currentTarget as HTMLElement).focus();
}

/** A drawer for one thing beside the page, such as a task. Bring your own header. */
export function Sheet({
  open,
  onOpenChange,
  title,
  side = "right",
  width = 520,
  modal = true,
  children,
}: SheetProps) {
  const right = side === "right";
  const focus = useFocusReturn(focusContent);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange} modal={modal}>
      <Radix.Portal>
        {modal && <Radix.Overlay className={scrimClass} />}
        <Radix.Content
          aria-describedby={undefined}
          style={{ "--sheet-width": `${width}px` } as React.CSSProperties}
          {...focus}
          onInteractOutside={(event) => {
            if (!modal) event.preventDefault();
          }}
          className={clsx(
            "fixed inset-x-0 bottom-0 z-40 flex max-h-[92dvh] flex-col rounded-t-lg bg-raised pb-[env(safe-area-inset-bottom)] shadow-modal outline-none data-[state=closed]:animate-slide-up-out data-[state=open]:animate-slide-up-in",
            right &&
              "md:inset-y-2 md:right-2 md:left-auto md:max-h-none md:w-[min(var(--sheet-width),calc(100vw-16px))] md:rounded-lg md:pb-0 md:data-[state=closed]:animate-slide-right-out md:data-[state=open]:animate-slide-right-in",
          )}
        >
          <Radix.Title className="sr-only">{title}</Radix.Title>
          <span
            aria-hidden
            className="mx-auto mt-2 h-1 w-9 shrink-0 rounded-full bg-active md:hidden"
          />
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** A close button or anything else that closes the sheet. */
export const SheetClose = Radix.Close;
