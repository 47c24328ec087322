import { Link } from "@tanstack/react-router";
import { Menu, Search } from "lucide-react";
import { Suspense, useState } from "react";
import { openPalette } from "@/lib/commands";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { useOnceTrue } from "@/lib/use-once-true";
import { UnreadDot } from "./bell-link";
import { CHAT, INBOX, TODAY } from "./destinations";
import { useUnread } from "./unread";

const PhoneMenu = lazyPart(() => import("./phone-menu"), "PhoneMenu");

const ITEM =
  "flex h-(--bottom-bar) flex-1 select-none flex-col items-center justify-center gap-0.5 font-medium text-xs focus-visible:-outline-offset-2";

/** The navigation of a phone. What has no place in it is one tap away, in the menu. */
export function BottomBar() {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const wanted = useOnceTrue(open);
  const unread = useUnread();
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
      <button
        type="button"
        aria-haspopup="dialog"
        aria-label={unread > 0 ? t("nav.menuUnread", { count: unread }) : undefined}
        onClick={() => setOpen(true)}
        className={`${ITEM} text-muted`}
      >
        <span className="relative">
          <Menu aria-hidden size={20} strokeWidth={1.85} />
          {unread > 0 && <UnreadDot />}
        </span>
        {t("nav.menu")}
      </button>
      {wanted && (
        <Suspense fallback={null}>
          <PhoneMenu open={open} onOpenChange={setOpen} />
        </Suspense>
      )}
    </nav>
  );
}
