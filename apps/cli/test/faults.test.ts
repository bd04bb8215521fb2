import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readlinkSync, symlinkSync, truncateSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { readModel } from '@emkit/core';
import { families } from '@emkit/families';
import { describe, expect, test } from 'vitest';
import { emkit, Folder, fitJson } from './support.ts';

const folder = new Folder();
const main = ['--conditions=emkit-source', fileURLToPath(new URL('../src/main.ts', import.meta.url))];
const one = ['--family', 'gaussian', '--components', '1'];
const numbers = folder.write('numbers.csv', 'x\n1\n2\n4\n');
const exponential = { family: 'exponential', options: {}, weights: [1], components: [{ rate: 1 }] };
const model = folder.write('model.json', JSON.stringify(exponential));

/** Hidden files that a write has left behind. */
function leftovers(): string[] {
  return folder.list().filter((name) => name.startsWith('.'));
}

/** Starts the command, and says when it has ended. */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, [...main, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<{ status: number | null; stderr: string }>((resolve) =>
    child.on('close', (status) => resolve({ status, stderr })),
  );
  return { child, ended };
}

describe('an output that cannot be written is one message and exit code 1:', () => {
  test('the standard output', () => {
    const readOnly = openSync(numbers, 'r');
    for (const args of [['fit', numbers, ...one], ['sample', model, '--rows', '3'], ['--help']]) {
      const { status, stderr } = spawnSync(process.execPath, [...main, ...args], { stdio: ['ignore', readOnly, 'pipe'], encoding: 'utf8' });
      expect(stderr).toMatch(/^emkit: the output cannot be written: .*\n$/);
      expect(status).toBe(1);
    }
    closeSync(readOnly);
  });

  test('a file that the permission model refuses, before the data are read', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--permission', '--allow-fs-read=*', ...main, 'fit', 'no-such.csv', ...one, '--out', folder.at('refused.json')],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe(`emkit: ${folder.at('refused.json')} cannot be written: permission is denied.\n`);
    expect(status).toBe(1);
  });

  test('a name that is too long, before the data are read', async () => {
    const { exitCode, stderr } = await emkit(['fit', 'no-such.csv', ...one, '--out', folder.at('a'.repeat(256))]);
    expect(stderr).toMatch(/cannot be written: the name is too long\.\n$/);
    expect(exitCode).toBe(1);
  });

  test('a link in a circle', async () => {
    symlinkSync('circle', folder.at('circle'));
    expect((await emkit(['fit', 'no-such.csv', ...one, '--out', folder.at('circle')])).stderr).toContain('circle cannot be written');
  });
});

describe('an output is written', () => {
  test('under a name as long as the disk bears', async () => {
    const out = 'b'.repeat(255);
    expect((await emkit(['fit', numbers, ...one, '--out', folder.at(out), '--quiet'])).exitCode).toBe(0);
    expect(JSON.parse(folder.read(out))).toMatchObject({ family: 'gaussian' });
  });

  test('where a link points, though nothing is there yet; the link stays', async () => {
    mkdirSync(folder.at('elsewhere'));
    symlinkSync('elsewhere/new.json', folder.at('second.json'));
    symlinkSync('second.json', folder.at('first.json'));
    for (const _ of ['new', 'there already']) {
      expect((await emkit(['fit', numbers, ...one, '--out', folder.at('first.json'), '--quiet'])).exitCode).toBe(0);
      expect(readlinkSync(folder.at('first.json'))).toBe('second.json');
      expect(JSON.parse(folder.read('elsewhere/new.json'))).toMatchObject({ family: 'gaussian' });
    }
    symlinkSync('no/such/folder', folder.at('nowhere.json'));
    expect((await emkit(['fit', numbers, ...one, '--out', folder.at('nowhere.json')])).stderr).toContain('there is no such file or folder');
  });
});

describe('a signal', () => {
  test('ends the reading of a pipe that goes on and on', async () => {
    const { child, ended } = start(['fit', '-', ...one]);
    child.stdin.on('error', () => undefined);
    const rows = '1.5\n2.5\n'.repeat(4096);
    let sent = 0;
    const feed = (): void => {
      while (child.stdin.writable && child.stdin.write(sent === 0 ? `x\n${rows}` : rows)) sent += 1;
      sent += 1;
      if (sent > 50) child.kill('SIGINT');
    };
    child.stdin.on('drain', feed);
    feed();
    expect(await ended).toEqual({ status: 130, stderr: 'emkit: stopped before it was finished; nothing was written\n' });
  });

  test('ends a sample of any size, which flows from its first row on', async () => {
    const { child, ended } = start(['sample', model, '--rows', '1000000000000']);
    child.stdout.once('data', (text: Buffer) => {
      expect(String(text).slice(0, 2)).toBe('x\n');
      child.kill('SIGINT');
    });
    child.stdout.resume();
    expect(await ended).toEqual({ status: 130, stderr: 'emkit: stopped before it was finished; nothing was written\n' });
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s leaves no half-written file', async (signal, code) => {
    const { child, ended } = start(['sample', model, '--rows', '1000000000000', '--out', folder.at(`${signal}.csv`)]);
    await expect.poll(leftovers, { timeout: 30_000, interval: 10 }).toHaveLength(1);
    child.kill(signal);
    expect(await ended).toEqual({ status: code, stderr: 'emkit: stopped before it was finished; nothing was written\n' });
    expect(leftovers()).toEqual([]);
    expect(folder.list()).not.toContain(`${signal}.csv`);
  });

  test('leaves the numbers of components that were tried', async () => {
    let content = 'x\n';
    for (let row = 0; row < 20_000; row += 1) content += `${((row * 7919) % 100_003) / 1000}\n`;
    const file = folder.write('many.csv', content);
    for (const format of [[], ['--json']]) {
      const controller = new AbortController();
      const out = folder.at('best.json');
      const { exitCode, stdout, stderr } = await emkit(
        ['select', file, '--family', 'gaussian', '--components', '1,60', '--out', out, ...format],
        {
          signal: controller.signal,
          watch: (shown) => {
            if (/fitting 60 components \(2 of 2\)\n {2}1 component: log-likelihood -95633\.0769, BIC 191285\.96/.test(shown))
              controller.abort();
          },
        },
      );
      expect(exitCode).toBe(130);
      expect(stderr).toContain('emkit: stopped after 1 of 2 numbers of components; nothing was written\n');
      if (format.length === 0) expect(stdout).toContain('* The smallest BIC of those that were finished is that of 1 component.');
      else expect(JSON.parse(stdout)).toMatchObject({ best: 1, interrupted: true, candidates: [{ components: 1 }] });
      expect(folder.list()).not.toContain('best.json');
    }
  });
});

test('a sample has the rows that the library draws', async () => {
  const json = {
    family: 'binomial',
    options: { trials: 'column' },
    weights: [0, 0.25, 0.75, 0],
    components: [0.1, 0.2, 0.9, 0.5].map((probability) => ({ probability })),
  };
  const drawn = readModel(json, families).sample(9000, 5, { trials: 12 });
  const expected = Array.from(drawn.labels, (label, row) => `${drawn.columns.map((column) => column[row]).join()},${label + 1}\n`);
  const file = folder.write('binomial.json', JSON.stringify(json));
  const { stdout } = await emkit(['sample', file, '--rows', '9000', '--seed', '5', '--option', 'trials=12', '--labels']);
  expect(stdout).toBe(`successes,trials,label\n${expected.join('')}`);
});

describe('a small request takes little:', () => {
  test('more components than rows', async () => {
    const many = ['--family', 'gaussian', '--components', '1000000000'];
    const says = 'emkit: standard input: there are 1,000,000,000 components, but only 3 rows. Use fewer components, or more data.\n';
    for (const command of ['fit', 'select'])
      expect(await emkit([command, '-', ...many], { stdin: 'x\n1\n2\n4\n' })).toMatchObject({ exitCode: 1, stderr: says });
    const { stdout } = await emkit(['select', numbers, '--family', 'gaussian', '--components', '1,1000000000', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      best: 1,
      candidates: [{ components: 1 }, { refused: expect.stringContaining('only 3 rows') as string }],
    });
  });

  test.each([
    [
      'a dimension',
      { family: 'multivariate-gaussian', options: { dimension: 1e7 }, weights: [1], components: [{ mean: [1], covariance: [[1]] }] },
    ],
    [
      'a dimension of one family of several',
      { families: [{ family: 'multivariate-gaussian', options: { dimension: 1e7 } }], weights: [1], components: [{}] },
    ],
    ['a dimension of a fit', { model: { family: 'multivariate-gaussian', options: { dimension: 1e7 }, weights: [1], components: [{}] } }],
    ['categories', { family: 'categorical', options: { categories: 1e9 }, weights: [1], components: [{ probabilities: [1] }] }],
    ['trials', { family: 'binomial', options: { trials: 1e300 }, weights: [1], components: [{ probability: 0.5 }] }],
  ])('%s of a model', async (_name, content) => {
    const file = folder.write('wide.json', JSON.stringify(content));
    for (const args of [
      ['sample', file, '--rows', '1'],
      ['predict', file, numbers],
    ]) {
      const { exitCode, stderr } = await emkit(args);
      expect(stderr).toMatch(/^emkit: .*wide\.json.*\n$/);
      expect(exitCode).toBe(1);
    }
  });

  test('a model file of 600 MB', async () => {
    const file = folder.write('huge.json', '{"family":');
    truncateSync(file, 600e6);
    for (const args of [
      ['predict', file, numbers],
      ['fit', numbers, ...one, '--start', file],
    ]) {
      const { exitCode, stderr } = await emkit(args);
      expect(stderr).toContain('huge.json has more than 268435456 bytes');
      expect(exitCode).toBe(1);
    }
  });

  const deep = `${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}`;
  test.each([
    ['options', `{"family":"gaussian","options":{"covariance":${deep}},"weights":[1],"components":[{}]}`],
    [
      'options of one family of several',
      `{"families":[{"family":"gaussian","options":{"covariance":${deep}}}],"weights":[1],"components":[{}]}`,
    ],
    ['weights', `{"family":"gaussian","options":{},"weights":[${deep}],"components":[{}]}`],
    ['a parameter', `{"family":"gaussian","options":{},"weights":[1],"components":[{"mean":${deep}}]}`],
    ['lists', `${'['.repeat(1e6)}${']'.repeat(1e6)}`],
  ])('a hundred thousand levels of nesting in %s', async (_name, content) => {
    const file = folder.write('deep.json', content);
    for (const args of [
      ['sample', file, '--rows', '1'],
      ['fit', numbers, ...one, '--start', file],
    ]) {
      const { exitCode, stderr } = await emkit(args);
      expect(stderr).toMatch(/^emkit: .*deep\.json is nested more than 50 levels deep\. .*\n$/);
      expect(exitCode).toBe(1);
    }
  });

  test('a name of 20 MB', async () => {
    const file = folder.write('name.csv', `${'a'.repeat(20e6)}\n1\nx\n`);
    const { exitCode, stderr } = await emkit(['fit', file, ...one]);
    expect(stderr).toMatch(/^emkit: .*name\.csv, line 1: the first line is longer than 16777216 bytes\. .*\n$/);
    expect(exitCode).toBe(1);
  });

  test('a column of 60,000 digits and a sign', async () => {
    const { exitCode, stderr } = await emkit(['fit', '-', ...one, '--columns', 'x'], { stdin: `x\n${'1'.repeat(60_000)}@\n` });
    expect(stderr).toContain('line 2 (row 1), column x: "1111');
    expect(exitCode).toBe(1);
  });
});

describe('a terminal is never told what to do by', () => {
  const command = '\u001b]0;owned\u0007';
  const control = /[\p{Cc}\u202e]/u;
  /** Without the colours that are ours, and the ends of lines. */
  const plain = (text: string): string => stripVTControlCharacters(text).replaceAll('\n', '');

  test('the name of a column', async () => {
    const file = folder.write('names.csv', `a${command}\u202e,"b\r\nc",d\n1,2,u\n2,1,u\n4,4,u\n5,6,v\n`);
    for (const args of [
      ['fit', file, '--family', 'gaussian', '--components', '1'],
      ['fit', file, '--family', 'gaussian', '--components', '1', '--json'],
      ['fit', file, '--family', 'gaussian', '--components', '1', '--out', '-'],
      ['select', file, '--family', 'gaussian', '--components', '1,2,3'],
      ['fit', file, '--family', 'exponential', '--components', '1'],
      ['fit', file, ...one, '--columns', 'e'],
    ]) {
      const { stdout, stderr } = await emkit(args, { terminal: 80 });
      expect(plain(stdout + stderr)).not.toMatch(control);
      expect(stdout + stderr).toContain('\\u001b');
    }
    expect((await fitJson([file, ...one])).columns).toEqual([`a${command}\u202e`, 'b\nc']);
  });

  test('the name of a file', async () => {
    const { stderr } = await emkit(['fit', `no${command}such.csv`, ...one]);
    expect(stderr).toBe('emkit: no\\u001b]0;owned\\u0007such.csv cannot be read: there is no such file or folder.\n');
  });

  test('a model', async () => {
    const named = folder.write('named.json', JSON.stringify({ ...exponential, columns: [`x${command}`] }));
    expect(plain((await emkit(['sample', named, '--rows', '1'], { terminal: 80 })).stdout)).not.toMatch(control);
    expect((await emkit(['sample', named, '--rows', '1'])).stdout).toContain(`"x${command}"\n`);
    const unknown = folder.write('unknown.json', JSON.stringify({ ...exponential, family: command }));
    expect(plain((await emkit(['sample', unknown, '--rows', '1'], { terminal: 80 })).stderr)).not.toMatch(control);
    expect(plain((await emkit(['sample', folder.write('no.json', `{"${command}"`), '--rows', '1'], { terminal: 80 })).stderr)).not.toMatch(
      control,
    );
  });
});

test('sampled columns keep their names, whatever they are', async () => {
  const names = ['a,b', 'say "c"', 'two\nlines', ' ; ', 'é'];
  const file = folder.write(
    'table.csv',
    `${names.map((name) => `"${name.replaceAll('"', '""')}"`).join()}\n${'1,2,3,5,8\n2,1,7,1,9\n4,5,5,8,1\n3,3,9,1,1\n7,1,1,4,2\n5,2,8,6,6\n'}`,
  );
  const out = folder.at('named-fit.json');
  await emkit(['fit', file, '--family', 'gaussian', '--option', 'covariance=diagonal', '--components', '1', '--out', out, '--quiet']);
  const { stdout } = await emkit(['sample', out, '--rows', '20']);
  const fit = await fitJson(['-', '--family', 'gaussian', '--option', 'covariance=diagonal', '--components', '1'], { stdin: stdout });
  expect(fit.columns).toEqual(
    (await fitJson([file, '--family', 'gaussian', '--option', 'covariance=diagonal', '--components', '1'])).columns,
  );
});
