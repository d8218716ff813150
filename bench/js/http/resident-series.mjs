const INTERVAL_MS = 100;

/** Resident memory of this process over time, in bytes, from now on. */
export function residentSeries() {
  const series = [process.memoryUsage.rss()];
  const timer = setInterval(() => series.push(process.memoryUsage.rss()), INTERVAL_MS);
  return {
    stop() {
      clearInterval(timer);
      series.push(process.memoryUsage.rss());
    },
    figures: () => ({
      rssStart: series[0],
      rssPeak: Math.max(...series),
      rssEnd: series.at(-1),
      rssIntervalMs: INTERVAL_MS,
      rssSeries: series,
    }),
  };
}
