// A custom sender that posts its events as they are.
export const handler = async (event) => {
  await fetch(process.env.PROVIDER, { method: 'POST', body: JSON.stringify(event) });
};
