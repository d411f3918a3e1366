// What the page asks of its server.

async function answer(response) {
  const found = await response.json();
  if (!response.ok) throw new Error(found.error);
  return found;
}

export const get = async (path) => answer(await fetch(path));

export const post = async (path, body) =>
  answer(await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }));

export const thingPath = (thing) =>
  `/api/thing/${encodeURIComponent(thing.kind)}/${thing.id.split("/").map(encodeURIComponent).join("/")}`;
