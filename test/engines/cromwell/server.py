"""A server with the REST API of Cromwell, for tests.

What a workflow means is decided by miniwdl: it parses and checks the document, and evaluates inputs,
attributes and commands, and the commands of a backend's configuration as well. The rest behaves as a real
Cromwell with a configured HPC backend was seen to: it knows a new workflow late, its query later still,
answers an abort of what has ended with 404, says Failed without a job number when the batch system refuses
a call, and has an empty memory after a restart.

  server.py CONFIGURATION ROOT

CONFIGURATION is a backend's configuration for Cromwell, ROOT the folder of the executions. Settings in
/test/settings, by POST: {"appear": seconds, "query": seconds, "hold": true, "authorization": text,
"hang": number of submissions to take without an answer, "forget": true}.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from datetime import datetime, timezone
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import WDL

POLL_SECONDS = 0.3
# A real one takes a minute (exit-code-timeout-seconds), which no test can wait for.
EXIT_CODE_TIMEOUT = 6
LIVE = ("Submitted", "On Hold", "Running", "Aborting")
STATUSES = LIVE + ("Succeeded", "Failed", "Aborted")
PARTS = {"workflowSource", "workflowInputs", "workflowOptions", "labels"}
settings = {"appear": 1.0, "query": 2.0, "hold": False, "authorization": None, "hang": 0}
workflows = {}
lock = threading.Lock()
documents = {}
loading = threading.Lock()


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def load(source):
    """Each document is parsed and checked once."""
    with loading:
        if source not in documents:
            documents[source] = parse(source)
        return documents[source]


def parse(source):
    # miniwdl wants one of the thread's own
    asyncio.set_event_loop(asyncio.new_event_loop())
    with tempfile.NamedTemporaryFile("w", suffix=".wdl") as file:
        file.write(source)
        file.flush()
        return WDL.load(file.name)


def stdlib():
    return WDL.StdLib.Base("1.0")


def bind(env, declarations, values):
    """Binds each declaration to its value, or to its default."""
    for declaration in declarations:
        if declaration.name in values:
            value = values[declaration.name].coerce(declaration.type)
        elif declaration.expr is not None:
            value = declaration.expr.eval(env, stdlib())
        else:
            value = WDL.Value.Null()
        env = env.bind(declaration.name, value)
    return env


class Backend:
    """The commands of a backend's configuration, each made a task that miniwdl can evaluate."""

    OWN = ["job_name", "cwd", "out", "err", "script", "job_id"]

    def __init__(self, path):
        with open(path) as file:
            text = file.read()
        block = lambda name: re.search(name + r'\s*=\s*"""(.*?)"""', text, re.S)
        line = lambda name: re.search(rf'^\s*{name}\s*=\s*"(.*)"\s*$', text, re.M)
        unquoted = lambda match: match[1].replace('\\"', '"').replace("\\\\", "\\")
        attributes = block("runtime-attributes")[1]
        self.job_id = re.compile(unquoted(line("job-id-regex")))
        self.submit = self.task(attributes, block("submit")[1])
        self.kill = self.task("", unquoted(line("kill")))
        self.check_alive = self.task("", unquoted(line("check-alive")))
        self.attributes = {decl.name for decl in self.submit.inputs} - set(self.OWN)

    def task(self, attributes, command):
        own = "\n".join(f'String {name} = ""' for name in self.OWN)
        source = f"version 1.0\ntask t {{\ninput {{\n{attributes}\n{own}\n}}\ncommand {{{command}}}\n}}\n"
        return load(source).tasks[0]

    def command(self, task, values):
        wdl = {name: value for name, value in values.items() if isinstance(value, WDL.Value.Base)}
        wdl |= {name: WDL.Value.String(v) for name, v in values.items() if name not in wdl}
        env = bind(WDL.Env.Bindings(), task.inputs, wdl)
        return WDL._util.strip_leading_whitespace(task.command.eval(env, stdlib()).value)[1]

    def run(self, task, values, folder):
        command = self.command(task, values)
        return subprocess.run(["/bin/bash", "-c", command], cwd=folder, capture_output=True, text=True, timeout=60)


class Call:
    """One call of the task, in its own folder."""

    def __init__(self, task, inputs, folder, shard):
        self.shard, self.folder = shard, folder
        self.job_id = self.return_code = None
        self.failure = None
        env = bind(WDL.Env.Bindings(), task.inputs, inputs)
        attributes = {name: expr.eval(env, stdlib()) for name, expr in task.runtime.items()}
        self.attributes = {k: v for k, v in attributes.items() if not isinstance(v, WDL.Value.Null)}
        if "memory" in self.attributes:
            self.attributes["memory_mb"] = WDL.Value.Int(mebibytes(self.attributes["memory"].value))
        self.command = WDL._util.strip_leading_whitespace(task.command.eval(env, stdlib()).value)[1]

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, backend, job_name):
        os.makedirs(self.folder)
        with open(self.path("script"), "w") as file:
            file.write(
                f"#!/bin/bash\n(\ncd '{self.folder}'\n{self.command}\n) >'{self.path('stdout')}' "
                f"2>'{self.path('stderr')}'\necho $? >'{self.path('rc.tmp')}'\n"
                f"mv '{self.path('rc.tmp')}' '{self.path('rc')}'\n"
            )
        known = {k: v for k, v in self.attributes.items() if k in backend.attributes}
        values = {**known, "job_name": job_name, "cwd": self.folder, "out": self.path("stdout")}
        values |= {"err": self.path("stderr"), "script": self.path("script")}
        done = backend.run(backend.submit, values, self.folder)
        with open(self.path("stderr.submit"), "w") as file:
            file.write(done.stderr)
        found = backend.job_id.search(done.stdout)
        if done.returncode == 0 and found:
            self.job_id = found[1]
        else:
            words = "Unable to start job. Check the stderr file for possible errors: "
            self.failure = words + self.path("stderr.submit")

    def wait(self, backend, is_aborting):
        missing_since = None
        is_killed = False
        while self.failure is None:
            if os.path.exists(self.path("rc")):
                with open(self.path("rc")) as file:
                    self.return_code = int(file.read())
                if self.return_code != 0:
                    self.failure = (
                        f"Job {os.path.basename(self.folder)} exited with return code "
                        f"{self.return_code} which has not been declared as a valid return code."
                    )
                return
            if is_aborting() and not is_killed:
                backend.run(backend.kill, {"job_id": self.job_id}, self.folder)
                is_killed = True
            alive = backend.run(backend.check_alive, {"job_id": self.job_id}, self.folder)
            if alive.returncode == 0:
                missing_since = None
            else:
                missing_since = missing_since or time.monotonic()
                if time.monotonic() - missing_since > EXIT_CODE_TIMEOUT:
                    self.return_code = 79
                    self.failure = "The job was killed by the batch system, or its node is gone"
                    return
            time.sleep(POLL_SECONDS * 3)

    def metadata(self):
        answer = {"attempt": 1, "shardIndex": self.shard}
        answer |= {"stdout": self.path("stdout"), "stderr": self.path("stderr")}
        if self.job_id is not None:
            answer["jobId"] = self.job_id
        if self.return_code is not None:
            answer["returnCode"] = self.return_code
        if self.failure is not None:
            answer["failures"] = [{"message": self.failure, "causedBy": []}]
        return answer


def mebibytes(text):
    number, unit = re.fullmatch(r"(\d+)\s*([A-Za-z]*)", text).groups()
    return int(number) * {"M": 1, "MB": 1, "MiB": 1, "G": 1024, "GB": 1024, "GiB": 1024}[unit]


class Workflow:
    def __init__(self, parts, backend, root):
        self.id, self.submission, self.made = str(uuid.uuid4()), now(), time.monotonic()
        self.labels = {**json.loads(parts.get("labels", "{}")), "cromwell-workflow-id": "cromwell-" + self.id}
        self.source, self.inputs = parts["workflowSource"], json.loads(parts.get("workflowInputs", "{}"))
        self.status = "On Hold" if settings["hold"] else "Submitted"
        self.backend, self.folder = backend, os.path.join(root, self.id)
        self.begun = self.end = None
        self.calls, self.failures, self.aborting = [], [], False
        threading.Thread(target=self.run, daemon=True).start()

    def is_shown(self, by):
        return time.monotonic() - self.made >= settings[by]

    def run(self):
        time.sleep(settings["appear"] / 2)
        while self.status == "On Hold":
            time.sleep(POLL_SECONDS)
            if not settings["hold"] and not self.end:
                self.status = "Submitted"
        if self.end:
            return
        self.status, self.begun = "Running", now()
        try:
            self.execute()
            self.failures = [call.failure for call in self.calls if call.failure]
        except Exception as error:  # as Cromwell does, whatever is wrong with the document
            self.failures = [f"Workflow input processing failed: {error}"]
        self.end = now()
        self.status = "Aborted" if self.aborting else "Failed" if self.failures else "Succeeded"

    def execute(self):
        workflow = load(self.source).workflow
        bindings = WDL.values_from_json(
            {name.split(".", 1)[1]: value for name, value in self.inputs.items()},
            workflow.available_inputs,
            workflow.required_inputs,
        )
        values = {binding.name: binding.value for binding in bindings}
        env = bind(WDL.Env.Bindings(), workflow.inputs, values)
        (scatter,) = workflow.body
        (call,) = scatter.body
        for index, item in enumerate(scatter.expr.eval(env, stdlib()).value):
            inner = env.bind(scatter.variable, item)
            inputs = {name: expr.eval(inner, stdlib()) for name, expr in call.inputs.items()}
            self.calls.append(Call(call.callee, inputs, self.folder_of(call, index), index))
        threads = [threading.Thread(target=self.follow, args=[each], daemon=True) for each in self.calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def folder_of(self, call, index):
        return os.path.join(self.folder, f"call-{call.name}", f"shard-{index}", "execution")

    def follow(self, call):
        try:
            if not self.aborting:
                call.start(self.backend, f"cromwell_{self.id[:8]}_worker")
                call.wait(self.backend, lambda: self.aborting)
        except Exception as error:
            call.failure = str(error)

    def abort(self):
        if self.end:
            return None
        self.aborting = True
        if self.status == "On Hold":
            self.end = now()
            self.status = "Aborted"
        else:
            self.status = "Aborting"
        return self.status

    def listed(self):
        answer = {"id": self.id, "name": "ChRISJob", "status": self.status, "submission": self.submission}
        answer |= {"start": self.begun} if self.begun else {}
        return answer | ({"end": self.end} if self.end else {})

    def metadata(self, include):
        chosen = lambda o: {k: v for k, v in o.items() if not include or any(k.startswith(i) for i in include)}
        calls = [chosen(call.metadata()) | {"attempt": 1, "shardIndex": call.shard} for call in self.calls]
        causes = [{"message": words, "causedBy": []} for words in self.failures]
        whole = self.listed() | {"labels": self.labels}
        if causes:
            whole["failures"] = [{"message": "Workflow failed", "causedBy": causes}]
        return chosen(whole) | {"id": self.id, "calls": {"ChRISJob.worker": calls} if calls else {}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    backend = root = None

    def log_message(self, *_):
        pass

    def answer(self, code, body):
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def fail(self, code, message, status="fail"):
        self.answer(code, {"status": status, "message": message})

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def do_GET(self):
        url = urlsplit(self.path)
        query = parse_qsl(url.query, keep_blank_values=True)
        if url.path == "/engine/v1/version":
            return self.answer(200, {"cromwell": "93-test"})
        if not self.may():
            return None
        if url.path == "/api/workflows/v1/query":
            return self.query(query)
        found = re.fullmatch(r"/api/workflows/v1/([^/]+)/(metadata|status)", url.path)
        if not found:
            return self.fail(404, "The requested resource could not be found.")
        workflow = workflows.get(found[1])
        if workflow is None or not workflow.is_shown("appear"):
            return self.fail(404, f"Unrecognized workflow ID: {found[1]}")
        if found[2] == "status":
            return self.answer(200, {"status": workflow.status, "id": workflow.id})
        return self.answer(200, workflow.metadata([v for k, v in query if k == "includeKey"]))

    def query(self, query):
        wanted = [v.split(":", 1) for k, v in query if k == "label"]
        statuses = [v for k, v in query if k == "status"]
        if any(len(pair) != 2 for pair in wanted):
            return self.fail(400, "Label values do not match allowed pattern label-key:label-value")
        if any(status not in STATUSES for status in statuses):
            return self.fail(400, "Unrecognized status values")
        if any(k not in ("label", "status", "additionalQueryResultFields") for k, _ in query):
            return self.fail(400, "Unrecognized query keys")
        fits = lambda w: (
            w.is_shown("query")
            and all(w.labels.get(key) == value for key, value in wanted)
            and (not statuses or w.status in statuses)
        )
        results = [workflow.listed() for workflow in list(workflows.values()) if fits(workflow)]
        return self.answer(200, {"results": results, "totalResultsCount": len(results)})

    def may(self):
        wanted = settings["authorization"]
        if wanted is None or self.headers.get("Authorization") == wanted:
            return True
        self.fail(401, "The supplied authentication is invalid")
        return False

    def do_POST(self):
        url = urlsplit(self.path)
        body = self.body()
        if url.path == "/test/settings":
            return self.set(json.loads(body))
        if not self.may():
            return None
        if url.path == "/api/workflows/v1":
            return self.submit(body)
        found = re.fullmatch(r"/api/workflows/v1/([^/]+)/abort", url.path)
        workflow = workflows.get(found[1]) if found else None
        status = workflow.abort() if workflow else None
        if status is None:
            words = f"Couldn't abort {found and found[1]} because no workflow with that ID is in progress"
            return self.fail(404, words, "error")
        return self.answer(200, {"id": workflow.id, "status": status})

    def set(self, wishes):
        if wishes.pop("forget", False):
            workflows.clear()
        settings.update(wishes)
        return self.answer(200, settings)

    def submit(self, body):
        kind = self.headers.get("Content-Type", "none/none")
        if not kind.startswith("multipart/form-data"):
            return self.fail(415, f"The request's Content-Type [{kind}] is not supported.")
        message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
        parts = {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode()
            for part in message.get_payload()
        }
        unknown = set(parts) - PARTS
        if unknown or "workflowSource" not in parts:
            return self.fail(400, f"Error(s): Unexpected body part name: {unknown or 'no source'}")
        labels = json.loads(parts.get("labels", "{}"))
        if any(not isinstance(v, str) or len(v) > 255 or not 0 < len(k) <= 255 for k, v in labels.items()):
            return self.fail(400, "Error(s): Invalid label")
        workflow = Workflow(parts, self.backend, self.root)
        with lock:
            workflows[workflow.id] = workflow
            is_hung = settings["hang"] > 0
            settings["hang"] -= 1 if is_hung else 0
        if is_hung:
            time.sleep(60)
        return self.answer(201, {"id": workflow.id, "status": workflow.status})


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    Handler.backend, Handler.root = Backend(sys.argv[1]), sys.argv[2]
    server = Server(("127.0.0.1", 0), Handler)
    print(f"CROMWELL_URL=http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
