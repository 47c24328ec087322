import { describe, expect, it } from "vitest";
import { intoFolders, ofDrop, ofPaste, ofPicker } from "./picking";
import { metadataOf } from "./tus";

const file = (name: string) => new File(["x"], name);

function within(name: string, path: string): File {
  return Object.defineProperty(file(name), "webkitRelativePath", { value: path });
}

/** An entry as a browser gives it for what is dropped; folders give a few at a time. */
function entry(name: string, children?: object[]): object {
  if (!children) return { isFile: true, name, file: (take: (f: File) => void) => take(file(name)) };
  return {
    isFile: false,
    name,
    createReader: () => {
      const rest = [...children];
      return { readEntries: (take: (some: object[]) => void) => take(rest.splice(0, 2)) };
    },
  };
}

const dropped = (...entries: object[]) =>
  ({
    items: entries.map((each) => ({ kind: "file", webkitGetAsEntry: () => each })),
    files: [],
  }) as unknown as DataTransfer;

const shape = (picked: { file: File; folders: readonly string[] }[]) =>
  picked.map(({ file: { name }, folders }) => [...folders, name].join("/"));

describe("what a person brings", () => {
  it("keeps the folders that a picker names", () => {
    const picked = ofPicker([within("a.txt", "Trip/2026/a.txt"), file("b.txt")]);
    expect(shape(picked)).toEqual(["Trip/2026/a.txt", "b.txt"]);
  });

  it("walks through dropped folders to their ends", async () => {
    const inner = entry("Inner", [entry("1"), entry("2"), entry("3"), entry("4"), entry("5")]);
    const picked = await ofDrop(dropped(entry("Top", [inner, entry("a")]), entry("b")));
    expect(shape(picked)).toEqual([
      ...["1", "2", "3", "4", "5"].map((n) => `Top/Inner/${n}`),
      "Top/a",
      "b",
    ]);
  });

  it("names a pasted picture, and keeps other names", () => {
    const transfer = { files: [file("image.png"), file("Notes.txt")] } as unknown as DataTransfer;
    expect(shape(ofPaste(transfer, (kind) => `Pasted.${kind}`))).toEqual([
      "Pasted.png",
      "Notes.txt",
    ]);
    expect(ofPaste(null, String)).toEqual([]);
  });

  it("makes each folder once, and puts the files into it", async () => {
    const made: [string, string | null][] = [];
    const groups = await intoFolders(
      ofPicker([
        within("1", "A/B/1"),
        within("2", "A/B/2"),
        within("3", "A/C/3"),
        // The same name at another place is another folder.
        within("4", "B/4"),
        file("5"),
      ]),
      "top",
      (name, parent) => {
        made.push([name, parent]);
        return Promise.resolve(`${parent}/${name}`);
      },
    );
    expect(made).toEqual([
      ["A", "top"],
      ["B", "top/A"],
      ["C", "top/A"],
      ["B", "top"],
    ]);
    expect(groups.map(({ folderId, files }) => [folderId, files.map(({ name }) => name)])).toEqual([
      ["top/A/B", ["1", "2"]],
      ["top/A/C", ["3"]],
      ["top/B", ["4"]],
      ["top", ["5"]],
    ]);
  });
});

describe("the metadata of an upload", () => {
  it("carries names of any script, and the place", () => {
    const pairs = metadataOf("Über 🎉.pdf", {
      folderId: "f1",
      visibility: "workspace",
      replaces: "x1",
    }).split(",");
    const read = pairs.map((pair) => {
      const [key, value = ""] = pair.split(" ");
      const bytes = Uint8Array.from(atob(value), (char) => char.codePointAt(0) ?? 0);
      return [key, new TextDecoder().decode(bytes)];
    });
    expect(read).toEqual([
      ["filename", "Über 🎉.pdf"],
      ["visibility", "workspace"],
      ["folder_id", "f1"],
      ["replaces", "x1"],
    ]);
  });
});
