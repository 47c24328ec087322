/**
 * Only the calls that the shell itself makes. `npm run api` replaces this file with the one generated
 * from openapi.json.
 */
export interface paths {
  "/api/v1/setup": {
    get: Operation<never, components["schemas"]["SetupState"]>;
    post: Operation<components["schemas"]["SetupRequest"], components["schemas"]["Auth"]>;
  };
  "/api/v1/auth/login": {
    post: Operation<components["schemas"]["LoginRequest"], components["schemas"]["Auth"]>;
  };
  "/api/v1/auth/logout": { post: Operation<never, never> };
  "/api/v1/me": { get: Operation<never, components["schemas"]["User"]> };
}

type Operation<Body, Result> = ([Body] extends [never]
  ? { requestBody?: never }
  : { requestBody: { content: { "application/json": Body } } }) & {
  parameters: { query?: never; header?: never; path?: never; cookie?: never };
  responses: { 200: { headers: Record<string, unknown>; content: { "application/json": Result } } };
};

export interface components {
  schemas: {
    SetupState: { needed: boolean; signup: "invitation" | "open" };
    SetupRequest: {
      email: string;
      password: string;
      display_name: string;
      workspace_name?: string;
      timezone?: string;
    };
    LoginRequest: { email: string; password: string };
    Auth: {
      access_token: string;
      expires_in: number;
      user: components["schemas"]["User"];
      workspaces: components["schemas"]["WorkspaceMembership"][];
    };
    User: {
      id: string;
      email: string;
      display_name: string;
      timezone: string;
      locale: string;
      is_admin: boolean;
      default_workspace_id: string | null;
      created_at: string;
    };
    WorkspaceMembership: { id: string; name: string; role: string };
  };
}
