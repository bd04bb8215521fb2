import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { componentColour } from '../palette.ts';
import { Swatch } from '../plot/shapes.tsx';
import { type EmRun, expectationAt, responsibilitiesAt } from './em-run.ts';
import { threeCoinsData } from './scenes.ts';
import { BookSummary, PrintedNumber } from './textbook.tsx';

const outcomes = [...new Set(threeCoinsData)].sort((a, b) => a - b);
const occurrences = outcomes.map((outcome) => threeCoinsData.filter((value) => value === outcome).length);
const coins = [0, 1, 2];

interface CoinsTablesProps {
  readonly run: EmRun;
  /** The iteration the E-step on show belongs to. */
  readonly iteration: number;
  readonly phase: 'start' | 'E' | 'M';
  /** True where the run is the book's and this is its first iteration. */
  readonly book: boolean;
}

/** The tables of the textbook, filling as the steps go: responsibilities, expected counts and heads, new weights and biases. */
export function ThreeCoinsTables({ run, iteration, phase, book }: CoinsTablesProps): JSX.Element {
  const point = run.points[iteration]!;
  const next = run.points[iteration + 1];
  const known = useMemo(() => {
    const rows = responsibilitiesAt(run, point);
    const expectation = expectationAt(run, point);
    // One row of each outcome: rows of one outcome share their responsibilities.
    const posterior = outcomes.map((outcome) => coins.map((coin) => rows[coin]![threeCoinsData.indexOf(outcome)]!));
    return { posterior, counts: Array.from(expectation.counts), heads: coins.map((coin) => expectation.statistics(coin)[0]!) };
  }, [run, point]);
  const filled = phase !== 'start';
  const stepped = phase === 'M' && next !== undefined;
  const name = (figure: string): string | undefined => (book ? figure : undefined);
  const tables = {
    posterior: outcomes.flatMap((outcome, row) =>
      coins.map((coin) => ({ figure: `table-6.1/${outcome}/c${coin + 1}`, value: known.posterior[row]![coin]! })),
    ),
    products: outcomes.flatMap((outcome, row) =>
      coins.map((coin) => ({ figure: `table-6.2/${outcome}/c${coin + 1}`, value: known.posterior[row]![coin]! * occurrences[row]! })),
    ),
    counts: coins.map((coin) => ({ figure: `6.10/c${coin + 1}`, value: known.counts[coin]! })),
    heads: coins.map((coin) => ({ figure: `table-6.3/c${coin + 1}`, value: known.heads[coin]! })),
    weights: coins.map((coin) => ({ figure: `6.14/c${coin + 1}`, value: next?.parameters.weights[coin] })),
    biases: coins.map((coin) => ({
      figure: `table-6.4/c${coin + 1}`,
      value: next?.parameters.components[coin]?.['probability'] as number | undefined,
    })),
  };
  const shown = [
    ...(filled ? [...tables.posterior, ...tables.products, ...tables.counts, ...tables.heads] : []),
    ...(stepped ? [...tables.weights, ...tables.biases] : []),
  ].flatMap(({ figure, value }) => (book && value !== undefined ? [{ figure, value }] : []));
  const coinHeads = coins.map((coin) => (
    <th key={coin} scope="col" class="numeric">
      <Swatch colour={componentColour(coin)} />c<sub>{coin + 1}</sub>
    </th>
  ));
  const cells = (numbers: readonly { figure: string; value: number | undefined }[], visible: boolean): readonly JSX.Element[] =>
    numbers.map(({ figure, value }) => (
      <td key={figure} class="numeric" data-cell={figure}>
        <PrintedNumber value={visible ? value : undefined} figure={name(figure)} />
      </td>
    ));
  const row = <T,>(list: readonly T[], index: number): readonly T[] => list.slice(index * coins.length, (index + 1) * coins.length);
  return (
    <section class="tables" aria-label="The textbook’s tables">
      <BookSummary shown={shown} />
      <div class="columns">
        <div class="card scroll-x" tabIndex={0} role="region" aria-label="E-step: responsibilities and expected counts">
          <table class={`figures ${filled ? 'filled' : ''}`} key={`e${iteration}`} data-testid="table-6.1">
            <caption>
              <b>E-step.</b> How probable is each coin, given the heads? <span class="source">table 6.1</span>
            </caption>
            <thead>
              <tr>
                <th scope="col">heads</th>
                <th scope="col">times</th>
                {coinHeads}
              </tr>
            </thead>
            <tbody>
              {outcomes.map((outcome, index) => (
                <tr key={outcome} style={{ animationDelay: `${index * 70}ms` }}>
                  <th scope="row">{outcome}</th>
                  <td>{occurrences[index]}</td>
                  {cells(row(tables.posterior, index), filled)}
                </tr>
              ))}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row" colSpan={2}>
                  expected count <span class="source">(6.10)</span>
                </th>
                {cells(tables.counts, filled)}
              </tr>
            </tfoot>
          </table>
          <details>
            <summary>The same, times the occurrences (table 6.2)</summary>
            <table class="figures filled" data-testid="table-6.2">
              <thead>
                <tr>
                  <th scope="col">heads</th>
                  <th scope="col">times</th>
                  {coinHeads}
                </tr>
              </thead>
              <tbody>
                {outcomes.map((outcome, index) => (
                  <tr key={outcome}>
                    <th scope="row">{outcome}</th>
                    <td>{occurrences[index]}</td>
                    {cells(row(tables.products, index), filled)}
                  </tr>
                ))}
              </tbody>
            </table>
          </details>
        </div>
        <div class="card scroll-x" tabIndex={0} role="region" aria-label="M-step: new weights and biases">
          <table class={`figures ${stepped ? 'filled' : ''}`} key={`m${iteration}`} data-testid="table-6.4">
            <caption>
              <b>M-step.</b> Divide, as if the expectations had been counted.
            </caption>
            <thead>
              <tr>
                <th scope="col">for each coin</th>
                {coinHeads}
              </tr>
            </thead>
            <tbody>
              <tr>
                <th scope="row">
                  expected heads <span class="source">table 6.3</span>
                </th>
                {cells(tables.heads, filled)}
              </tr>
              <tr>
                <th scope="row">
                  new weight <span class="source">(6.14)</span>
                  <small>expected count / 20</small>
                </th>
                {cells(tables.weights, stepped)}
              </tr>
              <tr>
                <th scope="row">
                  new bias <span class="source">table 6.4</span>
                  <small>expected heads / (10 × expected count)</small>
                </th>
                {cells(tables.biases, stepped)}
              </tr>
            </tbody>
          </table>
          <FirstSequence run={run} iteration={iteration} book={book} posterior={known.posterior.at(-1)!} />
        </div>
      </div>
    </section>
  );
}

/** The first sequence, six heads, worked by hand: likelihood, joint probability, posterior. */
function FirstSequence({
  run,
  iteration,
  book,
  posterior,
}: {
  run: EmRun;
  iteration: number;
  book: boolean;
  posterior: readonly number[];
}): JSX.Element {
  const { parameters } = run.points[iteration]!;
  const likelihoods = useMemo(() => {
    const block = { size: 1, columns: [Float64Array.of(6)] };
    return parameters.components.map((values) => {
      const out = new Float64Array(1);
      run.problem.family.logDensity(block, values, out);
      return Math.exp(out[0]!);
    });
  }, [run, parameters]);
  const rows = [
    { title: 'likelihood', source: '6.7', values: likelihoods },
    { title: '× weight', source: '6.8', values: likelihoods.map((value, coin) => value * parameters.weights[coin]!) },
    { title: '÷ sum: posterior', source: '6.9', values: posterior },
  ];
  return (
    <details>
      <summary>The first sequence, six heads, worked by hand</summary>
      <table class="figures filled" data-testid="first-sequence">
        <thead>
          <tr>
            <th scope="col">of 6 heads</th>
            {coins.map((coin) => (
              <th key={coin} scope="col" class="numeric">
                <Swatch colour={componentColour(coin)} />c<sub>{coin + 1}</sub>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ title, source, values }) => (
            <tr key={source}>
              <th scope="row">
                {title} <span class="source">({source})</span>
              </th>
              {coins.map((coin) => (
                <td key={coin} class="numeric" data-cell={`${source}/c${coin + 1}`}>
                  <PrintedNumber value={values[coin]} figure={book ? `${source}/c${coin + 1}` : undefined} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
