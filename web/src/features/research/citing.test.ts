import { describe, expect, it } from "vitest";
import { markOf } from "@/markdown/marks";
import { markBody, passageOf } from "./citing";
import type { Claim } from "./model";

const claim = (text: string, ...numbers: number[]): Claim => ({
  text,
  standing: "supported",
  words: "Its source says so.",
  by_model: null,
  sources: numbers.map((number) => ({ number, is_supported: true, why: null, quote: text })),
});

describe("the marks of a report", () => {
  it("stand for the claim that they follow, also where a source is cited twice", () => {
    const claims = [claim("Tides are regular.", 1), claim("They come twice a day.", 1, 2)];
    const body = "## Tides\n\nTides are *regular*. [1] They come\\* twice a day [1, 2].";
    const { text, cited } = markBody({ body, claims });
    expect(cited).toEqual([
      { number: 1, claim: claims[0] },
      { number: 1, claim: claims[1] },
      { number: 2, claim: claims[1] },
    ]);
    expect(text).toBe(
      `## Tides\n\nTides are *regular*. ${markOf(0)} They come\\* twice a day ${markOf(1)}${markOf(2)}.`,
    );
  });

  it("are told from plain brackets, entities and what a text may hide", () => {
    const claims = [claim("A & B cost 5 euros.", 3)];
    const { text, cited } = markBody({ body: "\\[1] \ue000 A &amp; B cost 5 euros.[3]", claims });
    expect(cited).toEqual([{ number: 3, claim: claims[0] }]);
    expect(text).toBe(`\\[1] \ufffd A &amp; B cost 5 euros.${markOf(0)}`);
  });

  it("fall back to a claim that cites the source, or to none", () => {
    const claims = [claim("Said in other words.", 2)];
    const { cited } = markBody({ body: "Something else. [2] And more. [4]", claims });
    expect(cited).toEqual([
      { number: 2, claim: claims[0] },
      { number: 4, claim: null },
    ]);
  });
});

describe("the address of a passage", () => {
  it("names all of a short one", () => {
    expect(passageOf("https://a.example/x", "…two-fold, yes…")).toBe(
      "https://a.example/x#:~:text=two%2Dfold%2C%20yes",
    );
  });

  it("names where a long one begins and ends, and keeps a place in the page", () => {
    const words = Array.from({ length: 20 }, (_, i) => `w${i}`).join(" ");
    expect(passageOf("https://a.example/#part", words)).toBe(
      "https://a.example/#part:~:text=w0%20w1%20w2%20w3%20w4%20w5,w16%20w17%20w18%20w19",
    );
  });

  it("is that of the page where nothing is quoted", () => {
    expect(passageOf("https://a.example/", " … ")).toBe("https://a.example/");
  });
});
