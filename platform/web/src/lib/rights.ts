import { read } from "./api";

interface MyRights {
  rights: { permission: string; unit_path: string; unit_name: string }[];
}

/** The names of the rights that the reader holds anywhere. */
export async function myRights(): Promise<Set<string>> {
  const mine = await read<MyRights>("me/rights");
  return new Set(mine.rights.map((right) => right.permission));
}
