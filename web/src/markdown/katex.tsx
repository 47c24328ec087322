import "katex/dist/katex.min.css";
import katex from "katex";
import { type ReactNode, useLayoutEffect, useRef, useState } from "react";
import type { FormulaProps } from "./formula";

/** Typesets one formula into an element of its own. `trust: false`: no links, no HTML, no images. */
export function Katex({ source, display, fallback }: FormulaProps & { fallback: ReactNode }) {
  const ref = useRef<HTMLSpanElement>(null);
  const [broken, setBroken] = useState<string | null>(null);
  useLayoutEffect(() => {
    if (!ref.current) return;
    try {
      katex.render(source, ref.current, {
        displayMode: display,
        throwOnError: true,
        trust: false,
        strict: "ignore",
        maxExpand: 200,
        maxSize: 20,
      });
    } catch {
      // Not a formula after all: its source is the best there is to show.
      // oxlint-disable-next-line react/set-state-in-effect -- only typesetting tells
      setBroken(source);
    }
  }, [source, display]);
  if (broken === source) return fallback;
  return <span ref={ref} className={display ? "md-math" : undefined} />;
}
