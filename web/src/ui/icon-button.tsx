import { clsx } from "clsx";
import type { LucideIcon } from "lucide-react";
import type { ComponentProps } from "react";
import { Tooltip } from "./tooltip";

export interface IconButtonProps extends Omit<ComponentProps<"button">, "children"> {
  icon: LucideIcon;
  /** Names the button and fills its tooltip. */
  label: string;
  keys?: string;
  size?: "sm" | "md";
  variant?: "ghost" | "secondary" | "accent";
  side?: "top" | "right" | "bottom" | "left";
  /** Set for a trigger inside another popper (menu, popover), where a tooltip would be in the way. */
  quiet?: boolean;
}

const VARIANTS = {
  ghost: "text-muted hover:bg-hover hover:text-ink active:bg-active data-[state=open]:bg-active",
  secondary: "border border-strong bg-raised text-muted shadow-button hover:text-ink",
  accent: "bg-accent text-on-accent shadow-button hover:bg-accent-hover",
};

export function IconButton({
  icon: Icon,
  label,
  keys,
  size = "md",
  variant = "ghost",
  side,
  quiet = false,
  className,
  type = "button",
  ...rest
}: IconButtonProps) {
  const button = (
    <button
      type={type}
      aria-label={label}
      className={clsx(
        "inline-grid shrink-0 select-none place-items-center rounded-sm transition-colors duration-100 disabled:pointer-events-none disabled:opacity-50 touch:size-11",
        size === "sm" ? "size-6" : "size-8",
        VARIANTS[variant],
        className,
      )}
      {...rest}
    >
      <Icon aria-hidden size={size === "sm" ? 14 : 16} strokeWidth={1.85} />
    </button>
  );
  if (quiet) return button;
  return (
    <Tooltip content={label} keys={keys} {...(side ? { side } : {})}>
      {button}
    </Tooltip>
  );
}
