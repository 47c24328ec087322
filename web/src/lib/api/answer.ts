/** The body of a call of the typed client that answers with one. A failed call has thrown before. */
export async function bodyOf<Body>(answer: Promise<{ data?: Body }>): Promise<Body> {
  const { data } = await answer;
  if (data === undefined) throw new Error("an answer without a body");
  return data;
}
