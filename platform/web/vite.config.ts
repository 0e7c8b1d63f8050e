import { defineConfig } from "vite";

// Django serves the pages; Vite builds what they load. `manifest.json` tells django-vite the built names.
export default defineConfig({
  base: "/static/build/",
  build: {
    outDir: "../wangge/static/build",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    modulePreload: { polyfill: false },
    // MapLibre and its worker are large by nature and loaded by the map page only.
    chunkSizeWarningLimit: 1300,
    rollupOptions: {
      input: ["src/plain.ts", "src/map.ts", "src/gis.ts", "src/bureau.ts", "src/sites.ts", "src/site.ts", "src/assignment.ts", "src/instructor.ts", "src/own-grids.ts", "src/own-post.ts", "src/check-in.ts", "src/activities.ts", "src/network.ts", "src/interest-grid.ts", "src/wellness-tests.ts", "src/wellness-cases.ts", "src/wellness-totals.ts", "src/wellness-invitations.ts", "src/wellness-own.ts", "src/account.ts", "src/operator.ts", "src/operator-city.ts", "src/operator-open.ts"],
    },
  },
  worker: { format: "es" },
});
