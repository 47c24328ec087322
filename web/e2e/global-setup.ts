import { Engine } from "./engine.ts";
import { Mailbox } from "./mailbox.ts";
import { N8N_URL, VectalServer } from "./server.ts";
import { TOOL_HOST } from "./tool-server.ts";

/** Starts the Vectal that all tests share, and a web for it; Playwright calls the answer at the end. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const url = process.env.VECTAL_E2E_URL;
  if (!url) throw new Error("playwright.config.ts sets VECTAL_E2E_URL");
  const [engine, mailbox] = [await Engine.start(), await Mailbox.start()];
  const server = await VectalServer.start(url, {
    ...engine.environment,
    ...mailbox.environment(url),
    VECTAL_EGRESS_ALLOW: TOOL_HOST,
    VECTAL_N8N_URL: N8N_URL,
  });
  return async () => {
    await server.stop();
    await engine.stop();
    await mailbox.stop();
  };
}
