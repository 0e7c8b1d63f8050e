import { read } from "../lib/api";
import { myRights } from "../lib/rights";
import type { LeaderTasks } from "./types";

/** Who looks at a page of the network: the rights held, and the base grids led. */
export interface Reader {
  rights: Set<string>;
  led: LeaderTasks["grids"];
}

export async function whoReads(): Promise<Reader> {
  const [rights, duties] = await Promise.all([myRights(), read<LeaderTasks>("me/leader-tasks")]);
  return { rights, led: duties.grids };
}
