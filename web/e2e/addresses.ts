/** Two cores; and a test waits for the server about as long as it keeps the browser busy. */
export const WORKERS = 2;

/** Where the Vectal of one of Playwright's workers is: each has its own, so no test meets another's data. */
export function addressOf(worker: number): string {
  const address = process.env.VECTAL_E2E_URLS?.split(" ")[worker];
  if (!address) throw new Error("playwright.config.ts sets VECTAL_E2E_URLS, one for each worker");
  return address;
}

/** Where the Vectal of this worker is. */
export function ownAddress(): string {
  return addressOf(Number(process.env.TEST_PARALLEL_INDEX ?? 0));
}
