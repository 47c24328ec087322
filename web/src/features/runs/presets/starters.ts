import { AUTO } from "@/features/chat/model";
import type { Translate } from "@/lib/i18n/namespaces";
import { type Draft, EMPTY } from "../draft";

/** A piece of work that somebody may begin with: kept nowhere before it is used. */
export interface Starter {
  key: "week" | "project" | "brief" | "goal";
  icon: string;
  name: string;
  draft: Draft;
}

const LOOK = ["list_tasks", "get_task", "list_projects"];
const TOOLS: Record<Starter["key"], { icon: string; tools: string[]; steps: string }> = {
  week: { icon: "🗓️", tools: [...LOOK, "update_task"], steps: "60" },
  project: {
    icon: "🧹",
    tools: [...LOOK, "update_task", "complete_task", "break_down_task"],
    steps: "80",
  },
  brief: {
    icon: "📚",
    tools: ["search_files", "read_document", "calculate", "recall"],
    steps: "60",
  },
  goal: { icon: "🎯", tools: [...LOOK, "create_task", "break_down_task"], steps: "60" },
};

export function startersOf(t: Translate<"runs">): Starter[] {
  return (Object.keys(TOOLS) as Starter["key"][]).map((key) => {
    const { icon, tools, steps } = TOOLS[key];
    const goal = t(`starters.${key}.goal`);
    const criteria = t(`starters.${key}.criteria`);
    return {
      key,
      icon,
      name: t(`starters.${key}.name`),
      draft: { ...EMPTY, choice: AUTO, cost: "0.5", goal, criteria, steps, tools },
    };
  });
}
