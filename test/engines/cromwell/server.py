"""
A stand-in for Cromwell, which no package registry has: the part of its REST API that batch jobs need,
with the answers, codes and delays that were recorded from a real server. What a document means is
decided by miniwdl; calls are submitted by the commands of a backend's real configuration file.
Everything is kept in memory: a restart forgets it.

POST /test/behaviour changes how it behaves: see `Behaviour`; `release` lets what is held begin.
"""

import argparse
import email.parser
import email.policy
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

from backend import Backend
from workflows import Behaviour, Workflow

PARTS = {"workflowSource", "workflowInputs", "workflowOptions", "labels", "workflowType", "workflowTypeVersion"}
STATUSES = {"Submitted", "Running", "Aborting", "Failed", "Succeeded", "Aborted", "On Hold"}
WORKFLOW = re.compile(r"/api/workflows/v1/([^/]+)/(status|metadata|logs|labels|outputs|abort)")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MAX_LABEL = 255
HANG_SECONDS = 60


class Answer(Exception):
    def __init__(self, code, body):
        super().__init__(code)
        self.code = code
        self.body = body


def fail(code, message, status="fail"):
    return Answer(code, {"status": status, "message": message})


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address, backend, behaviour, authorization):
        super().__init__(address, Handler)
        self.backend = backend
        self.behaviour = behaviour
        self.authorization = authorization
        self.workflows = {}
        self.lock = threading.Lock()

    def submit(self, parts):
        if "workflowSource" not in parts:
            raise fail(400, "Error(s): workflowSource or workflowUrl needs to be supplied")
        for name in parts:
            if name not in PARTS:
                raise fail(400, f"Error(s): Unexpected body part name: {name}")
        labels = self._json(parts, "labels", "Workflow contains invalid labels JSON")
        for key, value in labels.items():
            if not isinstance(value, str):
                raise fail(400, f"Error(s): Invalid label {key}: {value} : Labels must be strings.")
            if max(len(key), len(value)) > MAX_LABEL:
                raise fail(400, f"Error(s): Invalid label: `{value}` is {len(value)} characters.")
        self._json(parts, "workflowInputs", "Input file is not a valid yaml or json")
        self._json(parts, "workflowOptions", "Invalid workflow options provided")
        workflow = Workflow(parts, labels, self.backend, self.behaviour)
        with self.lock:
            self.workflows[workflow.id] = workflow
        if self.behaviour.hang:
            self.behaviour.hang = False
            time.sleep(HANG_SECONDS)
        return {"id": workflow.id, "status": workflow.first}

    def query(self, pairs):
        labels, statuses = [], []
        for key, value in pairs:
            if key == "label" and ":" in value:
                labels.append(tuple(value.split(":", 1)))
            elif key == "label":
                raise fail(400, f"Label values do not match allowed pattern label-key:label-value: {value}")
            elif key == "status" and value not in STATUSES:
                raise fail(400, f"Unrecognized status values: {value}")
            elif key == "status":
                statuses.append(value)
            elif key != "additionalQueryResultFields":
                raise fail(400, f"Unrecognized query keys: {key}")
        with self.lock:
            all_ = list(self.workflows.values())
        found = [
            one.listed()
            for one in all_
            if one.is_known(one.query_lag)
            and all(one.labels.get(key) == value for key, value in labels)
            and (not statuses or one.listed_status() in statuses)
        ]
        return {"results": found, "totalResultsCount": len(found)}

    def find(self, id_, aborting=False):
        if not UUID.fullmatch(id_):
            raise fail(400, f"Invalid workflow ID: '{id_}'.")
        workflow = self.workflows.get(id_)
        if workflow is None or not (aborting or workflow.is_known()):
            if aborting:
                raise self.nothing_to_abort(id_)
            raise fail(404, f"Unrecognized workflow ID: {id_}")
        return workflow

    def nothing_to_abort(self, id_):
        words = f"Couldn't abort {id_} because no workflow with that ID is in progress"
        return fail(self.behaviour.abort_code, words, "error")

    def behave(self, changes):
        if changes.pop("release", False):
            for workflow in self.workflows.values():
                workflow.released.set()
        for key, value in changes.items():
            if not hasattr(self.behaviour, key):
                raise fail(400, f"there is no behaviour {key}")
            setattr(self.behaviour, key, value)
        return {"workflows": len(self.workflows)}

    def _json(self, parts, name, words):
        try:
            value = json.loads(parts.get(name, "{}"))
            if isinstance(value, dict):
                return value
        except ValueError:
            pass
        raise fail(400, f"Error(s): {words}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        self._answer(self._get)

    def do_POST(self):
        self._answer(self._post)

    def _get(self):
        url = urlsplit(self.path)
        pairs = parse_qsl(url.query, keep_blank_values=True)
        if url.path == "/engine/v1/version":
            return 200, {"cromwell": "93-test"}
        if url.path == "/engine/v1/status":
            return 200, {}
        if url.path == "/api/workflows/v1/query":
            return 200, self.server.query(pairs)
        match = WORKFLOW.fullmatch(url.path)
        if match is None or match.group(2) == "abort":
            raise Answer(404, "The requested resource could not be found.")
        workflow = self.server.find(match.group(1))
        return 200, self._view(workflow, match.group(2), pairs)

    def _view(self, workflow, kind, pairs):
        if kind == "status":
            return {"id": workflow.id, "status": workflow.listed_status()}
        if kind == "labels":
            return {"id": workflow.id, "labels": workflow.labels}
        metadata = workflow.metadata()
        if kind == "logs":
            wanted = ("stdout", "stderr", "shardIndex", "attempt")
            calls = {
                name: [{key: call[key] for key in wanted} for call in calls]
                for name, calls in metadata["calls"].items()
            }
            return {"id": workflow.id, "calls": calls}
        if kind == "outputs":
            return {"id": workflow.id, "outputs": {}}
        return _chosen(metadata, pairs)

    def _post(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = urlsplit(self.path).path
        if path == "/test/behaviour":
            return 200, self.server.behave(json.loads(body))
        if path == "/api/workflows/v1":
            return 201, self.server.submit(self._parts(body))
        match = WORKFLOW.fullmatch(path)
        if match is None or match.group(2) != "abort":
            raise Answer(404, "The requested resource could not be found.")
        id_ = match.group(1)
        status = self.server.find(id_, aborting=True).abort()
        if status is None:
            raise self.server.nothing_to_abort(id_)
        return 200, {"id": id_, "status": status}

    def _parts(self, body):
        kind = self.headers.get("Content-Type", "none/none")
        if not kind.startswith("multipart/form-data"):
            words = f"The request's Content-Type [{kind}] is not supported. Expected:\nmultipart/form-data"
            raise Answer(415, words)
        parser = email.parser.BytesParser(policy=email.policy.HTTP)
        message = parser.parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        return {
            part.get_param("name", header="Content-Disposition"): part.get_payload(decode=True).decode()
            for part in message.iter_parts()
        }

    def _answer(self, act):
        try:
            wanted = self.server.authorization
            is_test = self.path.startswith("/test/")
            if wanted and not is_test and self.headers.get("Authorization") != wanted:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                raise Answer(401, "Unauthorized")
            code, body = act()
        except Answer as answer:
            code, body = answer.code, answer.body
        text = isinstance(body, str)
        data = (body if text else json.dumps(body)).encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain; charset=UTF-8" if text else "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_request(self, code="-", size="-"):
        pass


def _chosen(metadata, pairs):
    """By the beginnings of the names of what is wanted and what is not; some always come."""
    wanted = tuple(value for key, value in pairs if key == "includeKey") or ("",)
    unwanted = tuple(value for key, value in pairs if key == "excludeKey")

    def kept(told, always):
        return {
            key: value
            for key, value in told.items()
            if key in always or (key.startswith(wanted) and not key.startswith(unwanted))
        }

    chosen = kept(metadata, ("id", "calls"))
    if "calls" in chosen:
        chosen["calls"] = {
            name: [kept(call, ("attempt", "shardIndex")) for call in calls]
            for name, calls in chosen["calls"].items()
        }
    return chosen


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--configuration", required=True)
    options.add_argument("--root", required=True)
    options.add_argument("--authorization", default="")
    options.add_argument("--exit-code-timeout", type=float)
    options.add_argument("--lag", type=float, default=1)
    options.add_argument("--query-lag", type=float, default=1)
    options.add_argument("--abort-lag", type=float, default=5)
    given = options.parse_args()
    backend = Backend(given.configuration, given.root)
    if given.exit_code_timeout is not None:
        backend.timeout = given.exit_code_timeout
    behaviour = Behaviour(given.lag, given.query_lag, given.abort_lag)
    Server(("127.0.0.1", given.port), backend, behaviour, given.authorization).serve_forever()


main()
