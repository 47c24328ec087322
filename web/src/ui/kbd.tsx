import { clsx } from "clsx";
import { keyLabels } from "@/lib/keys";

/** Key caps of a shortcut in the notation of `lib/shortcuts`: `"g t"`, `"mod+k"`. */
export function Kbd({
  keys,
  tone = "plain",
  className,
}: {
  keys: string;
  tone?: "plain" | "inverse";
  className?: string;
}) {
  const cap = clsx(
    "inline-flex h-[18px] min-w-[18px] items-center justify-center rounded-xs px-1 font-sans text-xs leading-none font-medium",
    tone === "plain" ? "border border-line bg-hover text-muted" : "bg-current/15",
  );
  const steps = keyLabels(keys);
  return (
    <span className={clsx("inline-flex items-center gap-0.5", className)}>
      {steps.map((step) => (
        <span key={step.join("+")} className="inline-flex gap-0.5 not-first:ml-0.5">
          {step.map((label) => (
            <kbd key={label} className={cap}>
              <span className={tone === "inverse" ? "text-on-tip" : undefined}>{label}</span>
            </kbd>
          ))}
        </span>
      ))}
    </span>
  );
}
