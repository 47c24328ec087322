/** One name after the other, as they are typed or pasted: by lines or commas, each once. */
export function joinNames(known: readonly string[], typed: string): string[] {
  const names = typed
    .split(/[,\n]/)
    .map((name) => name.trim())
    .filter((name) => name !== "");
  return [...new Set([...known, ...names])];
}

/** The list with one name moved up (-1) or down (1); at its end it stays as it is. */
export function moveName(names: readonly string[], at: number, by: -1 | 1): string[] {
  const to = at + by;
  const moved = [...names];
  const name = moved[at];
  const other = moved[to];
  if (name === undefined || other === undefined) return moved;
  moved[at] = other;
  moved[to] = name;
  return moved;
}
