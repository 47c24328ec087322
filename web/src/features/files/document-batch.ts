import type { Document } from "./model";

const MOST = 100;
const GATHER_MS = 15;

interface Waiting {
  take: (document: Document | null) => void;
  fail: (error: unknown) => void;
}

/**
 * Asks for the readings of all rows that are drawn in one moment by one call. A file that was not
 * read is null.
 */
export function createBatch(
  ask: (ids: string[]) => Promise<{ items: Document[] }>,
): (id: string) => Promise<Document | null> {
  let waiting = new Map<string, Waiting[]>();
  let timer: ReturnType<typeof setTimeout> | null = null;

  async function send(batch: Map<string, Waiting[]>): Promise<void> {
    try {
      const { items } = await ask([...batch.keys()]);
      const found = new Map(items.map((document) => [document.file_id, document]));
      for (const [id, all] of batch) for (const each of all) each.take(found.get(id) ?? null);
    } catch (error) {
      for (const all of batch.values()) for (const each of all) each.fail(error);
    }
  }

  function flush(): void {
    if (timer) clearTimeout(timer);
    timer = null;
    const batch = waiting;
    waiting = new Map();
    void send(batch);
  }

  return (id) =>
    new Promise((take, fail) => {
      waiting.set(id, [...(waiting.get(id) ?? []), { take, fail }]);
      if (waiting.size >= MOST) flush();
      else timer ??= setTimeout(flush, GATHER_MS);
    });
}
