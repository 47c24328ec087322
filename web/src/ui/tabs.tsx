import { clsx } from "clsx";
import { Tabs as Radix } from "radix-ui";
import type { ComponentProps } from "react";

export const Tabs = Radix.Root;
export const TabPanel = Radix.Content;

export function TabList({ className, ...rest }: ComponentProps<typeof Radix.List>) {
  return (
    <Radix.List
      className={clsx("flex gap-4 overflow-x-auto border-b px-px", className)}
      {...rest}
    />
  );
}

export function Tab({ className, ...rest }: ComponentProps<typeof Radix.Trigger>) {
  return (
    <Radix.Trigger
      className={clsx(
        "-mb-px h-9 select-none whitespace-nowrap border-b-2 border-transparent px-0.5 font-medium text-muted text-sm transition-colors duration-100 hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink touch:h-11",
        className,
      )}
      {...rest}
    />
  );
}
