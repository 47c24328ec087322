import { useTranslation } from "@/lib/i18n/use-translation";
import { chooseTheme, useTheme } from "@/lib/theme";
import { SegmentedControl } from "@/ui/segmented-control";
import { themes } from "./themes";

/** System, light or dark, on a page. */
export function ThemeSwitch() {
  const { t } = useTranslation();
  const choice = useTheme((state) => state.choice);
  return (
    <SegmentedControl
      label={t("theme.label")}
      value={choice}
      onChange={chooseTheme}
      className="w-full"
      segments={themes(t)}
    />
  );
}
