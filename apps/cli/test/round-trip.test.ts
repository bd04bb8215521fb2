import { type CertifiableFit, type Certificate, certify } from '@emkit/reference';
import { describe, expect, test } from 'vitest';
import { data, emkit, Folder, fitJson } from './support.ts';

const folder = new Folder();

function parse(csv: string): { readonly header: string[]; readonly rows: number[][] } {
  const [header, ...lines] = csv.trimEnd().split('\n');
  return { header: header!.split(','), rows: lines.map((line) => line.split(',').map(Number)) };
}

describe('fit, predict, sample', () => {
  const model = folder.at('model.json');

  test('a model file holds the model, its columns and where it comes from', async () => {
    const args = [data('old-faithful.csv'), '--family', 'gaussian', '--components', '2'];
    const { exitCode, stdout } = await emkit(['fit', ...args, '--out', model]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`The model is in ${model}.`);
    const file = JSON.parse(folder.read('model.json')) as Record<string, unknown>;
    const fit = await fitJson(args);
    expect(file).toMatchObject({ ...fit.model, columns: ['eruptions', 'waiting'], fit: { logLikelihood: fit.logLikelihood, rows: 272 } });
  });

  test('predict gives the responsibilities, the label and the log-density of every row, in full', async () => {
    const { stdout, exitCode } = await emkit(['predict', model, data('old-faithful.csv')]);
    expect(exitCode).toBe(0);
    const { header, rows } = parse(stdout);
    expect(header).toEqual(['row', 'label', 'responsibility_1', 'responsibility_2', 'log_density']);
    expect(rows.map(([row]) => row)).toEqual(Array.from({ length: 272 }, (_, index) => index + 1));
    for (const [, label, first, second] of rows) {
      expect(first! + second!).toBeCloseTo(1, 14);
      expect(label).toBe(second! > first! ? 2 : 1);
    }
    const logLikelihood = rows.reduce((sum, row) => sum + row[4]!, 0);
    expect(logLikelihood).toBeCloseTo(-1130.264, 3);
    const weight = rows.reduce((sum, row) => sum + row[2]!, 0) / 272;
    expect(weight).toBeCloseTo((JSON.parse(folder.read('model.json')) as { weights: number[] }).weights[0]!, 7);
  });

  test('predict finds the columns by name, in whatever order and company they stand', async () => {
    const other = folder.write('other.csv', 'who,waiting,eruptions\nann,79,3.6\n');
    const { stdout } = await emkit(['predict', model, other, '--out', folder.at('groups.csv')]);
    expect(stdout).toBe('');
    const whole = (await emkit(['predict', model, data('old-faithful.csv')])).stdout.split('\n');
    expect(folder.read('groups.csv').split('\n')[1]).toBe(whole[1]);
    const renamed = folder.write('renamed.csv', 'w,e\n79,3.6\n');
    expect((await emkit(['predict', model, renamed, '--columns', 'e,w'])).stdout.split('\n')[1]).toBe(whole[1]);
    const missing = await emkit(['predict', model, renamed]);
    expect(missing).toMatchObject({ exitCode: 1, stdout: '' });
    expect(missing.stderr).toContain('has no column "eruptions". It has: w, e.');
  });

  test("predict reads fit's JSON, and the model or the data from the standard input", async () => {
    const { stdout: json } = await emkit([
      'fit',
      data('two-coins.csv'),
      '--family',
      'binomial',
      '--option',
      'trials=10',
      '--components',
      '2',
      '--start',
      data('two-coins-start.json'),
      '--json',
    ]);
    const fromInput = await emkit(['predict', '-', data('two-coins.csv')], { stdin: json });
    const file = folder.write('fit.json', json);
    const dataFromInput = await emkit(['predict', file, '-'], { stdin: 'heads\n5\n9\n8\n4\n7\n' });
    expect(fromInput.exitCode).toBe(0);
    expect(dataFromInput.stdout).toBe(fromInput.stdout);
    expect((await emkit(['predict', '-', '-'])).exitCode).toBe(2);
  });

  test('predict names the row that no component can have produced', async () => {
    const impossible = folder.write(
      'impossible.json',
      JSON.stringify({ family: 'binomial', options: { trials: 3 }, weights: [1], components: [{ probability: 1 }] }),
    );
    const { exitCode, stderr } = await emkit(['predict', impossible, folder.write('in.csv', 'x\n3\n2\n')]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain('line 3 (row 2)');
  });

  test('sample draws the same rows for the same seed, under the names the model was fitted to', async () => {
    const args = ['sample', model, '--rows', '5000', '--seed', '3'];
    const first = await emkit(args);
    expect(first.exitCode).toBe(0);
    expect((await emkit(args)).stdout).toBe(first.stdout);
    expect((await emkit(['sample', model, '--rows', '5000', '--seed', '4'])).stdout).not.toBe(first.stdout);
    const { header, rows } = parse(first.stdout);
    expect(header).toEqual(['eruptions', 'waiting']);
    expect(rows).toHaveLength(5000);
    const fit = await fitJson(['-', '--family', 'gaussian', '--components', '2'], { stdin: first.stdout });
    const fitted = JSON.parse(folder.read('model.json')) as { weights: number[] };
    expect(Math.min(...fit.model.weights)).toBeCloseTo(Math.min(...fitted.weights), 1);
  });

  test('sample can say the component of each row', async () => {
    const out = folder.at('sample.csv');
    await emkit(['sample', model, '--rows', '50', '--labels', '--out', out]);
    const { header, rows } = parse(folder.read('sample.csv'));
    expect(header).toEqual(['eruptions', 'waiting', 'label']);
    expect(new Set(rows.map((row) => row[2]))).toEqual(new Set([1, 2]));
  });

  test('a model with trials by row takes them from the file, and for a sample from --option', async () => {
    const file = folder.write('trials.csv', 'heads,n\n5,10\n9,10\n8,10\n1,2\n');
    const conditional = folder.at('conditional.json');
    await emkit(['fit', file, '--family', 'binomial', '--option', 'trials-column=n', '--components', '1', '--out', conditional, '--quiet']);
    expect(parse((await emkit(['predict', conditional, file])).stdout).rows).toHaveLength(4);
    const { stderr, exitCode } = await emkit(['sample', conditional, '--rows', '2']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--option trials=10');
    const { rows } = parse((await emkit(['sample', conditional, '--rows', '20', '--option', 'trials=4'])).stdout);
    expect(rows.every(([heads, n]) => n === 4 && heads! >= 0 && heads! <= 4)).toBe(true);
  });

  test('a saved fit says what was held: read back, it has the same certificate', async () => {
    const args = [
      '--family',
      'binomial',
      '--option',
      'trials=10',
      '--components',
      '2',
      '--start',
      data('two-coins-start.json'),
      '--fix',
      'weights',
    ];
    const { stdout } = await emkit(['fit', data('two-coins.csv'), ...args, '--certify', '--json']);
    const fit = JSON.parse(stdout) as CertifiableFit & { certificate: Certificate };
    expect(fit.model.held).toEqual({ weights: true });
    const rows = { rows: [5, 9, 8, 4, 7] };
    const again = await certify(fit, rows);
    expect(JSON.parse(JSON.stringify(again))).toEqual(fit.certificate);
    expect(again.couldRaise).toBe(false);
    expect((await certify({ ...fit, held: {} }, rows)).couldRaise).toBe(true);
  });

  test('data far from zero lose no digits on the way through a file', async () => {
    const near = Array.from({ length: 60 }, (_, row) => Math.round(1024 * (Math.sin(row) + (row % 2) * 6)) / 1024);
    const file = folder.write('far.csv', `x\n${near.map((value) => value + 2 ** 36).join('\n')}\n`);
    const saved = folder.at('far.json');
    const args = ['--family', 'gaussian', '--components', '2'];
    await emkit(['fit', file, ...args, '--out', saved, '--quiet']);
    const { stdout } = await emkit(['fit', file, ...args, '--certify', '--json']);
    const { logLikelihood, certificate } = JSON.parse(stdout) as { logLikelihood: number; certificate: Certificate };
    expect(Math.abs(certificate.logLikelihood.absoluteError)).toBeLessThan(1e-12);
    expect(certificate.couldRaise).toBe(false);
    const { rows } = parse((await emkit(['predict', saved, file])).stdout);
    expect(rows.reduce((sum, row) => sum + row[4]!, 0)).toBeCloseTo(logLikelihood, 11);
  });

  test('an output that exists is replaced whole, and kept when the work fails', async () => {
    const out = folder.write('kept.csv', 'old\n');
    const bad = folder.write('bad.csv', 'eruptions,waiting\n1,x\n');
    expect((await emkit(['predict', model, bad, '--out', out])).exitCode).toBe(1);
    expect(folder.read('kept.csv')).toBe('old\n');
    await emkit(['predict', model, data('old-faithful.csv'), '--out', out]);
    expect(folder.read('kept.csv')).toMatch(/^row,label/);
    expect(folder.list().filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
