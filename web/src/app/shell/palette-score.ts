import { defaultFilter } from "cmdk";

/** Below it only scattered letters are alike: the library would still call it a match. */
const LEAST = 0.01;

/** How well a query fits a command, by its words only: its id would match what nobody sees. */
export function score(_id: string, query: string, words: string[] = []): number {
  const found = defaultFilter(words.join(" "), query);
  return found < LEAST ? 0 : found;
}
