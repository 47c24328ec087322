/** A piece of a passage for one or two lines, around the first word that was asked for. */
export interface Piece {
  text: string;
  marked: boolean;
}

const LENGTH = 220;
const BEFORE = 60;
const LEAST_WORD = 2;

function pattern(words: string): RegExp | null {
  const each = words.match(/[\p{L}\p{N}]+/gu)?.filter((word) => word.length >= LEAST_WORD) ?? [];
  if (each.length === 0) return null;
  // Only from the start of a word on: "art" is not marked within "part".
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${each.join("|")})`, "giu");
}

export function snippetOf(passage: string, words: string): Piece[] {
  const text = passage.replace(/\s+/g, " ").trim();
  const sought = pattern(words);
  const first = sought ? text.search(sought) : -1;
  let from = first > BEFORE ? first - BEFORE : 0;
  // Not in the middle of a word.
  if (from > 0) from = text.indexOf(" ", from) + 1 || from;
  const shown = text.slice(from, from + LENGTH);
  const pieces: Piece[] = from > 0 ? [{ text: "…", marked: false }] : [];
  let at = 0;
  for (const match of sought ? shown.matchAll(sought) : []) {
    if (match.index > at) pieces.push({ text: shown.slice(at, match.index), marked: false });
    pieces.push({ text: match[0], marked: true });
    at = match.index + match[0].length;
  }
  pieces.push({ text: shown.slice(at) + (from + LENGTH < text.length ? "…" : ""), marked: false });
  return pieces.filter((piece) => piece.text);
}
