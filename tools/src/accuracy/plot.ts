import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { AccuracyReport } from './report.ts';

const NAMES = { logDensity: 'log-density', maximize: 'M-step', cdf: 'distribution function', quantile: 'quantile' } as const;

/** The picture of `docs/accuracy.md`: for every function of every family's variants the median, the largest error and the budget. */
export function plotReport(report: AccuracyReport): string {
  const { document } = parseHTML('<html><body></body></html>');
  const rows = report.functions.map((figures) => ({
    family: figures.options === '' ? figures.family : `${figures.family}, ${figures.options}`,
    function: NAMES[figures.function],
    median: figures.median,
    largest: figures.largest,
    budget: figures.budget ?? 0,
  }));
  const limit = Math.max(...rows.map(({ budget, largest }) => Math.max(budget, largest)));
  const svg = Plot.plot({
    document: document as unknown as Document,
    width: 1060,
    height: 60 + 17 * new Set(rows.map(({ family }) => family)).size,
    marginLeft: 360,
    marginTop: 40,
    marginBottom: 40,
    style: { background: 'white', color: '#222222', fontFamily: 'system-ui, sans-serif', fontSize: '11px' },
    x: {
      label: 'ulps →',
      type: 'sqrt',
      domain: [0, limit],
      ticks: [0, 1, 2, 4, 8, 16, 32].filter((tick) => tick <= limit),
      grid: true,
    },
    y: { label: null },
    fx: { label: null, domain: Object.values(NAMES) },
    marks: [
      Plot.ruleY(rows, { y: 'family', fx: 'function', x1: 'median', x2: 'largest', stroke: '#8a8f98' }),
      Plot.tickX(rows, { x: 'budget', y: 'family', fx: 'function', stroke: '#c2410c', strokeWidth: 2 }),
      Plot.dot(rows, { x: 'median', y: 'family', fx: 'function', r: 2.5, fill: 'white', stroke: '#1d4ed8' }),
      Plot.dot(rows, { x: 'largest', y: 'family', fx: 'function', r: 3.5, fill: '#1d4ed8' }),
      Plot.frame({ stroke: '#d4d7dc' }),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${svg.outerHTML}\n`;
}
