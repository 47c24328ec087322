import { CloudOff } from "lucide-react";
import { useSyncExternalStore } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useConnection } from "@/lib/socket/live";
import { Spinner } from "@/ui/spinner";

function useOnline(): boolean {
  return useSyncExternalStore(
    (changed) => {
      window.addEventListener("online", changed);
      window.addEventListener("offline", changed);
      return () => {
        window.removeEventListener("online", changed);
        window.removeEventListener("offline", changed);
      };
    },
    () => navigator.onLine,
  );
}

/** Says when the browser is offline or the live connection has been gone for some seconds. */
export function ConnectionBanner() {
  const { t } = useTranslation();
  const online = useOnline();
  const lost = useConnection((state) => state.lost);
  const text = online ? (lost ? t("connection.lost") : null) : t("connection.offline");
  return (
    <div role="status" className="shrink-0">
      {text && (
        <p className="flex h-8 items-center justify-center gap-2 bg-warn-soft px-4 font-medium text-warn-ink text-sm">
          {online ? <Spinner size={14} /> : <CloudOff aria-hidden size={15} />}
          <span className="truncate">{text}</span>
        </p>
      )}
    </div>
  );
}
