import { clsx } from "clsx";
import { Switch as Radix } from "radix-ui";
import type { ComponentProps } from "react";

export function Switch({ className, ...rest }: ComponentProps<typeof Radix.Root>) {
  return (
    <Radix.Root
      className={clsx(
        "relative h-5 w-8 shrink-0 rounded-full bg-control transition-colors duration-150 after:absolute after:-inset-2 disabled:opacity-50 data-[state=checked]:bg-accent",
        className,
      )}
      {...rest}
    >
      <Radix.Thumb className="block size-4 translate-x-0.5 rounded-full bg-white shadow-button transition-transform duration-150 ease-out data-[state=checked]:translate-x-3.5" />
    </Radix.Root>
  );
}
