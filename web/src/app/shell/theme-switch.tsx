import { Monitor, Moon, Sun } from "lucide-react";
import { useTranslation } from "react-i18next";
import { chooseTheme, useTheme } from "@/lib/theme";
import { SegmentedControl } from "@/ui/segmented-control";

/** System, light or dark. Used by the account menu and by the settings. */
export function ThemeSwitch() {
  const { t } = useTranslation();
  const choice = useTheme((state) => state.choice);
  return (
    <SegmentedControl
      label={t("theme.label")}
      value={choice}
      onChange={chooseTheme}
      className="w-full"
      segments={[
        { value: "system", label: t("theme.system"), icon: Monitor },
        { value: "light", label: t("theme.light"), icon: Sun },
        { value: "dark", label: t("theme.dark"), icon: Moon },
      ]}
    />
  );
}
