import { useTranslation } from "react-i18next";

export function SetupPage() {
  const { t } = useTranslation("auth");
  return <h1 className="p-8 font-semibold text-2xl">{t("setup.title")}</h1>;
}
