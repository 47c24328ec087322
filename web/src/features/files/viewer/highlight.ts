import type { DocumentPage } from "../model";

/** A part of the page's text, counted in characters. */
export interface Stretch {
  start: number;
  end: number;
}

/** A rectangle on a page, in percent of its width and height. */
export interface Mark {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The lines that hold some of the stretch, as places on the page. */
export function marksOf(page: DocumentPage, { start, end }: Stretch): Mark[] {
  const { width, height, spans } = page;
  if (width <= 0 || height <= 0) return [];
  return spans
    .filter((span) => span.start < end && start < span.end)
    .map(({ box: [left, top, right, bottom] }) => ({
      left: (left / width) * 100,
      top: (top / height) * 100,
      width: ((right - left) / width) * 100,
      height: ((bottom - top) / height) * 100,
    }));
}

/**
 * The text before, in and after a stretch. The server counts code points and JavaScript halves of
 * them, which differ behind the first emoji.
 */
export function parted(text: string, { start, end }: Stretch): [string, string, string] {
  const points = [...text];
  const join = (from: number, to?: number) => points.slice(from, to).join("");
  return [join(0, start), join(start, end), join(end)];
}
