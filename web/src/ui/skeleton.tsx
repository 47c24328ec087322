import { clsx } from "clsx";

/** A grey block where text will stand. Give it width and height by classes. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <span aria-hidden className={clsx("block animate-shimmer rounded-xs bg-active", className)} />
  );
}

const WIDTHS = ["62%", "44%", "71%", "53%", "38%", "66%", "49%"];

/** Rows of a list that loads. */
export function SkeletonRows({ rows = 6 }: { rows?: number }) {
  return (
    <div aria-hidden className="flex flex-col">
      {WIDTHS.slice(0, rows).map((width) => (
        <div key={width} className="flex h-(--row) items-center gap-3 px-2">
          <Skeleton className="size-4 rounded-full" />
          <span className="min-w-0 flex-1">
            <span className="block" style={{ width }}>
              <Skeleton className="h-2.5 w-full" />
            </span>
          </span>
        </div>
      ))}
    </div>
  );
}
