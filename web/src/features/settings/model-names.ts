import { api } from "@/lib/api/hooks";
import type { components } from "@/lib/api/schema";

export type Model = components["schemas"]["ModelShape"];
export type Models = components["schemas"]["ModelsShape"];

export const MODELS = "/api/v1/ai/models";

/** All names that a call may ask for: ours first, then those of models, each once. */
export function namesOf(models: Models): string[] {
  const slots = models.slots.map(({ slot }) => `vectal/${slot}`);
  return [...new Set(["vectal/auto", ...slots, ...models.models.map(({ name }) => name)])];
}

/** The names to offer while somebody types one; empty until they are known. */
export function useModelNames(): string[] {
  const { data } = api.useQuery("get", MODELS);
  return data ? namesOf(data) : [];
}
