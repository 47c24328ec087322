/** The administrator that the set-up test creates and that every other test signs in as. */
export const ADMIN = {
  email: "ada@example.com",
  password: "correct horse battery staple",
  displayName: "Ada Lovelace",
};
