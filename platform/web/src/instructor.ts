import "./lib/frame";
import "./style/places.css";

import { latestAt, problemBox, read, show } from "./lib/api";
import { byId, fill } from "./lib/dom";
import { showNotices } from "./lib/notices";
import { showAgenda } from "./instructor/agenda";
import { showFeeds } from "./instructor/calendar-feeds";
import { promotionShown, servicesShown, standingShown } from "./instructor/standing";
import { TimesEditor } from "./instructor/times";
import type { Appointment, Own, Promotion, Totals } from "./instructor/types";

/** The instructor's own screen. Each part reads for itself, so that one that fails leaves the others. */
async function start(): Promise<void> {
  void showNotices(byId("notices"));
  void agenda();
  void show(byId("services"), async () => servicesShown(await read<Totals>("instructors/me/service-totals")));
  void show(byId("promotion"), async () => promotionShown(await read<Promotion>("instructors/me/promotion")));
  await show(byId("standing"), async () => {
    const own = await read<Own>("instructors/me");
    new TimesEditor(own.id);
    void showFeeds();
    return standingShown(own);
  });
}

async function agenda(): Promise<void> {
  const isLatest = latestAt(byId("next"));
  try {
    const { appointments } = await read<{ appointments: Appointment[] }>("instructors/me/agenda");
    if (isLatest()) showAgenda(appointments);
  } catch (fault) {
    if (isLatest()) fill(byId("next"), problemBox(fault, () => void agenda()));
  }
}

void start();
