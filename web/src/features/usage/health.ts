import type { components } from "@/lib/api/schema";

type Health = Pick<
  components["schemas"]["OfferHealthShape"],
  "health" | "breaker" | "since" | "error_share" | "first_token_ms" | "duration_ms"
>;

export type Condition = "well" | "unsteady" | "open" | "halfOpen" | "unknown";

/**
 * What the breaker does, in one word; a closed one may still have failed often of late. Nothing is
 * known of a model that answered too seldom to be measured, as after a restart.
 */
export function conditionOf(
  health: Pick<Health, "health" | "breaker" | "since" | "error_share">,
): Condition {
  if (health.breaker === "open") return "open";
  if (health.breaker === "half_open") return "halfOpen";
  if (health.health !== "healthy") return "unsteady";
  return health.error_share === null && health.since === null ? "unknown" : "well";
}

/** Whether anything is known of the model: it was asked since this process began. */
export function wasAsked(health: Health): boolean {
  return health.breaker !== null || health.error_share !== null;
}
