import type { ReactNode } from "react";

interface CardTableProps {
  label: string;
  /** The widths of the columns where there is room, as a class that each row has, too. */
  wide: string;
  /** Heads of the columns, one for each cell of a row. */
  heads: Readonly<Record<string, ReactNode>>;
  /** The rows. */
  children: ReactNode;
}

/** A table where there is room, a card for each row where there is none. */
export function CardTable({ label, wide, heads, children }: CardTableProps) {
  return (
    <div className="@container">
      <div role="table" aria-label={label} className="text-sm">
        <div role="rowgroup" className="sr-only @xl:not-sr-only">
          <div role="row" className={`grid gap-x-3 pb-2 font-medium text-muted text-xs ${wide}`}>
            {Object.entries(heads).map(([name, head]) => (
              <span key={name} role="columnheader">
                {head}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup">{children}</div>
      </div>
    </div>
  );
}
