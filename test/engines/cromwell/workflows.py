"""The life of workflows, with the delays and the forgetfulness of a real server."""

import datetime
import json
import os
import threading
import time
import uuid

from backend import CannotStart
from documents import Refused, calls_of

POLL_SECONDS = 0.3
ENDS = ("Succeeded", "Failed", "Aborted")
LOST_CODE = 79


def timestamp():
    now = datetime.datetime.now(datetime.timezone.utc)
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"


class Behaviour:
    """
    What tests change, in seconds; `hang` and `hold` are of the next submissions. `abort_code` is of what
    is not in progress: 404, or 403 for older servers.
    """

    def __init__(self, lag, query_lag, abort_lag):
        self.lag = lag
        self.query_lag = query_lag
        self.abort_lag = abort_lag
        self.hang = False
        self.hold = False
        self.fail = None
        self.abort_code = 404


class Workflow:
    def __init__(self, parts, labels, backend, behaviour):
        self.id = str(uuid.uuid4())
        self.parts = parts
        self.labels = {"cromwell-workflow-id": f"cromwell-{self.id}", **labels}
        self.backend = backend
        self.behaviour = behaviour
        self.submission = timestamp()
        self.start = self.end = None
        self.calls = []
        self.failures = []
        self.name = None
        self.known_at = time.monotonic() + behaviour.lag
        self.query_lag = behaviour.query_lag
        self.history = []
        self.abort_asked = threading.Event()
        self.released = threading.Event()
        first = "On Hold" if behaviour.hold else "Submitted"
        self._turn(first)
        self.first = first
        threading.Thread(target=self._live, daemon=True).start()

    def _turn(self, status):
        self.history.append((time.monotonic(), status))

    @property
    def status(self):
        return self.history[-1][1]

    def is_known(self, lag=0.0):
        return time.monotonic() >= self.known_at + lag

    def listed_status(self):
        """As a query tells it, which is late."""
        moment = time.monotonic() - self.query_lag
        return next((status for at, status in reversed(self.history) if at <= moment), self.first)

    def abort(self):
        """@returns the status to answer, or nothing for what is not in progress"""
        if self.status in ENDS or self.abort_asked.is_set():
            return None
        held = self.status == "On Hold"
        self.abort_asked.set()
        return "Aborted" if held else "Aborting"

    def _live(self):
        time.sleep(self.behaviour.lag)
        while self.status == "On Hold" and not self.abort_asked.is_set():
            if self.released.wait(POLL_SECONDS):
                break
        if self.abort_asked.is_set():
            return self._finish("Aborted")
        self.start = timestamp()
        self._turn("Running")
        try:
            self._run()
        except (Refused, CannotStart, ValueError) as error:
            cause = {"message": str(error), "causedBy": []}
            self.failures = [{"message": "Workflow input processing failed", "causedBy": [cause]}]
            self._finish("Failed")

    def _run(self):
        if self.behaviour.fail is not None:
            raise Refused(self.behaviour.fail)
        inputs = json.loads(self.parts.get("workflowInputs", "{}"))
        options = json.loads(self.parts.get("workflowOptions", "{}"))
        self.name, calls = calls_of(self.parts["workflowSource"], inputs)
        for call in calls:
            self._submit(call, options.get("default_runtime_attributes", {}))
        while any(call["executionStatus"] == "Running" for call in self.calls):
            if self.abort_asked.wait(POLL_SECONDS):
                return self._abort()
            for call in self.calls:
                self._poll(call)
        failures = [cause for call in self.calls for cause in call.get("failures", [])]
        self.failures = [{"message": "Workflow failed", "causedBy": failures}] if failures else []
        return self._finish("Failed" if failures else "Succeeded")

    def _submit(self, call, defaults):
        shard = "" if call["shard"] < 0 else f"/shard-{call['shard']}"
        folder = f"{self.backend.root}/{self.name}/{self.id}/call-{call['task']}{shard}"
        runtime = {key: str(value) for key, value in call["runtime"].items() if value is not None}
        known = {
            "call": f"{self.name}.{call['task']}",
            "shardIndex": call["shard"],
            "attempt": 1,
            "backend": "SLURM",
            "callRoot": folder,
            "commandLine": call["command"],
            "runtimeAttributes": runtime,
            "stdout": f"{folder}/execution/stdout",
            "stderr": f"{folder}/execution/stderr",
            "start": timestamp(),
            "checked": time.monotonic(),
        }
        try:
            known["jobId"] = self.backend.submit(call, folder, self.id, defaults)
            known.update(executionStatus="Running", backendStatus="Running")
        except CannotStart as error:
            self._fail(known, str(error))
        self.calls.append(known)

    def _poll(self, call):
        if call["executionStatus"] != "Running":
            return
        code = self._code(call)
        if code is None and time.monotonic() - call["checked"] > self.backend.timeout:
            call["checked"] = time.monotonic()
            if not self.backend.is_alive(call["jobId"], call["callRoot"]):
                code = self._code(call)
                code = LOST_CODE if code is None else code
        if code is None:
            return
        call["returnCode"] = code
        if code == 0:
            call.update(executionStatus="Done", backendStatus="Done", end=timestamp())
        else:
            self._fail(
                call,
                f"Job {call['call']}:{call['shardIndex']}:1 exited with return code {code} which has "
                "not been declared as a valid return code. See 'continueOnReturnCode' runtime "
                "attribute for more details.",
            )

    def _code(self, call):
        path = os.path.join(call["callRoot"], "execution", "rc")
        try:
            return int(open(path).read())
        except (FileNotFoundError, ValueError):
            return None

    def _fail(self, call, message):
        failure = {"message": message, "causedBy": []}
        # The batch system has no word for what it was never given.
        known = {"backendStatus": "Failed"} if "jobId" in call else {}
        call.update(executionStatus="Failed", end=timestamp(), failures=[failure], **known)

    def _abort(self):
        self._turn("Aborting")
        for call in self.calls:
            if call["executionStatus"] == "Running":
                self.backend.kill(call["jobId"], call["callRoot"])
                call.update(executionStatus="Aborted", backendStatus="Done", end=timestamp())
        time.sleep(self.behaviour.abort_lag)
        self._finish("Aborted")

    def _finish(self, status):
        self.end = timestamp()
        self._turn(status)

    def listed(self):
        fields = {"id": self.id, "name": self.name, "status": self.listed_status()}
        times = {"submission": self.submission, "start": self.start, "end": self.end}
        if fields["status"] not in ENDS:
            times["end"] = None
        return {key: value for key, value in {**fields, **times}.items() if value is not None}

    def metadata(self):
        calls = {}
        for call in self.calls:
            hidden = ("call", "checked")
            shown = {key: value for key, value in call.items() if key not in hidden}
            calls.setdefault(call["call"], []).append(shown)
        told = {
            "id": self.id,
            "workflowName": self.name,
            "status": self.status,
            "submission": self.submission,
            "start": self.start,
            "end": self.end,
            "labels": self.labels,
            "calls": calls,
            "outputs": {},
            "inputs": json.loads(self.parts.get("workflowInputs", "{}")),
            "submittedFiles": {
                "workflow": self.parts["workflowSource"],
                "inputs": self.parts.get("workflowInputs", "{}"),
                "options": self.parts.get("workflowOptions", "{}"),
                "labels": self.parts.get("labels", "{}"),
            },
            "failures": self.failures or None,
        }
        return {key: value for key, value in told.items() if value is not None}
