import { read } from "./api";

interface MyRights {
  rights: { permission: string; unit_path: string; unit_name: string }[];
  city: { centre: [number, number] | null };
}

function named(mine: MyRights): Set<string> {
  return new Set(mine.rights.map((right) => right.permission));
}

/** The names of the rights that the reader holds anywhere. */
export async function myRights(): Promise<Set<string>> {
  return named(await read<MyRights>("me/rights"));
}

/** The same, with the middle of the city's first map where its operator has given one. */
export async function myCity(): Promise<{ rights: Set<string>; centre: [number, number] | null }> {
  const mine = await read<MyRights>("me/rights");
  return { rights: named(mine), centre: mine.city.centre };
}
