import { clsx } from "clsx";
import type { LucideIcon } from "lucide-react";
import type { ComponentProps } from "react";
import { Spinner } from "./spinner";

export type ButtonVariant = "primary" | "secondary" | "ghost" | "danger" | "danger-ghost";
export type ButtonSize = "sm" | "md" | "lg";

const VARIANTS: Record<ButtonVariant, string> = {
  primary:
    "bg-accent text-on-accent shadow-button hover:bg-accent-hover active:bg-accent-hover inset-shadow-[0_1px_0_oklch(1_0_0/0.14)]",
  secondary:
    "bg-raised text-ink border border-strong shadow-button hover:bg-linear-to-b hover:from-hover hover:to-hover active:from-active active:to-active",
  ghost: "text-muted hover:bg-hover hover:text-ink active:bg-active",
  danger: "bg-danger text-on-danger shadow-button hover:bg-danger-hover active:bg-danger-hover",
  "danger-ghost": "text-danger-ink hover:bg-danger-soft active:bg-danger-soft",
};

const SIZES: Record<ButtonSize, string> = {
  sm: "h-7 px-2.5 gap-1.5 text-sm rounded-sm touch:h-9",
  md: "h-8 px-3 gap-1.5 text-sm rounded-sm touch:h-11",
  lg: "h-10 px-4 gap-2 text-base rounded-md touch:h-12",
};

const SHARED =
  "relative inline-flex shrink-0 select-none items-center justify-center whitespace-nowrap font-medium transition-colors duration-100 disabled:pointer-events-none disabled:opacity-50 aria-disabled:opacity-50";

/** The look of a button for things that are not one, such as a link. */
export function buttonClass(variant: ButtonVariant = "secondary", size: ButtonSize = "md"): string {
  return clsx(SHARED, VARIANTS[variant], SIZES[size]);
}

export interface ButtonProps extends ComponentProps<"button"> {
  variant?: ButtonVariant;
  size?: ButtonSize;
  icon?: LucideIcon;
  /** Shows a spinner and refuses clicks; the label stays for screen readers and width. */
  loading?: boolean;
}

export function Button({
  variant = "secondary",
  size = "md",
  icon: Icon,
  loading = false,
  className,
  children,
  type = "button",
  disabled,
  ...rest
}: ButtonProps) {
  return (
    <button
      type={type}
      className={clsx(buttonClass(variant, size), className)}
      disabled={disabled || loading}
      aria-busy={loading || undefined}
      {...rest}
    >
      {loading && (
        <span className="absolute inset-0 grid place-items-center">
          <Spinner size={14} />
        </span>
      )}
      <span className={clsx("contents", loading && "*:opacity-0")}>
        {Icon && <Icon aria-hidden size={15} strokeWidth={2} className="-ml-0.5 shrink-0" />}
        <span className="contents">{loading ? <span>{children}</span> : children}</span>
      </span>
    </button>
  );
}
