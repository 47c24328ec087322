import { type LucideIcon, Monitor, Moon, Sun } from "lucide-react";
import type { Translate } from "@/lib/i18n/namespaces";
import type { ThemeChoice } from "@/lib/theme";

/** The themes to choose from, in their order. */
export function themes(t: Translate): { value: ThemeChoice; label: string; icon: LucideIcon }[] {
  return [
    { value: "system", label: t("theme.system"), icon: Monitor },
    { value: "light", label: t("theme.light"), icon: Sun },
    { value: "dark", label: t("theme.dark"), icon: Moon },
  ];
}
