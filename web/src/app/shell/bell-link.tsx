import { useTranslation } from "@/lib/i18n/use-translation";
import { NOTIFICATIONS } from "./destinations";
import { NavLink } from "./nav-link";
import { useUnread } from "./unread";

const MOST = 99;

/** The bell: how much waits to be read, one step from it. */
export function BellLink() {
  const { t } = useTranslation();
  const unread = useUnread();
  const count = unread > MOST ? `${MOST}+` : unread;
  return (
    <NavLink
      to={NOTIFICATIONS.to}
      icon={NOTIFICATIONS.icon}
      trail={
        unread > 0 && (
          <span
            aria-hidden
            className="grid h-4.5 min-w-4.5 place-items-center rounded-full bg-accent px-1 font-medium text-on-accent text-xs"
          >
            {count}
          </span>
        )
      }
    >
      {unread > 0 ? (
        <>
          <span aria-hidden>{t("nav.notifications")}</span>
          <span className="sr-only">{t("nav.unread", { count })}</span>
        </>
      ) : (
        t("nav.notifications")
      )}
    </NavLink>
  );
}

export function UnreadDot() {
  return <span aria-hidden className="-right-1 absolute top-0 size-2 rounded-full bg-accent" />;
}
