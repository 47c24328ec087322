import { createContext, type ReactNode, useContext } from "react";

/**
 * Marks are places in a text where whoever shows it puts something of its own, such as a citation.
 * They are brackets around a number between two characters that no text has: to Markdown they are
 * punctuation, as the brackets were that they stand for.
 */
const OPEN = "\ue000";
const CLOSE = "\ue001";
const MARK = new RegExp(`\\[?${OPEN}(\\d+)${CLOSE}\\]?`, "u");

export const markOf = (index: number): string => `[${OPEN}${index}${CLOSE}]`;

/** A text that can't be taken for one with marks. */
export const withoutMarks = (text: string): string => text.replaceAll(/[\ue000\ue001]/gu, "\ufffd");

/** Shows the mark of a number; without it there is nothing to see. */
export const MarkContext = createContext<((index: number) => ReactNode) | null>(null);

function Mark({ index }: { index: number }) {
  return useContext(MarkContext)?.(index) ?? null;
}

/** A run of text with its marks shown. */
export function renderMarks(text: string): ReactNode {
  if (!text.includes(OPEN)) return text;
  const pieces = text.split(MARK);
  // Every second piece is the number of a mark.
  // oxlint-disable-next-line react/no-array-index-key -- the pieces of one text keep their places
  return pieces.map((piece, i) => (i % 2 === 1 ? <Mark key={i} index={Number(piece)} /> : piece));
}
