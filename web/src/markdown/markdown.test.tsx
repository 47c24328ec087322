import { act, render } from "@testing-library/react";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { Markdown, StreamingMarkdown } from "./markdown";
import { PIECES } from "./samples";
import { type FrameClock, MessageStream } from "./stream";

/** Frames that come when the test says so. */
class TestClock implements FrameClock {
  #now = 0;
  #next = 1;
  readonly #frames = new Map<number, () => void>();
  now = () => this.#now;
  request = (callback: () => void) => {
    this.#next += 1;
    this.#frames.set(this.#next, callback);
    return this.#next;
  };
  cancel = (id: number) => void this.#frames.delete(id);

  get waiting(): number {
    return this.#frames.size;
  }

  frame(ms = 40): void {
    this.#now += ms;
    const due = [...this.#frames.values()];
    this.#frames.clear();
    for (const callback of due) callback();
  }
}

// The typesetter loads lazily; here it must be there before any comparison.
beforeAll(async () => {
  await import("./katex");
});

async function once(text: string): Promise<string> {
  const view = render(<Markdown text={text} />);
  await act(async () => {});
  const html = view.container.innerHTML;
  view.unmount();
  return html;
}

async function streamed(chunks: string[], frameEvery: number): Promise<string> {
  const clock = new TestClock();
  const stream = new MessageStream(clock);
  const view = render(<StreamingMarkdown stream={stream} />);
  for (const [i, chunk] of chunks.entries()) {
    stream.append(chunk);
    if (i % frameEvery === 0) act(() => clock.frame());
  }
  await act(async () => stream.finish());
  const html = view.container.innerHTML;
  view.unmount();
  return html;
}

const document = fc
  .array(fc.tuple(fc.constantFrom(...PIECES), fc.constantFrom("\n\n", "\n", "\n\n\n", "")), {
    minLength: 1,
    maxLength: 10,
  })
  .map((parts) => parts.map(([text, after]) => text + after).join(""));

describe("StreamingMarkdown", () => {
  it("ends with the same DOM as the text shown at once, however it was cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        document,
        fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 4 }),
        async (text, sizes, frameEvery) => {
          const chunks: string[] = [];
          for (let at = 0, i = 0; at < text.length; i += 1) {
            const size = sizes[i % sizes.length] ?? 1;
            chunks.push(text.slice(at, at + size));
            at += size;
          }
          expect(await streamed(chunks, frameEvery)).toBe(await once(text));
        },
      ),
      { numRuns: 100 },
    );
  }, 60_000);

  it("shows half-written marks as what they will be", async () => {
    const clock = new TestClock();
    const stream = new MessageStream(clock);
    const view = render(<StreamingMarkdown stream={stream} />);
    stream.append("This is **bo");
    act(() => clock.frame());
    expect(view.container.querySelector("strong")?.textContent).toBe("bo");
    stream.append("ld** and [a li");
    act(() => clock.frame());
    expect(view.container.querySelector("p")?.textContent).toBe("This is bold and a li");
    expect(view.container.querySelector("a")).toBeNull();
  });

  it("keeps the DOM of frozen blocks", async () => {
    const clock = new TestClock();
    const stream = new MessageStream(clock);
    const view = render(<StreamingMarkdown stream={stream} />);
    stream.append("one\n\ntwo\n\nthree\n\n");
    act(() => clock.frame());
    const first = view.container.querySelector("p");
    for (let i = 0; i < 80; i += 1) {
      stream.append(`more ${i}\n\n`);
      act(() => clock.frame());
    }
    expect(view.container.querySelector("p")).toBe(first);
    expect(view.container.querySelectorAll("p")).toHaveLength(83);
  });

  it("keeps code plain while its fence is open", async () => {
    const clock = new TestClock();
    const stream = new MessageStream(clock);
    const view = render(<StreamingMarkdown stream={stream} />);
    stream.append("```mermaid\ngraph TD\n");
    act(() => clock.frame());
    expect(view.container.querySelector("pre")?.textContent).toBe("graph TD");
    expect(view.container.querySelector("figcaption")?.textContent).toContain("mermaid");
  });
});

describe("MessageStream", () => {
  it("flushes on frames, at most once in 32 ms, however many chunks come", () => {
    const clock = new TestClock();
    const stream = new MessageStream(clock);
    let flushes = 0;
    stream.subscribe(() => (flushes += 1));
    for (let i = 0; i < 1000; i += 1) stream.append("x");
    expect(flushes).toBe(0);
    expect(clock.waiting).toBe(1);
    clock.frame(16);
    stream.append("y");
    clock.frame(16);
    expect(flushes).toBe(1);
    clock.frame(16);
    expect(flushes).toBe(2);
    expect(clock.waiting).toBe(0);
  });

  it("keeps every character", () => {
    const stream = new MessageStream(new TestClock());
    stream.append("a");
    stream.append("b\r");
    stream.append("\nc");
    expect(stream.text).toBe("ab\r\nc");
  });

  it("takes the stored text where it differs, and nothing after the end", () => {
    const stream = new MessageStream(new TestClock());
    stream.append("half");
    stream.finish("the whole");
    stream.append("late");
    expect(stream.text).toBe("the whole");
    expect(stream.snapshot().live.map((b) => b.raw)).toEqual(["the whole"]);
    expect(stream.snapshot().done).toBe(true);
  });

  it("begins anew after a restart of the turn", () => {
    const clock = new TestClock();
    const stream = new MessageStream(clock);
    stream.append("old");
    clock.frame();
    stream.reset();
    stream.append("new");
    clock.frame();
    expect(stream.snapshot().live.map((b) => b.raw)).toEqual(["new"]);
  });
});

describe("Markdown", () => {
  it("never makes markup of raw HTML", async () => {
    const html = await once(
      '<img src=x onerror="alert(1)">\n\n<script>alert(1)</script>\n\n<iframe src="//x"></iframe> <b>x</b>',
    );
    const box = dom(html);
    expect(box.querySelectorAll("img, script, iframe, b")).toHaveLength(0);
    expect(box.textContent).toContain("<script>alert(1)</script>");
  });

  it.each([
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java&#x0a;script:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "file:///etc/passwd",
    "/api/v1/me",
    "//evil.example/x",
    "https://user:pass@evil.example",
    "blob:https://x/1",
  ])("makes no link of %s", async (href) => {
    const box = dom(await once(`[click](<${href}>)`));
    expect(box.querySelector("a")).toBeNull();
    expect(box.textContent).toContain("click");
  });

  it("shows where a link leads and lets it take nothing along", async () => {
    const box = dom(await once("[your bank](https://evil.example/login) and https://ok.example"));
    const [first, second] = [...box.querySelectorAll("a")];
    expect(first?.textContent).toBe("your bank (evil.example)");
    expect(first?.getAttribute("rel")).toBe("noopener noreferrer");
    expect(first?.getAttribute("target")).toBe("_blank");
    expect(second?.textContent).toBe("https://ok.example");
  });

  it("shows an image as a link and loads nothing", async () => {
    const box = dom(await once("![chart](https://evil.example/p.png?q=secret)"));
    expect(box.querySelector("img")).toBeNull();
    expect(box.querySelector("a")?.textContent).toBe("chart (evil.example)");
  });

  it("loads nothing for a reference image or an image inside a link", async () => {
    const box = dom(
      await once(
        "![a][p] [![b](https://x.example/b.png)](https://y.example)\n\n[p]: https://x.example/a.png",
      ),
    );
    expect(box.querySelector("img, a a")).toBeNull();
    expect(box.querySelectorAll("a")).toHaveLength(2);
  });

  it("takes money for money and formulas for formulas", async () => {
    expect(dom(await once("It costs $5 and $10, or $5-$10.")).querySelector(".katex")).toBeNull();
    const box = dom(await once("Let $x^2$ be, and\n\n$$\na - b\n- c\n$$"));
    expect(box.querySelectorAll(".katex").length).toBeGreaterThanOrEqual(2);
    expect(box.querySelector("ul")).toBeNull();
  });

  it("shows the source of a formula that is none, and follows no link in one", async () => {
    const box = dom(await once("$\\frac{$ and $\\href{javascript:alert(1)}{x}$"));
    expect(box.querySelector("a")).toBeNull();
    expect(box.textContent).toContain("\\frac{");
  });

  it("gives a table to the keyboard and aligns its columns", async () => {
    const box = dom(await once("| a | b |\n|---|--:|\n| 1 | <br> 2 |"));
    expect(box.querySelector(".md-table")?.getAttribute("tabindex")).toBe("0");
    expect(box.querySelectorAll("td")[1]?.getAttribute("style")).toContain("right");
  });

  it("starts headings at the third level and tells done tasks by words", async () => {
    const box = dom(await once("# Title\n\n- [x] done\n- [ ] open"));
    expect(box.querySelector("h1, h2")).toBeNull();
    expect(box.querySelector("h3")?.textContent).toBe("Title");
    expect(box.querySelectorAll("li")[0]?.textContent).toContain("Done");
    expect(box.querySelector("input")).toBeNull();
  });

  it("resolves links whose definition comes last", async () => {
    const text = `[later][x]\n\n${"filler\n\n".repeat(30)}[x]: https://later.example`;
    const box = dom(await once(text));
    expect(box.querySelector("a")?.getAttribute("href")).toBe("https://later.example/");
  });

  it("resolves links in rows, items and quotes that were shown before their definition came", async () => {
    const text = "a | b\n--- | ---\n[x] | 2\n\n- one\n  - [x]\n\n> - [x]\n\n";
    const html = await streamed([text, "[x]: https://later.example"], 1);
    expect(dom(html).querySelectorAll("a")).toHaveLength(3);
  });

  it("doesn't choke on deep nesting and long lines", async () => {
    const deep = `${"> ".repeat(60)}deep\n\n${"- ".repeat(40)}x\n\n${"*".repeat(3000)}\n\n${"[".repeat(500)}`;
    expect((await once(deep)).length).toBeGreaterThan(0);
  });
});

function dom(html: string): HTMLElement {
  const box = window.document.createElement("div");
  box.innerHTML = html;
  return box;
}
