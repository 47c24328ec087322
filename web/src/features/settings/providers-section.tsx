import { useTranslation } from "react-i18next";
import { Section } from "./section";

export function ProvidersSection() {
  const { t } = useTranslation("settings");
  return <Section title={t("providers.title")}>{null}</Section>;
}
