import { CircleAlert, CircleCheck } from "lucide-react";
import { Toaster as Sonner } from "sonner";
import { PHONE, useMedia } from "@/lib/media";
import { useTheme } from "@/lib/theme";
import { useDialogOpen } from "./is-dialog-open";

/**
 * News at the bottom; on a phone at the top while a dialog has its buttons at the bottom, and else at
 * the left while one is open, since sheets lie at the right.
 */
export function Toaster({ label }: { label: string }) {
  const dark = useTheme((state) => state.dark);
  const phone = useMedia(PHONE);
  const aside = phone ? "top-center" : "bottom-left";
  return (
    <Sonner
      theme={dark ? "dark" : "light"}
      position={useDialogOpen() ? aside : "bottom-right"}
      offset={16}
      mobileOffset={{ top: 12, bottom: 72, left: 12, right: 12 }}
      gap={8}
      visibleToasts={4}
      containerAriaLabel={label}
      icons={{
        success: <CircleCheck aria-hidden size={16} className="text-ok-ink" />,
        error: <CircleAlert aria-hidden size={16} className="text-danger-ink" />,
      }}
      toastOptions={{
        unstyled: true,
        classNames: {
          toast:
            "flex w-full items-start gap-2.5 rounded-md bg-raised px-3.5 py-3 text-ink text-sm shadow-pop sm:w-[356px]",
          icon: "mt-0.5 shrink-0",
          content: "min-w-0 flex-1",
          title: "font-medium",
          description: "mt-0.5 text-muted text-pretty",
          actionButton:
            "ml-2 h-7 shrink-0 self-center rounded-sm px-2.5 font-medium text-accent-ink hover:bg-accent-soft touch:h-9",
        },
      }}
    />
  );
}
