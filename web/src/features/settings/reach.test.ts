import { describe, expect, it } from "vitest";
import { type Model, namesOf } from "./model-names";
import { effectsOf, reachesOf } from "./reach";

const open = { never_leaves: false, allowed_providers: [], allowed_regions: [] };

function model(part: Partial<Model>): Model {
  return {
    name: "m",
    label: "M",
    kind: "openai",
    provider_id: "1",
    provider: "OpenAI",
    available: true,
    simulated: false,
    slots: [],
    aliases: [],
    context_tokens: 1,
    max_output_tokens: 1,
    tools: true,
    images: false,
    reasoning: false,
    structured_output: true,
    known: true,
    retires_on: null,
    retirement: "none",
    successor: null,
    refused: null,
    price: null,
    ...part,
  };
}

describe("effectsOf", () => {
  it("says that anyone may be asked only where no rule stands", () => {
    expect(effectsOf(open)).toEqual(["anyone"]);
    expect(effectsOf({ ...open, never_leaves: true, allowed_regions: ["eu"] })).toEqual([
      "insideOnly",
      "regionsOnly",
    ]);
    expect(effectsOf({ ...open, allowed_providers: ["openai"] })).toEqual(["providersOnly"]);
  });
});

describe("reachesOf", () => {
  it("tells who can be asked from what is kept back, and why", () => {
    const { asked, keptBack, beyond } = reachesOf([
      model({ label: "A" }),
      model({ label: "B", available: false, refused: "blocked" }),
      model({ label: "C" }),
      model({ label: "D", provider_id: "2", available: false, refused: "policy.region" }),
      model({ label: "E", provider_id: "3", available: false }),
      model({ label: "F", provider_id: "3", available: false, refused: "policy.of_tomorrow" }),
      model({ label: "G", provider_id: null, provider: null, available: false }),
      model({ provider_id: null, provider: null, available: false, retirement: "retired" }),
    ]);
    expect(asked).toEqual([{ provider: "OpenAI", refusal: null, models: ["A", "C"] }]);
    expect(keptBack.map(({ refusal, models }) => [refusal, ...models])).toEqual([
      ["blocked", "B"],
      ["policy.region", "D"],
      ["noKey", "E"],
      ["unknown", "F"],
    ]);
    expect(beyond).toBe(1);
  });

  it("keeps providers of the same name apart", () => {
    const { asked } = reachesOf([model({}), model({ provider_id: "2" })]);
    expect(asked).toHaveLength(2);
  });
});

describe("namesOf", () => {
  it("offers ours first and each name once", () => {
    const slot = { slot: "fast" } as Parameters<typeof namesOf>[0]["slots"][number];
    expect(namesOf({ slots: [slot], models: [model({}), model({ provider_id: "2" })] })).toEqual([
      "vectal/auto",
      "vectal/fast",
      "m",
    ]);
  });
});
