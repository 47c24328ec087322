import { Copy, X } from "lucide-react";
import type { ReactNode } from "react";
import { copyText } from "@/lib/clipboard";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge } from "@/ui/badge";
import { IconButton } from "@/ui/icon-button";
import { QuietIconButton } from "@/ui/quiet-icon-button";
import { Sheet, SheetClose } from "@/ui/sheet";
import { toast } from "@/ui/toast";
import { dollars, seconds, whole } from "../chat/numbers";
import { useProjects } from "../tasks/queries";
import { CallState, exactly, useFault, usePurpose } from "./call-state";
import { type Call, isKept, useNames } from "./model";

interface CallDetailProps {
  call: Call;
  onClose: () => void;
}

/** All that the ledger knows of one call. */
export function CallDetail({ call, onClose }: CallDetailProps) {
  const { t } = useTranslation("usage");
  const title = t("detail.title", { model: call.model });
  return (
    <Sheet open onOpenChange={onClose} title={title} width={460}>
      <header className="flex h-12 shrink-0 items-center gap-2 border-b px-4 touch:h-14">
        <h2 className="min-w-0 flex-1 truncate font-semibold text-base">{call.model}</h2>
        <CallState status={call.status} />
        {isKept(call) && <Badge tone="accent">{t("calls.kept")}</Badge>}
        {call.simulated && <Badge tone="warn">{t("calls.simulated")}</Badge>}
        <SheetClose asChild>
          <QuietIconButton icon={X} label={t("detail.close")} className="-mr-2" />
        </SheetClose>
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto px-4 py-4">
        {isKept(call) && (
          <section className="mb-5">
            <h3 className="mb-1 font-medium text-sm">{t("detail.kept")}</h3>
            <p className="text-pretty text-sm">{t("detail.keptBody")}</p>
          </section>
        )}
        {call.route_sentence && (
          <section className="mb-5">
            <h3 className="mb-1 font-medium text-sm">{t("detail.why")}</h3>
            <p className="text-pretty text-sm">{call.route_sentence}</p>
            <p className="mt-1.5 flex flex-wrap gap-1">
              {call.route_codes.map((code) => (
                <Badge key={code}>{code}</Badge>
              ))}
            </p>
          </section>
        )}
        <What call={call} />
        {!isKept(call) && <Tokens call={call} />}
        <Who call={call} />
      </div>
    </Sheet>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="mb-5 last:mb-0">
      <h3 className="mb-1 font-medium text-sm">{title}</h3>
      <dl>{children}</dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="flex items-baseline justify-between gap-4 border-t py-1.5 text-sm first:border-t-0">
      <dt className="shrink-0 text-muted">{name}</dt>
      <dd className="min-w-0 break-words text-right tabular-nums">{children}</dd>
    </div>
  );
}

function What({ call }: { call: Call }) {
  const { t } = useTranslation("usage");
  const fault = useFault()(call.error_code ?? "");
  return (
    <Group title={t("detail.what")}>
      <Fact name={t("detail.cost")}>
        {call.cost_usd === null ? t("calls.unknownCost") : dollars(call.cost_usd)}
        {call.estimated && ` ${t("detail.estimated")}`}
      </Fact>
      <Fact name={t("detail.firstToken")}>
        {call.first_token_ms === null ? t("detail.none") : seconds(call.first_token_ms)}
      </Fact>
      <Fact name={t("detail.duration")}>{seconds(call.duration_ms)}</Fact>
      <Fact name={t("detail.attempts")}>{whole(call.attempts)}</Fact>
      {call.error_code && (
        <Fact name={t("detail.error")}>
          {fault && <span className="block">{fault}</span>}
          <code className="break-all text-muted text-xs">{call.error_code}</code>
        </Fact>
      )}
    </Group>
  );
}

const KINDS = ["input", "cache_read", "cache_write", "output", "reasoning"] as const;

function Tokens({ call }: { call: Call }) {
  const { t } = useTranslation("usage");
  return (
    <Group title={t("detail.tokens")}>
      {KINDS.map((kind) => (
        <Fact key={kind} name={t(`detail.kinds.${kind}`)}>
          {whole(call[`${kind}_tokens`])}
        </Fact>
      ))}
    </Group>
  );
}

function Who({ call }: { call: Call }) {
  const { t } = useTranslation("usage");
  const names = useNames();
  const purpose = usePurpose();
  const project = useProjects().find(({ id }) => id === call.project_id)?.name;
  return (
    <Group title={t("detail.who")}>
      <Fact name={t("detail.when")}>{exactly(call.at)}</Fact>
      <Fact name={t("detail.provider")}>{call.provider}</Fact>
      <Fact name={t("detail.purpose")}>{purpose(call.purpose)}</Fact>
      <Fact name={t("detail.person")}>{names.get(call.user_id) ?? t("where.someone")}</Fact>
      {call.api_key_id && (
        <Fact name={t("detail.key")}>
          {names.get(call.api_key_id) ?? t("where.someKey", { end: call.api_key_id.slice(-4) })}
        </Fact>
      )}
      {call.project_id && (
        <Fact name={t("detail.project")}>
          {project ?? t("where.someProject", { end: call.project_id.slice(-4) })}
        </Fact>
      )}
      {call.run_id && (
        <Fact name={t("detail.run")}>{t("where.someRun", { end: call.run_id.slice(-4) })}</Fact>
      )}
      {call.request_id && <RequestId id={call.request_id} />}
    </Group>
  );
}

function RequestId({ id }: { id: string }) {
  const { t } = useTranslation("usage");
  return (
    <Fact name={t("detail.requestId")}>
      <span className="-mr-2 inline-flex items-center">
        <code className="break-all text-xs">{id}</code>
        <IconButton
          icon={Copy}
          size="sm"
          label={t("detail.copyId")}
          onClick={() => {
            void copyText(id).then((done) => done && toast.success(t("detail.copied")));
          }}
        />
      </span>
    </Fact>
  );
}
