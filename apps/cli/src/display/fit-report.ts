import { type Fit, type HiddenMarkov, markovChain, viterbi } from '@emkit/core';
import { printableName } from '@emkit/core/text';
import type { FitData } from '../input/data.ts';
import { renderHistogram } from './histogram.ts';
import { renderScatter } from './scatter.ts';
import { renderSeries } from './series.ts';
import type { Theme } from './theme.ts';

/** A fit as a person reads it: what it says of itself, and a plot. */
export function renderFit(fit: Fit, data: FitData, theme: Theme): string[] {
  const { name, columns, notes } = data;
  return [fit.summary({ ...theme, name, columns, notes, leftOut: '--json and --out hold them' }), ...renderPlot(fit, data, theme)];
}

function renderPlot(fit: Fit, data: FitData, theme: Theme): string[] {
  const { families, latent } = fit.model.mixture;
  const { columns: described } = families[0]!;
  if (described.some((column) => column.given === true) || latent.columns !== undefined || fit.missing !== undefined) return [];
  const names = data.columns.map(printableName);
  const values = data.columns.map((name) => data.source[name]!);
  if (fit.model.structure.latent.id === markovChain.id)
    return described.length === 1 ? ['', ...renderSeries(names[0]!, values[0]!, pathOf(fit, data), theme)] : [];
  const plot =
    described.length === 1
      ? renderHistogram({ name: names[0]!, values: values[0]!, weights: data.weights }, fit.model, theme)
      : described.length === 2
        ? renderScatter(names, values, data.weights, fit.labels(data.source), fit.model, theme)
        : [];
  return plot.length === 0 ? [] : ['', ...plot];
}

function pathOf(fit: Fit, data: FitData): Int32Array {
  const options = data.sequences && { sequences: data.sequences };
  return viterbi(fit as unknown as HiddenMarkov, data.source, options).states;
}
