"""What the deployment files say, read by the parsers of their kinds: systemd units, YAML manifests, a Containerfile."""
import pathlib
import re
import shlex

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "tools" / "deploy"


def unit(path):
    """{section: {key: [value, ...]}}: keys may be repeated, lines continued, comments begin a line."""
    sections, section = {}, None
    text = re.sub(r"\\\n", " ", path.read_text())
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line[0] in "#;":
            continue
        if match := re.fullmatch(r"\[(\w+)\]", line):
            section = sections.setdefault(match.group(1), {})
            continue
        key, equals, value = line.partition("=")
        assert equals and section is not None and re.fullmatch(r"[A-Z]\w*", key), f"{path.name}:{number}: {line}"
        section.setdefault(key, []).append(value)
    return sections


def units():
    return {path.name: unit(path) for path in sorted((DEPLOY / "systemd").glob("*.service"))}


def manifests():
    """All Kubernetes objects with the file they stand in."""
    return [(path.name, document) for path in sorted((DEPLOY / "kubernetes").glob("*.yaml"))
            for document in yaml.safe_load_all(path.read_text())]


def compose():
    return yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())


def containerfile():
    """[(instruction, rest)] of the Containerfile."""
    text = re.sub(r"^\s*#.*\n", "", (DEPLOY / "container" / "Containerfile").read_text(), flags=re.M)
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [tuple(line.split(None, 1)) for line in lines if line.strip()]


def unit_commands():
    """(where, words) of every penstock that a unit starts."""
    for name, sections in units().items():
        for key in ("ExecStartPre", "ExecStart", "ExecStop"):
            for line in sections["Service"].get(key, []):
                yield f"{name} {key}", shlex.split(line)[1:]


def compose_commands():
    for name, service in compose()["services"].items():
        yield f"compose {name}", service["command"]
        if "healthcheck" in service:
            yield f"compose {name} healthcheck", service["healthcheck"]["test"][2:]


def probe_words(command):
    if command[:2] == ["sh", "-c"]:
        command = shlex.split(command[2].removeprefix("exec "))
    assert command[0] == "penstock", command
    return command[1:]


def containers():
    """(where, pod spec, container) of every workload."""
    for name, document in manifests():
        if "template" in document.get("spec", {}):
            pod = document["spec"]["template"]["spec"]
            for container in pod["containers"]:
                yield f"{name} {container['name']}", pod, container


def kubernetes_commands():
    for where, _, container in containers():
        yield where, container["args"]
        for key, probe in container.items():
            if key.endswith("Probe"):
                yield f"{where} {key}", probe_words(probe["exec"]["command"])


def commands():
    return [*unit_commands(), *compose_commands(), *kubernetes_commands()]
