import type { components } from "@/lib/api/schema";

type Health = Pick<
  components["schemas"]["OfferHealthShape"],
  "health" | "breaker" | "error_share" | "first_token_ms" | "duration_ms"
>;

export type Condition = "well" | "unsteady" | "open" | "halfOpen";

/** What the breaker does, in one word; a closed one may still have failed often of late. */
export function conditionOf(health: Pick<Health, "health" | "breaker">): Condition {
  if (health.breaker === "open") return "open";
  if (health.breaker === "half_open") return "halfOpen";
  return health.health === "healthy" ? "well" : "unsteady";
}

/** Whether anything is known of the model: it was asked since this process began. */
export function wasAsked(health: Health): boolean {
  return health.breaker !== null || health.error_share !== null;
}
