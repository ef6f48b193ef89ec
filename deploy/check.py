"""Validates deploy/ and k8s/ strictly, offline, and first shows itself that it can fail.

`make lint-deploy` runs it with kubernetes-validate and compose-spec beside it. It knows shapes and names, not whether a
cluster would have room: that needs a cluster.
"""

import copy
import pathlib
import sys

import compose_spec
import kubernetes_validate
import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent
BASE = ROOT / "k8s" / "base"
KNOWN_IMAGES = ("nats:", "otel/opentelemetry-collector-contrib:", "ghcr.io/example/tocsin:", "busybox:")


def manifest_error(document):
    """What is wrong with one Kubernetes object, or None. Strict: an unknown field is wrong."""
    try:
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
    except (kubernetes_validate.ValidationError, kubernetes_validate.InvalidSchemaError, kubernetes_validate.SchemaNotFoundError) as error:
        return str(getattr(error, "message", error))
    return None


def compose_error(text):
    """What is wrong with a compose file, or None: unknown fields, wrong values, volumes or networks nobody defines."""
    try:
        compose_spec.PyCompose.from_yaml(text).validate()
    except Exception as error:  # the library raises one of several classes of its own
        return str(error)
    # The library does not look into volumes in their short form.
    whole = yaml.safe_load(text)
    for name, service in whole["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if not source.startswith((".", "/")) and source not in whole.get("volumes", {}):
                return f"{name} mounts the volume {source}, which nobody defines"
    return None


def plain(text):
    """The compose file with its anchors merged, as a reader without merge keys wants it."""
    return yaml.safe_dump(yaml.safe_load(text))


def objects(path):
    return [document for document in yaml.safe_load_all(path.read_text()) if document]


def pod_errors(document):
    """House rules of pods that a schema cannot say."""
    if document["kind"] not in ("Deployment", "StatefulSet"):
        return
    pod = document["spec"]["template"]["spec"]
    if pod.get("automountServiceAccountToken") is not False:
        yield "mounts a service account token"
    if not pod.get("securityContext", {}).get("runAsNonRoot"):
        yield "may run as root"
    for container in pod.get("initContainers", []) + pod["containers"]:
        context = container.get("securityContext", {})
        if not context.get("readOnlyRootFilesystem") or context.get("capabilities", {}).get("drop") != ["ALL"]:
            yield f"container {container['name']} is not locked down"
        limits = container.get("resources", {}).get("limits", {})
        if "memory" not in limits or "cpu" in limits:
            yield f"container {container['name']} needs a memory limit and no CPU limit"
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if container in pod["containers"] and probe not in container:
                yield f"container {container['name']} has no {probe}"
        if not container["image"].startswith(KNOWN_IMAGES):
            yield f"image {container['image']} is not on the list"


def merged(base, patch):
    """A manifest with a patch over it, as kustomize merges them: lists of named things by name, mounts by their path."""
    if isinstance(base, dict) and isinstance(patch, dict):
        return {**base, **{key: merged(base[key], value) if key in base else value for key, value in patch.items()}}
    if not isinstance(base, list) or not isinstance(patch, list):
        return patch
    keyed = (key for key in ("mountPath", "name") if all(isinstance(each, dict) and key in each for each in base + patch))
    key = next(keyed, None)
    if key is None:
        return patch
    over = {each[key]: each for each in patch}
    kept = [merged(each, over[each[key]]) if each[key] in over else each for each in base]
    return kept + [each for each in patch if each[key] not in {each[key] for each in base}]


def component_errors(path):
    """What is wrong with an option's patches, put over the base."""
    for name in (patch["path"] for patch in yaml.safe_load((path / "kustomization.yaml").read_text())["patches"]):
        for patch in objects(path / name):
            same = (patch["kind"], patch["metadata"]["name"])
            base = [each for each in objects(BASE / name) if (each["kind"], each["metadata"]["name"]) == same]
            if len(base) != 1:
                yield f"{name} patches {same}, which is not in the base"
                continue
            whole = merged(base[0], patch)
            errors = [manifest_error(whole), *pod_errors(whole)]
            yield from (f"{name}: {error}" for error in errors if error)
            volumes = whole["spec"]["template"]["spec"]["volumes"] + whole["spec"].get("volumeClaimTemplates", [])
            named = {volume.get("name") or volume["metadata"]["name"] for volume in volumes}
            pod = whole["spec"]["template"]["spec"]
            for container in pod.get("initContainers", []) + pod["containers"]:
                for mount in container["volumeMounts"]:
                    if mount["name"] not in named:
                        yield f"{name}: {container['name']} mounts the volume {mount['name']}, which nobody defines"


def service_errors(name, documents):
    """One file a service: a Service, a workload, a disruption budget and a network policy of its own name."""
    kinds = sorted(document["kind"] for document in documents)
    for wanted in ("NetworkPolicy", "PodDisruptionBudget", "Service"):
        if wanted not in kinds:
            yield f"has no {wanted}"
    for document in documents:
        if document["metadata"]["name"] != name:
            yield f"names a {document['kind']} {document['metadata']['name']}"
        if document["kind"] in ("Deployment", "StatefulSet"):
            args = document["spec"]["template"]["spec"]["containers"][0]["args"]
            if args[:2] != ["run", name]:
                yield f"runs {args[:2]}"


def find_errors():
    listed = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]
    present = sorted(path.name for path in BASE.glob("*.yaml") if path.name != "kustomization.yaml")
    if sorted(listed) != present:
        yield f"k8s/base/kustomization.yaml lists {sorted(set(listed) ^ set(present))} wrongly"
    services = sorted(path.name for path in (ROOT / "services").iterdir() if path.is_dir() and path.name != "tocsin")
    for name in services:
        path = BASE / f"{name}.yaml"
        if not path.exists():
            yield f"k8s/base/{name}.yaml is missing"
            continue
        for error in service_errors(name, objects(path)):
            yield f"k8s/base/{name}.yaml {error}"
    for path in sorted(BASE.glob("*.yaml")):
        if path.name == "kustomization.yaml":
            continue
        for document in objects(path):
            error = manifest_error(document)
            if error:
                yield f"{path.relative_to(ROOT)} {document.get('kind')}: {error}"
            for error in pod_errors(document):
                yield f"{path.relative_to(ROOT)} {document.get('kind')}: {error}"
    for error in component_errors(ROOT / "k8s" / "credentials"):
        yield f"k8s/credentials/{error}"
    compose = (ROOT / "deploy" / "compose.yaml").read_text()
    error = compose_error(plain(compose))
    if error:
        yield f"deploy/compose.yaml: {error}"
    entries = yaml.safe_load(compose)["services"]
    for name in services:
        if entries.get(name, {}).get("command", [])[:2] != ["run", name]:
            yield f"deploy/compose.yaml does not run {name}"
    collector = yaml.safe_load((ROOT / "deploy" / "otel-collector.yaml").read_text())
    for name, pipeline in collector["service"]["pipelines"].items():
        for part in ("receivers", "processors", "exporters"):
            for used in pipeline[part]:
                if used not in collector[part]:
                    yield f"deploy/otel-collector.yaml: pipeline {name} uses {used}, which is not among its {part}"


def broken_on_purpose():
    """Each pair is a break and what the check says of it; None means the check slept."""
    workload = next(d for d in objects(BASE / "ledger.yaml") if d["kind"] == "StatefulSet")
    misspelt = copy.deepcopy(workload)
    misspelt["spec"]["replica"] = misspelt["spec"].pop("replicas")
    yield "StatefulSet with `replica`", manifest_error(misspelt)
    wrong_type = copy.deepcopy(workload)
    wrong_type["spec"]["replicas"] = "one"
    yield "StatefulSet with `replicas: one`", manifest_error(wrong_type)
    open_pod = copy.deepcopy(workload)
    open_pod["spec"]["template"]["spec"]["containers"][0]["securityContext"] = {}
    yield "container that is not locked down", next(pod_errors(open_pod), None)
    compose = plain((ROOT / "deploy" / "compose.yaml").read_text())
    yield "compose entry with `comand`", compose_error(compose.replace("command:", "comand:", 1))
    yield "compose entry with a volume nobody defines", compose_error(compose.replace("- nats:/data", "- gnats:/data", 1))


def main():
    for what, error in broken_on_purpose():
        if error is None:
            print(f"lint-deploy: the check did not see a {what}", file=sys.stderr)
            return 1
        print(f"lint-deploy: refuses a {what}: {error.splitlines()[0][:100]}")
    errors = list(find_errors())
    for error in errors:
        print(f"lint-deploy: {error}", file=sys.stderr)
    if not errors:
        print(f"lint-deploy: {sum(len(objects(p)) for p in BASE.glob('*.yaml'))} objects and the compose file hold")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
