import type { components } from "@/lib/api/schema";

type Schemas = components["schemas"];

export type Research = Schemas["Research"];
export type ResearchPage = Schemas["Page_Research_"];
export type ResearchStart = Schemas["ResearchStart"];
export type Report = Schemas["ResearchReport"];
export type Source = Schemas["ResearchSource"];
export type Claim = Schemas["ResearchClaim"];
export type Standing = Claim["standing"];
export type Limits = Schemas["ResearchLimits"];
export type Depth = Research["depth"];
export type Stage = Research["stage"];

export const DEPTHS = ["quick", "standard", "deep"] as const satisfies readonly Depth[];
/** What a research goes through, in order. */
export const STAGES = [
  "planning",
  "searching",
  "reading",
  "writing",
  "checking",
] as const satisfies readonly Stage[];

export const isUnderWay = ({ state }: Research): boolean =>
  state === "queued" || state === "running";
