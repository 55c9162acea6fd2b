"""A backend of Cromwell's configuration file: writes the script of a call, submits it, kills it."""

import os
import re
import subprocess

from documents import Template

UNITS = {"b": 1, "kb": 2**10, "mb": 2**20, "gb": 2**30}
SUBMIT_SECONDS = 60

SCRIPT = """#!/bin/bash
cd {execution}
tmpDir=$(mktemp -d {execution}/tmp.XXXXXX)
export TMPDIR="$tmpDir"
out="$tmpDir/out.$$" err="$tmpDir/err.$$"
mkfifo "$out" "$err"
trap 'rm "$out" "$err"' EXIT
touch {execution}/stdout {execution}/stderr
tee {execution}/stdout <"$out" &
tee {execution}/stderr <"$err" >&2 &
(
cd {execution}
{command}
) >"$out" 2>"$err"
echo $? >{execution}/rc.tmp
mv {execution}/rc.tmp {execution}/rc
"""


class CannotStart(Exception):
    """The submit command failed."""


class Backend:
    def __init__(self, path, root):
        text = open(path).read()
        self.root = root
        quoted = {key: block for key, block in re.findall(r'(?m)^\s*([\w-]+) = """(.*?)"""', text, re.S)}
        plain = {key: value for key, value in re.findall(r'(?m)^\s*([\w-]+) = "(.*)"$', text)}
        settings = {**plain, **quoted}
        declarations = settings["runtime-attributes"]
        names = ["job_name", "cwd", "out", "err", "script", "job_shell"]
        self._submit = Template(declarations, names, settings["submit"])
        self._kill = Template("", ["job_id"], settings["kill"])
        self._check = Template("", ["job_id"], settings["check-alive"])
        self._job_id = re.compile(settings["job-id-regex"].replace("\\\\", "\\"))
        self.timeout = float(re.search(r"exit-code-timeout-seconds = (\d+)", text).group(1))

    def attributes(self, runtime, defaults):
        """Those that the configuration declares, from the task, else from the workflow's options."""
        given = {**defaults, **runtime}
        values = {}
        for name in self._submit.declared:
            attribute = "memory" if name.startswith("memory_") else name
            # One without a value is not absent, even where the configuration has a question mark.
            if attribute in given and given[attribute] is None:
                raise CannotStart(f"Expecting {attribute} runtime attribute to be a value")
            if name.startswith("memory_") and "memory" in given:
                values[name] = _bytes(str(given["memory"])) // UNITS[name.split("_")[1]]
            elif name == "cpu" and int(given.get("cpu", 1)) < 1:
                raise CannotStart("Expecting cpu runtime attribute value greater than 0")
            elif name in given:
                values[name] = given[name]
        return values

    def submit(self, call, folder, workflow_id, defaults):
        execution = os.path.join(folder, "execution")
        os.makedirs(execution)
        script = os.path.join(execution, "script")
        with open(script, "w") as file:
            file.write(SCRIPT.replace("{execution}", execution).replace("{command}", call["command"]))
        values = {
            **self.attributes(call["runtime"], defaults),
            "job_name": f"cromwell_{workflow_id[:8]}_{call['task']}",
            "cwd": folder,
            "out": os.path.join(execution, "stdout"),
            "err": os.path.join(execution, "stderr"),
            "script": script,
            "job_shell": "/bin/bash",
        }
        answer = self._run(self._submit, values, script + ".submit")
        errors = os.path.join(execution, "stderr.submit")
        with open(errors, "w") as file:
            file.write(answer.stderr)
        found = self._job_id.search(answer.stdout)
        if answer.returncode != 0 or found is None:
            raise CannotStart(f"Unable to start job. Check the stderr file for possible errors: {errors}")
        return found.group(1)

    def kill(self, job_id, folder):
        self._run(self._kill, {"job_id": job_id}, os.path.join(folder, "execution", "script.kill"))

    def is_alive(self, job_id, folder):
        path = os.path.join(folder, "execution", "script.check")
        return self._run(self._check, {"job_id": job_id}, path).returncode == 0

    def _run(self, template, values, path):
        with open(path, "w") as file:
            file.write("#!/bin/bash\n" + template.fill(values).strip("\n") + "\n")
        return subprocess.run(
            ["/bin/bash", path], capture_output=True, text=True, timeout=SUBMIT_SECONDS, check=False
        )


def _bytes(text):
    amount, unit = re.fullmatch(r"([\d.]+)\s*([KMG]?)i?B?", text).groups()
    size = int(float(amount) * UNITS[(unit + "B").lower()])
    if size <= 0:
        raise CannotStart("Expecting memory runtime attribute value greater than 0 but got 0")
    return size
