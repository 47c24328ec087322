import { clsx } from "clsx";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { QuietIconButton } from "./quiet-icon-button";
import { useFocusReturn } from "./use-focus-return";

export const scrimClass =
  "fixed inset-0 z-40 bg-scrim data-[state=closed]:animate-fade-out data-[state=open]:animate-fade-in";

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  /** Buttons at the bottom right; the main one last. */
  footer?: ReactNode;
  size?: "sm" | "md" | "lg";
  /** Keeps the title for screen readers only. */
  hideTitle?: boolean;
  children?: ReactNode;
}

/** The first field takes the keyboard; without one the dialog itself, so that no button is armed. */
function focusFirst(event: Event): void {
  event.preventDefault();
  const content = event.currentTarget as HTMLElement;
  const field = content.querySelector<HTMLElement>("input:not([type=hidden]), textarea");
  (field ?? content).focus();
}

const SIZES = { sm: "max-w-[400px]", md: "max-w-[520px]", lg: "max-w-[720px]" };

export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  footer,
  size = "md",
  hideTitle = false,
  children,
}: DialogProps) {
  const { t } = useTranslation();
  const focus = useFocusReturn(focusFirst);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={scrimClass} />
        <div className="pointer-events-none fixed inset-0 z-40 grid grid-rows-[minmax(0,1fr)] place-items-end p-2 pb-[max(8px,env(safe-area-inset-bottom))] max-sm:in-[body:has([data-sonner-toast])]:pt-20 sm:items-start sm:justify-items-center sm:px-4 sm:py-[12vh]">
          <Radix.Content
            {...focus}
            {...(description ? {} : { "aria-describedby": undefined })}
            className={clsx(
              "pointer-events-auto flex max-h-full w-full flex-col rounded-lg bg-raised shadow-modal outline-none data-[state=closed]:animate-pop-out data-[state=open]:animate-pop-in",
              SIZES[size],
            )}
          >
            <header
              className={clsx(
                "flex items-start justify-between gap-4 px-5 pt-4",
                hideTitle && "sr-only",
              )}
            >
              <div className="min-w-0 pt-0.5">
                <Radix.Title className="font-semibold text-lg tracking-[-0.01em]">
                  {title}
                </Radix.Title>
                {description && (
                  <Radix.Description className="mt-1 text-pretty text-muted text-sm">
                    {description}
                  </Radix.Description>
                )}
              </div>
              <Radix.Close asChild>
                <QuietIconButton icon={X} label={t("close")} className="-mr-2 touch:-my-2" />
              </Radix.Close>
            </header>
            {children && (
              <div className="min-h-0 overflow-y-auto px-5 py-4 last:pb-5">{children}</div>
            )}
            {footer && (
              <footer
                className={clsx(
                  "flex flex-wrap justify-end gap-2 px-5 pb-4",
                  children ? "pt-1" : "pt-5",
                )}
              >
                {footer}
              </footer>
            )}
          </Radix.Content>
        </div>
      </Radix.Portal>
    </Radix.Root>
  );
}
