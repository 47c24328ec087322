/** A piece of a passage for one or two lines, around the words that were asked for. */
export interface Piece {
  text: string;
  marked: boolean;
}

const LENGTH = 220;
const BEFORE = 60;
const TELLING = 4;
const LEAST = 2;

/** The words of a question that may tell something: the short ones are in every text. */
function tellingOf(question: string): string[] {
  const words = question.toLocaleLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const telling = words.filter((word) => word.length >= TELLING || /\p{N}/u.test(word));
  return telling.length > 0 ? telling : words.filter((word) => word.length >= LEAST);
}

/** Only from the start of a word on: "art" is not marked within "part". */
function patternOf(question: string): RegExp | null {
  const words = tellingOf(question);
  return words.length > 0 ? new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join("|")})`, "giu") : null;
}

/** Where a line or two of the text hold the most of the words; the beginning where none does. */
export function focusOf(text: string, question: string): number {
  const pattern = patternOf(question);
  const hits = pattern ? [...text.matchAll(pattern)] : [];
  let best = 0;
  let most = 0;
  for (const [i, hit] of hits.entries()) {
    const near = hits.slice(i).filter(({ index }) => index < hit.index + LENGTH - BEFORE);
    const different = new Set(near.map(([word]) => word.toLocaleLowerCase())).size;
    if (different > most) {
      most = different;
      best = hit.index;
    }
  }
  return best;
}

export function snippetOf(passage: string, question: string): Piece[] {
  const text = passage.replace(/\s+/g, " ").trim();
  const focus = focusOf(text, question);
  let from = Math.max(0, focus - BEFORE);
  // Not in the middle of a word.
  if (from > 0) from = text.indexOf(" ", from) + 1 || from;
  const shown = text.slice(from, from + LENGTH);
  const pattern = patternOf(question);
  const pieces: Piece[] = from > 0 ? [{ text: "…", marked: false }] : [];
  let at = 0;
  for (const match of pattern ? shown.matchAll(pattern) : []) {
    if (match.index > at) pieces.push({ text: shown.slice(at, match.index), marked: false });
    pieces.push({ text: match[0], marked: true });
    at = match.index + match[0].length;
  }
  const rest = shown.slice(at) + (from + LENGTH < text.length ? "…" : "");
  return rest ? [...pieces, { text: rest, marked: false }] : pieces;
}
