import { useTranslation } from "react-i18next";

export function LoginPage() {
  const { t } = useTranslation("auth");
  return <h1 className="p-8 font-semibold text-2xl">{t("login.title")}</h1>;
}
