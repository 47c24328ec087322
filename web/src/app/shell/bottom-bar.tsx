import { Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { useTranslation } from "react-i18next";
import { openPalette } from "@/lib/commands";
import { CHAT, INBOX, SETTINGS, TODAY } from "./destinations";

const ITEM =
  "flex h-(--bottom-bar) flex-1 select-none flex-col items-center justify-center gap-0.5 font-medium text-[11px] leading-4";

/** The navigation of a phone. */
export function BottomBar() {
  const { t } = useTranslation();
  const link = ({ to, label, icon: Icon }: typeof TODAY) => (
    <Link
      key={to}
      to={to}
      className={ITEM}
      activeProps={{ className: "text-accent-ink", "aria-current": "page" }}
      inactiveProps={{ className: "text-muted" }}
    >
      <Icon aria-hidden size={20} strokeWidth={1.85} />
      {t(label)}
    </Link>
  );
  return (
    <nav
      aria-label={t("nav.label")}
      className="flex shrink-0 border-t bg-surface px-1 pb-[env(safe-area-inset-bottom)]"
    >
      {link(TODAY)}
      {link(INBOX)}
      <button type="button" onClick={openPalette} className={`${ITEM} text-muted`}>
        <Search aria-hidden size={20} strokeWidth={1.85} />
        {t("nav.search")}
      </button>
      {link(CHAT)}
      {link(SETTINGS)}
    </nav>
  );
}
