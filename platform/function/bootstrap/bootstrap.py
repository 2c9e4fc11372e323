"""Runs a Python handler behind the Lambda Runtime API. Arguments: the handler's file, and the function's name in it."""

import decimal
import http.client
import importlib.util
import json
import logging
import math
import os
import sys
import time
import traceback

API = "/2018-06-01/runtime/"
request_id = ""


class Fault(Exception):
    """What Lambda's own runtime reports, rather than the handler."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind, self.trace = kind, list(trace)


class Runtime:
    """The Runtime API, by one connection that is kept."""

    def __init__(self, address):
        host, _, secret = address.partition("/")
        self.prefix = ("/" + secret if secret else "") + API
        self.connection = http.client.HTTPConnection(host)

    def next(self):
        self.connection.request("GET", self.prefix + "invocation/next")
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            sys.exit(1)
        return response.headers, body

    def post(self, path, body, content_type="application/json", error_type=None):
        headers = {"Content-Type": content_type}
        if error_type:
            headers["Lambda-Runtime-Function-Error-Type"] = error_type
        self.connection.request("POST", self.prefix + path, body, headers)
        response = self.connection.getresponse()
        response.read()
        return response.status


class Identity:
    cognito_identity_id = None
    cognito_identity_pool_id = None


class Context:
    """The second argument of a handler."""

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.client_context = None
        self.identity = Identity()
        self.tenant_id = None
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))

    def log(self, message):
        print(message)


class Encoder(json.JSONEncoder):
    """Writes decimals as numbers, as DynamoDB's tables give them."""

    def default(self, value):
        if not isinstance(value, decimal.Decimal):
            return super().default(value)
        if value.is_nan():
            return math.nan
        whole = value.is_finite() and value == value.to_integral_value()
        return int(value) if whole else float(value)


def load(file, name):
    """Imports the handler's module and returns the handler."""
    module_name = os.path.splitext(os.path.basename(file))[0]
    if module_name in sys.builtin_module_names:
        raise Fault("Runtime.BuiltInModuleConflict",
                    "Cannot use built-in module {} as a handler module".format(module_name))
    sys.path[0] = os.path.dirname(file)
    spec = importlib.util.spec_from_file_location(module_name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except ImportError as e:
        raise Fault("Runtime.ImportModuleError", "Unable to import module '{}': {}".format(module_name, e))
    except SyntaxError as e:
        raise Fault("Runtime.UserCodeSyntaxError", "Syntax error in module '{}': {}".format(module_name, e),
                    ['  File "{}" Line {}\n    {}'.format(e.filename, e.lineno, e.text)])
    if not hasattr(module, name):
        raise Fault("Runtime.HandlerNotFound", "Handler '{}' missing on module '{}'".format(name, module_name))
    return getattr(module, name)


def describe(error):
    """Makes Lambda's document of an exception."""
    if isinstance(error, Fault):
        kind, trace = error.kind, error.trace
    else:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__ and "importlib" not in f.filename]
        kind, trace = type(error).__name__, traceback.format_list(frames)
    return {"errorMessage": str(error), "errorType": kind, "requestId": request_id, "stackTrace": trace}


def report(document):
    """Writes an error to the log."""
    if json_logs():
        print(json.dumps(dict(document, timestamp=timestamp(time.time()), level="ERROR")))
        return
    lines = ["[ERROR] {errorType}: {errorMessage}".format(**document)]
    if document["stackTrace"]:
        lines.append("Traceback (most recent call last):")
        lines += [line for entry in document["stackTrace"] for line in entry.splitlines()]
    print("\n".join(lines))


def json_logs():
    return os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"


def timestamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class JSONFormatter(logging.Formatter):
    def format(self, record):
        line = {"timestamp": timestamp(record.created), "level": record.levelname,
                "message": record.getMessage(), "logger": record.name, "requestId": request_id}
        if record.exc_info and record.exc_info[0]:
            line["errorType"] = record.exc_info[0].__name__
            line["errorMessage"] = str(record.exc_info[1])
            line["stackTrace"] = traceback.format_tb(record.exc_info[2])
        return json.dumps(line, default=str)


class TextFormatter(logging.Formatter):
    converter = time.gmtime

    def __init__(self):
        super().__init__("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record):
        record.aws_request_id = request_id
        return super().format(record)


def set_up_output():
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JSONFormatter() if json_logs() else TextFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    level = {"TRACE": "DEBUG", "WARN": "WARNING", "FATAL": "CRITICAL"}.get(level, level)
    if level in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        root.setLevel(level)


def run(handler, body, context):
    """Calls the handler and returns its answer with the content type."""
    try:
        event = json.loads(body)
    except ValueError as e:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: {}".format(e))
    result = handler(event, context)
    if isinstance(result, bytes):
        return result, "application/unknown"
    try:
        return json.dumps(result, cls=Encoder, ensure_ascii=False).encode(), "application/json"
    except Exception as e:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: {}".format(e))


def main(file, name):
    global request_id
    set_up_output()
    runtime = Runtime(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load(file, name)
    except Exception as e:
        document = describe(e)
        report(document)
        runtime.post("init/error", json.dumps(document).encode(), error_type=document["errorType"])
        sys.exit(1)

    while True:
        headers, body = runtime.next()
        context = Context(headers)
        request_id = context.aws_request_id
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
        invocation = "invocation/" + request_id + "/"
        try:
            answer, content_type = run(handler, body, context)
        except Exception as e:
            document = describe(e)
            report(document)
            runtime.post(invocation + "error", json.dumps(document).encode(), error_type=document["errorType"])
        else:
            status = runtime.post(invocation + "response", answer, content_type)
            if status != 202:
                print("[ERROR] the response was refused with status {}".format(status))


if __name__ == "__main__":
    sys.argv, arguments = sys.argv[1:2], sys.argv[1:]
    try:
        main(*arguments)
    except (OSError, http.client.HTTPException):
        sys.exit(1)  # the server is gone
