import type { AiPreferences } from "./ai-preferences";
import type { Model } from "./model-names";

export type Effect = "anyone" | "insideOnly" | "providersOnly" | "regionsOnly";

/** What a data policy means, rule by rule: each that it has narrows the others. */
export function effectsOf(
  policy: Pick<AiPreferences, "never_leaves" | "allowed_providers" | "allowed_regions">,
): Effect[] {
  const effects: Effect[] = [];
  if (policy.never_leaves) effects.push("insideOnly");
  if (policy.allowed_providers.length > 0) effects.push("providersOnly");
  if (policy.allowed_regions.length > 0) effects.push("regionsOnly");
  return effects.length > 0 ? effects : ["anyone"];
}

export const REFUSALS = [
  "policy.never_leaves",
  "policy.provider",
  "policy.region",
  "blocked",
] as const;
export type Refusal = (typeof REFUSALS)[number];

export interface Reach {
  /** Of one provider, and all of them kept back by one rule or by none. */
  provider: string;
  refusal: Refusal | "unknown" | "noKey" | null;
  models: string[];
}

export interface Reaches {
  asked: Reach[];
  keptBack: Reach[];
  /** How many models are known whose provider is not set up. */
  beyond: number;
}

function refusalOf(model: Model): Reach["refusal"] {
  if (model.available) return null;
  if (model.refused === null) return "noKey";
  return REFUSALS.find((known) => known === model.refused) ?? "unknown";
}

/** Who can be asked for what, and what keeps the others back, in the order of the models. */
export function reachesOf(models: readonly Model[]): Reaches {
  const found = new Map<string, Reach>();
  let beyond = 0;
  for (const model of models) {
    if (model.provider === null) {
      if (model.retirement !== "retired") beyond += 1;
      continue;
    }
    const refusal = refusalOf(model);
    // Two providers may have the same name.
    const key = `${model.provider_id}/${refusal}`;
    const reach = found.get(key) ?? { provider: model.provider, refusal, models: [] };
    reach.models.push(model.label);
    found.set(key, reach);
  }
  const all = [...found.values()];
  return {
    asked: all.filter(({ refusal }) => refusal === null),
    keptBack: all.filter(({ refusal }) => refusal !== null),
    beyond,
  };
}
