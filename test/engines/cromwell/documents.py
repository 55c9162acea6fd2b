"""What WDL documents mean, as miniwdl judges it: nothing here knows how pman writes its own."""

import WDL


class Refused(Exception):
    """The document, or what it is given, is not right."""


def _parse(text):
    try:
        document = WDL.parse_document(text)
        document.typecheck()
        return document
    except Exception as error:
        raise Refused(str(error)) from error


def _stdlib(document):
    return WDL.StdLib.Base(document.effective_wdl_version)


def calls_of(source, inputs):
    """The calls of a workflow: task name, shard (-1 outside a scatter), command and runtime attributes."""
    document = _parse(source)
    workflow = document.workflow
    if workflow is None:
        raise Refused("Workflow source has no workflow")
    stdlib = _stdlib(document)
    try:
        given = WDL.values_from_json(
            inputs, workflow.available_inputs, workflow.required_inputs, namespace=workflow.name
        )
        env = WDL.Env.Bindings()
        for declaration in workflow.inputs or []:
            env = env.bind(declaration.name, _value(declaration, given, env, stdlib))
        return workflow.name, list(_calls(workflow.body, env, stdlib, -1))
    except Exception as error:
        raise Refused(str(error)) from error


def _value(declaration, given, env, stdlib):
    if given.has_binding(declaration.name):
        return given.resolve(declaration.name)
    if declaration.expr is not None:
        return declaration.expr.eval(env, stdlib).coerce(declaration.type)
    return WDL.Value.Null()


def _calls(body, env, stdlib, shard):
    for node in body:
        if isinstance(node, WDL.Tree.Decl):
            env = env.bind(node.name, node.expr.eval(env, stdlib).coerce(node.type))
        elif isinstance(node, WDL.Tree.Scatter):
            for index, item in enumerate(node.expr.eval(env, stdlib).value):
                yield from _calls(node.body, env.bind(node.variable, item), stdlib, index)
        elif isinstance(node, WDL.Tree.Call):
            yield _call(node, env, stdlib, shard)
        else:
            raise Refused(f"this server does not run a {type(node).__name__}")


def _call(node, env, stdlib, shard):
    task = node.callee
    given = WDL.Env.Bindings()
    for name, expression in node.inputs.items():
        given = given.bind(name, expression.eval(env, stdlib))
    inside = WDL.Env.Bindings()
    for declaration in (task.inputs or []) + task.postinputs:
        value = _value(declaration, given, inside, stdlib)
        inside = inside.bind(declaration.name, value.coerce(declaration.type))
    runtime = {name: expr.eval(inside, stdlib).json for name, expr in task.runtime.items()}
    command = task.command.eval(inside, stdlib, dedent=True).value
    return {"task": task.name, "shard": shard, "command": command, "runtime": runtime}


class Template:
    """A command of a backend's configuration: WDL draft-2, as in Cromwell."""

    def __init__(self, declarations, names, text):
        strings = "\n".join(f"  String {name}" for name in names)
        source = f"task template {{\n{declarations}\n{strings}\n  command {{\n{text}\n  }}\n}}\n"
        document = _parse(source)
        self._task = document.tasks[0]
        self._stdlib = _stdlib(document)

    def fill(self, values):
        env = WDL.Env.Bindings()
        for declaration in (self._task.inputs or []) + self._task.postinputs:
            given = values.get(declaration.name)
            if given is not None:
                value = WDL.Value.from_json(declaration.type, given)
            elif declaration.expr is not None:
                value = declaration.expr.eval(env, self._stdlib).coerce(declaration.type)
            else:
                value = WDL.Value.Null()
            env = env.bind(declaration.name, value)
        return self._task.command.eval(env, self._stdlib, dedent=True).value

    @property
    def declared(self):
        return {d.name: d.type for d in (self._task.inputs or []) + self._task.postinputs}
