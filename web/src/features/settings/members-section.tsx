import { useQueryClient } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import { text, useSubmit } from "@/features/auth/use-submit";
import { client } from "@/lib/api/client";
import { api } from "@/lib/api/hooks";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useSession, useUser } from "@/lib/session/session";
import { Avatar } from "@/ui/avatar";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Select } from "@/ui/select";
import { SkeletonRows } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { FormProblem, TextField } from "../auth/fields";
import { Confirm } from "./confirm";

import { LoadProblem, Row, Section } from "./section";
import { ShownOnce } from "./shown-once";
import { onDay } from "./when";

const ROLES = ["owner", "admin", "member", "viewer"] as const;
type Role = (typeof ROLES)[number];

function useRoleOptions() {
  const { t } = useTranslation("settings");
  return ROLES.map((role) => ({ value: role, label: t(`members.roles.${role}`) }));
}

/** The workspace that this tab shows; the section is empty before there is one. */
export function MembersSection() {
  const session = useSession();
  if (session.status !== "signed-in" || !session.workspaceId) return null;
  const own = session.workspaces.find((each) => each.id === session.workspaceId);
  const manages = own?.role === "owner" || own?.role === "admin";
  return (
    <>
      <Members workspaceId={session.workspaceId} name={own?.name ?? ""} manages={manages} />
      {manages && <Invitations workspaceId={session.workspaceId} />}
    </>
  );
}

interface MembersProps {
  workspaceId: string;
  name: string;
  manages: boolean;
}

function Members({ workspaceId, name, manages }: MembersProps) {
  const { t } = useTranslation("settings");
  const options = useRoleOptions();
  const user = useUser();
  const queries = useQueryClient();
  const path = "/api/v1/workspaces/{workspace_id}/members" as const;
  const params = { path: { workspace_id: workspaceId } };
  const members = api.useQuery("get", path, { params });
  const settled = {
    onSuccess: () => queries.invalidateQueries({ queryKey: ["get", path] }),
    onError: (error: unknown) => void toast.error(toProblem(error).message),
  };
  const change = api.useMutation("patch", `${path}/{user_id}`, settled);
  const remove = api.useMutation("delete", `${path}/{user_id}`, settled);
  return (
    <Section title={t("members.of", { name })} lead={t("members.lead")}>
      {members.isPending && <SkeletonRows rows={2} />}
      {members.error && (
        <LoadProblem error={members.error} onRetry={() => void members.refetch()} />
      )}
      <ul>
        {members.data?.items.map((member) => {
          const one = { path: { workspace_id: workspaceId, user_id: member.user_id } };
          return (
            <Row
              key={member.user_id}
              action={
                <>
                  <Select
                    aria-label={t("members.roleOf", { name: member.display_name })}
                    value={member.role as Role}
                    options={options}
                    disabled={!manages}
                    className="!w-28"
                    onChange={(role) => change.mutate({ params: one, body: { role } })}
                  />
                  {manages && (
                    <span className="w-20">
                      {member.user_id === user.id ? (
                        <span className="px-2.5 text-faint text-sm">{t("members.you")}</span>
                      ) : (
                        <Confirm
                          label={t("members.remove")}
                          title={t("members.removeTitle", { name: member.display_name })}
                          body={t("members.removeBody")}
                          onConfirm={() => remove.mutate({ params: one })}
                        />
                      )}
                    </span>
                  )}
                </>
              }
            >
              <div className="flex items-center gap-2.5">
                <Avatar name={member.display_name} />
                <div className="min-w-0">
                  <p className="truncate font-medium text-sm">{member.display_name}</p>
                  <p className="truncate text-muted text-xs">{member.email}</p>
                </div>
              </div>
            </Row>
          );
        })}
      </ul>
    </Section>
  );
}

function Invitations({ workspaceId }: { workspaceId: string }) {
  const { t } = useTranslation("settings");
  const queries = useQueryClient();
  const path = "/api/v1/workspaces/{workspace_id}/invitations" as const;
  const invitations = api.useQuery("get", path, {
    params: { path: { workspace_id: workspaceId } },
  });
  const [making, setMaking] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: ["get", path] });
  const revoke = api.useMutation("delete", `${path}/{invitation_id}`, {
    onSuccess: refresh,
    onError: (error: unknown) => void toast.error(toProblem(error).message),
  });
  return (
    <Section
      title={t("members.invitations")}
      lead={t("members.invitationsLead")}
      action={
        <Button size="sm" icon={UserPlus} onClick={() => setMaking(true)}>
          {t("members.invite")}
        </Button>
      }
    >
      {invitations.data?.items.length === 0 && (
        <p className="text-muted text-sm">{t("members.noInvitations")}</p>
      )}
      <ul>
        {invitations.data?.items.map((invitation) => (
          <Row
            key={invitation.id}
            action={
              <Confirm
                label={t("members.withdraw")}
                title={t("members.withdrawTitle")}
                body={t("members.withdrawBody")}
                onConfirm={() =>
                  revoke.mutate({
                    params: { path: { workspace_id: workspaceId, invitation_id: invitation.id } },
                  })
                }
              />
            }
          >
            <p className="truncate font-medium text-sm">{invitation.email}</p>
            <p className="text-muted text-xs">
              {t("members.invited", {
                role: t(`members.roles.${invitation.role}`),
                day: onDay(invitation.expires_at),
              })}
            </p>
          </Row>
        ))}
      </ul>
      {making && (
        <Invite
          workspaceId={workspaceId}
          onClose={() => setMaking(false)}
          onMade={() => void refresh()}
        />
      )}
    </Section>
  );
}

interface InviteProps {
  workspaceId: string;
  onClose: () => void;
  onMade: () => void;
}

function Invite({ workspaceId, onClose, onMade }: InviteProps) {
  const { t } = useTranslation("settings");
  const options = useRoleOptions();
  const [role, setRole] = useState<Role>("member");
  const [url, setUrl] = useState<string | null>(null);
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    const { data } = await client.POST("/api/v1/workspaces/{workspace_id}/invitations", {
      params: { path: { workspace_id: workspaceId } },
      body: { email: text(values, "email").trim(), role },
    });
    if (!data) return;
    setUrl(data.url);
    onMade();
  });
  if (url) return <ShownOnce value={url} onClose={onClose} />;
  return (
    <Dialog open onOpenChange={onClose} title={t("members.invite")} size="sm">
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        <FormProblem problem={problem} />
        <TextField name="email" type="email" label={t("profile.email")} problem={problem} />
        <Field label={t("members.role")} error={problem?.fieldError("role")}>
          {(control) => <Select {...control} value={role} options={options} onChange={setRole} />}
        </Field>
        <div className="flex justify-end">
          <Button type="submit" variant="primary" loading={busy}>
            {t("members.makeLink")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
