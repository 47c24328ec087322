import { markOf, withoutMarks } from "@/markdown/marks";
import type { Citation, Message, Source } from "./model";

/** The server counts characters, a string counts halves of some: 🙂 is one there and two here. */
function insertMarks(text: string, begin: number, citations: readonly Citation[]): string {
  const characters = [...withoutMarks(text)];
  const end = begin + characters.length;
  const pieces: string[] = [];
  let done = begin;
  for (const [index, { at, until }] of citations.entries()) {
    if (at < begin || until > end) continue;
    if (at >= done) {
      pieces.push(characters.slice(done - begin, at - begin).join(""));
      done = until;
    }
    // `[1, 2]` are two citations in one place.
    pieces.push(markOf(index));
  }
  return [...pieces, characters.slice(done - begin).join("")].join("");
}

/** The text of each text part, with a mark in the place of each citation; by its index. */
export function markedParts({ parts, citations }: Pick<Message, "parts" | "citations">): string[] {
  let begin = 0;
  return parts.map((part) => {
    if (part.type !== "text") return "";
    const from = begin;
    begin += [...part.text].length;
    return citations.length > 0 ? insertMarks(part.text, from, citations) : part.text;
  });
}

/** Where a file is shown at a passage. */
export function passagePath(of: {
  file_id: string;
  version: number;
  page: number | null;
  start: number | null;
  end: number | null;
}): string {
  const place = new URLSearchParams({ version: String(of.version) });
  for (const name of ["page", "start", "end"] as const) {
    const value = of[name];
    if (value !== null) place.set(name, String(value));
  }
  return `/files/${of.file_id}?${place}`;
}

export type Verdict = "supported" | "unsupported" | "unchecked";

export const verdictOf = ({ supported }: Pick<Citation, "supported">): Verdict =>
  supported === true ? "supported" : supported === false ? "unsupported" : "unchecked";

export interface CitedSource {
  source: Source;
  citations: readonly Citation[];
  /** The worst of its citations. */
  verdict: Verdict;
}

/** The sources that an answer cites, by number. */
export function citedSources(message: Pick<Message, "sources" | "citations">): CitedSource[] {
  return message.sources.flatMap((source) => {
    const citations = message.citations.filter(({ number }) => number === source.number);
    if (citations.length === 0) return [];
    const verdicts = new Set(citations.map(verdictOf));
    const verdict = (["unsupported", "unchecked"] as const).find((one) => verdicts.has(one));
    return [{ source, citations, verdict: verdict ?? "supported" }];
  });
}
