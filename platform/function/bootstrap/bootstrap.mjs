// Runs a Node.js handler behind the Lambda Runtime API. Arguments: the handler's file, and the property path of the
// function in it.

import http from 'node:http';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

const [file, path] = process.argv.slice(2);
process.argv = [process.argv[0], file];
const [host, ...secret] = process.env.AWS_LAMBDA_RUNTIME_API.split('/');
const [hostname, port] = host.split(':');
const prefix = [...secret.map((segment) => '/' + segment), '/2018-06-01/runtime/'].join('');
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const jsonLogs = (process.env.AWS_LAMBDA_LOG_FORMAT ?? '').toUpperCase() === 'JSON';

let current = null; // the invocation under way
let requestId = ''; // of the latest invocation, for the log

// call sends a request to the Runtime API. Without a server the process ends.
function call(method, path, body, headers = {}) {
  return new Promise((resolve) => {
    if (body !== undefined) headers['Content-Length'] = Buffer.byteLength(body);
    const request = http.request({ hostname, port, agent, method, path: prefix + path, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', () => process.exit(1));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.on('error', () => process.exit(1));
    request.end(body);
  });
}

// Logging: each line begins with time, request id and level, as in Lambda's log.

const levels = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' };
const order = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
const lowest = Math.max(0, order.indexOf((process.env.AWS_LAMBDA_LOG_LEVEL ?? '').toUpperCase()));

function log(level, args) {
  if (order.indexOf(level) < lowest) return;
  const timestamp = new Date().toISOString();
  if (!jsonLogs) {
    process.stdout.write(`${timestamp}\t${requestId || 'undefined'}\t${level}\t${format(...args)}\n`);
    return;
  }
  const message = args.length === 1 && typeof args[0] !== 'string' && !(args[0] instanceof Error) ? args[0] : format(...args);
  const line = { timestamp, level, requestId, message };
  try {
    process.stdout.write(JSON.stringify(line) + '\n');
  } catch {
    process.stdout.write(JSON.stringify({ ...line, message: format(...args) }) + '\n');
  }
}

for (const [method, level] of Object.entries(levels)) console[method] = (...args) => log(level, args);

// describe makes Lambda's document of whatever was thrown.
function describe(error) {
  if (error instanceof Error || (error && typeof error === 'object' && 'message' in error && 'stack' in error)) {
    return { errorType: error.name, errorMessage: error.message, trace: String(error.stack ?? '').split('\n') };
  }
  const message = error !== null && typeof error === 'object' ? format('%j', error) : String(error);
  return { errorType: error === null ? 'null' : typeof error, errorMessage: message, trace: [] };
}

function fault(name, message, cause) {
  const error = new Error(message, { cause });
  error.name = name;
  error.stack = cause?.stack ? `${name}: ${cause.stack}` : error.stack.replace('Error:', `${name}:`);
  return error;
}

function report(path, error, title) {
  const document = describe(error);
  console.error(`${title}\t${JSON.stringify(document)}`);
  // A header holds no line breaks and only Latin-1.
  const type = document.errorType?.replace?.(/[^\x20-\x7e]/g, '?') ?? 'Error';
  const headers = { 'Content-Type': 'application/json', 'Lambda-Runtime-Function-Error-Type': type };
  return call('POST', path, JSON.stringify(document), headers);
}

// load imports the handler's module and finds the function in it.
async function load() {
  let module;
  try {
    module = await import(pathToFileURL(file));
  } catch (error) {
    if (error instanceof SyntaxError) throw fault('Runtime.UserCodeSyntaxError', String(error), error);
    const missing = ['MODULE_NOT_FOUND', 'ERR_MODULE_NOT_FOUND'].includes(error?.code);
    throw missing ? fault('Runtime.ImportModuleError', `Error: ${error.message}`, error) : error;
  }
  const find = (root) => path.split('.').reduce((value, name) => value?.[name], root);
  const handler = find(module) ?? find(module.default);
  if (handler === undefined) throw fault('Runtime.HandlerNotFound', `${process.env._HANDLER} is undefined or not exported`);
  if (typeof handler !== 'function') throw fault('Runtime.HandlerNotFound', `${process.env._HANDLER} is not a function`);
  return handler;
}

// Invocation is one event. finish counts once: the first of a promise, a callback, context.succeed, fail and done.
class Invocation {
  constructor(headers) {
    this.id = headers['lambda-runtime-aws-request-id'];
    this.waits = true; // for an empty event loop, after a callback
    this.promised = false;
    this.outcome = null;
    this.ended = new Promise((resolve) => (this.end = resolve));
    const deadline = Number(headers['lambda-runtime-deadline-ms']);
    const invocation = this;
    this.context = {
      awsRequestId: this.id,
      invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
      functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
      functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
      memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
      getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
      get callbackWaitsForEmptyEventLoop() { return invocation.waits; },
      set callbackWaitsForEmptyEventLoop(value) { invocation.waits = value; },
      succeed: (result) => this.finish({ result }, true),
      fail: (error) => this.finish({ error: error ?? 'handled' }, true),
      done: (error, result) => this.finish(error === null || error === undefined ? { result } : { error }, true),
    };
  }

  callback = (error, result) => {
    this.finish(error === null || error === undefined ? { result } : { error }, !this.waits);
  };

  finish(outcome, atOnce) {
    this.outcome ??= outcome;
    if (atOnce) this.end();
  }

  run(handler, event) {
    try {
      const returned = handler(event, this.context, this.callback);
      if (typeof returned?.then === 'function') {
        this.promised = true;
        returned.then((result) => this.finish({ result }, true), (error) => this.finish({ error }, true));
      }
    } catch (error) {
      this.finish({ error }, true);
    }
  }

  // empty is called when the event loop has nothing left to do.
  empty() {
    if (this.promised && !this.outcome) {
      const text = 'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a '
        + 'Promise that was never settled.';
      die(fault('Runtime.NodeJsExit', text), 13);
      return;
    }
    this.finish({ result: null }, true);
  }

  async answer() {
    await this.ended;
    let { result, error } = this.outcome;
    let body;
    if (!('error' in this.outcome)) {
      try {
        body = JSON.stringify(result) ?? 'null';
      } catch (cause) {
        this.outcome = { error: (error = fault('Runtime.MarshalError', 'Unable to stringify response body as json', cause)) };
      }
    }
    current = null;
    if ('error' in this.outcome) return report(`invocation/${this.id}/error`, error, 'Invoke Error');
    const { status } = await call('POST', `invocation/${this.id}/response`, body, { 'Content-Type': 'application/json' });
    if (status !== 202) console.error(`the response was refused with status ${status}`);
  }
}

// die reports an error of the invocation under way, or of the initialization, and ends the process.
let dying = false;
let initialized = false;
async function die(error, code) {
  if (dying) return;
  dying = true;
  if (current || !initialized) {
    await report(current ? `invocation/${current.id}/error` : 'init/error', error, 'Uncaught Exception');
  } else {
    console.error(`Uncaught Exception\t${JSON.stringify(describe(error))}`);
  }
  process.exit(code);
}

process.on('uncaughtException', (error) => die(error, 129));
process.on('unhandledRejection', (reason) => {
  die(fault('Runtime.UnhandledPromiseRejection', describe(reason).errorMessage, reason instanceof Error ? reason : undefined), 128);
});
process.on('beforeExit', () => {
  if (!initialized && !dying) process.exit(13); // the module awaits what never comes
  current?.empty();
});

// A top-level await here would keep the process from noticing that its event loop is empty.
async function main() {
  let handler;
  try {
    handler = await load();
  } catch (error) {
    await die(error, 1);
    return;
  }
  initialized = true;
  for (;;) {
    const { status, headers, body } = await call('GET', 'invocation/next');
    if (status !== 200) process.exit(1);
    const invocation = new Invocation(headers);
    requestId = invocation.id;
    process.env._X_AMZN_TRACE_ID = headers['lambda-runtime-trace-id'] ?? '';
    current = invocation;
    let event;
    try {
      event = JSON.parse(body);
    } catch (error) {
      invocation.finish({ error: fault('Runtime.UnmarshalError', error.message, error) }, true);
    }
    if (!invocation.outcome) invocation.run(handler, event);
    await invocation.answer();
  }
}

main();
