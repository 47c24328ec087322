import { render, screen } from "@testing-library/react";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Markdown } from "@/markdown/markdown";
import { MarkContext, markOf } from "@/markdown/marks";
import { citedSources, markedParts, passagePath } from "./citations";
import type { Citation, Message, Source } from "./model";

const cite = (number: number, at: number, until: number, supported: boolean | null = true) =>
  ({ number, at, until, supported }) as Citation;

const text = (words: string) => ({ type: "text" as const, text: words });

function parts(message: Pick<Message, "parts" | "citations">): string[] {
  return markedParts(message).map((one) => one.replaceAll(/\[\ue000(\d+)\ue001\]/gu, "<$1>"));
}

describe("marks in the place of citations", () => {
  it("stand where the server counted, past characters of two halves", () => {
    const citations = [cite(1, 4, 7), cite(2, 7, 10)];
    expect(parts({ parts: [text("🙂 a [1][2].")], citations })).toEqual(["🙂 a <0><1>."]);
  });

  it("are two in one place for two numbers in one bracket", () => {
    const citations = [cite(1, 2, 8), cite(2, 2, 8)];
    expect(parts({ parts: [text("a [1, 2].")], citations })).toEqual(["a <0><1>."]);
  });

  it("are counted through all parts, and tools have none", () => {
    const tool = { type: "tool" as const, call_id: "c" };
    const citations = [cite(1, 2, 5), cite(2, 8, 11)];
    const message = { parts: [text("a [1]."), tool, text("b [2]")], citations };
    expect(parts(message)).toEqual(["a <0>.", "", "b <1>"]);
  });

  it("can't be forged by a text", () => {
    const forged = `a ${markOf(0)} [1]`;
    const citations = [cite(1, 8, 11)];
    expect(parts({ parts: [text(forged)], citations })).toEqual(["a [\ufffd0\ufffd] <0>"]);
  });

  it("change nothing else of any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.nat(20), fc.nat(20), (words, from, length) => {
        const characters = [...words];
        const at = Math.min(from, characters.length);
        const until = Math.min(at + length + 1, characters.length);
        if (at === until || /[\ue000\ue001]/u.test(words)) return;
        const [marked] = parts({ parts: [text(words)], citations: [cite(1, at, until)] });
        const rest = characters.slice(0, at).join("") + "<0>" + characters.slice(until).join("");
        expect(marked).toBe(rest);
      }),
    );
  });
});

describe("marks on screen", () => {
  const show = (words: string) =>
    render(
      <MarkContext value={(index) => <button type="button">mark {index}</button>}>
        <Markdown text={words} />
      </MarkContext>,
    );

  it("are shown in bold, lists and tables, and not in links", () => {
    const view = show(
      `**Yes.**${markOf(0)} *so ${markOf(1)}*\n\n- ${markOf(2)}\n\n| a |\n|---|\n| ${markOf(3)} |\n\n[here ${markOf(4)}](https://example.com)`,
    );
    expect(screen.getAllByRole("button").map((one) => one.textContent)).toEqual([
      "mark 0",
      "mark 1",
      "mark 2",
      "mark 3",
    ]);
    expect(view.container.querySelector("strong")?.textContent).toBe("Yes.");
    expect(view.container.textContent).not.toMatch(/[\ue000\ue001[\]]/u);
  });
});

describe("the sources of an answer", () => {
  const source = (number: number) => ({ number, file_id: "f", version: 2 }) as Source;

  it("are those that are cited, each with the worst that was found", () => {
    const citations = [cite(2, 0, 1), cite(2, 2, 3, false), cite(3, 4, 5, null)];
    const cited = citedSources({ sources: [source(1), source(2), source(3)], citations });
    expect(cited.map(({ source: { number }, verdict }) => [number, verdict])).toEqual([
      [2, "unsupported"],
      [3, "unchecked"],
    ]);
  });

  it("open at the passage", () => {
    const place = { file_id: "f", version: 2, page: 3, start: 10, end: 20 };
    expect(passagePath(place)).toBe("/files/f?version=2&page=3&start=10&end=20");
    expect(passagePath({ ...place, page: null, start: null, end: null })).toBe(
      "/files/f?version=2",
    );
  });
});
