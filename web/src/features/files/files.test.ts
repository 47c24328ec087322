import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it, vi } from "vitest";
import { loadStrings, translator } from "@/lib/i18n/i18n";
import { readViewer } from "@/routes/files";
import { toEach } from "./actions";
import { type DocumentNews, keys, takeNews, withNews } from "./cache";
import { createBatch } from "./document-batch";
import { placesFor } from "./folder-tree";
import type { Document, DocumentPage, Entry, Folder, Passage, StoredFile } from "./model";
import { isDrawn } from "./model";
import { addressOf } from "./passages";
import { readingPart, readingWords } from "./reading";
import { arranged, rangeOf, stepOf } from "./selection";
import { bytes } from "./sizes";
import { focusOf, snippetOf } from "./snippet";
import { tightest } from "./space-bar";
import { marksOf, parted } from "./viewer/highlight";
import { pagesOf } from "./viewer/pages";

const document = (fields: Partial<Document> = {}): Document => ({
  file_id: "f1",
  number: 1,
  state: "indexed",
  stage: "done",
  is_searchable: true,
  pages_done: 3,
  pages_total: 3,
  chunks_done: 4,
  chunks_total: 4,
  code: null,
  detail: null,
  notices: [],
  title: "",
  model_id: "m",
  created_at: "2026-11-28T09:00:00Z",
  indexed_at: null,
  ...fields,
});

const folder = (id: string, name = id, parent_id: string | null = null): Folder => ({
  id,
  name,
  parent_id,
  owner_id: "me",
  visibility: "private",
  revision: 1,
  created_at: "2026-11-28T09:00:00Z",
  updated_at: "2026-11-28T09:00:00Z",
  trashed_at: null,
});

const ofFolder = (id: string, name = id): Entry => ({ kind: "folder", folder: folder(id, name) });

const ofFile = (id: string, name = id): Entry => ({
  kind: "file",
  file: { id, name } as StoredFile,
});

describe("the order and the keys of a list", () => {
  const entries = [ofFile("1", "b10"), ofFolder("2", "z"), ofFile("3", "B9"), ofFolder("4", "a")];
  const ids = (all: Entry[]) =>
    all.map((each) => (each.kind === "file" ? each.file.id : each.folder.id));

  it("sorts by name as people count, folders first", () => {
    expect(ids(arranged(entries, "name", "asc"))).toEqual(["4", "2", "3", "1"]);
    expect(ids(arranged(entries, "name", "desc"))).toEqual(["2", "4", "1", "3"]);
  });

  it("leaves files as the server sorted them", () => {
    expect(ids(arranged(entries, "size", "desc"))).toEqual(["4", "2", "1", "3"]);
  });

  it.each([
    ["ArrowDown", -1, 1, 0],
    ["ArrowDown", 0, 1, 1],
    ["ArrowDown", 9, 1, 9],
    ["ArrowUp", 0, 1, 0],
    ["ArrowDown", 1, 4, 5],
    ["ArrowDown", 7, 4, 7],
    ["ArrowUp", 2, 4, 2],
    ["ArrowRight", 3, 4, 4],
    ["ArrowLeft", 0, 4, 0],
    ["ArrowRight", 3, 1, undefined],
    ["Home", 7, 1, 0],
    ["End", 2, 4, 9],
    ["q", 2, 4, undefined],
  ])("%s from %i of 10 in %i columns leads to %s", (key, at, columns, to) => {
    expect(stepOf(key, at, 10, columns)).toBe(to);
  });

  it("selects from one entry to another, either way round", () => {
    expect(rangeOf(entries, "1", "3")).toEqual(["1", "2", "3"]);
    expect(rangeOf(entries, "4", "3")).toEqual(["3", "4"]);
    expect(rangeOf(entries, "gone", "3")).toEqual(["3"]);
    expect(rangeOf(entries, "1", "gone")).toEqual([]);
  });
});

describe("places to move to", () => {
  const folders = [
    folder("b", "Beta"),
    folder("a", "Alpha"),
    folder("a1", "Inner", "a"),
    folder("a2", "Deep", "a1"),
  ];

  it("are a tree by name", () => {
    const lines = placesFor(folders, [], "", "Files").map(({ name, depth }) => [name, depth]);
    expect(lines).toEqual([
      ["Files", 0],
      ["Alpha", 1],
      ["Inner", 2],
      ["Deep", 3],
      ["Beta", 1],
    ]);
  });

  it("leave out the moved folder with all that is in it", () => {
    const names = placesFor(folders, [ofFolder("a")], "", "Files").map(({ name }) => name);
    expect(names).toEqual(["Files", "Beta"]);
  });

  it("are found by words", () => {
    expect(placesFor(folders, [], " EE", "Files")).toEqual([{ id: "a2", name: "Deep", depth: 0 }]);
  });
});

describe("doing it to each", () => {
  it("does all that can be done, and says why the rest can't", async () => {
    const entries = Array.from({ length: 9 }, (_, i) => ofFile(String(i)));
    const { done, failed, why } = await toEach(entries, (entry) =>
      entry.kind === "file" && Number(entry.file.id) % 4 === 1
        ? Promise.reject(new TypeError("gone"))
        : Promise.resolve(),
    );
    expect([done.length, failed]).toEqual([7, 2]);
    expect(why).not.toBe("");
  });
});

describe("asking for many readings at once", () => {
  it("makes one call of a moment, and answers each", async () => {
    const ask = vi.fn<Parameters<typeof createBatch>[0]>((ids) =>
      Promise.resolve({
        items: ids.filter((id) => id !== "none").map((id) => document({ file_id: id })),
      }),
    );
    const read = createBatch(ask);
    const all = await Promise.all([read("a"), read("none"), read("b"), read("a")]);
    expect(all.map((each) => each?.file_id ?? null)).toEqual(["a", null, "b", "a"]);
    expect(ask.mock.calls).toEqual([[["a", "none", "b"]]]);
  });

  it("asks for no more than the server takes, and fails those that it failed", async () => {
    const sizes: number[] = [];
    const read = createBatch((ids) => {
      sizes.push(ids.length);
      return ids.includes("100") ? Promise.reject(new Error("no")) : Promise.resolve({ items: [] });
    });
    const all = await Promise.allSettled(Array.from({ length: 101 }, (_, i) => read(String(i))));
    expect(sizes).toEqual([100, 1]);
    expect(all.filter(({ status }) => status === "rejected")).toHaveLength(1);
  });
});

describe("news of a reading", () => {
  const news = (fields: Partial<DocumentNews> = {}): DocumentNews => ({
    file_id: "f1",
    number: 1,
    state: "extracting",
    stage: "pages",
    pages_done: 2,
    pages_total: 9,
    chunks_done: 0,
    chunks_total: 0,
    ...fields,
  });

  it("moves what is known on", () => {
    const known = document({ state: "failed", detail: "old", pages_done: 1 });
    expect(withNews(known, news())).toMatchObject({
      state: "extracting",
      pages_done: 2,
      detail: null,
      is_searchable: true,
    });
  });

  it("keeps what is newer than the news", () => {
    const known = document({ number: 2 });
    expect(withNews(known, news())).toBe(known);
  });

  it("asks the server where the news tell too little", () => {
    expect(withNews(null, news())).toBeNull();
    expect(withNews(document(), news({ state: "indexed" }))).toBeNull();
    expect(withNews(document(), news({ number: 2 }))).toBeNull();
  });

  it("reaches what is cached, and nothing else", () => {
    const queries = new QueryClient();
    queries.setQueryData(keys.document("f1"), document({ state: "queued" }));
    takeNews(queries, news());
    takeNews(queries, news({ file_id: "f2" }));
    expect(queries.getQueryData<Document>(keys.document("f1"))?.state).toBe("extracting");
    expect(queries.getQueryData(keys.document("f2"))).toBeUndefined();
  });
});

describe("words for a reading", async () => {
  await loadStrings("files");
  const t = translator("files");

  it.each([
    [{ state: "queued" }, "Waiting to be read", 0],
    [{ state: "extracting", pages_done: 2, pages_total: 12 }, "Reading page 3 of 12", 1 / 12],
    [{ state: "extracting", pages_done: 0, pages_total: 0 }, "Reading", 0],
    [{ state: "extracting", pages_done: 12, pages_total: 12 }, "Reading", 0.5],
    [{ state: "embedding", chunks_done: 1, chunks_total: 4 }, "Indexing, 25 %", 0.625],
    [{ state: "indexed" }, "Searchable", 0],
    [{ state: "skipped", detail: "Not this kind." }, "Not searchable", 0],
    [{ state: "failed", detail: "It is damaged." }, "Couldn’t be read", 0],
  ] as [Partial<Document>, string, number][])("%o", (fields, words, part) => {
    const said = readingWords(document(fields), t);
    expect(said.text).toBe(words);
    expect(said.detail).toBe(fields.detail ?? null);
    expect(readingPart(document(fields))).toBeCloseTo(part);
  });
});

describe("a snippet", () => {
  const text = `${"Much is said of other things here. ".repeat(20)}The tenant gives three months notice in writing. ${"And more. ".repeat(40)}`;

  it("shows where the most telling words stand together", () => {
    const pieces = snippetOf(text, "how many months of notice does the tenant give");
    const marked = pieces.filter((piece) => piece.marked).map((piece) => piece.text);
    expect(marked).toEqual(expect.arrayContaining(["tenant", "months", "notice"]));
    expect(pieces[0]?.text).toBe("…");
    expect(pieces.map((piece) => piece.text).join("").length).toBeLessThan(240);
  });

  it("marks from the start of words on, and signs are only signs", () => {
    const marked = snippetOf("part, art and a (star)", "art (star) [")
      .filter((piece) => piece.marked)
      .map((piece) => piece.text);
    expect(marked).toEqual(["star"]);
    expect(snippetOf("part and art", "art").find((piece) => piece.marked)?.text).toBe("art");
  });

  it("begins at the beginning where no word is found", () => {
    expect(focusOf(text, "zebra")).toBe(0);
    expect(snippetOf("Short.", "?")).toEqual([{ text: "Short.", marked: false }]);
    expect(snippetOf("", "word")).toEqual([]);
  });
});

describe("the address of a passage", () => {
  const passage = (text: string, places: Passage["places"]): Passage => ({
    file_id: "f1",
    name: "n",
    number: 4,
    text,
    start: 0,
    end: text.length,
    places,
    score: 1,
    is_whole: true,
    has_hidden_text: false,
  });
  const place = (page: number, length: number) => ({ page, start: 0, end: length, boxes: [] });

  it("is the page that has the words", () => {
    const pages = ["Tenancy agreement.", "Three months of warning.", "Dogs are welcome."];
    const found = passage(
      pages.join(" "),
      pages.map((text, i) => place(i + 1, text.length)),
    );
    expect(addressOf(found, "how many months")).toEqual({ version: 4, page: 2, start: 0, end: 24 });
    expect(addressOf(found, "dogs")).toMatchObject({ page: 3 });
    expect(addressOf(found, "zebra")).toMatchObject({ page: 1 });
  });

  it("names the version where no place is known", () => {
    expect(addressOf(passage("x", []), "x")).toEqual({ version: 4 });
  });

  it("is read back from a link, and nonsense is left out", () => {
    const address = { version: 4, page: 2, start: 0, end: 24 };
    expect(readViewer(address)).toEqual(address);
    expect(readViewer({ version: 0, page: 1.5, start: 9, end: 3 })).toEqual({});
    expect(readViewer({ page: 1e12, start: 5, more: true })).toEqual({});
  });
});

describe("marks on a page", () => {
  const page = {
    width: 200,
    height: 400,
    spans: [
      { start: 0, end: 10, box: [20, 40, 120, 60] },
      { start: 11, end: 20, box: [20, 60, 100, 80] },
      { start: 21, end: 30, box: [20, 80, 100, 100] },
    ],
  } as unknown as DocumentPage;

  it("are the lines that hold some of the passage, in percent", () => {
    expect(marksOf(page, { start: 12, end: 22 })).toEqual([
      { left: 10, top: 15, width: 40, height: 5 },
      { left: 10, top: 20, width: 40, height: 5 },
    ]);
    expect(marksOf(page, { start: 10, end: 11 })).toEqual([]);
  });

  it("are none on what has no size", () => {
    expect(marksOf({ ...page, width: 0 }, { start: 0, end: 30 })).toEqual([]);
  });

  it("count characters as the server does", () => {
    expect(parted("a🎉b🎉c", { start: 2, end: 4 })).toEqual(["a🎉", "b🎉", "c"]);
    expect(parted("short", { start: 3, end: 900 })).toEqual(["sho", "rt", ""]);
  });
});

describe("figures", () => {
  it.each([
    [0, "0 bytes"],
    [999, "999 bytes"],
    [1_500, "1.5 kB"],
    [48_213, "48 kB"],
    [5_368_709_120, "5.4 GB"],
  ])("%i", (size, words) => {
    expect(bytes(size)).toBe(words);
  });

  it("show the space that ends first", () => {
    const person = { used: 5, reserved: 0, limit: 10 };
    const workspace = { used: 8, reserved: 1, limit: 10 };
    const all = { person, workspace, max_file_bytes: 1 };
    expect(tightest(all)).toBe(workspace);
    expect(tightest({ ...all, workspace: { ...workspace, limit: null } })).toBe(person);
  });

  it("count the pages of the version that was read only", () => {
    expect(pagesOf(document(), 1)).toBe(3);
    expect(pagesOf(document(), 2)).toBeNull();
    expect(pagesOf(null, 1)).toBeNull();
  });

  it("know what can be drawn", () => {
    expect(["application/pdf", "image/tiff"].map(isDrawn)).toEqual([true, true]);
    expect(["image/svg+xml", "text/plain"].map(isDrawn)).toEqual([false, false]);
  });
});
