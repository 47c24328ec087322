import createFetchClient from "openapi-fetch";
import { keeper, useSession } from "../session/session";
import type { paths } from "./schema";
import { createTransport } from "./transport";

const transport = createTransport({
  fetch: (request) => fetch(request),
  token: () => keeper.token(),
  renew: async (refused) => (await keeper.renew(refused))?.access_token ?? null,
  workspaceId: () => {
    const session = useSession.getState();
    return session.status === "signed-in" ? session.workspaceId : null;
  },
});

/** Typed calls outside React: `const { data } = await client.GET("/api/v1/me")`. Failures throw ProblemError. */
export const client = createFetchClient<paths>({
  baseUrl: window.location.origin,
  fetch: transport,
  credentials: "same-origin",
});
