import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { data, emkit, Folder } from './support.ts';

const folder = new Folder();
const source = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const bin = fileURLToPath(new URL('../bin/emkit.js', import.meta.url));
const fromSource = ['--conditions=emkit-source', source];

describe('the command as a process', () => {
  test('standard input, standard output and the exit code', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [...fromSource, 'fit', '-', '--family', 'exponential', '--components', '1', '--json'],
      {
        input: 'x\n1\n2\n3\n',
        encoding: 'utf8',
      },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as { model: { components: unknown } }).model.components).toEqual([{ rate: 0.5 }]);
  });

  test('the installed command, from what was built', () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [bin, 'fit', data('three-coins.csv'), '--family', 'binomial', '--option', 'trials=10', '--components', '1'],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toContain('-35.1526');
    expect(spawnSync(process.execPath, [bin, 'fit', 'no-such.csv', '--family', 'gaussian', '--components', '1']).status).toBe(1);
    expect(spawnSync(process.execPath, [bin, 'nonsense']).status).toBe(2);
  });

  test('the demonstration fits three data sets and names commands that work', () => {
    const demonstration = fileURLToPath(new URL('../src/demonstration.ts', import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--conditions=emkit-source', demonstration], {
      cwd: folder.path,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    for (const words of ['-35.1526', '-1130.2640', '190 rows', 'What to try next', '$ npx emkit select']) expect(stdout).toContain(words);
  });

  test('a reader that has seen enough is no error', async () => {
    const model = folder.write(
      'model.json',
      JSON.stringify({ family: 'exponential', options: {}, weights: [1], components: [{ rate: 1 }] }),
    );
    const child = spawn(process.execPath, [...fromSource, 'sample', model, '--rows', '400000'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  test('Ctrl-C ends it cleanly, with no file', async () => {
    let content = 'x\n';
    for (let row = 0; row < 100_000; row += 1) content += `${((row * 7919) % 100_003) / 1000}\n`;
    const out = folder.at('stopped.json');
    const child = spawn(
      process.execPath,
      [
        ...fromSource,
        'fit',
        '-',
        '--family',
        'gaussian',
        '--components',
        '6',
        '--plain',
        '--tolerance',
        '0',
        '--iterations',
        '100000',
        '--out',
        out,
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    // When it has taken the data, it listens for signals, and has minutes of work before it.
    child.stdin.end(content, () => setTimeout(() => child.kill('SIGINT'), 500));
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(stderr).toBe('emkit: stopped before it was finished; nothing was written\n');
    expect(status).toBe(130);
    expect(folder.list().filter((name) => name.startsWith('stopped') || name.startsWith('.'))).toEqual([]);
  });
});

test('an interruption while the data are read', async () => {
  const controller = new AbortController();
  controller.abort();
  const { exitCode, stderr } = await emkit(['fit', data('galaxies.csv'), '--family', 'gaussian', '--components', '2'], {
    signal: controller.signal,
  });
  expect(exitCode).toBe(130);
  expect(stderr).toContain('stopped');
});
