import { clsx } from "clsx";
import { Checkbox as Radix } from "radix-ui";
import type { ComponentProps } from "react";

export type CheckboxProps = ComponentProps<typeof Radix.Root>;

/** A square check box. Name it by a `<label>` around it or by `aria-label`. */
export function Checkbox({ className, ...rest }: CheckboxProps) {
  return (
    <Radix.Root
      className={clsx(
        "group relative grid size-4 shrink-0 place-items-center rounded-xs border border-control bg-raised transition-colors duration-100 after:absolute after:-inset-2 hover:border-accent disabled:opacity-50 data-[state=checked]:border-accent data-[state=checked]:bg-accent data-[state=indeterminate]:border-accent data-[state=indeterminate]:bg-accent",
        className,
      )}
      {...rest}
    >
      <Radix.Indicator className="text-on-accent">
        <svg aria-hidden width="12" height="12" viewBox="0 0 12 12" fill="none">
          <path
            d={"M2.75 6.25 5 8.5l4.25-5"}
            stroke="currentColor"
            strokeWidth="1.75"
            strokeLinecap="round"
            strokeLinejoin="round"
            className="group-data-[state=indeterminate]:hidden"
          />
          <path
            d="M3 6h6"
            stroke="currentColor"
            strokeWidth="1.75"
            strokeLinecap="round"
            className="hidden group-data-[state=indeterminate]:block"
          />
        </svg>
      </Radix.Indicator>
    </Radix.Root>
  );
}
