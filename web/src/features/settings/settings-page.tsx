import { useTranslation } from "react-i18next";
import { Page } from "@/app/shell/page";
import { ThemeSwitch } from "@/app/shell/theme-switch";

export function SettingsPage() {
  const { t } = useTranslation("settings");
  return (
    <Page title={t("title")}>
      <ThemeSwitch />
    </Page>
  );
}
