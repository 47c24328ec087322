import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, SearchX } from "lucide-react";
import { type ReactNode, useState } from "react";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { api } from "@/lib/api/hooks";
import { toProblem } from "@/lib/api/problem";
import type { components } from "@/lib/api/schema";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useManages } from "@/lib/session/role";
import { Badge } from "@/ui/badge";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { CardTable } from "@/ui/card-table";
import { Combobox } from "@/ui/combobox";
import { EmptyState } from "@/ui/empty-state";
import { SkeletonRows } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { usePeople } from "../usage/model";
import { Confirm } from "./confirm";
import { LoadProblem, Section } from "./section";
import { ShortenKey } from "./shorten-key";
import { ago, onDay } from "./when";

type MemberKey = components["schemas"]["MemberKeyShape"];

const PAGE = 50;
const LIST = ["member-keys"];
/** Radix knows no empty value. */
const EVERYBODY = "everybody";

function useMemberKeys(userId: string | null) {
  return useInfiniteQuery({
    queryKey: [...LIST, userId],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: PAGE,
        ...(userId ? { user_id: userId } : {}),
        ...(pageParam ? { cursor: pageParam } : {}),
      };
      return bodyOf(client.GET("/api/v1/member-keys", { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
    select: (found) => found.pages.flatMap((page) => page.items),
  });
}

/** The keys of all members, to see, to shorten and to end. For administrators. */
export function MemberKeysSection() {
  const { t } = useTranslation("settings");
  if (useManages()) return <MemberKeys />;
  return (
    <Section title={t("memberKeys.title")}>
      <Banner>{t("memberKeys.notYours")}</Banner>
    </Section>
  );
}

function MemberKeys() {
  const { t } = useTranslation("settings");
  const people = usePeople();
  const [userId, setUserId] = useState<string | null>(null);
  const keys = useMemberKeys(userId);
  const names = new Map(people.map(({ id, name }) => [id, name]));
  const none = keys.data?.length === 0;
  return (
    <Section title={t("memberKeys.title")} lead={t("memberKeys.lead")}>
      {(userId !== null || !none) && (
        <Combobox
          aria-label={t("memberKeys.of")}
          label={t("memberKeys.of")}
          placeholder={t("memberKeys.everybody")}
          value={userId ?? EVERYBODY}
          onChange={(value) => setUserId(value === EVERYBODY ? null : value)}
          options={[
            { value: EVERYBODY, label: t("memberKeys.everybody") },
            ...people.map(({ id, name, hint }) => ({ value: id, label: name, hint })),
          ]}
          className="mb-3 !w-56 max-w-full"
        />
      )}
      {keys.isPending && <SkeletonRows rows={4} />}
      {keys.error && <LoadProblem error={keys.error} onRetry={() => void keys.refetch()} />}
      {none && <Nothing filtered={userId !== null} />}
      {keys.data && keys.data.length > 0 && (
        <KeyTable
          keys={keys.data}
          ownerOf={(key) => names.get(key.user_id) ?? t("memberKeys.gone")}
        />
      )}
      {keys.hasNextPage && (
        <Button
          className="mt-3"
          loading={keys.isFetchingNextPage}
          onClick={() => void keys.fetchNextPage()}
        >
          {t("memberKeys.more")}
        </Button>
      )}
    </Section>
  );
}

function Nothing({ filtered }: { filtered: boolean }) {
  const { t } = useTranslation("settings");
  return (
    <EmptyState
      size="panel"
      icon={filtered ? SearchX : KeyRound}
      title={t(filtered ? "memberKeys.noneOfTitle" : "memberKeys.emptyTitle")}
    >
      {t(filtered ? "memberKeys.noneOfBody" : "memberKeys.emptyBody")}
    </EmptyState>
  );
}

interface KeyTableProps {
  keys: readonly MemberKey[];
  ownerOf: (key: MemberKey) => string;
}

/** Room for the name, the owner, the scopes, the two times and the buttons. */
const WIDE_ROW =
  "@xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)_minmax(0,3fr)_minmax(0,2fr)_minmax(0,2fr)_8rem]";

function KeyTable({ keys, ownerOf }: KeyTableProps) {
  const { t } = useTranslation("settings");
  const heads = {
    name: t("memberKeys.name"),
    owner: t("memberKeys.owner"),
    scopes: t("memberKeys.scopes"),
    used: t("memberKeys.used"),
    ends: t("memberKeys.ends"),
    actions: <span className="sr-only">{t("memberKeys.actions")}</span>,
  };
  return (
    <CardTable label={t("memberKeys.list")} wide={WIDE_ROW} heads={heads}>
      {keys.map((key) => (
        <KeyLine key={key.id} memberKey={key} owner={ownerOf(key)} />
      ))}
    </CardTable>
  );
}

function KeyLine({ memberKey, owner }: { memberKey: MemberKey; owner: string }) {
  const { t } = useTranslation("settings");
  const queries = useQueryClient();
  const [shortening, setShortening] = useState(false);
  const { id, name, hint, scopes, rules, made_with: maker } = memberKey;
  const reload = () => {
    void queries.invalidateQueries({ queryKey: ["get", "/api/v1/api-keys"] });
    return queries.invalidateQueries({ queryKey: LIST });
  };
  const end = api.useMutation("delete", "/api/v1/member-keys/{key_id}", {
    onSuccess: () => {
      toast.success(t("memberKeys.ended", { name }));
      return reload();
    },
    onError: (error: unknown) => void toast.error(toProblem(error).message),
  });
  const marks = [
    ...(maker === null ? [] : [t("memberKeys.madeWith")]),
    ...(rules === null ? [] : [t("memberKeys.limited")]),
  ];
  return (
    <div role="row" className={`grid grid-cols-3 gap-x-3 gap-y-1.5 border-t py-2.5 ${WIDE_ROW}`}>
      <Cell className="col-span-2 @xl:col-span-1">
        <p className="break-words font-medium">{name}</p>
        <p className="text-muted text-xs">
          <code>{hint}</code>
          {marks.length > 0 && ` · ${marks.join(", ")}`}
        </p>
      </Cell>
      <Cell label={t("memberKeys.owner")} className="col-start-1 row-start-2 @xl:col-start-2">
        <span className="break-words">{owner}</span>
      </Cell>
      <Cell className="col-span-3 row-start-3 @xl:col-span-1 @xl:col-start-3">
        <span className="flex flex-wrap gap-1">
          {scopes.map((scope) => (
            <Badge key={scope}>{scope}</Badge>
          ))}
        </span>
      </Cell>
      <Cell label={t("memberKeys.used")} className="col-start-2 row-start-2 @xl:col-start-4">
        {memberKey.last_used_at ? ago(memberKey.last_used_at) : t("memberKeys.never")}
      </Cell>
      <Cell label={t("memberKeys.ends")} className="col-start-3 row-start-2 @xl:col-start-5">
        {memberKey.expires_at ? onDay(memberKey.expires_at) : t("memberKeys.never")}
      </Cell>
      <Cell className="col-start-3 row-start-1 flex gap-1 justify-self-end @xl:col-start-6">
        <Button
          size="sm"
          variant="ghost"
          aria-label={t("memberKeys.shortenOf", { name, owner })}
          onClick={() => setShortening(true)}
        >
          {t("memberKeys.shorten")}
        </Button>
        <Confirm
          label={t("memberKeys.end")}
          name={t("memberKeys.endOf", { name, owner })}
          title={t("memberKeys.endTitle", { name, owner })}
          body={t("memberKeys.endBody")}
          busy={end.isPending}
          onConfirm={() => end.mutate({ params: { path: { key_id: id } } })}
        />
        {shortening && (
          <ShortenKey
            memberKey={memberKey}
            owner={owner}
            onClose={() => setShortening(false)}
            onSaved={() => void reload()}
          />
        )}
      </Cell>
    </div>
  );
}

interface CellProps {
  /** What stands before it where the columns have no heads. */
  label?: string;
  className?: string;
  children: ReactNode;
}

function Cell({ label, className = "", children }: CellProps) {
  return (
    <div role="cell" className={`min-w-0 @xl:row-start-1 ${className}`}>
      {label && (
        <span aria-hidden className="block text-muted text-xs @xl:hidden">
          {label}
        </span>
      )}
      {children}
    </div>
  );
}
