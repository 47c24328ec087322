export interface Named {
  value: string;
  label: string;
  /** Told below the name and searched, too: names may be equal. */
  hint?: string;
}

const MOST = 100;

const plain = (text: string) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase();

/** What has all the words in its name or hint, at most so many as one looks through. */
export function matching(
  options: readonly Named[],
  query: string,
): { shown: readonly Named[]; more: number } {
  const words = plain(query).split(/\s+/).filter(Boolean);
  const found = options.filter(({ label, hint = "" }) => {
    const said = plain(`${label} ${hint}`);
    return words.every((word) => said.includes(word));
  });
  return { shown: found.slice(0, MOST), more: Math.max(0, found.length - MOST) };
}
