import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef, useState } from "react";

interface PageListProps {
  label: string;
  count: number;
  /** The page to be shown; a new `wish` shows it again. */
  page: number;
  wish: string;
  /** The height of a page that was not drawn yet, in pixels at this width. */
  estimate: (width: number) => number;
  render: (page: number) => ReactNode;
  /** Told of the page that is looked at. */
  onPage: (page: number) => void;
}

const GAP_PX = 16;
const NARROW_PX = 640;

/** Pages below each other; only those near the window are there. */
export function PageList({ label, count, page, wish, estimate, render, onPage }: PageListProps) {
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  // oxlint-disable-next-line react/incompatible-library -- what it returns is used here only
  const rows = useVirtualizer({
    count,
    getScrollElement: () => scroller,
    estimateSize: () => estimate(Math.min(900, (scroller?.clientWidth ?? NARROW_PX) - 32)),
    overscan: 1,
    gap: GAP_PX,
    paddingStart: GAP_PX,
    paddingEnd: GAP_PX,
    scrollPaddingStart: GAP_PX,
  });
  const done = useRef("");
  useEffect(() => {
    if (!scroller || page > count || done.current === wish) return;
    done.current = wish;
    rows.scrollToIndex(page - 1, { align: "start" });
  }, [scroller, rows, page, count, wish]);
  const items = rows.getVirtualItems();
  const middle = (rows.scrollOffset ?? 0) + (scroller?.clientHeight ?? 0) / 3;
  const seen = items.findLast(({ start }) => start <= middle)?.index ?? 0;
  useEffect(() => {
    onPage(seen + 1);
  }, [onPage, seen]);
  return (
    <div
      ref={setScroller}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroller must take the keyboard
      tabIndex={0}
      role="region"
      aria-label={label}
      className="h-full overflow-y-auto overscroll-contain bg-sunken px-4 focus-visible:-outline-offset-2"
    >
      <div className="relative mx-auto max-w-[900px]" style={{ height: rows.getTotalSize() }}>
        {items.map(({ index, key, start }) => (
          <div
            key={key}
            ref={rows.measureElement}
            data-index={index}
            className="absolute inset-x-0 top-0"
            style={{ transform: `translateY(${start}px)` }}
          >
            {render(index + 1)}
          </div>
        ))}
      </div>
    </div>
  );
}
