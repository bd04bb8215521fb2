import type { JSX } from 'preact';
import { componentColour } from '../palette.ts';
import { Swatch } from '../plot/shapes.tsx';
import { type EmRun, responsibilitiesAt } from './em-run.ts';
import { twoCoinsData } from './scenes.ts';
import { BookSummary, PrintedNumber } from './textbook.tsx';

interface TwoCoinsTableProps {
  readonly run: EmRun;
  readonly iteration: number;
  readonly phase: 'start' | 'E' | 'M';
  /** True where the start is the note's: it prints numbers for the first and the tenth iteration. */
  readonly book: boolean;
}

const coins = [0, 1];
const letters = ['A', 'B'];

/** The note's worked example: every sample's posterior, and the heads and tails it gives to each coin. */
export function TwoCoinsTable({ run, iteration, phase, book }: TwoCoinsTableProps): JSX.Element {
  const filled = phase !== 'start';
  const next = phase === 'M' ? run.points[iteration + 1] : undefined;
  const responsibilities = responsibilitiesAt(run, run.points[iteration]!);
  const first = book && iteration === 0;
  const heads = (row: number, coin: number): number => responsibilities[coin]![row]! * twoCoinsData[row]!;
  const tails = (row: number, coin: number): number => responsibilities[coin]![row]! * (10 - twoCoinsData[row]!);
  const total = (of: (row: number, coin: number) => number, coin: number): number =>
    twoCoinsData.reduce((sum, _, row) => sum + of(row, coin), 0);
  const after = book && (iteration === 0 || iteration === 9) ? `two-coins/after-${iteration + 1}` : undefined;
  const shown = [
    ...(first && filled
      ? coins.flatMap((coin) => [
          { figure: `two-coins/posterior/${letters[coin]}`, value: responsibilities[coin]![0]! },
          { figure: `two-coins/heads/${letters[coin]}`, value: heads(0, coin) },
          { figure: `two-coins/tails/${letters[coin]}`, value: tails(0, coin) },
        ])
      : []),
    ...(after !== undefined && next !== undefined
      ? coins.map((coin) => ({ figure: `${after}/${letters[coin]}`, value: next.parameters.components[coin]!['probability'] as number }))
      : []),
  ];
  const cell = (kind: string, value: number, row: number, coin: number): JSX.Element => (
    <td key={`${kind}${coin}`} class="numeric" data-cell={`${kind}/${row}/${letters[coin]}`}>
      <PrintedNumber
        value={filled ? value : undefined}
        decimals={kind === 'posterior' ? 4 : 3}
        figure={first && row === 0 ? `two-coins/${kind}/${letters[coin]}` : undefined}
      />
    </td>
  );
  return (
    <section class="tables" aria-label="The note’s table">
      <BookSummary shown={shown} />
      <div class="card scroll-x" tabIndex={0} role="region" aria-label="Each sample’s posterior, and its heads and tails by coin">
        <table class={`figures ${filled ? 'filled' : ''}`} key={iteration} data-testid="two-coins-table">
          <caption>
            <b>E-step.</b> Each sample is divided between the coins in the proportion of their posteriors.
          </caption>
          <thead>
            <tr>
              <th scope="col" rowSpan={2}>
                sample
              </th>
              {['posterior', 'heads', 'tails'].map((name) => (
                <th key={name} scope="colgroup" colSpan={2} class="numeric">
                  {name}
                </th>
              ))}
            </tr>
            <tr>
              {[0, 1, 2].flatMap((group) =>
                coins.map((coin) => (
                  <th key={`${group}${coin}`} scope="col" class="numeric">
                    <Swatch colour={componentColour(coin)} />
                    {letters[coin]}
                  </th>
                )),
              )}
            </tr>
          </thead>
          <tbody>
            {twoCoinsData.map((value, row) => (
              <tr key={row} style={{ animationDelay: `${row * 70}ms` }}>
                <th scope="row">
                  {value} heads, {10 - value} tails
                </th>
                {coins.map((coin) => cell('posterior', responsibilities[coin]![row]!, row, coin))}
                {coins.map((coin) => cell('heads', heads(row, coin), row, coin))}
                {coins.map((coin) => cell('tails', tails(row, coin), row, coin))}
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row" colSpan={3}>
                sum
              </th>
              {[heads, tails].flatMap((of) =>
                coins.map((coin) => (
                  <td key={`${of.name}${coin}`} class="numeric">
                    <PrintedNumber value={filled ? total(of, coin) : undefined} decimals={3} />
                  </td>
                )),
              )}
            </tr>
            <tr>
              <th scope="row" colSpan={3}>
                <b>M-step.</b> New bias: heads / (heads + tails)
              </th>
              {coins.map((coin) => (
                <td key={coin} class="numeric" colSpan={2} data-cell={`bias/${letters[coin]}`}>
                  <PrintedNumber
                    value={next?.parameters.components[coin]?.['probability'] as number | undefined}
                    decimals={6}
                    figure={after === undefined ? undefined : `${after}/${letters[coin]}`}
                  />
                </td>
              ))}
            </tr>
          </tfoot>
        </table>
      </div>
    </section>
  );
}
