import { Download, Ellipsis, Rss, Upload } from "lucide-react";
import { Suspense, useRef, useState } from "react";
import { blobOf, saveBlob } from "@/lib/api/blob";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from "@/ui/dropdown-menu";
import { IconButton } from "@/ui/icon-button";
import { toast } from "@/ui/toast";
import { calls } from "./calls";
import { useDo } from "./queries";

const FeedsDialog = lazyPart(() => import("./feeds-dialog"), "FeedsDialog");
const EXPORT_MS = 60_000;

async function save(): Promise<void> {
  try {
    saveBlob(await blobOf("/api/v1/calendar/export", EXPORT_MS), "vectal.ics");
  } catch (error) {
    toast.error(toProblem(error).message);
  }
}

/** The calendar of others comes in, and one's own goes out. */
export function ExchangeMenu({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation("calendar");
  const picker = useRef<HTMLInputElement>(null);
  const [feeds, setFeeds] = useState(false);
  const takeIn = useDo(async (file: File) => {
    const said = await calls.takeIn(await file.text());
    const taken = t("taken", { created: said.created, updated: said.updated });
    if (said.refused === 0) toast.success(taken);
    else toast.error(`${taken} ${t("refused", { count: said.refused })} ${said.problems[0] ?? ""}`);
  });
  return (
    <>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <IconButton icon={Ellipsis} label={t("menu.label")} />
        </DropdownMenuTrigger>
        <DropdownMenuContent align="end">
          {mayChange && (
            <DropdownMenuItem icon={Upload} onSelect={() => picker.current?.click()}>
              {t("menu.import")}
            </DropdownMenuItem>
          )}
          <DropdownMenuItem icon={Download} onSelect={() => void save()}>
            {t("menu.export")}
          </DropdownMenuItem>
          {mayChange && (
            <DropdownMenuItem icon={Rss} onSelect={() => setFeeds(true)}>
              {t("menu.feeds")}
            </DropdownMenuItem>
          )}
        </DropdownMenuContent>
      </DropdownMenu>
      <input
        ref={picker}
        type="file"
        hidden
        accept=".ics,text/calendar"
        aria-label={t("menu.import")}
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          if (file) takeIn.mutate(file);
        }}
      />
      <Suspense fallback={null}>
        {feeds && <FeedsDialog onClose={() => setFeeds(false)} />}
      </Suspense>
    </>
  );
}
