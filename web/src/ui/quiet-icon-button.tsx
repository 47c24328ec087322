import { clsx } from "clsx";
import type { LucideIcon } from "lucide-react";
import type { ComponentProps } from "react";

export interface QuietIconButtonProps extends Omit<ComponentProps<"button">, "children"> {
  icon: LucideIcon;
  /** Names the button. */
  label: string;
  size?: "sm" | "md";
  variant?: "ghost" | "secondary" | "accent";
}

const VARIANTS = {
  ghost: "text-muted hover:bg-hover hover:text-ink active:bg-active data-[state=open]:bg-active",
  secondary: "border border-strong bg-raised text-muted shadow-button hover:text-ink",
  accent: "bg-accent text-on-accent shadow-button hover:bg-accent-hover",
};

/**
 * An icon button without a tooltip: for triggers inside of other poppers, where one would be in the
 * way, and for pages before sign-in, which don't load the popper.
 */
export function QuietIconButton({
  icon: Icon,
  label,
  size = "md",
  variant = "ghost",
  className,
  type = "button",
  ...rest
}: QuietIconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      className={clsx(
        "inline-grid shrink-0 select-none place-items-center rounded-sm transition-colors duration-100 touch:size-11 disabled:pointer-events-none disabled:opacity-50",
        size === "sm" ? "size-6" : "size-8",
        VARIANTS[variant],
        className,
      )}
      {...rest}
    >
      <Icon aria-hidden size={size === "sm" ? 14 : 16} strokeWidth={1.85} />
    </button>
  );
}
