import { CircleAlert, CircleCheck } from "lucide-react";
import { Toaster as Sonner } from "sonner";
import { useTheme } from "@/lib/theme";

export function Toaster({ label }: { label: string }) {
  const dark = useTheme((state) => state.dark);
  return (
    <Sonner
      theme={dark ? "dark" : "light"}
      position="bottom-right"
      offset={16}
      mobileOffset={{ bottom: 72, left: 12, right: 12 }}
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
