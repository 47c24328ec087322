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
const STAGES = [
  "planning",
  "searching",
  "reading",
  "reviewing",
  "writing",
  "checking",
] as const satisfies readonly Stage[];

/** What one with so many rounds goes through: what was read is looked over for a further round. */
export const stagesOf = ({ limits }: Research): readonly Stage[] =>
  limits.rounds > 1 ? STAGES : STAGES.filter((stage) => stage !== "reviewing");

export const isUnderWay = ({ state }: Research): boolean =>
  state === "queued" || state === "running";
