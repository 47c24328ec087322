import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";
import { useDebounced } from "@/lib/use-debounced";

type Answer = components["schemas"]["SearchAnswer"];
type Facet = Answer["facets"][number];
type Hit = Facet["hits"][number];

/** Projects are commands of the palette already. */
export const KINDS = ["task", "event", "conversation", "file", "passage"] as const;
export type Kind = (typeof KINDS)[number];

export interface Finding {
  id: string;
  kind: Kind;
  title: string;
  /** Words around what was found; empty when the title says it. */
  snippet: string;
  /** What is no longer to be done, or archived. */
  closed: boolean;
  /** Where it opens. */
  href: string;
}

/** How much of a kind was found, for the row of facets. */
export interface Found {
  kind: Kind;
  count: number;
  hasMore: boolean;
  failed: boolean;
}

const LEAST = 2;
const LONGEST = 200;
const SHOWN = 5;
const OF_ONE = 20;
const SETTLE_MS = 150;

function hrefOf(kind: Kind, { id, spot }: Hit): string {
  if (kind === "task") return `/task/${id}`;
  if (kind === "event") return `/calendar?event=${id}`;
  if (kind === "conversation") return `/chat/${id}`;
  if (!spot) return `/files/${id}`;
  const { number, page, start, end } = spot;
  return `/files/${id}?version=${number}&page=${page}&start=${start}&end=${end}`;
}

/** The hits of one kind; a conversation once, whatever many messages of it hold the words. */
export function ofKind(kind: Kind, hits: readonly Hit[]): Finding[] {
  const found = new Map<string, Finding>();
  for (const hit of hits) {
    if (found.has(hit.id)) continue;
    found.set(hit.id, {
      id: hit.id,
      kind,
      title: hit.title,
      snippet: hit.snippet,
      closed: kind === "task" && hit.is_closed,
      href: hrefOf(kind, hit),
    });
  }
  return [...found.values()];
}

const isShown = (kind: Facet["kind"]): kind is Kind => KINDS.some((each) => each === kind);

/** The findings of all pages, kind by kind. */
export function findingsOf(pages: readonly Answer[]): Finding[] {
  const facets = pages.flatMap((page) => page.facets);
  return KINDS.flatMap((kind) =>
    ofKind(
      kind,
      facets.filter((facet) => facet.kind === kind).flatMap((facet) => facet.hits),
    ),
  );
}

/** What the facets say, from an answer about all kinds. */
export function foundOf(answer: Answer): Found[] {
  return answer.facets.flatMap(({ kind, hits, next_cursor, state }) =>
    isShown(kind) && state !== "not_allowed"
      ? [
          {
            kind,
            count: ofKind(kind, hits).length,
            hasMore: next_cursor !== null,
            failed: state === "unavailable",
          },
        ]
      : [],
  );
}

export interface Search {
  /** Whether the words are long enough to be looked for. */
  active: boolean;
  busy: boolean;
  failed: boolean;
  findings: Finding[];
  found: Found[];
  /** Asks for more of the chosen kind; null when there is no more. */
  more: (() => void) | null;
}

function useAsked(words: string, kind: Kind | null, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: ["palette", words, kind],
    queryFn: ({ signal, pageParam }) =>
      bodyOf(
        client.GET("/api/v1/search", {
          params: {
            query: {
              q: words,
              kind: kind ? [kind] : [...KINDS],
              limit: kind ? OF_ONE : SHOWN,
              ...(pageParam && { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (last) => (kind ? (last.facets[0]?.next_cursor ?? null) : null),
    enabled,
    placeholderData: keepPreviousData,
  });
}

/** What holds the words, a moment after the last key: of all kinds, or of the one chosen. */
export function usePaletteSearch(query: string, kind: Kind | null): Search {
  const typed = query.trim().slice(0, LONGEST);
  const words = useDebounced(typed, SETTLE_MS);
  const active = typed.length >= LEAST;
  const enabled = active && words.length >= LEAST;
  const all = useAsked(words, null, enabled);
  const one = useAsked(words, kind, enabled && kind !== null);
  const shown = kind ? one : all;
  const pages = active ? (shown.data?.pages ?? []) : [];
  const first = active ? all.data?.pages[0] : undefined;
  return {
    active,
    busy: active && (typed !== words || shown.isFetching),
    failed: enabled && shown.isError,
    // What the last kind had is not what this one has.
    findings: findingsOf(pages).filter((each) => kind === null || each.kind === kind),
    found: first ? foundOf(first) : [],
    more: kind && shown.hasNextPage ? () => void shown.fetchNextPage() : null,
  };
}
