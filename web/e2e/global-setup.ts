import type { FullConfig } from "@playwright/test";
import { ADMIN } from "./account.ts";
import { addressOf } from "./addresses.ts";
import { postAsNobody } from "./api.ts";
import { Engine } from "./engine.ts";
import { Mailbox } from "./mailbox.ts";
import { N8N_URL, VectalServer } from "./server.ts";
import { TOOL_HOST } from "./tool-server.ts";

/** The set-up test makes the administrator of the first Vectal; the others have theirs from here. */
async function setUp(url: string): Promise<void> {
  const { email, password, displayName } = ADMIN;
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const account = { email, password, display_name: displayName, timezone: timeZone };
  await postAsNobody(url, "/api/v1/setup", account);
}

/** Starts a Vectal for each worker, and a web for all; Playwright calls the answer at the end. */
export default async function globalSetup({ workers }: FullConfig): Promise<() => Promise<void>> {
  const [engine, mailbox] = [await Engine.start(), await Mailbox.start()];
  const start = async (worker: number): Promise<VectalServer> => {
    const url = addressOf(worker);
    const server = await VectalServer.start(url, {
      ...engine.environment,
      ...mailbox.environment(url),
      VECTAL_EGRESS_ALLOW: TOOL_HOST,
      VECTAL_N8N_URL: N8N_URL,
    });
    if (worker > 0) await setUp(url);
    return server;
  };
  const started = await Promise.allSettled(Array.from({ length: workers }, (_, n) => start(n)));
  const servers = started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await engine.stop();
    await mailbox.stop();
  };
  const failed = started.find((each) => each.status === "rejected");
  if (failed) {
    await stop();
    throw failed.reason;
  }
  return stop;
}
