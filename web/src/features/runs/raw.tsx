import { clsx } from "clsx";

/** Text as it is, such as the arguments of a call; long ones scroll, by keyboard too. */
export function Raw({ className, children }: { className?: string; children: string }) {
  return (
    <pre
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
      tabIndex={0}
      className={clsx(
        "overflow-auto whitespace-pre-wrap break-words rounded-sm bg-sunken px-2.5 py-2 font-mono text-xs",
        className,
      )}
    >
      {children}
    </pre>
  );
}
