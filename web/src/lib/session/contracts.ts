/** The signed-in person as the shell needs it. Structural on purpose: any generated `User` fits. */
export interface SessionUser {
  id: string;
  email: string;
  display_name: string;
  timezone: string;
  is_admin: boolean;
  default_workspace_id: string | null;
}

export interface SessionWorkspace {
  id: string;
  name: string;
  role: string;
}

/** The body of login, sign-up, set-up and refresh. */
export interface AuthResponse {
  access_token: string;
  expires_in: number;
  user: SessionUser;
  workspaces: SessionWorkspace[];
}
