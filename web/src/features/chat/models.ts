import { api } from "@/lib/api/hooks";
import type { components } from "@/lib/api/schema";

export type Models = components["schemas"]["ModelsShape"];
/** A role, and the model that would fill it now. */
export type SlotOption = components["schemas"]["SlotShape"];
export type ModelOption = components["schemas"]["ModelShape"];
export type Price = components["schemas"]["ModelPriceShape"];

/** What can answer. Seldom changes, so it is asked for once and when the picker opens again. */
export function useModels() {
  return api.useQuery("get", "/api/v1/ai/models", {}, { staleTime: 60_000 });
}
