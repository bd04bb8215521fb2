// `npm start`, `npm test` and `npm run demo` begin here, on a machine that may have nothing but Node and npm.
// No dependency, and a syntax that a very old Node can read, so that it can say that it is too old.
'use strict';

var fs = require('fs');
var path = require('path');
var crypto = require('crypto');
var childProcess = require('child_process');

var ROOT = path.dirname(__dirname);
var MODULES = path.join(ROOT, 'node_modules');
var BIN = path.join(MODULES, '.bin');
var STAMP = path.join(MODULES, '.emkit-stamp');
var MINIMUM_NODE = 20;
var MINIMUM_NODE_FOR_TOOLS = 22;
var WINDOWS = process.platform === 'win32';

function say(text) {
  process.stdout.write('emkit: ' + text + '\n');
}

function fail(lines) {
  process.stderr.write('emkit: ' + lines.join('\n       ') + '\n');
  process.exit(1);
}

function checkNode() {
  var major = parseInt(process.versions.node, 10);
  if (major < MINIMUM_NODE) {
    fail([
      'Node ' + process.versions.node + ' is too old: emkit needs Node ' + MINIMUM_NODE + ' or later.',
      'Install one from https://nodejs.org and run the command again.',
    ]);
  }
  say('checking Node ' + process.versions.node + ' ... good');
}

function readPackageManager() {
  var manager = JSON.parse(fs.readFileSync(path.join(ROOT, 'package.json'), 'utf8')).packageManager;
  return manager.split('+')[0];
}

function manifests() {
  var files = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'tools/package.json'];
  ['packages', 'apps'].forEach((group) => {
    var folder = path.join(ROOT, group);
    if (!fs.existsSync(folder)) return;
    fs.readdirSync(folder)
      .sort()
      .forEach((name) => {
        files.push(group + '/' + name + '/package.json');
      });
  });
  return files.filter((file) => fs.existsSync(path.join(ROOT, file)));
}

// What an install depends on: the manifests, the lock file, and the machine it is for.
function fingerprint() {
  var hash = crypto.createHash('sha256');
  hash.update(process.platform + ' ' + process.arch + '\n');
  manifests().forEach((file) => {
    hash.update(file + '\0');
    hash.update(fs.readFileSync(path.join(ROOT, file)));
    hash.update('\0');
  });
  return hash.digest('hex');
}

function isInstalled(print) {
  try {
    return fs.readFileSync(STAMP, 'utf8').trim() === print && fs.existsSync(path.join(BIN, WINDOWS ? 'pnpm.cmd' : 'pnpm'));
  } catch (_error) {
    return false;
  }
}

var NETWORK =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT|getaddrinfo|network (?:error|request)|error sending request|dns error|failed to lookup address|ERR_PNPM_META_FETCH_FAIL|ERR_PNPM_FETCH|ERR_PNPM_NO_OFFLINE/i;

function lastLines(text, count) {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .slice(-count);
}

function install() {
  var print = fingerprint();
  if (isInstalled(print)) return Promise.resolve();
  var manager = readPackageManager();
  say('installing dependencies with ' + manager.replace('@', ' ') + ' ...');
  var started = Date.now();
  return new Promise((resolve) => {
    // Without network npm and pnpm would each try again for minutes before they say so.
    var patience = {};
    ['npm_config_', 'pnpm_config_'].forEach(function (prefix) {
      patience[prefix + 'fetch_retry_mintimeout'] = '1000';
      patience[prefix + 'fetch_retry_maxtimeout'] = '5000';
    });
    var environment = Object.assign(patience, process.env, { CI: 'true', npm_config_update_notifier: 'false' });
    var child = childProcess.spawn(WINDOWS ? 'npx.cmd' : 'npx', ['-y', '--prefer-offline', manager, 'install', '--frozen-lockfile'], {
      cwd: ROOT,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: WINDOWS,
    });
    var output = '';
    var advice = [];
    function collect(chunk) {
      output += chunk;
    }
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => {
      fail([
        'npx could not be started (' + error.message + ').',
        'It comes with npm: install Node ' + MINIMUM_NODE + ' or later with npm and run the command again.',
      ]);
    });
    child.on('close', (code) => {
      if (code === 0) {
        fs.writeFileSync(STAMP, print + '\n');
        say('dependencies installed in ' + ((Date.now() - started) / 1000).toFixed(1) + ' s');
        resolve();
      } else if (NETWORK.test(output)) {
        fail(
          [
            'could not reach the package registry.',
            'Connect to the network, or set a mirror with `npm config set registry URL`, and run the command again.',
            'Nothing outside node_modules was changed. The last lines were:',
          ].concat(indent(lastLines(output, 6))),
        );
      } else {
        if (/ERR_PNPM_OUTDATED_LOCKFILE|frozen-lockfile/.test(output)) {
          advice = ['A package.json was changed without pnpm-lock.yaml: run `npx -y ' + manager + ' install` and commit both.'];
        }
        fail(
          [manager.replace('@', ' ') + ' could not install the dependencies (exit code ' + code + '). The last lines were:'].concat(
            indent(lastLines(output, 20)),
            advice,
          ),
        );
      }
    });
  });
}

function indent(lines) {
  return lines.map((line) => '  ' + line);
}

// The pinned Node and pnpm of node_modules/.bin come before those of the machine.
function toolEnvironment() {
  var environment = Object.assign({}, process.env, {
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
  });
  var key = Object.keys(environment).filter((name) => name.toUpperCase() === 'PATH')[0];
  environment[key || 'PATH'] = BIN + path.delimiter + (environment[key] || '');
  return environment;
}

function node() {
  var pinned = path.join(BIN, 'node');
  if (!WINDOWS && fs.existsSync(pinned)) return pinned;
  if (parseInt(process.versions.node, 10) < MINIMUM_NODE_FOR_TOOLS) {
    fail([
      'building and testing emkit needs Node ' +
        MINIMUM_NODE_FOR_TOOLS +
        ' or later on this kind of machine (' +
        process.platform +
        ' ' +
        process.arch +
        ').',
      'On Linux a pinned one is installed by itself; here, install one from https://nodejs.org. (The published packages run on Node ' +
        MINIMUM_NODE +
        '.)',
    ]);
  }
  return process.execPath;
}

function run(script, args) {
  var child = childProcess.spawn(node(), [path.join(__dirname, script)].concat(args), {
    cwd: ROOT,
    env: toolEnvironment(),
    stdio: 'inherit',
  });
  child.on('close', (code, signal) => {
    process.exit(signal ? 1 : code);
  });
}

var scripts = { start: 'src/start.ts', test: 'src/check.ts', demo: '../apps/demo/serve.ts' };
var task = process.argv[2];
if (scripts[task] === undefined) fail(['usage: node tools/bootstrap.cjs start|test|demo']);
checkNode();
install().then(() => {
  run(scripts[task], process.argv.slice(3));
});
