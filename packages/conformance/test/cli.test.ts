import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'emkit-conformance-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

function run(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--conditions=emkit-source', join(here, '../src/cli.ts'), ...args],
      { cwd: here, timeout: 100_000 },
      (error, out, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, error: stderr });
      },
    );
  });
}

describe('emkit-conformance', { timeout: 120_000 }, () => {
  test('a family that conforms: a table of laws, exit code 0', async () => {
    const report = join(folder, 'report.json');
    const junit = join(folder, 'junit.xml');
    const { code, out } = await run('fixtures/rayleigh.js', '--runs', '20', '--report', report, '--junit', junit);
    expect(out).toContain('1 of 1 families conform');
    expect(out).toMatch(/m-step +passed/);
    expect(out).toMatch(/log-density +skipped +the family has no reference/);
    expect(code).toBe(0);
    const { passed, reports } = JSON.parse(readFileSync(report, 'utf8'));
    expect(passed).toBe(true);
    expect(reports[0].results.map(({ law }: { law: string }) => law)).toContain('recovery');
    const xml = readFileSync(junit, 'utf8');
    expect(xml).toContain('<testsuite name="rayleigh" tests="14" failures="0" skipped="2"');
  });

  test('a family that does not: the counterexample and the seed, exit code 1; the failure is kept and tried first', async () => {
    const regressions = join(folder, 'regressions.json');
    const first = await run('fixtures/broken-rayleigh.js', '--law', 'm-step', '--runs', '30', '--seed', '3', '--regressions', regressions);
    expect(first.code).toBe(1);
    expect(first.out).toContain('is not the maximum');
    expect(first.out).toContain('counterexample: ');
    expect(first.out).toContain('seed: 3, path: ');
    const kept = JSON.parse(readFileSync(regressions, 'utf8')).regressions;
    expect(kept.length).toBeGreaterThan(1);
    expect(kept[0]).toMatchObject({ family: 'rayleigh', law: 'm-step', seed: 3, value: { data: { rows: expect.any(Array) } } });
    const report = join(folder, 'again.json');
    const again = await run(
      'fixtures/broken-rayleigh.js',
      '--law',
      'm-step',
      '--runs',
      '30',
      '--seed',
      '4',
      '--regressions',
      regressions,
      '--report',
      report,
    );
    expect(again.code).toBe(1);
    const [result] = JSON.parse(readFileSync(report, 'utf8')).reports[0].results;
    expect(result).toMatchObject({ status: 'failed', seed: 3, path: kept[0].path });
    expect(JSON.parse(readFileSync(regressions, 'utf8')).regressions).toEqual(kept);
    const { part, path } = kept[0];
    const replayed = await run('fixtures/broken-rayleigh.js', '--law', 'm-step', '--part', part, '--replay', `3:${path}`);
    expect(replayed.out).toMatch(/rayleigh .*m-step, no neighbour is better:\n {2}case: {.*}\n {2}the estimate .* is not the maximum/);
    expect(replayed.code).toBe(1);
    const right = await run('fixtures/rayleigh.js', '--law', 'm-step', '--part', part, '--replay', `3:${path}`);
    expect(right.out).toContain('it holds');
    expect(right.code).toBe(0);
  });

  test('an expected failure passes, and an expected failure that does not happen fails', async () => {
    const expected = await run(
      'fixtures/broken-rayleigh.js',
      '--law',
      'm-step',
      '--runs',
      '10',
      '--expect-failure',
      'm-step=the divisor is under repair',
    );
    expect(expected.out).toContain('the divisor is under repair');
    expect(expected.code).toBe(0);
    const unexpected = await run(
      'fixtures/rayleigh.js',
      '--law',
      'm-step',
      '--runs',
      '10',
      '--expect-failure',
      'm-step=the divisor is under repair',
    );
    expect(unexpected.out).toContain('take the expectation away');
    expect(unexpected.code).toBe(1);
  });

  test('a latent structure, by the laws of labels; a law of families passes it by', async () => {
    const { code, out } = await run(
      'fixtures/even.js',
      'fixtures/rayleigh.js',
      '--law',
      'label-posteriors',
      '--law',
      'codec-and-json',
      '--runs',
      '5',
    );
    expect(out).toMatch(/even \(components=2\): .*\n +label-posteriors +passed/);
    expect(out).toMatch(/even \(components=3\): .*\n +label-posteriors +passed/);
    expect(out).toMatch(/rayleigh: .*\n +codec-and-json +passed/);
    expect(out).toContain('1 of 1 families conform\n2 of 2 latent structures conform');
    expect(code).toBe(0);
  });

  test('a law that never ends is stopped and fails; the others are still checked', async () => {
    const regressions = join(folder, 'hangs.json');
    const laws = ['--law', 'cdf-quantile-sampler', '--law', 'codec-and-json'];
    const { code, out } = await run(
      'fixtures/hanging-rayleigh.js',
      ...laws,
      '--timeout',
      '4',
      '--runs',
      '10',
      '--regressions',
      regressions,
    );
    expect(out).toMatch(
      /the cdf is the integral of the density: it did not end within 4 seconds.*, at case 1 or .*\n +case: {"parameters":/,
    );
    expect(JSON.parse(readFileSync(regressions, 'utf8')).regressions).toEqual([
      expect.objectContaining({
        part: 'the cdf is the integral of the density',
        value: expect.objectContaining({ parameters: { squaredScale: expect.any(Number) } }),
      }),
    ]);
    expect(out).toMatch(/codec-and-json +passed/);
    expect(code).toBe(1);
  });

  test('functions beside a family, and what no law could prove, are named, and fail a strict check', async () => {
    const args = ['fixtures/beside.js', '--law', 'log-density', '--law', 'codec-and-json', '--runs', '5'];
    const loose = await run(...args);
    expect(loose.out).toContain('NOT CHECKED: the export makeRayleigh of fixtures/beside.js: it is a function without an id');
    expect(loose.out).toContain('NOT PROVED: the digits of the log-density (no reference)');
    expect(loose.code).toBe(0);
    const strict = await run(...args, '--strict');
    expect(strict.out).toMatch(/log-density +FAILED/);
    expect(strict.code).toBe(1);
  });

  test('--progress says what is being checked, and several families are checked at once, told in their order', async () => {
    const { out, error, code } = await run(
      'fixtures/beside.js',
      'fixtures/rayleigh.js',
      '--law',
      'codec-and-json',
      '--runs',
      '5',
      '--threads',
      '2',
      '--progress',
    );
    expect(error).toContain('rayleigh (1 of 2): codec-and-json\n');
    expect(error).toContain('rayleigh (2 of 2): done\n');
    expect(out.match(/rayleigh: seed 1/g)).toHaveLength(2);
    expect(code).toBe(0);
  });

  test.each([
    [[], 'no module is given'],
    [['fixtures/nowhere.js'], 'there is no file fixtures/nowhere.js'],
    [['no-such-package'], 'neither a file nor a package'],
    [['fixtures/no-family.js'], 'exports no family'],
    [['fixtures/malformed.js'], 'its id is "Not Kebab", not a name in kebab-case'],
    [['fixtures/malformed-latent.js'], 'is not a latent structure: its variant {"components":0} has no number of components'],
    [['fixtures/even.js', '--law', 'm-step'], 'export nothing that the law m-step is for'],
    [['fixtures/rayleigh.js', '--runs', 'many'], '--runs is "many"'],
    [['fixtures/rayleigh.js', '--law', 'gravity'], 'there is no law "gravity"'],
    [['fixtures/rayleigh.js', '--expect-failure', 'm-step'], 'has no reason'],
    [['fixtures/rayleigh.js', '--no-such-option'], '--no-such-option'],
    [
      ['fixtures/rayleigh.js', '--expect-failure', 'm-step/flight=why'],
      'the law m-step has no part "flight"; it has: no neighbour is better;',
    ],
    [['fixtures/rayleigh.js', '--replay', '1:2:3'], '--replay needs one --law'],
    [['fixtures/rayleigh.js', '--law', 'm-step', '--replay', 'first'], '--replay is "first"'],
    [['fixtures/rayleigh.js', '--report', 'no/such/folder/report.json'], 'report.json cannot be written: there is no folder'],
    [['fixtures/rayleigh.js', '--junit', 'fixtures'], 'fixtures cannot be written: it is no file'],
    [['fixtures/never-loads.js', '--timeout', '2'], 'it did not load within 2 seconds'],
    [['fixtures/never-settles.js'], 'a promise that it awaits at its top level never settles'],
    [['fixtures/promised.js'], 'default: it is a promise of something'],
  ])('wrong usage %j: a message and exit code 2', async (args, message) => {
    const { code, error, out } = await run(...args);
    expect(error).toContain(message);
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  test('a syntax error is shown with its line', async () => {
    const file = join(folder, 'unfinished.mjs');
    writeFileSync(file, 'const right = 1;\nexport const family = { id: ;\n');
    const { code, error } = await run(file);
    expect(error).toMatch(/could not be loaded: Unexpected token ';'\n.*unfinished\.mjs:2\nexport const family = \{ id: ;\n +\^/);
    expect(code).toBe(2);
  });

  test('a file that does not hold regressions is refused', async () => {
    const file = join(folder, 'bad.json');
    writeFileSync(file, '{}');
    const { code, error } = await run('fixtures/rayleigh.js', '--regressions', file);
    expect(error).toContain('does not hold regressions');
    expect(code).toBe(2);
    expect(existsSync(`${file}.tmp`)).toBe(false);
  });

  test('--help names every law', async () => {
    const { code, out } = await run('--help');
    expect(out).toContain('equivariance-and-purity');
    expect(out).toContain('label-posteriors');
    expect(code).toBe(0);
  });
});
