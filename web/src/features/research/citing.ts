import { markOf, withoutMarks } from "@/markdown/marks";
import type { Claim, Report } from "./model";

/** One number in a report: which source, and the claim that it stands for, where that is known. */
export interface Cited {
  number: number;
  claim: Claim | null;
}

// A number in brackets, which a backslash would make plain text; an entity; a letter or a digit.
const PIECES = /(?<!\\)\[(\d{1,3}(?:[ \t]*[,;][ \t]*\d{1,3})*)\]|&\w+;|[\p{L}\p{N}]/gu;
const LETTERS = /[\p{L}\p{N}]/gu;

const lettersOf = (text: string): string => (text.match(LETTERS) ?? []).join("");

interface Span {
  from: number;
  to: number;
  claim: Claim;
}

/** Where each claim stands in the letters of a text; claims come in its order. */
function spansOf(letters: string, claims: readonly Claim[]): Span[] {
  const spans: Span[] = [];
  let done = 0;
  for (const claim of claims) {
    const words = lettersOf(claim.text);
    const from = words ? letters.indexOf(words, done) : -1;
    if (from < 0) continue;
    done = from + words.length;
    spans.push({ from, to: done, claim });
  }
  return spans;
}

/** The body with a mark in the place of each citation, and what each mark stands for. */
export function markBody({ body, claims }: Pick<Report, "body" | "claims">): {
  text: string;
  cited: Cited[];
} {
  const plain = withoutMarks(body);
  let letters = "";
  const found: { at: number; until: number; behind: number; numbers: number[] }[] = [];
  for (const piece of plain.matchAll(PIECES)) {
    const [whole, numbers] = piece;
    if (numbers !== undefined) {
      const [at, until] = [piece.index, piece.index + whole.length];
      const every = numbers.split(/[,;]/).map(Number);
      found.push({ at, until, behind: letters.length, numbers: every });
    } else if (!whole.startsWith("&")) letters += whole;
  }
  const spans = spansOf(letters, claims);
  const claimAt = (behind: number, number: number): Claim | null => {
    const cites = ({ sources }: Claim) => sources.some((one) => one.number === number);
    const here = spans.find(({ from, to, claim }) => from < behind && behind <= to && cites(claim));
    return here?.claim ?? claims.find(cites) ?? null;
  };
  const cited: Cited[] = [];
  const pieces: string[] = [];
  let done = 0;
  for (const { at, until, behind, numbers } of found) {
    pieces.push(plain.slice(done, at));
    for (const number of numbers) {
      pieces.push(markOf(cited.length));
      cited.push({ number, claim: claimAt(behind, number) });
    }
    done = until;
  }
  return { text: [...pieces, plain.slice(done)].join(""), cited };
}

const WHOLE = 12;
const BEGINS = 6;
const ENDS = 4;

// A dash ends a part of such an address, so it is written as `%2D`.
const part = (words: readonly string[]): string =>
  encodeURIComponent(words.join(" ")).replaceAll("-", "%2D");

/** The address of a page that shows a passage of it: browsers scroll there and mark it. */
export function passageOf(url: string, quote: string): string {
  const words = quote.replaceAll("…", " ").split(/\s+/).filter(Boolean);
  if (words.length === 0) return url;
  const text =
    words.length <= WHOLE
      ? part(words)
      : `${part(words.slice(0, BEGINS))},${part(words.slice(-ENDS))}`;
  return `${url}${url.includes("#") ? "" : "#"}:~:text=${text}`;
}
