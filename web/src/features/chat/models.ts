import { useQuery } from "@tanstack/react-query";
import { client } from "@/lib/api/client";

export interface Price {
  input: number;
  output: number;
}

/** A role, and the model that would fill it now. */
export interface SlotOption {
  slot: string;
  label: string;
  description: string;
  /** Null when nothing within reach fills it. */
  model: string | null;
  model_label: string | null;
  provider: string | null;
  available: boolean;
  simulated: boolean;
  context_tokens: number | null;
  price: Price | null;
  reason: { sentence: string };
}

export interface ModelOption {
  name: string;
  label: string;
  kind: string;
  provider: string | null;
  available: boolean;
  simulated: boolean;
  context_tokens: number;
  price: Price | null;
}

export interface Models {
  slots: SlotOption[];
  models: ModelOption[];
}

type Get = (path: string, init: { signal: AbortSignal }) => Promise<{ data?: Models }>;

/** What can answer. Seldom changes, so it is asked for once and when the picker opens again. */
export function useModels() {
  return useQuery({
    queryKey: ["ai", "models"],
    staleTime: 60_000,
    queryFn: async ({ signal }) => {
      const get = client.GET as unknown as Get;
      const { data } = await get("/api/v1/ai/models", { signal });
      if (!data) throw new Error("no models");
      return data;
    },
  });
}
