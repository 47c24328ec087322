/** localStorage that never throws: it may be blocked, full or absent. Never put a secret here. */
export const storage = {
  get(key: string): string | null {
    try {
      return localStorage.getItem(`vectal.${key}`);
    } catch {
      return null;
    }
  },
  set(key: string, value: string | null): void {
    try {
      if (value === null) localStorage.removeItem(`vectal.${key}`);
      else localStorage.setItem(`vectal.${key}`, value);
    } catch {
      // The choice then lasts until the tab closes.
    }
  },
};
