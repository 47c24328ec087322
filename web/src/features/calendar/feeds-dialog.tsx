import { Trash2 } from "lucide-react";
import { useState } from "react";
import { LoadProblem } from "@/features/settings/section";
import { ago } from "@/features/settings/when";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { CopyBlock } from "@/ui/copy-block";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { IconButton } from "@/ui/icon-button";
import { Input } from "@/ui/input";
import { calls } from "./calls";
import { useDo, useFeeds } from "./queries";

/** Addresses that calendar programs subscribe to: made, shown once, taken back. */
export function FeedsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("calendar");
  const [name, setName] = useState("");
  const [address, setAddress] = useState<string>();
  const list = useFeeds();
  const make = useDo(async () => {
    const issued = await calls.createFeed(name.trim());
    setAddress(`${window.location.origin}${issued.path}`);
    setName("");
  });
  const revoke = useDo(calls.deleteFeed);
  const ready = name.trim() !== "";
  const feeds = list.data?.items ?? [];
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("feeds.title")}
      description={t("feeds.body")}
    >
      <form
        className="flex items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) make.mutate(undefined);
        }}
      >
        <Field label={t("feeds.name")} className="flex-1">
          {(control) => (
            <Input
              {...control}
              value={name}
              maxLength={100}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <Button type="submit" loading={make.isPending} disabled={!ready}>
          {t("feeds.make")}
        </Button>
      </form>
      {address && (
        <div className="mt-4 flex flex-col gap-2">
          <Banner tone="warn">{t("feeds.once")}</Banner>
          <CopyBlock label={t("feeds.address")} text={address} />
        </div>
      )}
      {list.error && <LoadProblem error={list.error} onRetry={() => void list.refetch()} />}
      {feeds.length > 0 && (
        <ul aria-label={t("feeds.list")} className="mt-4 border-t">
          {feeds.map((feed) => (
            <li key={feed.id} className="flex items-center gap-2 border-b py-1.5 text-sm">
              <span className="min-w-0 flex-1 truncate">{feed.name}</span>
              <span className="text-faint text-xs">
                {feed.used_at ? t("feeds.used", { when: ago(feed.used_at) }) : t("feeds.unused")}
              </span>
              <IconButton
                icon={Trash2}
                label={t("feeds.revoke", { name: feed.name })}
                onClick={() => revoke.mutate(feed.id)}
              />
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
