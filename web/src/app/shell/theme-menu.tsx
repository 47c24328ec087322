import { useTranslation } from "@/lib/i18n/use-translation";
import { chooseTheme, type ThemeChoice, useTheme } from "@/lib/theme";
import {
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuSub,
  DropdownMenuSubContent,
  DropdownMenuSubTrigger,
} from "@/ui/dropdown-menu";
import { themes } from "./themes";

/** System, light or dark, as part of a menu: arrow keys reach it there, Tab would not. */
export function ThemeMenu() {
  const { t } = useTranslation();
  const choice = useTheme((state) => state.choice);
  const all = themes(t);
  const Icon = all.find((theme) => theme.value === choice)?.icon;
  return (
    <DropdownMenuSub>
      <DropdownMenuSubTrigger {...(Icon ? { icon: Icon } : {})}>
        {t("theme.label")}
      </DropdownMenuSubTrigger>
      <DropdownMenuSubContent>
        <DropdownMenuRadioGroup
          value={choice}
          onValueChange={(next) => chooseTheme(next as ThemeChoice)}
        >
          {all.map((theme) => (
            <DropdownMenuRadioItem key={theme.value} value={theme.value} icon={theme.icon}>
              {theme.label}
            </DropdownMenuRadioItem>
          ))}
        </DropdownMenuRadioGroup>
      </DropdownMenuSubContent>
    </DropdownMenuSub>
  );
}
