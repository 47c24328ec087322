import createQueryClient from "openapi-react-query";
import { client } from "./client";

/**
 * Typed hooks: `api.useQuery("get", "/api/v1/tasks", …)`, `api.useMutation("post", …)`,
 * `api.queryOptions(…)`. Apart from the client, so that the login page loads no query library.
 */
export const api = createQueryClient(client);
